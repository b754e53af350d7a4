package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web"
)

// TestExplainIsNotKept checks that an answer that is explained is neither taken from those that are kept nor kept itself, by this
// server and by caches, and that its client pays and uses a document as ever.
func TestExplainIsNotKept(t *testing.T) {
	t.Parallel()
	k := newKeeping(t, nil)
	const variables = "%7B%7D"
	explained := func(role auth.Role) (string, http.Header) {
		w := k.ask(t, k.keys[role], http.MethodGet, "/graphql/d/"+k.id+"?variables="+variables, nil,
			"Corpintel-Explain", "1", "Corpintel-Cost", "1", "Corpintel-Cache", "1", "If-None-Match", "*")
		if w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		return w.Body.String(), w.Header()
	}
	kept := k.get(t, auth.RoleAnalyst, variables)
	for want := int64(2); want <= 3; want++ {
		body, header := explained(auth.RoleAnalyst)
		if k.asked.Load() != want || !strings.Contains(body, `"explain":{`) || !strings.Contains(body, `"cost":{`) || !strings.Contains(body, `"hit":false`) {
			t.Errorf("asked %d times for %s", k.asked.Load(), body)
		}
		if header.Get("Cache-Control") != "no-store" || header.Get("Etag") != "" || header.Get("Age") != "" || header.Get("Ratelimit") != "" {
			t.Errorf("%v", header)
		}
	}
	if again := k.get(t, auth.RoleAnalyst, variables); again != kept || strings.Contains(again, "explain") {
		t.Errorf("kept is %s, was %s", again, kept)
	}
	// Of a role that may not know, the header changes nothing: here what another header asks for keeps the answer from being kept.
	k.get(t, auth.RolePartner, variables)
	before := k.asked.Load()
	if w := k.ask(t, k.keys[auth.RolePartner], http.MethodGet, "/graphql/d/"+k.id+"?variables="+variables, nil, "Corpintel-Explain", "1"); k.asked.Load() != before || strings.Contains(w.Body.String(), "explain") {
		t.Errorf("partner: asked %d times more, %s", k.asked.Load()-before, w.Body)
	}
	if err := k.usage.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var count int
	if err := k.store.Pool().QueryRow(t.Context(), `select sum(count) from document_usage`).Scan(&count); err != nil || count != 6 {
		t.Errorf("used %d times (%v), want 6", count, err)
	}
}

// TestExplainOfErrors checks what is explained where something is wrong.
func TestExplainOfErrors(t *testing.T) {
	t.Parallel()
	r := failing(nil)
	r.query.company = func(_ context.Context, _ *edgar.CIK, ticker *string) (*store.Company, error) {
		if ticker == nil {
			return nil, store.ErrUnavailable
		}
		return &store.Company{ID: 1, Name: "Apple Inc."}, nil
	}
	h, _ := newHandler(r)
	for _, test := range []struct {
		query     string
		status    int
		explained bool
	}{
		{`{ company(cik: 1) { name } }`, http.StatusServiceUnavailable, true},
		{`{ a: company(cik: 1) { name } b: company(ticker: "AAPL") { name } }`, http.StatusOK, true},
		{`{ company(cik: 1) { nonsense } }`, http.StatusOK, false},
		{`{`, http.StatusOK, false},
	} {
		body := `{"query": ` + quote(test.query) + `}`
		w := send(t, h, http.MethodPost, "/graphql", body, "Content-Type", "application/json", "Corpintel-Explain", "1")
		var answer struct {
			Errors     []any
			Extensions struct {
				Explain *struct {
					Cost struct{ Estimate, Actual int }
				}
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if w.Code != test.status || len(answer.Errors) == 0 || (answer.Extensions.Explain != nil) != test.explained {
			t.Errorf("%s: %d %s", test.query, w.Code, w.Body)
		}
	}
}

// TestExplainIsFreeUnasked checks that neither where nobody may ask nor where nobody does there is an allocation more.
func TestExplainIsFreeUnasked(t *testing.T) {
	plan := func(context.Context, string, []any, time.Duration) (string, error) {
		return "", errors.New("nobody asks")
	}
	bare, _ := newHandler(answering())
	planning, _ := newHandler(answering(), func(o *web.Options) { o.Plan = plan })
	allocations := func(h http.Handler, header ...string) float64 {
		header = append([]string{"Content-Type", "application/json"}, header...)
		return testing.AllocsPerRun(200, func() {
			send(t, h, http.MethodPost, "/graphql", `{"query": "{ company(cik: 1) { name } }"}`, header...)
		})
	}
	without, with := allocations(bare), allocations(planning)
	if asked := allocations(planning, "Corpintel-Explain", "1"); without != with || asked <= without {
		t.Errorf("%v allocations, %v on a server that explains, %v explained", without, with, asked)
	}
}
