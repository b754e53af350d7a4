package randomquery_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
)

// faults are what a server could do wrong: each changes an answer.
var faults = map[string]struct {
	kind  string // of mismatch
	spoil func(body []byte) []byte
}{
	"a page that ends too early": {"data", replacing(`"hasNextPage":true`, `"hasNextPage":false`)},
	"a number that is off":       {"data", replacing(`("count\w*"):(\d+)`, `$1:1$2`)},
	"a value that is missing":    {"data", replacing(`("form\w*"):"[^"]+"`, `$1:null`)},
	"an object of another type":  {"data", replacing(`"Filing"`, `"Company"`)},
	"another number format":      {"data", replacing(`("value\w*":\d+)([,}])`, `$1.0$2`)},
	"another cursor":             {"data", replacing(`("endCursor\w*":")..`, `${1}__`)},
	"another code":               {"errors", replacing("BAD_USER_INPUT", "INTERNAL")},
	"an error too much":          {"errors", replacing(`^\{"data"`, `{"errors":[{"message":"","path":["x"]}],"data"`)},
	"no data":                    {"answer", replacing(`"data":`, `"date":`)},
}

func replacing(pattern, with string) func([]byte) []byte {
	compiled := regexp.MustCompile(pattern)
	return func(body []byte) []byte { return compiled.ReplaceAll(body, []byte(with)) }
}

// testFaults breaks the server, and wants that to be noticed and the operation made small.
func testFaults(t *testing.T, c *comparison) {
	t.Helper()
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			broken := *c
			broken.server = &server{c.breaking(fault.spoil), c.server.loaders, c.server.statements}
			broken.expectFailure(t, fault.kind)
		})
	}
	t.Run("a statement too much", func(t *testing.T) {
		broken := *c
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.server.handler.ServeHTTP(w, r)
			for range 10 {
				c.server.statements.add("-- name: Another\n")
			}
		})
		broken.server = &server{handler, c.server.loaders, c.server.statements}
		broken.expectFailure(t, "statements")
	})
}

func (c *comparison) breaking(spoil func([]byte) []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		c.server.handler.ServeHTTP(recorder, r)
		_, _ = w.Write(spoil(bytes.Clone(recorder.Body.Bytes()))) // into memory
	})
}

// expectFailure runs operations until one fails in the way that is wanted.
func (c *comparison) expectFailure(t *testing.T, kind string) {
	t.Helper()
	fails := func(op operation) bool {
		m := c.check(op)
		return m != nil && m.kind == kind
	}
	const tries = 400
	for n := range uint64(tries) {
		op := generate(c.schema, c.data, 1<<32+n)
		if !fails(op) {
			continue
		}
		small := shrink(op, fails)
		if lines := bytes.Count([]byte(small.document), []byte("\n")); lines > 20 || len(small.variables) > 1 {
			t.Errorf("made no smaller than\n%s", small)
		}
		return
	}
	t.Errorf("not noticed in %d operations", tries)
}
