package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/pprof/profile"

	"github.com/corpintel/corpintel/telemetry"
)

// profileCommand fetches a profile of a server.
type profileCommand struct {
	Seconds   count  `default:"30" placeholder:"N" help:"How long the server is watched, at most 300."`
	Operation string `placeholder:"NAME" help:"Keep only what was done for operations of this name."`
	Admin     string `default:"http://127.0.0.1:8081" placeholder:"URL" help:"The server's admin address."`
	Out       string `default:"corpintel.pprof" placeholder:"FILE" help:"Where the profile is written, for go tool pprof; - is the standard output."`
}

const (
	// maxProfileSeconds is as long as a server takes a profile.
	maxProfileSeconds = 300
	// maxProfileBytes bounds what is read from whatever answers at the address.
	maxProfileBytes = 64 << 20
	// profileGrace is how long the answer may take beyond the time that is watched.
	profileGrace = 30 * time.Second
)

// Run fetches a profile of the processor's time and writes it.
func (c *profileCommand) Run(ctx context.Context, e *Environment) error {
	if c.Seconds > maxProfileSeconds {
		return fmt.Errorf("--seconds: at most %d are taken", maxProfileSeconds)
	}
	base, err := url.Parse(c.Admin)
	if err != nil || base.Host == "" {
		return errors.New("--admin: want a URL, such as http://127.0.0.1:8081")
	}
	fmt.Fprintf(e.Stderr, "watching %s for %d s ...\n", base.Redacted(), c.Seconds)
	taken, err := c.fetch(ctx, base)
	if err != nil {
		return err
	}
	all := samples(taken)
	if c.Operation != "" {
		keepOperation(taken, c.Operation)
	}
	if err := c.write(taken, e.Stdout); err != nil {
		return err
	}
	fmt.Fprintf(e.Stderr, "%d of %d samples are written to %s\n", samples(taken), all, c.Out)
	return nil
}

func (c *profileCommand) fetch(ctx context.Context, base *url.URL) (*profile.Profile, error) {
	address := base.JoinPath("debug/pprof/profile")
	address.RawQuery = url.Values{"seconds": {strconv.Itoa(int(c.Seconds))}}.Encode()
	ctx, cancel := context.WithTimeout(ctx, time.Duration(c.Seconds)*time.Second+profileGrace)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxProfileBytes))
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("profile: %s: %s", response.Status, strings.TrimSpace(string(body[:min(len(body), 200)])))
	}
	taken, err := profile.ParseData(body)
	if err != nil {
		return nil, fmt.Errorf("profile: what answers at %s is not a server of ours: %w", base.Redacted(), err)
	}
	return taken, nil
}

// keepOperation drops the samples that were not taken in an operation.
func keepOperation(p *profile.Profile, name string) {
	p.Sample = slices.DeleteFunc(p.Sample, func(s *profile.Sample) bool {
		return !slices.Contains(s.Label[telemetry.OperationLabel], name)
	})
	*p = *p.Compact()
}

// samples returns how many samples a profile of the processor has.
func samples(p *profile.Profile) int64 {
	var n int64
	for _, s := range p.Sample {
		n += s.Value[0]
	}
	return n
}

func (c *profileCommand) write(p *profile.Profile, stdout io.Writer) error {
	if c.Out == "-" {
		return p.Write(stdout)
	}
	file, err := os.Create(c.Out)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	if err := errors.Join(p.Write(file), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", c.Out, err)
	}
	return nil
}
