package telemetry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"sync/atomic"
	"time"
)

// OperationLabel is the label of samples of a profile that has the name of the operation they were taken in.
const OperationLabel = "operation"

const (
	// defaultSeconds and maxSeconds are how long a profile is taken for, and how long at most.
	defaultSeconds, maxSeconds = 30, 300
	// sendTime is how long the answer may take once it is made.
	sendTime = 30 * time.Second
)

// Profiles serves profiles of the program in the format of pprof. It labels operations while one of the processor is taken: at
// other times nobody would see the labels.
type Profiles struct{ taking atomic.Bool }

// Handler returns the handler of /debug/pprof/: the names of the profiles, profile?seconds=30 and trace?seconds=1, and each
// name, with debug=1 as text.
func (p *Profiles) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/{$}", listProfiles)
	mux.HandleFunc("GET /debug/pprof/profile", p.profile)
	mux.HandleFunc("GET /debug/pprof/trace", p.trace)
	mux.HandleFunc("GET /debug/pprof/{name}", lookUpProfile)
	return mux
}

// Label labels the goroutine, and those that it starts, with the name of an operation, if a profile is being taken. The function
// that it returns takes the label away.
func (p *Profiles) Label(ctx context.Context, operation string) (end func()) {
	if p == nil || !p.taking.Load() {
		return nothing
	}
	pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels(OperationLabel, operation)))
	return func() { pprof.SetGoroutineLabels(ctx) }
}

func nothing() {}

func listProfiles(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "profile?seconds=30\ntrace?seconds=1")
	for _, known := range pprof.Profiles() {
		fmt.Fprintln(w, known.Name())
	}
}

// lookUpProfile answers with a profile of what is now.
func lookUpProfile(w http.ResponseWriter, r *http.Request) {
	known := pprof.Lookup(r.PathValue("name"))
	if known == nil {
		http.Error(w, "there is no such profile, see /debug/pprof/", http.StatusNotFound)
		return
	}
	level, err := strconv.Atoi(r.FormValue("debug"))
	if r.FormValue("debug") != "" && (err != nil || level < 0 || level > 2) {
		http.Error(w, "debug must be 0, 1 or 2", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if level > 0 {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	_ = known.WriteTo(w, level) // the client is gone if this fails
}

// profile answers with what the processor does for some seconds.
func (p *Profiles) profile(w http.ResponseWriter, r *http.Request) {
	record(w, r, defaultSeconds, func(to io.Writer) (func(), error) {
		if err := pprof.StartCPUProfile(to); err != nil {
			return nil, err
		}
		p.taking.Store(true)
		return func() {
			p.taking.Store(false)
			pprof.StopCPUProfile()
		}, nil
	})
}

// trace answers with what the scheduler does for a second or more.
func (*Profiles) trace(w http.ResponseWriter, r *http.Request) {
	record(w, r, 1, func(to io.Writer) (func(), error) { return trace.Stop, trace.Start(to) })
}

// record answers with what start writes until it is stopped, after the seconds that the request asks for, or when the client leaves.
func record(w http.ResponseWriter, r *http.Request, seconds int, start func(io.Writer) (stop func(), err error)) {
	if given := r.FormValue("seconds"); given != "" {
		var err error
		if seconds, err = strconv.Atoi(given); err != nil || seconds < 1 || seconds > maxSeconds {
			http.Error(w, fmt.Sprintf("seconds must be from 1 to %d", maxSeconds), http.StatusBadRequest)
			return
		}
	}
	length := time.Duration(seconds) * time.Second
	// The server's own limit is for answers that take no time to make. Where it cannot be moved there is none.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(length + sendTime))
	w.Header().Set("Content-Type", "application/octet-stream")
	stop, err := start(w)
	if err != nil {
		http.Error(w, "one is being taken already: "+err.Error(), http.StatusConflict)
		return
	}
	defer stop()
	select {
	case <-r.Context().Done():
	case <-time.After(length):
	}
}
