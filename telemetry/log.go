package telemetry

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
)

// maxVariables is how many bytes of variables are logged.
const maxVariables = 4 << 10

// turnedAway is the code of a request in overload: a line for each would be the next thing to be too much.
const turnedAway = "OVERLOADED"

// log logs a request: faults of ours as warnings, others as a line of information where each is to have one, else for debugging.
// A slow operation is logged once more, with its statements.
func (t *Telemetry) log(ctx context.Context, q *Request, e *Ending) {
	level := slog.LevelDebug
	switch {
	case e.Status >= http.StatusInternalServerError && !e.Left && q.codes[0] != turnedAway:
		level = slog.LevelWarn
	case t.requests:
		level = slog.LevelInfo
	}
	if t.logger.Enabled(ctx, level) {
		t.logger.LogAttrs(ctx, level, "request", q.attributes(e)...)
	}
	if q.GraphQL && t.slow > 0 && e.took >= t.slow && t.logger.Enabled(ctx, slog.LevelWarn) {
		t.logger.LogAttrs(ctx, slog.LevelWarn, "slow operation", append(q.attributes(e), q.slowAttributes(t.variables)...)...)
	}
}

func (q *Request) attributes(e *Ending) []slog.Attr {
	attrs := make([]slog.Attr, 0, 24)
	attrs = append(attrs, slog.String("method", q.Method), slog.String("path", q.loggedPath()),
		slog.Int("status", e.Status), slog.Int64("bytes", e.Bytes), slog.Duration("took", e.took))
	if !q.GraphQL {
		return append(attrs, q.errorAttributes()...)
	}
	for _, a := range []slog.Attr{
		slog.String("operation", q.Operation), slog.String("document", q.Document), slog.String("client", q.Client),
		slog.String("role", q.Role), slog.String("cache", q.Cache),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	attrs = append(attrs, slog.String("outcome", q.Outcome.String()), slog.Int("cost", q.Cost),
		slog.Int("statements", q.statements), slog.Int("roundTrips", q.trips), slog.Duration("database", q.database))
	return append(attrs, q.errorAttributes()...)
}

func (q *Request) errorAttributes() []slog.Attr {
	if q.errors == 0 {
		return nil
	}
	codes := strings.Join(q.codes[:min(q.errors, maxCodes)], ",")
	return []slog.Attr{slog.Int("errors", q.errors), slog.String("codes", codes)}
}

// slowAttributes tell what the time went to.
func (q *Request) slowAttributes(variables bool) []slog.Attr {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := make([]slowStatement, len(q.list))
	for i, s := range q.list {
		list[i] = slowStatement{s.Name, s.Rows, s.Took.String()}
	}
	attrs := []slog.Attr{slog.Any("sql", list)}
	if variables && len(q.Variables) > 0 {
		text, err := json.Marshal(q.Variables)
		if err != nil {
			text = []byte(err.Error())
		}
		attrs = append(attrs, slog.String("variables", strings.ToValidUTF8(string(text[:min(len(text), maxVariables)]), "")))
	}
	return attrs
}

// slowStatement is a statement in the log.
type slowStatement struct {
	Name string `json:"name"`
	Rows int    `json:"rows"`
	Took string `json:"took"` // "0s" when it did not end
}
