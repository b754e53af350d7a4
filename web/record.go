package web

import (
	"context"
	"errors"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/graph/gqlerr"
)

// noteResolved counts what a request called for.
func (e *exchange) noteResolved(err error) {
	switch {
	case err != nil:
		e.record.Resolve(unresolved(err))
		return
	case e.document == nil:
		e.record.Resolve("text")
	default:
		e.record.Resolve("registered")
		e.record.Registered, e.record.Document = true, e.document.ID
	}
	e.record.Variables = e.request.Variables
	e.record.Operation, _ = e.operationName()
}

// unresolved says in a word why a request has no text to execute.
func unresolved(err error) string {
	code := ""
	if refused, ok := errors.AsType[*refusal](err); ok {
		code = string(refused.code)
	} else if faults, ok := errors.AsType[gqlerror.List](err); ok {
		code, _ = faults[0].Extensions["code"].(string)
	}
	switch gqlerr.Code(code) {
	case gqlerr.DocumentNotFound:
		return "not_found"
	case gqlerr.DocumentNotRegistered:
		return "not_registered"
	case gqlerr.DocumentRetired:
		return "retired"
	case gqlerr.PersistedQueryNotFound:
		return "hash_unknown"
	default:
		return "refused"
	}
}

// noteReplayed notes that the answer was kept.
func (e *exchange) noteReplayed(from tier) {
	if name, ok := e.operationName(); ok {
		e.record.Operation = name
	} else if text, err := e.documents.Load(e.request.Query); err == nil && len(text.Operations) == 1 {
		e.record.Operation = text.Operations[0].Name
	}
	e.record.Cost = 1
	e.record.Executed(string(from))
}

// operationName returns the name of the operation that is asked for, as far as it can be told without reading the whole text: ok says
// so.
func (e *exchange) operationName() (name string, ok bool) {
	switch {
	case e.request.OperationName != "":
		return e.request.OperationName, true
	case e.document != nil:
		if len(e.document.Operations) == 1 {
			return e.document.Operations[0], true
		}
		return "", false
	default:
		return leadingName(e.request.Query)
	}
}

// leadingName returns the name of the operation that a valid text begins with, empty for one without; ok is false where it begins with
// something else.
func leadingName(text string) (name string, ok bool) {
	text = strings.TrimLeft(text, blanks)
	if strings.HasPrefix(text, "{") {
		return "", true
	}
	rest, ok := strings.CutPrefix(text, "query")
	if !ok {
		return "", false
	}
	name = strings.TrimLeft(rest, blanks)
	if name != "" && name[0] == '#' {
		return "", false
	}
	end := strings.IndexFunc(name, func(c rune) bool { return !isNameRune(c) })
	if end < 0 {
		return "", false
	}
	if end > 0 && len(name) == len(rest) { // queryName is no operation
		return "", false
	}
	return name[:end], true
}

// blanks are what GraphQL ignores between tokens, but for comments.
const blanks = " \t\r\n,\uFEFF"

func isNameRune(c rune) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// labelled labels what the request takes of the processor with the operation, while a profile is taken.
func (e *exchange) labelled(ctx context.Context) (end func()) {
	return e.profiles.Label(ctx, e.record.Operation)
}
