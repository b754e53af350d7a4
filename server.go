// Corpintel is a GraphQL server for public companies, their SEC filings and their metrics through time.
// Run it with --help for its commands and settings.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/corpintel/corpintel/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(command.Run(ctx, os.Args[1:], command.Environment{
		Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ(), Now: time.Now,
	}))
}
