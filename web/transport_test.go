package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

const companyQuery = `{ company(ticker: "AAPL") { name } }`

func TestAnswers(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	const want = `{"data":{"company":{"name":"Apple Inc."}}}`
	const named = `query A { company(ticker: "A") { name } } query B($t: String) { b: company(ticker: $t) { name } }`
	for name, test := range map[string]struct{ method, target, body, contentType, want string }{
		"post": {
			method: "POST", target: "/graphql", contentType: "application/json",
			body: `{"query": "{ company(ticker: \"AAPL\") { name } }"}`, want: want,
		},
		"post with charset": {
			method: "POST", target: "/graphql", contentType: "application/json; charset=UTF-8",
			body: `{"query": "{ company(ticker: \"AAPL\") { name } }", "variables": null, "extensions": {}}`, want: want,
		},
		"operation name and variables": {
			method: "POST", target: "/graphql", contentType: "application/json",
			body: `{"query": "` + strings.ReplaceAll(named, `"`, `\"`) + `", "operationName": "B", "variables": {"t": "X"}}`,
			want: `{"data":{"b":{"name":"Apple Inc."}}}`,
		},
		"get": {method: "GET", target: "/graphql?query=" + url.QueryEscape(companyQuery), want: want},
		"get with variables": {
			method: "GET", target: "/graphql?operationName=B&variables=" + url.QueryEscape(`{"t": "X"}`) +
				"&query=" + url.QueryEscape(named),
			want: `{"data":{"b":{"name":"Apple Inc."}}}`,
		},
		"introspection": {
			method: "GET", target: "/graphql?query=" + url.QueryEscape("{ __schema { queryType { name } } }"),
			want: `{"data":{"__schema":{"queryType":{"name":"Query"}}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := send(t, h, test.method, test.target, test.body, "Content-Type", test.contentType)
			if w.Code != http.StatusOK || w.Body.String() != test.want {
				t.Errorf("%d %s, want 200 %s", w.Code, w.Body, test.want)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json" {
				t.Errorf("content type %q", got)
			}
		})
	}
}

// TestRefusals checks requests that are no GraphQL requests: the answer is a GraphQL answer all the same, and repeats
// nothing of the request.
func TestRefusals(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	const json = "application/json"
	for name, test := range map[string]struct {
		method, target, body, contentType string
		status                            int
		allow                             string
	}{
		"not JSON":                      {"POST", "/graphql", `SECRET`, json, 400, ""},
		"cut off":                       {"POST", "/graphql", `{"query": "SECRET`, json, 400, ""},
		"two values":                    {"POST", "/graphql", `{"query": "{ SECRET }"} {"query": ""}`, json, 400, ""},
		"a list":                        {"POST", "/graphql", `[{"query": "{ SECRET }"}]`, json, 400, ""},
		"null":                          {"POST", "/graphql", `null`, json, 400, ""},
		"a list with a blank before it": {"POST", "/graphql", " \n[]", json, 400, ""},
		"key in another case":           {"POST", "/graphql", `{"Query": "{ SECRET }"}`, json, 400, ""},
		"query twice":                   {"POST", "/graphql", `{"query": "{ SECRET }", "query": "{ SECRET }"}`, json, 400, ""},
		"variable twice":                {"POST", "/graphql", `{"query": "{ SECRET }", "variables": {"SECRET": 1, "SECRET": 2}}`, json, 400, ""},
		"unknown key twice":             {"POST", "/graphql", `{"query": "{ SECRET }", "SECRET": 1, "SECRET": 2}`, json, 400, ""},
		"not UTF-8":                     {"POST", "/graphql", "{\"query\": \"{ SECRET\xff }\"}", json, 400, ""},
		"half a character":              {"POST", "/graphql", `{"query": "{ SECRET }", "variables": {"a": "\ud800"}}`, json, 400, ""},
		"too deep": {
			"POST", "/graphql", `{"query": "{ SECRET }", "variables": {"a":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}}`, json, 400, "",
		},
		"operation name no string": {"POST", "/graphql", `{"query": "{ SECRET }", "operationName": 1}`, json, 400, ""},
		"long operation name":      {"POST", "/graphql", `{"query": "{ a }", "operationName": "` + strings.Repeat("SECRET", 30) + `"}`, json, 400, ""},
		"extensions no object":     {"POST", "/graphql", `{"query": "{ SECRET }", "extensions": "SECRET"}`, json, 400, ""},
		"get, query twice":         {"GET", "/graphql?query=%7B+SECRET+%7D&query=%7B+SECRET+%7D", "", "", 400, ""},
		"get, not UTF-8":           {"GET", "/graphql?query=%7B+SECRET%ff+%7D", "", "", 400, ""},
		"query no string":          {"POST", "/graphql", `{"query": {"SECRET": 1}}`, json, 400, ""},
		"variables a list":         {"POST", "/graphql", `{"query": "{ SECRET }", "variables": [1]}`, json, 400, ""},
		"no query":                 {"POST", "/graphql", `{"operationName": "SECRET"}`, json, 400, ""},
		"document id no string":    {"POST", "/graphql", `{"documentId": 5, "query": "{ SECRET }"}`, json, 400, ""},
		"empty":                    {"POST", "/graphql", ``, json, 400, ""},
		"too large":                {"POST", "/graphql", `{"query": "` + strings.Repeat("SECRET ", 200_000) + `"}`, json, 413, ""},
		"no content type":          {"POST", "/graphql", `{"query": "{ SECRET }"}`, "", 415, ""},
		"form":                     {"POST", "/graphql", `query=SECRET`, "application/x-www-form-urlencoded", 415, ""},
		"text":                     {"POST", "/graphql", `{"query": "{ SECRET }"}`, "text/plain", 415, ""},
		"charset":                  {"POST", "/graphql", `{"query": "{ SECRET }"}`, "application/json; charset=latin1", 415, ""},
		"put":                      {"PUT", "/graphql", `{"query": "{ SECRET }"}`, json, 405, "GET, HEAD, POST, OPTIONS"},
		"delete":                   {"DELETE", "/graphql", ``, "", 405, "GET, HEAD, POST, OPTIONS"},
		"get without query":        {"GET", "/graphql", "", "", 400, ""},
		"get, bad variables": {
			"GET", "/graphql?query=%7B+SECRET+%7D&variables=SECRET", "", "", 400, "",
		},
		"get, bad extensions": {
			"GET", "/graphql?query=%7B+SECRET+%7D&extensions=%5B%5D", "", "", 400, "",
		},
		"get, bad escape": {"GET", "/graphql?query=%7B;SECRET", "", "", 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := send(t, h, test.method, test.target, test.body, "Content-Type", test.contentType)
			code := "BAD_REQUEST"
			if test.status == http.StatusRequestEntityTooLarge {
				code = "LIMIT_EXCEEDED"
			}
			wantFault(t, w, test.status, code)
			if strings.Contains(w.Body.String(), "SECRET") || strings.Contains(w.Body.String(), "json:") {
				t.Errorf("the answer repeats the request or names our parser: %s", w.Body)
			}
			if strings.Contains(w.Body.String(), `"data"`) {
				t.Errorf("the answer has data: %s", w.Body)
			}
			if got := w.Header().Get("Allow"); got != test.allow {
				t.Errorf("Allow %q, want %q", got, test.allow)
			}
		})
	}
}

// TestDocumentFaults checks documents that cannot be executed: their status depends on the format asked for.
func TestDocumentFaults(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	for name, test := range map[string]struct {
		query, code string
	}{
		"syntax":        {`{ company(`, "GRAPHQL_PARSE_FAILED"},
		"unknown field": {`{ compny }`, "GRAPHQL_VALIDATION_FAILED"},
		"mutation":      {`mutation { company }`, "GRAPHQL_VALIDATION_FAILED"},
		"wrong type":    {`{ company(ticker: 5) { name } }`, "GRAPHQL_VALIDATION_FAILED"},
		"no variable":   {`query($t: String!) { company(ticker: $t) { name } }`, "GRAPHQL_VALIDATION_FAILED"},
		"unknown enum": {
			`{ companies(orderBy: { field: SIZE, direction: ASC }) { totalCount } }`, "GRAPHQL_VALIDATION_FAILED",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for accept, status := range map[string]int{
				"":                                  200,
				"application/json":                  200,
				"application/graphql-response+json": 400,
			} {
				w := send(t, h, "GET", "/graphql?query="+url.QueryEscape(test.query), "", "Accept", accept)
				wantFault(t, w, status, test.code)
				if strings.Contains(w.Body.String(), `"data"`) {
					t.Errorf("the answer has data: %s", w.Body)
				}
			}
		})
	}
}

func TestVariableFault(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	w := post(t, h, `query($t: String) { company(ticker: $t) { name } }`, map[string]any{"t": map[string]any{"a": 1}})
	wantFault(t, w, http.StatusOK, "GRAPHQL_VALIDATION_FAILED")
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	const plain, graphql = "application/json", "application/graphql-response+json"
	for accept, want := range map[string]string{
		"":                          plain,
		"*/*":                       plain,
		"application/*":             plain,
		"text/html, */*;q=0.8":      plain,
		"text/html":                 plain,
		plain:                       plain,
		graphql:                     graphql,
		graphql + ", " + plain:      graphql,
		plain + ", " + graphql:      graphql,
		graphql + ";q=0.5, */*":     plain,
		plain + ";q=0.9," + graphql: graphql,
		graphql + ";q=0, " + plain:  plain,
		"nonsense;;;":               plain,
	} {
		t.Run(accept, func(t *testing.T) {
			t.Parallel()
			w := send(t, h, "GET", "/graphql?query="+url.QueryEscape(companyQuery), "", "Accept", accept)
			if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != want {
				t.Errorf("%d %q, want 200 %q", w.Code, got, want)
			}
		})
	}
}

// TestOtherMembers checks that what protocols to come may send beside a query is ignored.
func TestOtherMembers(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	for _, body := range []string{
		`{"query": "{ company(ticker: \"A\") { name } }", "id": 7, "documentId": null, "QUERY": 1, "more": {"a": [1, {"b": 2}]}}`,
		`{"operationName": null, "variables": null, "extensions": null, "query": "{ company(ticker: \"A\") { name } }"}`,
	} {
		w := send(t, h, "POST", "/graphql", body, "Content-Type", "application/json")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Apple") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	w := send(t, h, "GET", "/graphql?other=1&other=2&query="+url.QueryEscape(companyQuery), "")
	if w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = send(t, h, "POST", "/graphql", `{"query": "{ a }"}`, "Content-Type", "application/json", "Content-Encoding", "gzip")
	wantFault(t, w, http.StatusUnsupportedMediaType, "BAD_REQUEST")
}

// TestLength checks that an answer's length is told, whatever its coding.
func TestLength(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	const types = "{ __schema { types { name description } } }"
	for _, coding := range []string{"", "gzip", "zstd"} {
		w := send(t, h, "GET", "/graphql?query="+url.QueryEscape(types), "", "Accept-Encoding", coding)
		if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) || w.Header().Get("Content-Encoding") != coding {
			t.Errorf("%q: Content-Length %s of %d, coding %q", coding, got, w.Body.Len(), w.Header().Get("Content-Encoding"))
		}
		if !strings.Contains(w.Header().Get("Vary"), "Accept-Encoding") {
			t.Errorf("Vary %q", w.Header().Get("Vary"))
		}
		small := send(t, h, "GET", "/graphql?query="+url.QueryEscape(companyQuery), "", "Accept-Encoding", coding)
		if got := small.Header().Get("Content-Encoding"); got != "" {
			t.Errorf("a small answer is in %s", got)
		}
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+"/graphql?query="+url.QueryEscape(companyQuery), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK || response.ContentLength != 42 || len(body) != 0 {
		t.Errorf("%d, %d bytes told, %d sent", response.StatusCode, response.ContentLength, len(body))
	}
}
