package gqlerr_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/graph/gqlerr"
)

func TestTrim(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		paths []string // JSON
		want  []string
		more  any
	}{
		"none": {},
		"one":  {paths: []string{`["a"]`}, want: []string{`["a"]`}},
		"sorted, indexes as numbers": {
			paths: []string{`["b"]`, `["a",10,"x"]`, `["a",9,"y"]`, `["a",9,"x"]`, `["a"]`, `["a","n"]`},
			want:  []string{`["a"]`, `["a",9,"x"]`, `["a",9,"y"]`, `["a",10,"x"]`, `["a","n"]`, `["b"]`},
		},
		"ten": {paths: indexes(10, 0), want: indexes(10, 0)},
		"cut": {
			paths: append(indexes(13, 10), indexes(10, 0)...),
			want:  indexes(10, 0),
			more:  3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shared := map[string]any{"code": "INTERNAL"}
			response := gqlerr.Trim(t.Context(), func(context.Context) *graphql.Response {
				return &graphql.Response{Errors: faults(t, test.paths, shared)}
			})
			var got []string
			for _, err := range response.Errors {
				path, err := json.Marshal(err.Path)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(path))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
			if n := len(response.Errors); n > 0 && response.Errors[n-1].Extensions["moreErrors"] != test.more {
				t.Errorf("moreErrors %v, want %v", response.Errors[n-1].Extensions["moreErrors"], test.more)
			}
			if len(shared) != 1 {
				t.Errorf("extensions shared with another error were changed: %v", shared)
			}
		})
	}
}

func TestTrimNil(t *testing.T) {
	t.Parallel()
	got := gqlerr.Trim(t.Context(), func(context.Context) *graphql.Response { return nil })
	if got != nil {
		t.Errorf("got %v", got)
	}
}

// indexes returns the paths of the elements from..n-1 of the list "a".
func indexes(n, from int) []string {
	var paths []string
	for i := from; i < n; i++ {
		paths = append(paths, fmt.Sprintf(`["a",%d]`, i))
	}
	return paths
}

func faults(t *testing.T, paths []string, extensions map[string]any) gqlerror.List {
	t.Helper()
	var list gqlerror.List
	for _, text := range paths {
		var path ast.Path
		if err := json.Unmarshal([]byte(text), &path); err != nil {
			t.Fatal(err)
		}
		list = append(list, &gqlerror.Error{Path: path, Extensions: extensions})
	}
	return list
}
