package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/connection"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web"
)

var errSecret = errors.New("dial tcp db.internal:5432: SECRET")

// TestInput checks values that pass validation and do not pass the conversion to Go.
func TestInput(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	for name, test := range map[string]struct {
		query     string
		variables map[string]any
		argument  string
		path      []any
	}{
		"literal":          {`{ company(cik: "x") { name } }`, nil, "cik", []any{"company"}},
		"number":           {`{ company(cik: -3) { name } }`, nil, "cik", []any{"company"}},
		"boolean":          {`{ company(cik: true) { name } }`, nil, "cik", []any{"company"}},
		"list":             {`{ company(cik: [1]) { name } }`, nil, "cik", []any{"company"}},
		"alias":            {`{ a: company(cik: "x") { name } }`, nil, "cik", []any{"a"}},
		"variable":         {`query($c: CIK) { company(cik: $c) { name } }`, map[string]any{"c": "x"}, "cik", []any{"company"}},
		"variable, number": {`query($c: CIK) { company(cik: $c) { name } }`, map[string]any{"c": 1.5}, "cik", []any{"company"}},
		"variable, object": {
			`query($c: CIK) { company(cik: $c) { name } }`, map[string]any{"c": map[string]any{}}, "cik", []any{"company"},
		},
		"in an input object": {
			`{ companies(filter: { ciks: ["1", "x"] }) { totalCount } }`, nil, "filter.ciks[1]", []any{"companies"},
		},
		"in a variable's input object": {
			`query($f: CompanyFilter) { companies(filter: $f) { totalCount } }`,
			map[string]any{"f": map[string]any{"ciks": []any{"x"}}},
			"filter.ciks[0]",
			[]any{"companies"},
		},
		"date": {
			`{ filings(filter: { filedFrom: "2023-02-30" }) { totalCount } }`, nil, "filter.filedFrom", []any{"filings"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := post(t, h, test.query, test.variables)
			err := wantFault(t, w, http.StatusOK, "BAD_USER_INPUT")
			if err.Extensions["argument"] != test.argument {
				t.Errorf("argument %v, want %q: %s", err.Extensions["argument"], test.argument, w.Body)
			}
			if diff := cmp.Diff(test.path, err.Path); diff != "" {
				t.Errorf("path (-want +got):\n%s", diff)
			}
			if len(faults(t, w)) != 1 {
				t.Errorf("want one error: %s", w.Body)
			}
			for _, name := range []string{"json.Number", "map[", "interface", "int64", "[]", "strconv"} {
				if strings.Contains(err.Message, name) {
					t.Errorf("the message has a Go type: %s", err.Message)
				}
			}
		})
	}
}

func TestResolverFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"bad input":   {gqlerr.BadInput("ticker", "no such symbol"), 200, "BAD_USER_INPUT"},
		"unavailable": {fmt.Errorf("company: %w: %w", store.ErrUnavailable, errSecret), 503, "UNAVAILABLE"},
		"timeout":     {fmt.Errorf("%w: %w", context.DeadlineExceeded, errSecret), 200, "TIMEOUT"},
		"other":       {errSecret, 200, "INTERNAL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, log := newHandler(failing(test.err))
			for _, query := range []string{
				companyQuery,                   // data is an object of null
				`{ companies { totalCount } }`, // data is null
			} {
				w := get(t, h, query)
				wantFault(t, w, test.status, test.code)
				if len(faults(t, w)) != 1 {
					t.Errorf("want one error: %s", w.Body)
				}
				if strings.Contains(w.Body.String(), "SECRET") {
					t.Errorf("the answer tells the cause: %s", w.Body)
				}
				if got := w.Header().Get("Retry-After"); (got != "") != (test.status == 503) {
					t.Errorf("Retry-After %q", got)
				}
			}
			if errors.Is(test.err, errSecret) && !strings.Contains(log.String(), "SECRET") {
				t.Errorf("the cause is not logged: %s", log)
			}
		})
	}
}

// TestPartlyUnavailable checks that an answer with some data is no 503.
func TestPartlyUnavailable(t *testing.T) {
	t.Parallel()
	r := answering()
	r.query.companies = func(context.Context) (*connection.CompanyConnection, error) { return nil, store.ErrUnavailable }
	row := r.query.company
	r.query.company = func(ctx context.Context, cik *edgar.CIK, ticker *string) (*store.Company, error) {
		if *ticker == "B" {
			return nil, store.ErrUnavailable
		}
		return row(ctx, cik, ticker)
	}
	h, _ := newHandler(r)
	w := get(t, h, `{ a: company(ticker: "A") { name } b: company(ticker: "B") { name } }`)
	wantFault(t, w, http.StatusOK, "UNAVAILABLE")
}

func TestPanicInResolver(t *testing.T) {
	t.Parallel()
	r := answering()
	r.query.company = func(context.Context, *edgar.CIK, *string) (*store.Company, error) { panic("SECRET") }
	h, log := newHandler(r)
	w := get(t, h, companyQuery)
	err := wantFault(t, w, http.StatusOK, "INTERNAL")
	id, _ := err.Extensions["traceId"].(string)
	if len(id) != 16 || strings.Contains(w.Body.String(), "SECRET") {
		t.Errorf("trace id %q: %s", id, w.Body)
	}
	for _, want := range []string{id, "SECRET", "TestPanicInResolver"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log does not contain %q: %s", want, log)
		}
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
		t.Errorf("%d error lines, want 1: %s", n, log)
	}
}

func TestManyErrors(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	var query strings.Builder
	query.WriteString("{ ")
	for i := range 30 {
		fmt.Fprintf(&query, "f%02d ", i)
	}
	query.WriteString("}")
	list := faults(t, get(t, h, query.String()))
	if len(list) != 10 || list[9].Extensions["moreErrors"] != 20.0 {
		t.Errorf("%d errors, the last says %v more", len(list), list[len(list)-1].Extensions["moreErrors"])
	}
}

// TestRequestTimeout checks that an operation is ended, and that the answer says so.
func TestRequestTimeout(t *testing.T) {
	t.Parallel()
	r := answering()
	r.query.company = func(ctx context.Context, _ *edgar.CIK, _ *string) (*store.Company, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	h, _ := newHandler(r, func(o *web.Options) { o.RequestTimeout = 10 * time.Millisecond })
	wantFault(t, get(t, h, companyQuery), http.StatusOK, "TIMEOUT")

	h, _ = newHandler(r, func(o *web.Options) { o.RequestTimeout = -1 })
	w := get(t, h, companyQuery)
	wantFault(t, w, http.StatusServiceUnavailable, "TIMEOUT")
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// TestClientGone checks that a client that hangs up leaves no trace in the log.
func TestClientGone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r := answering()
	r.query.company = func(ctx context.Context, _ *edgar.CIK, _ *string) (*store.Company, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	h, log := newHandler(r)
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/graphql?query="+url.QueryEscape(companyQuery), nil)
	h.ServeHTTP(httptest.NewRecorder(), request)
	if strings.Contains(log.String(), "ERROR") || strings.Contains(log.String(), "WARN") {
		t.Errorf("logged: %s", log)
	}
}

// TestHugeNumber: the library panics on it in every place that reads arguments.
func TestHugeNumber(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	err := wantFault(t, post(t, h, `{ company(cik: 99999999999999999999) { name } }`, nil), http.StatusOK, "BAD_USER_INPUT")
	if !strings.Contains(err.Message, "out of range") {
		t.Errorf("message %q", err.Message)
	}
}

func TestTooComplex(t *testing.T) {
	t.Parallel()
	const pages = `{ companies(first: 200) { nodes { filings(first: 200) { nodes { companies { filings(first: 200) { nodes { form } } } } } } } }`
	h, _ := newHandler(answering())
	err := wantFault(t, post(t, h, pages, nil), http.StatusBadRequest, "COMPLEXITY_LIMIT_EXCEEDED")
	dearest, _ := err.Extensions["dearest"].([]any)
	if err.Extensions["limit"] != 500_000.0 || err.Extensions["estimate"] != 16_200_402.0 || len(dearest) != 4 {
		t.Errorf("extensions %v", err.Extensions)
	}

	h, _ = newHandler(answering(), func(o *web.Options) { o.Limits = web.DefaultLimits(); o.Limits.Cost = 1 })
	wantFault(t, post(t, h, companyQuery, nil), http.StatusBadRequest, "COMPLEXITY_LIMIT_EXCEEDED")
}

// TestTooLongLists: lists that are refused for their length are read by every object first.
func TestTooLongLists(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	list := slices.Repeat([]string{""}, 30_000)
	for field, variables := range map[string]map[string]any{
		"metrics(names: $list) { value }":                              {"list": list},
		"filings(first: 1, filter: {forms: $list}) { nodes { form } }": {"list": list},
	} {
		query := "query($list: [String!]!) { companies(first: 200) { nodes { " + field + " } } }"
		wantFault(t, post(t, h, query, variables), http.StatusBadRequest, "COMPLEXITY_LIMIT_EXCEEDED")
	}
}

// TestVariables checks that what is told of wrong variables is true, and bounded.
func TestVariables(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	const long = 90_000
	for name, test := range map[string]struct {
		declared string
		value    string
		want     string
	}{
		"exponent":  {"$v: Int) { companies(first: $v)", "1e1", "the value is not a whole number of at most 64 bits"},
		"large Int": {"$v: Int) { companies(first: $v)", "9223372036854775808", "the value is not a whole number of at most 64 bits"},
		"large Float": {
			"$v: Float) { companies(filter: {marketCap: {min: $v}})", "1e400", "the value is out of the range of a Float",
		},
		"long enum": {
			"$v: CompanyOrderField!) { companies(orderBy: {field: $v, direction: ASC})", `"` + strings.Repeat("ä", long/2) + `"`,
			strings.Repeat("ä", 150) + "…",
		},
		"long field": {"$v: CompanyFilter) { companies(filter: $v)", `{"` + strings.Repeat("a", long) + `": 1}`, "unknown field"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			query := "query(" + test.declared + " { totalCount } }"
			w := post(t, h, query, map[string]any{"v": json.RawMessage(test.value)})
			err := wantFault(t, w, http.StatusOK, "GRAPHQL_VALIDATION_FAILED")
			if err.Message != test.want || w.Body.Len() > 1000 {
				t.Errorf("message %.400q, %d bytes", err.Message, w.Body.Len())
			}
		})
	}
}

// TestUnnamed asks for one of several operations and does not say which.
func TestUnnamed(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	for query, want := range map[string]string{
		`query A { __typename } query B { __typename }`: "the document has 2 operations, and operationName does not say which is meant",
		`query A { __typename } query A { __typename }`: `There can be only one operation named "A".`,
	} {
		if err := wantFault(t, post(t, h, query, nil), http.StatusOK, "GRAPHQL_VALIDATION_FAILED"); err.Message != want {
			t.Errorf("message %q", err.Message)
		}
	}
}

// TestLimitExceeded checks what is refused before it is parsed.
func TestLimitExceeded(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	for limit, query := range map[string]string{
		"tokens":                `{ company(ticker: "A") { ` + strings.Repeat("name ", 10_000) + ` } }`,
		"depth":                 strings.Repeat("{ a", 31) + strings.Repeat("}", 31),
		"aliases":               `{ company(ticker: "A") { ` + strings.Repeat("a: name ", 201) + ` } }`,
		"directives":            `{ company(ticker: "A") { ` + strings.Repeat("name @a ", 201) + ` } }`,
		"directivesPerLocation": `{ company(ticker: "A") { name ` + strings.Repeat("@a ", 11) + ` } }`,
		"rootFields":            `{ ` + strings.Repeat("a ", 51) + ` }`,
		"variables":             `query(` + strings.Repeat("$a: A ", 501) + `) { a }`,
		"expansion":             bomb(24),
		"nameBytes":             `{ ` + strings.Repeat("a", 129) + ` }`,
	} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			err := wantFault(t, post(t, h, query, nil), http.StatusBadRequest, "LIMIT_EXCEEDED")
			if err.Extensions["limit"] != limit || err.Extensions["maximum"] == nil {
				t.Errorf("extensions %v", err.Extensions)
			}
		})
	}
}

// bomb returns a document of n fragments that spread each other twice.
func bomb(n int) string {
	var b strings.Builder
	b.WriteString("{ companies { nodes { ...F0 } } }")
	for i := range n {
		fmt.Fprintf(&b, " fragment F%d on Company { ...F%d ...F%[2]d }", i, i+1)
	}
	fmt.Fprintf(&b, " fragment F%d on Company { name }", n)
	return b.String()
}
