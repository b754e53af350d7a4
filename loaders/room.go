package loaders

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/store"
)

// Reserve takes room for the n points and buckets that the lists of a field have, for all objects that have it, out of what
// an answer can have. When there is not enough the field is refused, and what it has does not count.
func (s *Set) Reserve(field *ast.Field, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reserved+n <= store.MaxPoints {
		s.reserved += n
		return
	}
	if s.refused == nil {
		s.refused = map[*ast.Field]error{}
	}
	s.refused[field] = &store.SizeError{Size: s.reserved + n}
}

// Refused returns the error of a field for which there was not enough room, a *store.SizeError; nil for others.
func (s *Set) Refused(field *ast.Field) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused[field]
}
