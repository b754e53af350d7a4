package gqlerr

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/trace"

	"github.com/corpintel/corpintel/store"
)

// queryCanceled is PostgreSQL's code for a statement that was stopped, by its timeout or on request.
const queryCanceled = "57014"

// Present returns the presenter that turns every error into what a client sees. What clients are not told, the logger
// is: whole for INTERNAL, the cause for UNAVAILABLE.
func Present(logger *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		if err == nil {
			return nil
		}
		shown := &gqlerror.Error{Err: err, Path: graphql.GetPath(ctx)}
		if given, ok := errors.AsType[*gqlerror.Error](err); ok {
			if fromEngine(given) {
				return given
			}
			shown.Locations = given.Locations
			if given.Path != nil {
				shown.Path = given.Path
			}
		}
		describe(ctx, logger, shown, err)
		return shown
	}
}

// fromEngine reports whether an error is gqlgen's own verdict on a document, which is shown as it is.
func fromEngine(err *gqlerror.Error) bool {
	code := err.Extensions["code"]
	return code == string(ParseFailed) || code == string(ValidationFailed) || code == string(TooComplex) || code == string(PersistedQueryNotFound)
}

// describe gives shown the code, message and extensions for err. It is the table.
func describe(ctx context.Context, logger *slog.Logger, shown *gqlerror.Error, err error) {
	if input := asInput(ctx, shown, err); input != nil {
		set(shown, BadUserInput, input.Error())
		if input.Argument != "" {
			shown.Extensions["argument"] = input.Argument
		}
		return
	}
	if size, ok := errors.AsType[*store.SizeError](err); ok {
		set(shown, TooComplex, size.Error())
		return
	}
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		// Nobody reads this answer.
		set(shown, Unavailable, "the request was cancelled")
		logger.DebugContext(ctx, "request cancelled", attributes(ctx, shown, err)...)
	case errors.Is(err, store.ErrUnavailable):
		set(shown, Unavailable, "the database is not available, try again later")
		logger.WarnContext(ctx, "database unavailable", attributes(ctx, shown, err)...)
	case errors.Is(err, context.DeadlineExceeded), hasState(err, queryCanceled):
		set(shown, Timeout, "the request took too long")
		logger.InfoContext(ctx, "request timed out", attributes(ctx, shown, err)...)
	case errors.Is(err, store.ErrNotFound):
		set(shown, NotFound, "not found")
	default:
		setInternal(shown, report(ctx, logger, shown, err))
	}
}

// report logs an error of ours, unless that has been done, and returns its trace id.
func report(ctx context.Context, logger *slog.Logger, shown *gqlerror.Error, err error) string {
	if panicked, ok := errors.AsType[*panicError](err); ok {
		return panicked.traceID
	}
	id := traceID(ctx)
	logger.ErrorContext(ctx, "internal error", append(attributes(ctx, shown, err), slog.String("traceId", id))...)
	return id
}

func setInternal(shown *gqlerror.Error, traceID string) {
	set(shown, Internal, "internal error, trace id "+traceID)
	shown.Extensions["traceId"] = traceID
}

func set(shown *gqlerror.Error, code Code, message string) {
	shown.Message = message
	shown.Extensions = map[string]any{"code": string(code)}
}

// hasState reports whether err is PostgreSQL's with the given code.
func hasState(err error, state string) bool {
	var coded interface{ SQLState() string }
	return errors.As(err, &coded) && coded.SQLState() == state
}

func attributes(ctx context.Context, shown *gqlerror.Error, err error) []any {
	attrs := []any{slog.Any("error", err), slog.String("path", shown.Path.String())}
	if graphql.HasOperationContext(ctx) {
		attrs = append(attrs, slog.String("operation", graphql.GetOperationContext(ctx).OperationName))
	}
	return attrs
}

// panicError is a panic that has been logged.
type panicError struct {
	value   any
	traceID string
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// Recover returns the function that makes a panic of a resolver the error INTERNAL of its field. It logs the panic
// with its stack.
func Recover(logger *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, value any) error {
		err := &panicError{value: value, traceID: traceID(ctx)}
		at := &gqlerror.Error{Path: pathOf(ctx)}
		logger.ErrorContext(ctx, "panic", append(attributes(ctx, at, err),
			slog.String("traceId", err.traceID), slog.String("stack", string(debug.Stack())))...)
		return err
	}
}

// pathOf returns the path of the field that is being answered, nil outside of fields.
func pathOf(ctx context.Context) ast.Path {
	if field := graphql.GetFieldContext(ctx); field != nil {
		return field.Path()
	}
	return nil
}

// traceID returns the id of the trace that ctx belongs to; one of its own where there is none.
func traceID(ctx context.Context) string {
	if id := trace.SpanContextFromContext(ctx).TraceID(); id.IsValid() {
		return id.String()
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
