package gqlerr

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// maxErrors is how many errors an answer has at most.
const maxErrors = 10

// Trim is a response middleware that sorts the errors of an answer by path, list indexes as numbers, and keeps the
// first ten. The last one kept says in extensions.moreErrors how many were left out.
func Trim(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	response := next(ctx)
	if response == nil || len(response.Errors) < 2 {
		return response
	}
	slices.SortStableFunc(response.Errors, func(a, b *gqlerror.Error) int { return comparePaths(a.Path, b.Path) })
	if more := len(response.Errors) - maxErrors; more > 0 {
		response.Errors = response.Errors[:maxErrors]
		last := *response.Errors[maxErrors-1]
		last.Extensions = maps.Clone(last.Extensions)
		if last.Extensions == nil {
			last.Extensions = make(map[string]any, 1)
		}
		last.Extensions["moreErrors"] = more
		response.Errors[maxErrors-1] = &last
	}
	return response
}

func comparePaths(a, b ast.Path) int {
	return slices.CompareFunc(a, b, func(a, b ast.PathElement) int {
		aIndex, aIsIndex := a.(ast.PathIndex)
		bIndex, bIsIndex := b.(ast.PathIndex)
		switch {
		case aIsIndex && bIsIndex:
			return cmp.Compare(aIndex, bIndex)
		case aIsIndex:
			return -1
		case bIsIndex:
			return 1
		}
		aName, _ := a.(ast.PathName)
		bName, _ := b.(ast.PathName)
		return cmp.Compare(aName, bName)
	})
}
