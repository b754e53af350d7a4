package web

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/telemetry"
)

// RequestID returns the id of the request that ctx belongs to, empty outside of requests. It is the one the client
// gave in X-Request-Id, if that is sane, and is answered in that header.
func RequestID(ctx context.Context) string {
	if record := telemetry.From(ctx); record != nil {
		return record.ID
	}
	return ""
}

// observed is a request with its record.
type observed struct {
	statusWriter

	record telemetry.Request
}

// counted gives every request its id and its record, which is counted and logged when the request is done.
func counted(next http.Handler, t *telemetry.Telemetry, proxies []netip.Prefix, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := now()
		id := r.Header.Get("X-Request-Id")
		if !saneID(id) {
			id = newRequestID()
		}
		w.Header().Set("X-Request-Id", id)
		o := &observed{statusWriter: statusWriter{ResponseWriter: w}}
		t.Begin(&o.record, id, r.Method, r.URL.Path, start)
		ctx := traced(telemetry.NewContext(r.Context(), &o.record), t, &o.record, w, r, proxies)
		r = r.WithContext(ctx)
		defer func() {
			t.End(ctx, &o.record, telemetry.Ending{
				Pattern: r.Pattern, Status: o.status, Bytes: o.bytes, At: now(), Left: ctx.Err() != nil,
			})
		}()
		next.ServeHTTP(o, r)
	})
}

// saneID reports whether a client's id can stand in a log and a header as it is.
func saneID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

func newRequestID() string {
	const digits = "0123456789abcdef"
	var id [16]byte
	for i, bits := 0, rand.Uint64(); i < len(id); i, bits = i+1, bits>>4 { //nolint:gosec // it is no secret
		id[i] = digits[bits&15]
	}
	return string(id[:])
}

// statusWriter remembers what was answered.
type statusWriter struct {
	http.ResponseWriter

	status int
	bytes  int64
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap gives http.ResponseController the writer beneath.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// recovered answers a panic outside of resolvers with 500, if nothing was sent yet.
func recovered(next http.Handler, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer answerPanic(w, r, logger)
		next.ServeHTTP(w, r)
	})
}

// answerPanic is to be deferred.
func answerPanic(w http.ResponseWriter, r *http.Request, logger *slog.Logger) {
	switch value := recover(); value {
	case nil:
	case http.ErrAbortHandler:
		panic(value) // net/http knows it
	default:
		logger.ErrorContext(r.Context(), "panic", slog.Any("value", value), slog.String("stack", string(debug.Stack())))
		w.Header().Del("Content-Encoding")
		refuse(w, r, &refusal{status: http.StatusInternalServerError, code: gqlerr.Internal, reason: "internal error"})
	}
}

// secured sets the headers that keep browsers from doing more with an answer than is meant.
// The pages of the build allow themselves a little more.
func secured(next http.Handler) http.Handler {
	headers := map[string][]string{ // shared by all answers: who adds to one gets a copy
		"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
		"X-Content-Type-Options":       {"nosniff"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), headers)
		next.ServeHTTP(w, r)
	})
}
