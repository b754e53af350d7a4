package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/web/shed"
)

// admit takes a place for an operation, which dispatchAdmitted gives back. What asks for the schema alone needs none. Error:
// *refusal, also when ctx ended; then nothing was spent.
func (e *exchange) admit(ctx context.Context, operation *graphql.OperationContext) error {
	if e.work == nil || asksForSchemaOnly(operation.Operation.SelectionSet) {
		return nil
	}
	err := e.work.Acquire(ctx, classOf(e.client.Viewer.Role))
	if err == nil {
		e.admitted = true
		return nil
	}
	e.giveBack()
	if ctx.Err() != nil {
		return tookTooLong()
	}
	wait := e.work.RetryAfter()
	return &refusal{
		status: http.StatusServiceUnavailable, code: gqlerr.Overloaded, retryAfter: wait,
		reason:     "the server has more to do than it can: nothing was executed, try again later",
		extensions: map[string]any{"retryAfter": int(wait.Seconds())},
	}
}

// dispatchAdmitted counts and executes an operation, and gives its place back before the answer is sent: who receives slowly takes
// none. It comes straight after admit, so that nothing that panics keeps the place.
func (e *exchange) dispatchAdmitted(ctx context.Context, operation *graphql.OperationContext) *graphql.Response {
	if e.admitted {
		defer e.work.Release()
	}
	e.count()
	e.record.Operation = operation.Operation.Name
	if e.explain != nil {
		e.explain.Watch(operation)
	}
	return e.dispatchTraced(ctx, operation)
}

// classOf says who goes first: pages that people wait for and what was registered for others, before those who explore.
func classOf(role auth.Role) shed.Class {
	if role == auth.RoleAnalyst {
		return shed.Second
	}
	return shed.First
}

// asksForSchemaOnly reports whether all that an operation asks for is known without the data.
func asksForSchemaOnly(selections ast.SelectionSet) bool {
	for _, s := range selections {
		switch s := s.(type) {
		case *ast.Field:
			if !strings.HasPrefix(s.Name, "__") {
				return false
			}
		case *ast.InlineFragment:
			if !asksForSchemaOnly(s.SelectionSet) {
				return false
			}
		case *ast.FragmentSpread:
			if !asksForSchemaOnly(s.Definition.SelectionSet) {
				return false
			}
		}
	}
	return true
}

// tookTooLong is what a request is told whose context ended before the first resolver was called.
func tookTooLong() *refusal {
	return &refusal{
		status: http.StatusServiceUnavailable, code: gqlerr.Timeout, reason: "the request took too long", retryAfter: retryAfter,
	}
}
