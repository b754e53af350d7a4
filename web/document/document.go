// Package document turns the text of an operation into a document that fits the schema, and keeps those it has seen.
//
// What it does with a text of any content is bounded: the guard counts it before it is parsed, validation looks for a
// bounded number of faults, each of bounded length, and the kept documents are bounded in bytes.
package document

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/corpintel/corpintel/cache/lru"
	"github.com/corpintel/corpintel/web/guard"
)

const (
	// tokenBytes is what a token of a validated document takes in memory, measured on large ones.
	tokenBytes = 240
	// entryBytes is what a document takes beside its tokens.
	entryBytes = 512
)

// Store parses and validates documents, and keeps them. It is safe for concurrent use.
type Store struct {
	schema *ast.Schema
	rules  []rule
	limits guard.Limits
	kept   *documents
	// registered has documents that stay there whatever others send.
	registered *documents
}

// documents are those of texts.
type documents = lru.Cache[string, *ast.QueryDocument]

var _ graphql.Cache[*ast.QueryDocument] = (*Store)(nil)

// NewStore returns a Store for a schema. It keeps about maxBytes of documents, those that were used last, and as much of
// registered ones.
func NewStore(schema *ast.Schema, limits guard.Limits, maxBytes int64) *Store {
	newDocuments := lru.New[string, *ast.QueryDocument]
	return &Store{schema: schema, rules: rules(), limits: limits, kept: newDocuments(maxBytes), registered: newDocuments(maxBytes)}
}

// WithoutDefer returns a schema without the directive @defer, which the parser adds: an answer here is one body, in which
// deferred fields would be missing.
func WithoutDefer(schema *ast.Schema) *ast.Schema {
	without := *schema
	without.Directives = maps.Clone(schema.Directives)
	delete(without.Directives, "defer")
	return &without
}

// Load returns the document of a text, the same one for the same text as long as it is kept; it must not be changed.
// Errors: *guard.ExcessError for a document beyond a limit, gqlerror.List with codes for one that is no GraphQL or does not
// fit the schema.
func (s *Store) Load(text string) (*ast.QueryDocument, error) { return s.load(text, s.kept) }

// LoadRegistered is Load for the text of a registered document: free texts do not make the Store forget it.
func (s *Store) LoadRegistered(text string) (*ast.QueryDocument, error) {
	return s.load(text, s.registered)
}

func (s *Store) load(text string, keep *documents) (*ast.QueryDocument, error) {
	if found, ok := keep.Get(text); ok {
		return found, nil
	}
	counts, err := s.limits.Check(text)
	if cycle, ok := errors.AsType[*guard.CycleError](err); ok {
		return nil, gqlerror.List{fault(errcode.ValidationFailed, gqlerror.Errorf("%s", cycle.Error()))}
	}
	if err != nil {
		return nil, err
	}
	text = strings.Clone(text) // the document points into it: the rest of a request must not be kept with it
	parsed, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		refused, ok := errors.AsType[*gqlerror.Error](err)
		if !ok {
			refused = gqlerror.Wrap(err)
		}
		return nil, gqlerror.List{fault(errcode.ParseFailed, refused)}
	}
	if len(parsed.Operations) == 0 {
		return nil, gqlerror.List{fault(errcode.ValidationFailed, gqlerror.Errorf("no operation provided"))}
	}
	if faults := validate(s.schema, parsed, s.rules); len(faults) > 0 {
		return nil, faults
	}
	keep.Add(text, parsed, int64(len(text))+int64(counts.Tokens)*tokenBytes+entryBytes)
	return parsed, nil
}

// Stats returns the counts: those of documents that others send, and of registered ones.
func (s *Store) Stats() (kept, registered lru.Stats) { return s.kept.Stats(), s.registered.Stats() }

// Get makes the Store a query cache for gqlgen, which asks for documents that were loaded just before: it never has to
// parse one itself, which it would do without the guard.
func (s *Store) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	if found, ok := s.registered.Again(text); ok {
		return found, true
	}
	if found, ok := s.kept.Again(text); ok {
		return found, true
	}
	found, err := s.Load(text)
	return found, err == nil
}

// Add does nothing: what is valid is kept already.
func (*Store) Add(context.Context, string, *ast.QueryDocument) {}
