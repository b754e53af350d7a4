package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	Seconds   profileSeconds `default:"30" placeholder:"N" help:"How long the server is watched, at most 300."`
	Operation string         `placeholder:"NAME" help:"Keep only what was done for operations of this name."`
	Admin     string         `default:"http://127.0.0.1:8081" placeholder:"URL" help:"The server's admin address."`
	Out       string         `default:"corpintel.pprof" placeholder:"FILE" help:"Where the profile is written, for go tool pprof; - is the standard output."`
}

const (
	// maxProfileSeconds is as long as a server takes a profile.
	maxProfileSeconds = 300
	// maxProfileBytes bounds what is read from whatever answers at the address.
	maxProfileBytes = 64 << 20
	// profileGrace is how long the answer may take beyond the time that is watched.
	profileGrace = 30 * time.Second
)

// profileSeconds is how long a server is watched.
type profileSeconds int

// UnmarshalText reads profileSeconds.
func (s *profileSeconds) UnmarshalText(text []byte) error {
	parsed, err := strconv.Atoi(string(text))
	if err != nil || parsed < 1 || parsed > maxProfileSeconds {
		return fmt.Errorf("want a whole number from 1 to %d", maxProfileSeconds)
	}
	*s = profileSeconds(parsed)
	return nil
}

// Run fetches a profile of the processor's time and writes it.
func (c *profileCommand) Run(ctx context.Context, e *Environment) (err error) {
	base, err := url.Parse(c.Admin)
	if err != nil || base.Host == "" {
		return errors.New("--admin: want a URL, such as http://127.0.0.1:8081")
	}
	// The file comes first: where it cannot be written, nobody waits for the profile.
	out, err := openOutput(c.Out, e.Stdout)
	if err != nil {
		return err
	}
	defer func() { err = out.close(err) }()
	fmt.Fprintf(e.Stderr, "watching %s for %d s ...\n", base.Redacted(), c.Seconds)
	taken, err := c.fetch(ctx, base)
	if err != nil {
		return err
	}
	all := samples(taken)
	if c.Operation != "" {
		keepOperation(taken, c.Operation)
	}
	if err := out.write(taken); err != nil {
		return err
	}
	kept := samples(taken)
	fmt.Fprintf(e.Stderr, "%d of %d samples are written to %s%s\n", kept, all, c.Out, c.hint(kept, all))
	return nil
}

// hint says why a profile may have no samples.
func (c *profileCommand) hint(kept, all int64) string {
	switch {
	case kept > 0:
		return ""
	case all == 0:
		return ": the server's processor had nothing to do while it was watched"
	default:
		return ": no operation of the name " + strconv.Quote(c.Operation) +
			" was caught while the server was watched; names are case-sensitive, and what takes little time is not caught each time"
	}
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

// output is where a profile goes.
type output struct {
	to    io.Writer
	file  *os.File // nil: the standard output
	isNew bool     // the file was not there before
}

// openOutput opens a file, without changing one that is there; - is the standard output.
func openOutput(name string, stdout io.Writer) (*output, error) {
	if name == "-" {
		return &output{to: stdout}, nil
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	isNew := err == nil
	if errors.Is(err, fs.ErrExist) {
		file, err = os.OpenFile(name, os.O_WRONLY, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	return &output{to: file, file: file, isNew: isNew}, nil
}

// write writes a profile in the place of what the file held.
func (o *output) write(p *profile.Profile) error {
	if o.file != nil && !o.isNew {
		info, err := o.file.Stat()
		if err == nil && info.Mode().IsRegular() {
			err = o.file.Truncate(0)
		}
		if err != nil {
			return fmt.Errorf("write profile: %w", err)
		}
	}
	if err := p.Write(o.to); err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	return nil
}

// close closes the file, and removes it if it is new and something failed before: err, which it returns with its own.
func (o *output) close(err error) error {
	if o.file == nil {
		return err
	}
	if closed := o.file.Close(); closed != nil {
		err = errors.Join(err, fmt.Errorf("write profile: %w", closed))
	}
	if err != nil && o.isNew {
		err = errors.Join(err, os.Remove(o.file.Name()))
	}
	return err
}
