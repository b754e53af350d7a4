package web

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// checkTimeout bounds a check of readiness.
const checkTimeout = 2 * time.Second

// phase is where a server stands in its life.
type phase int32

const (
	starting phase = iota
	serving
	draining
)

// Health answers probes at the admin address. A server that starts or drains is alive and not ready.
type Health struct {
	check  func(context.Context) error
	logger *slog.Logger
	phase  atomic.Int32
}

// NewHealth returns the Health of a server that starts; check says whether what the server depends on is there.
func NewHealth(check func(context.Context) error, logger *slog.Logger) *Health {
	return &Health{check: check, logger: logger}
}

// Serving says that requests are answered from now on.
func (h *Health) Serving() { h.phase.Store(int32(serving)) }

// Draining says that the server is about to end, so that no new requests are sent to it.
func (h *Health) Draining() { h.phase.Store(int32(draining)) }

// Handler returns the handler of probes:
//
//	GET /livez    200 while the process runs
//	GET /readyz   200 when requests can be answered, else 503; the body says why, the cause is logged
func (h *Health) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", h.ready)
	return mux
}

func (h *Health) ready(w http.ResponseWriter, r *http.Request) {
	switch phase(h.phase.Load()) {
	case starting:
		say(w, http.StatusServiceUnavailable, "starting")
		return
	case draining:
		say(w, http.StatusServiceUnavailable, "draining")
		return
	case serving:
	}
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	if err := h.check(ctx); err != nil {
		h.logger.WarnContext(ctx, "not ready", slog.Any("error", err))
		say(w, http.StatusServiceUnavailable, "database not ready")
		return
	}
	say(w, http.StatusOK, "ready")
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // the prober is gone if this fails
}
