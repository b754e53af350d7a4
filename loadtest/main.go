// Command loadtest is what scripts/load.sh measures with beside k6: it notes what the processor is busy with while k6 runs, and makes a
// report of both.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/alecthomas/kong"
)

type commands struct {
	Usage  usageCommand  `cmd:"" help:"Note what processes use, each second, until k6 ends."`
	Report reportCommand `cmd:"" help:"Make a page of what k6 and usage have noted, and print its tables."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var c commands
	parsed := kong.Parse(&c, kong.BindTo(ctx, (*context.Context)(nil)))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "loadtest:", err)
		stop()
		os.Exit(1)
	}
}

var errNoSamples = errors.New("nothing was noted: k6 ended at once")
