package command

import (
	"context"
	"io"
	"log/slog"

	"github.com/corpintel/corpintel/telemetry"
	"github.com/corpintel/corpintel/web"
)

// logFlags say how to log.
type logFlags struct {
	Format string `name:"log-format" setting:"CORPINTEL_LOG_FORMAT" enum:"text,json" default:"text" placeholder:"FORMAT" help:"Format of the log: text or json."`
	Level  level  `name:"log-level" setting:"CORPINTEL_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"Least level that is logged: debug (every request), info, warn, error."`
}

// logger returns a logger that writes to w.
func (f logFlags) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.Level(f.Level)}
	if f.Format == "json" {
		return slog.New(requestHandler{slog.NewJSONHandler(w, options)})
	}
	return slog.New(requestHandler{slog.NewTextHandler(w, options)})
}

// requestHandler adds the id of the request, and of its trace, to every line that is logged while it is answered.
type requestHandler struct{ slog.Handler }

// Handle logs a record.
func (h requestHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := web.RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("requestId", id))
	}
	if id := telemetry.From(ctx).TraceID(); id != "" && !names(r, traceKey) {
		r.AddAttrs(slog.String(traceKey, id))
	}
	return h.Handler.Handle(ctx, r)
}

// traceKey is the name of the id of a trace in a line of the log. Errors that clients are told the id of have it already.
const traceKey = "traceId"

// names reports whether a record has an attribute.
func names(r slog.Record, key string) bool {
	found := false
	r.Attrs(func(a slog.Attr) bool {
		found = a.Key == key
		return !found
	})
	return found
}

// WithAttrs returns a handler that adds attrs.
func (h requestHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup returns a handler that puts attributes into a group.
func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name)}
}
