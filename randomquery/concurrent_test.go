package randomquery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// testConcurrent sends operations many at a time, to the server with the renderer and the one without, and goes away from
// some: what requests share (pools, plans, documents) must not show in an answer. The race detector sees more.
func testConcurrent(t *testing.T, c *comparison) {
	t.Helper()
	const callers, different, each = 8, 60, 40
	bodies, answers := make([][]byte, different), make([][]byte, different)
	for n := range bodies {
		op := generate(c.schema, c.data, *seed+uint64(n))
		body, err := json.Marshal(map[string]any{"query": op.document, "operationName": op.name, "variables": op.variables})
		if err != nil {
			t.Fatal(err)
		}
		bodies[n], answers[n] = body, post(t.Context(), c.server.handler, body)
	}
	var wait sync.WaitGroup
	for caller := range uint64(callers) {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(*seed, caller)) //nolint:gosec // the same in each run
			for range each {
				n := random.IntN(different)
				handler := c.server.handler
				if random.IntN(4) == 0 {
					handler = c.executor.handler
				}
				if random.IntN(4) == 0 { // before the answer or, on a fast machine, after it
					ctx, goAway := context.WithTimeout(t.Context(), time.Duration(random.IntN(20))*time.Millisecond)
					post(ctx, handler, bodies[n])
					goAway()
					continue
				}
				if got := post(t.Context(), handler, bodies[n]); !bytes.Equal(got, answers[n]) {
					t.Errorf("%s\nis answered differently among others: %v", bodies[n], differ(answers[n], got, nil))
				}
			}
		})
	}
	wait.Wait()
}

// post returns the answer to a request.
func post(ctx context.Context, handler http.Handler, body []byte) []byte {
	request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Body.Bytes()
}
