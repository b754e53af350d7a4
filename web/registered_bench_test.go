package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corpintel/corpintel/auth"
)

// called is one operation, as it is asked by the id under which it is registered, and by its text.
type called struct {
	handler    http.Handler
	key        string
	byID, text []byte // bodies
}

// newCalled returns the operations: a small one, and one with a text as pages have them.
func newCalled(t testing.TB) map[string]called {
	t.Helper()
	const fields = "formerNames ticker exchange sector industry country sic fiscalYearEnd name id "
	long := "query A($t: String) { company(ticker: $t) { name ...F } }\n" +
		"fragment F on Company { " + strings.Repeat(fields, 50) + "}"
	texts := map[string]string{"small": registeredText, "large": long}
	ids := make(map[string]string)
	var key string
	reg := newRegistry(t, answering(), func(r *registry) {
		key = r.create(t, "ann", auth.RoleAdmin, auth.ModeOpen, nil)
		for name, text := range texts {
			ids[name] = r.publish(t, "ann", text)
		}
	})
	out := make(map[string]called)
	for name, text := range texts {
		c := called{handler: reg.handler, key: key}
		for member, to := range map[string]*[]byte{"documentId": &c.byID, "query": &c.text} {
			what := text
			if to == &c.byID {
				what = ids[name]
			}
			var err error
			if *to, err = json.Marshal(map[string]any{member: what, "variables": map[string]any{"t": "AAPL"}}); err != nil {
				t.Fatal(err)
			}
		}
		out[name] = c
	}
	return out
}

// mustAsk makes one request, whose answer must have no errors. It is no helper of a test: that would count in what it costs.
func (c *called) mustAsk(ctx context.Context, body []byte) {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Api-Key", c.key)
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !bytes.HasPrefix(w.Body.Bytes(), []byte(`{"data":{"company":{"name":`)) {
		panic(fmt.Sprintf("%d %.300s", w.Code, w.Body))
	}
}

// TestRegisteredAllocations holds that calling a document by its id allocates no more than sending its text, which is
// parsed already.
//
//nolint:paralleltest // it counts allocations
func TestRegisteredAllocations(t *testing.T) {
	for name, c := range newCalled(t) {
		byID := testing.AllocsPerRun(50, func() { c.mustAsk(t.Context(), c.byID) })
		text := testing.AllocsPerRun(50, func() { c.mustAsk(t.Context(), c.text) })
		t.Logf("%s: %.0f allocations by id, %.0f by text", name, byID, text)
		if byID > 1.05*text {
			t.Errorf("%s: %.0f allocations by id, %.0f by text", name, byID, text)
		}
	}
}

// BenchmarkRegistered asks by id and by text in turns. x-wall is the ratio of the medians of the turns, which says more than that
// of the sums where the machine does other things, too.
func BenchmarkRegistered(b *testing.B) {
	const turn = 10
	for name, c := range newCalled(b) {
		b.Run(name, func(b *testing.B) {
			var byID, text []time.Duration
			measure := func(body []byte) time.Duration {
				start := time.Now()
				for range turn {
					c.mustAsk(b.Context(), body)
				}
				return time.Since(start) / turn
			}
			for b.Loop() {
				byID = append(byID, measure(c.byID))
				text = append(text, measure(c.text))
			}
			id, whole := median(byID), median(text)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(id)/float64(whole), "x-wall")
			b.ReportMetric(float64(id), "id-ns")
			b.ReportMetric(float64(whole), "text-ns")
		})
	}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
