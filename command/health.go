package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// healthCommand asks a server whether it is well, for containers that have no other program.
type healthCommand struct {
	Admin   string   `default:"http://127.0.0.1:8081" placeholder:"URL" help:"The server's admin address."`
	Live    bool     `help:"Ask only whether it runs, not whether it can answer."`
	Timeout duration `default:"3s" placeholder:"DURATION" help:"Longest time for which the answer is waited."`
}

// maxHealthBytes bounds what is read from whatever answers at the address.
const maxHealthBytes = 200

// Run asks and says what was answered; it fails unless that was that all is well.
func (c *healthCommand) Run(ctx context.Context, e *Environment) error {
	base, err := url.Parse(c.Admin)
	if err != nil || base.Host == "" {
		return errors.New("--admin: want a URL, such as http://127.0.0.1:8081")
	}
	probe := "readyz"
	if c.Live {
		probe = "livez"
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(c.Timeout))
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base.JoinPath(probe).String(), nil)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, maxHealthBytes))
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("health: %s: %s", response.Status, strings.TrimSpace(string(said)))
	}
	fmt.Fprintln(e.Stdout, strings.TrimSpace(string(said)))
	return nil
}
