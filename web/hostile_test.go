package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/web"
)

// hostileBytes is how large the hostile bodies are at most.
const hostileBytes = 100_000

// hostile are bodies of at most hostileBytes that would keep a server busy that trusts its clients.
func hostile() map[string]string {
	fill := func(before, repeated, after string) string {
		n := (hostileBytes - 60 - len(before) - len(after)) / (len(quote(repeated)) - len(`""`))
		return before + strings.Repeat(repeated, n) + after
	}
	upTo := func(n int, before, repeated, after string) string {
		return before + strings.Repeat(repeated, n) + after
	}
	numbered := func(n int, before, format, after string) string {
		var b strings.Builder
		b.WriteString(before)
		for i := range n {
			b.WriteString(strings.ReplaceAll(strings.ReplaceAll(format, "%d+1", strconv.Itoa(i+1)), "%d", strconv.Itoa(i)))
		}
		b.WriteString(after)
		return b.String()
	}
	closed := func(document string) string {
		return document + strings.Repeat("}", strings.Count(document, "{")-strings.Count(document, "}"))
	}
	const node = `{ companies { nodes { `
	documents := map[string]string{
		"24 fragments, each spreading the next twice": bomb(24),
		"a chain of fragments":                        numbered(1200, "{...F0}", "fragment F%d on Query{...F%d+1}", "fragment F1200 on Query{__typename}"),
		"a chain of fragments, just let through":      numbered(60, "{...F0}", "fragment F%d on Query{...F%d+1}", "fragment F60 on Query{__typename}"),
		"fragments that spread all others":            numbered(40, "{...F0}", "fragment F%d on Query{...F0 ...F1 ...F2 ...F3}", ""),
		"a large fragment, twice":                     upTo(6_400, "{a:companies{nodes{...F}} b:companies{nodes{...F}}}fragment F on Company{", "name ", "}"),
		"unused fragments":                            numbered(1400, "{__typename}", "fragment F%d on Query{a}", ""),
		"30 kB of unknown directives":                 upTo(15_000, "{a", "@a", "}"),
		"unknown directives, just let through":        upTo(19, "{companies{totalCount", "a@a@b@c@d@e@f@g@h@i@j ", "}}"),
		"10,000 aliases of one field":                 numbered(10_000, "{", "a%d:a ", "}"),
		"200 aliases of all":                          numbered(49, "{", "a%d:companies(first:200){nodes{filings(first:200){nodes{form}}}}", "}"),
		"one field over and over":                     fill(node, "name ", "}}}"),
		"one field over and over, let through":        upTo(9_900, node, "name ", "}}}"),
		"one selection over and over, let through":    upTo(2_400, node, "tickers{symbol}", "}}}"),
		"one selection, deeper":                       upTo(490, node, "filings{nodes{company{tickers{symbol}}}}", "}}}"),
		"arguments that differ":                       numbered(1090, node, "filings(first:%d){totalCount}", "}}}"),
		"names that conflict":                         upTo(95, node, "a:name a:sic ", "}}}"),
		"unknown fields":                              numbered(3000, node, "namf%d ", "}}}"),
		"long unknown fields":                         fill(node, strings.Repeat("n", 127)+" ", "}}}"),
		"unknown types":                               numbered(1000, "{__typename}", "fragment F%d on Compamy{a}", ""),
		"unknown arguments":                           numbered(3000, "{company(", "tiker%d:1 ", "){name}}"),
		"one argument, over and over":                 upTo(3000, "{company(", `ticker:"A" `, "){name}}"),
		"unknown input fields":                        numbered(3000, "{companies(filter:{", "sektor%d:1 ", "}){totalCount}}"),
		"one input field, over and over":              upTo(3000, "{companies(filter:{", `sector:"A" `, "}){totalCount}}"),
		"unknown enum values":                         upTo(1300, "{companies(orderBy:[", "{field:NAMES direction:ASC}", "]){totalCount}}"),
		"a long text as an enum":                      fill(`{companies(orderBy:{field:"`, "NAME_", `",direction:ASC}){totalCount}}`),
		"nested selections":                           upTo(20_000, "", "{a", "") + strings.Repeat("}", 20_000),
		"nested selections without end":               fill("", "{a", ""),
		"nested selections, just let in":              closed(upTo(9, "{companies{nodes{", "filings{nodes{company{", "name")),
		"nested lists":                                upTo(45_000, "{a(b:", "[", "") + strings.Repeat("]", 45_000) + ")}",
		"nested lists, just let in":                   upTo(28, "{companies(filter:{ciks:", "[", "1") + strings.Repeat("]", 28) + "}){totalCount}}",
		"nested objects":                              upTo(10_000, "{a(b:", "{c:", "1") + strings.Repeat("}", 10_000) + ")}",
		"nested inline fragments":                     upTo(7_000, "{", "...{", "a") + strings.Repeat("}", 7_001),
		"nested list types":                           upTo(40_000, "query($a:", "[", "Int") + strings.Repeat("]", 40_000) + "){a}",
		"inline fragments side by side":               upTo(2_400, node, "...{name}", "}}}"),
		"inline fragments of other types":             upTo(1_600, "{node(id:1){", "...on Company{id}", "}}"),
		"a long list":                                 upTo(9_900, "{companies(filter:{ciks:[", "1 ", "]}){totalCount}}"),
		"a long list, too long":                       fill("{companies(filter:{ciks:[", "1 ", "]}){totalCount}}"),
		"a long text":                                 fill(`{company(ticker:"`, "A", `"){name}}`),
		"a long text of escapes":                      fill(`{company(ticker:"`, `\u0041`, `"){name}}`),
		"a long block string":                         fill(`{company(ticker:"""`, "A\n  ", `"""){name}}`),
		"quotes in a block string":                    fill(`{company(ticker:"""`, `a "" `, `"""){name}}`),
		"a text without end":                          fill(`{company(ticker:"`, "A", ``),
		"a block string without end":                  fill(`{company(ticker:"""`, `\"""`, ``),
		"comments":                                    fill("{__typename", "#\n", "}"),
		"comments, let through":                       upTo(9_900, "{__typename", "#\n", "}"),
		"a long comment":                              fill("{__typename #", "a", "\n}"),
		"commas":                                      fill("{__typename", ",", "}"),
		"byte order marks":                            fill("{__typename", "\ufeff", "}"),
		"operations":                                  numbered(3000, "", "query Q%d{__typename}", ""),
		"operations, let through":                     numbered(1900, "", "query Q%d{__typename}", ""),
		"operations of one fragment":                  numbered(140, "fragment F on Company{"+strings.Repeat("name ", 100)+"}", "query Q%d{companies{nodes{...F}}}", ""),
		"variables":                                   numbered(8000, "query(", "$a%d:Int ", "){__typename}"),
		"variables, let through":                      numbered(240, "query($l:[String!] ", "$a%d:String ", "){companies(filter:{tickers:["+upTo(240, "", "$a239 ", "")+"]}){totalCount}}"),
		"variables with deep defaults":                numbered(100, "query(", "$a%d:CompanyFilter={ciks:[[[[[[[[1]]]]]]]] marketCap:{min:{min:{min:1}}}} ", "){__typename}"),
		"introspection, deep":                         closed(upTo(9, "{__schema{types{", "fields{type{", "name")),
		"introspection, deep types":                   closed(upTo(24, "{__schema{types{", "ofType{", "name")),
		"introspection, in a circle":                  closed(upTo(2, "{__schema{types{", "possibleTypes{fields{type{", "name")),
		"introspection, over and over":                numbered(49, "{", "a%d:__schema{types{name fields{name args{name type{name ofType{name}}}}}}", "}"),
		"numbers out of range":                        upTo(3000, "{companies(filter:{ciks:[", "99999999999999999999 ", "]}){totalCount}}"),
		"closing what is not open":                    fill("}", ")}]", ""),
		"directives of variables":                     upTo(199, "query($a:Int", "@a(b:1)", "){__typename}"),
		"nothing but spreads":                         fill("{", "...", "}"),
		"spreads of unknown fragments":                numbered(3000, "{", "...F%d ", "}"),
		"one spread over and over":                    upTo(4000, "{", "...F ", "}fragment F on Query{__typename}"),
		"one spread, just let through":                upTo(1000, node, "...F ", "}}}fragment F on Company{name sic}"),
		"dots":                                        fill("{", ".", "}"),
		"numbers":                                     fill("{a(b:[", "-0.0e+00 ", "])}"),
		"many types at one place":                     upTo(66, "{node(id:1){", "...on Company{a:id}...on Filing{a:form}...on MetricDefinition{a:name}", "}}"),
		"unknown variables":                           upTo(480, "{companies(filter:{tickers:[", "$a ", "]}){totalCount}}"),
		"a document that is not a document":           fill("", "a ", ""),
	}
	bodies := make(map[string]string)
	for name, document := range documents {
		if len(document) > hostileBytes-60 {
			document = document[:hostileBytes-60]
			for quoted := quote(document); len(quoted) > hostileBytes-20; quoted = quote(document) {
				document = document[:len(document)-(len(quoted)-hostileBytes+20+1)]
			}
		}
		bodies[name] = `{"query":` + quote(document) + `}`
	}
	maps.Copy(bodies, hostileJSON())
	return bodies
}

// hostileJSON are bodies that are hostile before a document is read, and variables.
func hostileJSON() map[string]string {
	const filtered = `{"query":"query($f:CompanyFilter){companies(filter:$f){totalCount}}","variables":{"f":`
	raw := func(before, repeated, after string) string {
		return before + strings.Repeat(repeated, (hostileBytes-len(before)-len(after))/len(repeated)) + after
	}
	members := func(before, after string) string {
		var b strings.Builder
		b.WriteString(before)
		for i := 0; b.Len() < hostileBytes-40; i++ {
			fmt.Fprintf(&b, `,"%d":0`, i)
		}
		return b.String() + after
	}
	return map[string]string{
		"JSON, nested arrays":        raw(`{"query":`, "[", ""),
		"JSON, nested objects":       raw(`{"variables":`, `{"a":`, ""),
		"JSON, empty arrays":         raw(`{"query":"{__typename}","variables":{"a":[`, "[],", `[]]}}`),
		"JSON, empty objects":        raw(`{"query":"{__typename}","variables":{"a":[`, "{},", `{}]}}`),
		"JSON, members":              members(`{"query":"{__typename}"`, `}`),
		"JSON, variables":            members(`{"query":"{__typename}","variables":{"a":0`, `}}`),
		"JSON, one variable twice":   members(`{"query":"{__typename}","variables":{"a":0`, `,"a":0}}`),
		"JSON, numbers":              raw(filtered+`{"ciks":[`, "1,", `1]}}}`),
		"JSON, texts":                raw(filtered+`{"tickers":[`, `"",`, `""]}}}`),
		"JSON, nulls":                raw(filtered+`{"tickers":[`, `null,`, `null]}}}`),
		"JSON, unknown input fields": members(filtered+`{"a":0`, `}}}`),
		"JSON, long number":          raw(filtered+`{"marketCap":{"min":1`, "0", `}}}}`),
		"JSON, a long input field":   raw(filtered+`{"`, "a", `":0}}}`),
		"JSON, a long enum value":    raw(`{"query":"query($o:CompanyOrder){companies(orderBy:$o){totalCount}}","variables":{"o":{"field":"`, "N", `"}}}`),
		"JSON, a list for each object": raw(
			`{"query":"query($n:[String!]!){companies(first:200){nodes{metrics(names:$n){value}}}}","variables":{"n":[`, `"",`, `""]}}`),
		"JSON, escapes":               raw(`{"query":"`, `\u0020`, `{__typename}"}`),
		"JSON, no UTF-8":              raw(`{"query":"`, "\xff", `"}`),
		"JSON, blanks":                raw(`{"query":"{__typename}"`, " ", `}`),
		"JSON, a text without end":    raw(`{"query":"`, "a", ``),
		"JSON, a list":                raw(`[`, `{"query":"{__typename}"},`, `{}]`),
		"JSON, a long operation name": raw(`{"query":"{__typename}","operationName":"`, "a", `"}`),
	}
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(b))
}

// stopper ends operations that would be executed.
type stopper struct{}

func (stopper) ExtensionName() string                   { return "Stopper" }
func (stopper) Validate(graphql.ExecutableSchema) error { return nil }
func (stopper) InterceptOperation(context.Context, graphql.OperationHandler) graphql.ResponseHandler {
	return graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{}`)})
}

func newGuarded() http.Handler {
	h, _ := newHandler(answering(), func(o *web.Options) {
		o.Extensions = []graphql.HandlerExtension{stopper{}}
		o.Limits = web.DefaultLimits()
		o.Limits.DocumentBytes = 0 // every request is a new one
	})
	return h
}

func judge(ctx context.Context, h http.Handler, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestHostile checks that what a hostile body can make the server do before it is refused or let through is bounded: by
// allocations, which do not depend on the machine. Times are in BenchmarkHostile.
func TestHostile(t *testing.T) {
	const maxAllocations = 120_000
	h := newGuarded()
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			if len(body) > hostileBytes {
				t.Fatalf("the body has %d bytes", len(body))
			}
			w := judge(t.Context(), h, body)
			if w.Code != http.StatusOK && (w.Code < 400 || w.Code > 499) || w.Body.Len() > 8_000 || !json.Valid(w.Body.Bytes()) {
				t.Errorf("status %d, %d bytes: %.300s", w.Code, w.Body.Len(), w.Body)
			}
			if n := testing.AllocsPerRun(1, func() { judge(t.Context(), h, body) }); n > maxAllocations {
				t.Errorf("%.0f allocations: %.200s", n, w.Body)
			}
		})
	}
}
