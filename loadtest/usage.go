package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// usageCommand notes what processes use.
type usageCommand struct {
	Server int    `required:"" help:"Process of the server."`
	K6     int    `name:"k6" required:"" help:"Process of k6."`
	Data   string `required:"" help:"Folder of the embedded servers, by which their processes are found."`
	Admin  string `required:"" help:"URL of the server's admin address."`
	Out    string `required:"" help:"File to write."`
}

// The groups of processes that are told apart.
const (
	server   = "server"
	postgres = "PostgreSQL"
	redis    = "Redis"
	k6       = "k6"
	others   = "others" // all else on the machine
)

func groups() []string { return []string{server, postgres, redis, k6, others} }

// sample is a second.
type sample struct {
	Seconds    float64            `json:"seconds"`    // since the first
	CPU        map[string]float64 `json:"cpu"`        // busy processors, of each group
	RSS        map[string]int64   `json:"rss"`        // bytes of memory; of processes that share some that counts for each
	Goroutines int                `json:"goroutines"` // of the server
	Heap       int64              `json:"heap"`       // bytes
	Scrape     float64            `json:"scrape"`     // seconds that it took to be told that
}

// usage is what was noted.
type usage struct {
	Processors int      `json:"processors"`
	Samples    []sample `json:"samples"`
	Failures   []string `json:"failures"` // of the admin address
}

// Run notes until k6 ends.
func (c *usageCommand) Run(ctx context.Context) error {
	w := watcher{command: c, client: &http.Client{Timeout: 5 * time.Second}, ticks: map[string]float64{}}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	if err := w.look(ctx); err != nil {
		return err
	}
	for w.k6Runs() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := w.look(ctx); err != nil {
			return err
		}
	}
	text, err := json.Marshal(w.usage)
	if err != nil {
		return err
	}
	return os.WriteFile(c.Out, text, 0o600)
}

// watcher looks at processes.
type watcher struct {
	command *usageCommand
	client  *http.Client
	usage   usage
	begun   time.Time
	last    time.Time
	ticks   map[string]float64 // of each group, and of all, when it looked last
}

// ticksPerSecond is in what the kernel tells processor time (USER_HZ, which is 100 wherever Go runs).
const ticksPerSecond = 100

const all = "all"

// look notes a sample; the first time there is nothing to compare with.
func (w *watcher) look(ctx context.Context) error {
	now := time.Now()
	s := sample{CPU: map[string]float64{}, RSS: map[string]int64{}}
	ticks, err := w.read(&s)
	if err != nil {
		return err
	}
	if w.begun.IsZero() {
		w.begun = now
	} else {
		elapsed := now.Sub(w.last).Seconds() * ticksPerSecond
		rest := ticks[all] - w.ticks[all]
		for _, group := range groups()[:4] {
			busy := max(0, ticks[group]-w.ticks[group]) // a process may have ended
			rest -= busy
			s.CPU[group] = busy / elapsed
		}
		s.CPU[others] = max(0, rest/elapsed)
		s.Seconds = now.Sub(w.begun).Seconds()
		w.scrape(ctx, &s)
		w.usage.Samples = append(w.usage.Samples, s)
	}
	w.ticks, w.last = ticks, now
	return nil
}

// read returns the ticks of each group and of all processes, and notes their memory.
func (w *watcher) read(s *sample) (map[string]float64, error) {
	ticks := map[string]float64{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("look at the processes, which takes Linux: %w", err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if group := w.groupOf(pid); group != "" {
			used, rss := readStat(pid)
			ticks[group] += used
			s.RSS[group] += rss
		}
	}
	total, processors, err := readAll()
	ticks[all], w.usage.Processors = total, processors
	return ticks, err
}

// groupOf returns the group of a process, empty for others. The embedded servers work in their folders.
func (w *watcher) groupOf(pid int) string {
	switch pid {
	case w.command.Server:
		return server
	case w.command.K6:
		return k6
	}
	folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil || !strings.HasPrefix(folder, w.command.Data+"/") {
		return ""
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	switch {
	case err != nil:
		return ""
	case strings.HasPrefix(string(name), "postgres"):
		return postgres
	case strings.HasPrefix(string(name), "redis"), strings.HasPrefix(string(name), "valkey"):
		return redis
	default:
		return ""
	}
}

// readStat returns what a process has used of processors, and its memory; nothing of one that has ended.
func readStat(pid int) (ticks float64, rss int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	return parseStat(string(text))
}

// parseStat reads a line of /proc/PID/stat (proc(5)).
func parseStat(text string) (ticks float64, rss int64) {
	end := strings.LastIndexByte(text, ')') // the name can have anything in it
	if end < 0 {
		return 0, 0
	}
	fields := strings.Fields(text[end+1:]) // from the third one on
	if len(fields) < 22 {
		return 0, 0
	}
	number := func(field int) int64 {
		n, err := strconv.ParseInt(fields[field-3], 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	return float64(number(14) + number(15)), number(24) * int64(os.Getpagesize())
}

// readAll returns the ticks in which a processor was busy, and how many processors there are.
func readAll() (ticks float64, processors int, err error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	ticks, processors = parseAll(string(text))
	if processors == 0 {
		return 0, 0, errors.New("/proc/stat tells of no processor")
	}
	return ticks, processors, nil
}

// parseAll reads /proc/stat.
func parseAll(text string) (ticks float64, processors int) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) < 9 || !strings.HasPrefix(fields[0], "cpu"):
		case fields[0] != "cpu":
			processors++
		default:
			for _, field := range []int{1, 2, 3, 6, 7} { // user, nice, system, irq, softirq: not idle, not waiting, not stolen
				n, _ := strconv.ParseFloat(fields[field], 64) // 0 where it is none
				ticks += n
			}
		}
	}
	return ticks, processors
}

// scrape asks the server for its metrics, as a monitor does in the middle of it all.
func (w *watcher) scrape(ctx context.Context, s *sample) {
	start := time.Now()
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		if err := w.get(ctx, path, s); err != nil {
			w.usage.Failures = append(w.usage.Failures, fmt.Sprintf("after %.0f s: %v", s.Seconds, err))
		}
	}
	s.Scrape = time.Since(start).Seconds()
}

func (w *watcher) get(ctx context.Context, path string, s *sample) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.command.Admin+path, http.NoBody)
	if err != nil {
		return err
	}
	response, err := w.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, response.Status)
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		n, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "go_goroutines":
			s.Goroutines = int(n)
		case "go_memstats_heap_inuse_bytes":
			s.Heap = int64(n)
		}
	}
	return lines.Err()
}

// k6Runs reports whether k6 is there, and has not ended without anybody having asked how.
func (w *watcher) k6Runs() bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", w.command.K6))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z")
}
