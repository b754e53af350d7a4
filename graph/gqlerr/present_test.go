package gqlerr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/trace"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/store"
)

// secret stands in every cause; no answer may contain it.
const secret = "SELECT secret FROM db.internal:5432"

var errSecret = errors.New(secret)

func TestPresent(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx     context.Context
		err     error
		code    gqlerr.Code
		message string
		extra   map[string]any
		level   string // of the line logged, empty for none
	}{
		"bad input": {
			err:     fmt.Errorf("%s: %w", secret, gqlerr.BadInput("first", "want at most %d", 200)),
			code:    gqlerr.BadUserInput,
			message: "argument first: want at most 200",
			extra:   map[string]any{"argument": "first"},
		},
		"syntax": {
			err:     fmt.Errorf("%s: %w", secret, &edgar.SyntaxError{Kind: "CIK", Text: "x", Want: "digits"}),
			code:    gqlerr.BadUserInput,
			message: `CIK "x": want digits`,
		},
		"too many points": {
			err:     fmt.Errorf("%s: %w", secret, &store.SizeError{Size: 1_000_001}),
			code:    gqlerr.TooComplex,
			message: "the answer could have 1000001 points and buckets, more than 1000000 are not given: ask for fewer series, a shorter range or longer buckets",
		},
		"unavailable": {
			err:     fmt.Errorf("company: %w: %w", store.ErrUnavailable, errSecret),
			code:    gqlerr.Unavailable,
			message: "the database is not available, try again later",
			level:   "WARN",
		},
		"unavailable at the deadline": {
			err:     fmt.Errorf("company: %w: %w", store.ErrUnavailable, context.DeadlineExceeded),
			code:    gqlerr.Unavailable,
			message: "the database is not available, try again later",
			level:   "WARN",
		},
		"deadline": {
			err:     fmt.Errorf("%w: %w", context.DeadlineExceeded, errSecret),
			code:    gqlerr.Timeout,
			message: "the request took too long",
			level:   "INFO",
		},
		"statement timeout": {
			err:     fmt.Errorf("company: %w", &pgconn.PgError{Code: "57014", Message: secret}),
			code:    gqlerr.Timeout,
			message: "the request took too long",
			level:   "INFO",
		},
		"client went away": {
			ctx:     cancelled,
			err:     fmt.Errorf("%w: %w", context.Canceled, errSecret),
			code:    gqlerr.Unavailable,
			message: "the request was cancelled",
			level:   "DEBUG",
		},
		"not found": {
			err:     fmt.Errorf("%s: %w", secret, store.ErrNotFound),
			code:    gqlerr.NotFound,
			message: "not found",
		},
		"gqlgen's": {
			err:     &gqlerror.Error{Message: "unknown field", Extensions: map[string]any{"code": "GRAPHQL_VALIDATION_FAILED"}},
			code:    gqlerr.ValidationFailed,
			message: "unknown field",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := test.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			var log bytes.Buffer
			shown := gqlerr.Present(debugLogger(&log))(inField(ctx, "company"), graphql.ErrorOnPath(ctx, test.err))
			if shown.Message != test.message {
				t.Errorf("message %q, want %q", shown.Message, test.message)
			}
			want := map[string]any{"code": string(test.code)}
			maps.Copy(want, test.extra)
			if diff := cmp.Diff(want, shown.Extensions); diff != "" {
				t.Errorf("extensions (-want +got):\n%s", diff)
			}
			switch {
			case test.level == "" && log.Len() > 0:
				t.Errorf("logged %q, want nothing", log.String())
			case test.level != "" && !strings.Contains(log.String(), "level="+test.level+" "):
				t.Errorf("logged %q, want level %s", log.String(), test.level)
			case test.level != "" && strings.Contains(test.err.Error(), secret) && !strings.Contains(log.String(), secret):
				t.Errorf("logged %q, want the cause", log.String())
			}
		})
	}
}

func TestPresentInternal(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"plain":                        errSecret,
		"database":                     fmt.Errorf("company: %w", &pgconn.PgError{Code: "42P01", Message: secret}),
		"cancelled without the client": fmt.Errorf("%s: %w", secret, context.Canceled),
		"a resolver's gqlerror":        gqlerror.Errorf("%s", secret),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			shown := gqlerr.Present(debugLogger(&log))(inField(t.Context(), "company"), err)
			id, _ := shown.Extensions["traceId"].(string)
			if len(id) != 16 || shown.Message != "internal error, trace id "+id {
				t.Errorf("message %q, trace id %q", shown.Message, id)
			}
			if got := shown.Extensions["code"]; got != string(gqlerr.Internal) {
				t.Errorf("code %v", got)
			}
			for _, want := range []string{id, secret, "path=company", "level=ERROR"} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("log %q does not contain %q", log.String(), want)
				}
			}
		})
	}
}

func TestPresentConvertedArgument(t *testing.T) {
	t.Parallel()
	field := func(args map[string]any) context.Context {
		return graphql.WithFieldContext(t.Context(), &graphql.FieldContext{
			Field: graphql.CollectedField{Field: &ast.Field{Alias: "c"}}, Args: args,
		})
	}
	path := ast.Path{ast.PathName("c"), ast.PathName("filter"), ast.PathName("ciks"), ast.PathIndex(2)}
	syntax := &edgar.SyntaxError{Kind: "CIK", Text: "x", Want: "digits"}
	for name, test := range map[string]struct {
		ctx     context.Context
		err     error
		code    gqlerr.Code
		message string
		path    ast.Path
	}{
		"syntax": {
			ctx: field(nil), err: syntax, code: gqlerr.BadUserInput, path: path[:1],
			message: `argument filter.ciks[2]: CIK "x": want digits`,
		},
		"other": {
			ctx: field(nil), err: errors.New("map[string]interface {} is not a CIK"), code: gqlerr.BadUserInput,
			path: path[:1], message: "argument filter.ciks[2]: the value does not have the right type",
		},
		"of a resolver": {ctx: field(map[string]any{}), err: errSecret, code: gqlerr.Internal, path: path},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := gqlerr.Present(slog.New(slog.DiscardHandler))(test.ctx, gqlerror.WrapPath(path, test.err))
			if shown.Extensions["code"] != string(test.code) {
				t.Errorf("code %v, want %s", shown.Extensions["code"], test.code)
			}
			if test.message != "" && shown.Message != test.message {
				t.Errorf("message %q, want %q", shown.Message, test.message)
			}
			if diff := cmp.Diff(test.path, shown.Path); diff != "" {
				t.Errorf("path (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecover(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := debugLogger(&log)
	ctx := inField(t.Context(), "company")
	err := gqlerr.Recover(logger)(ctx, secret)
	for _, want := range []string{secret, "path=company", "TestRecover", "level=ERROR"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log %q does not contain %q", log.String(), want)
		}
	}
	lines := strings.Count(log.String(), "\n")
	shown := gqlerr.Present(logger)(ctx, err)
	id, _ := shown.Extensions["traceId"].(string)
	if id == "" || !strings.Contains(log.String(), id) || strings.Contains(shown.Message, secret) {
		t.Errorf("message %q, trace id %q, log %q", shown.Message, id, log.String())
	}
	if strings.Count(log.String(), "\n") != lines {
		t.Error("the panic was logged a second time")
	}
}

// TestTraceID checks that a client is told the trace that the fault is in.
func TestTraceID(t *testing.T) {
	t.Parallel()
	const want = "0af7651916cd43dd8448eb211c80319c"
	id, err := trace.TraceIDFromHex(want)
	if err != nil {
		t.Fatal(err)
	}
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1}}))
	var log bytes.Buffer
	logger := debugLogger(&log)
	for _, err := range []error{errSecret, gqlerr.Recover(logger)(ctx, secret)} {
		if got := gqlerr.Present(logger)(ctx, err).Extensions["traceId"]; got != want {
			t.Errorf("trace id %v, want %s", got, want)
		}
	}
	if strings.Count(log.String(), want) != 2 {
		t.Errorf("log %q", log.String())
	}
}

func TestPresentNil(t *testing.T) {
	t.Parallel()
	if shown := gqlerr.Present(slog.New(slog.DiscardHandler))(t.Context(), nil); shown != nil {
		t.Errorf("got %v", shown)
	}
}

func debugLogger(to *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// inField returns a context as a resolver of the field has it.
func inField(ctx context.Context, alias string) context.Context {
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{
		Field: graphql.CollectedField{Field: &ast.Field{Alias: alias}},
		Args:  map[string]any{"cik": nil},
	})
	return graphql.WithOperationContext(ctx, &graphql.OperationContext{
		OperationName: "Op", Stats: graphql.Stats{OperationStart: time.Time{}},
	})
}
