package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// reportCommand makes a report.
type reportCommand struct {
	Summary    string `required:"" help:"What k6 has noted."`
	Usage      string `required:"" help:"What usage has noted."`
	After      string `help:"What k6 has noted of the same server afterwards."`
	AfterUsage string `help:"What usage has noted then."`
	HTML       string `name:"html" required:"" help:"Page to write."`
}

// Run makes the report.
func (c *reportCommand) Run() error {
	r, err := c.read()
	if err != nil {
		return err
	}
	page, err := r.page()
	if err != nil {
		return err
	}
	fmt.Print(r.text())
	return os.WriteFile(c.HTML, page, 0o600)
}

// read reads what was noted.
func (c *reportCommand) read() (*report, error) {
	r := &report{}
	if err := r.read(c.Summary, c.Usage); err != nil || c.After == "" {
		return r, err
	}
	r.After = &report{}
	return r, r.After.read(c.After, c.AfterUsage)
}

func (r *report) read(summary, usage string) error {
	if err := readJSON(summary, &r.Summary); err != nil {
		return err
	}
	if err := readJSON(usage, &r.Usage); err != nil {
		return err
	}
	if len(r.Usage.Samples) == 0 {
		return errNoSamples
	}
	return nil
}

func readJSON(file string, to any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// summary is what k6 has noted.
type summary struct {
	Scenario string            `json:"scenario"`
	Users    int               `json:"users"`
	Step     int               `json:"step"` // of users, where there is a row for each; else 0
	Duration string            `json:"duration"`
	Metrics  map[string]metric `json:"metrics"`
	State    struct {
		Milliseconds float64 `json:"testRunDurationMs"`
	} `json:"state"`
}

type metric struct {
	Values     map[string]float64 `json:"values"`
	Thresholds map[string]struct {
		OK bool `json:"ok"`
	} `json:"thresholds"`
}

// report is what there is to tell of a scenario.
type report struct {
	Summary summary
	Usage   usage
	After   *report // of the same server, once the users have gone
}
