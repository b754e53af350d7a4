package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/web/answers"
	"github.com/corpintel/corpintel/web/compress"
)

// cacheHeader asks for extensions.cache: whether the answer was kept, where, and for how long.
const cacheHeader = "Corpintel-Cache"

// replay answers from memory when the answer to the same question is kept there and good. If not, and others ask the same
// at this moment, one of them makes the answer and the others wait for it. It reports whether it has answered; if not, the
// caller does, keeps what it sends under key, and calls end.
func (e *exchange) replay(ctx context.Context) (answered bool, end func()) {
	end = func() {}
	if e.answers == nil || e.companies == nil || e.r.Header.Get(costHeader) != "" {
		return false, end
	}
	e.key = e.answerKey()
	kept, ok := e.answers.Get(*e.key)
	if !ok {
		var leads bool
		if leads, end = e.answers.Lead(ctx, *e.key); !leads {
			kept, ok = e.answers.Get(*e.key)
		}
	}
	if !ok {
		e.mark = e.answers.Mark()
		return false, end
	}
	if refused := e.spend(ctx, 1); refused != nil {
		refuse(e.w, e.r, refused)
		return true, end
	}
	e.count()
	e.send(kept)
	return true, end
}

// send sends an answer that was kept.
func (e *exchange) send(kept *answers.Answer) {
	header := e.w.Header()
	age := kept.Age(e.now())
	header.Set("Age", strconv.Itoa(int(age.Seconds())))
	if e.r.Header.Get(cacheHeader) != "" {
		write(e.w, negotiate(e.r.Header), http.StatusOK, spliced(slices.Clone(kept.Body), hitTold(age)))
		return
	}
	for name, value := range kept.Header {
		header.Set(name, value)
	}
	if tag := kept.Header["Etag"]; tag != "" && matches(e.r.Header.Values("If-None-Match"), tag) {
		header.Del("Content-Encoding")
		e.w.WriteHeader(http.StatusNotModified)
		return
	}
	write(e.w, negotiate(e.r.Header), http.StatusOK, kept.Body)
}

// missTold is what extensions.cache says of an answer that was made for the request.
const missTold = `{"hit":false}`

func hitTold(age time.Duration) string {
	return `{"hit":true,"tier":"memory","ageMs":` + strconv.FormatInt(age.Milliseconds(), 10) + `}`
}

// spliced adds extensions.cache to an answer without extensions.
func spliced(body []byte, told string) []byte {
	return append(append(append(body[:len(body)-1], `,"extensions":{"cache":`...), told...), "}}"...)
}

// answerKey says what the answer depends on beside the data.
func (e *exchange) answerKey() *answers.Key {
	scope := make([]byte, 0, 64)
	scope = append(append(scope, e.client.Viewer.Role...), ' ')
	scope = append(append(scope, negotiate(e.r.Header)...), ' ')
	if e.r.Header.Get(cacheHeader) == "" { // else the answer is added to, and not compressed
		scope = append(scope, compress.Negotiate(e.r.Header["Accept-Encoding"])...)
	}
	if e.isRegisteredGet() {
		scope = append(scope, " caches"...) // it has the headers that caches are told by
	}
	return &answers.Key{
		Text: e.request.Query, Operation: e.request.OperationName,
		Variables: string(appendCanonical(nil, e.request.Variables)), Scope: string(scope),
	}
}

// keep keeps an answer that was made for key, if it is one that others can be given.
func (e *exchange) keep(ctx context.Context, operation *graphql.OperationContext, response *graphql.Response, header http.Header, body []byte) {
	// What is told of the cache takes the place of what caches are told.
	isOdd := e.isRegisteredGet() && e.r.Header.Get(cacheHeader) != ""
	if isOdd || len(response.Errors) > 0 || operation.Operation.Operation != ast.Query {
		return
	}
	tags, ok := e.dependencies(ctx, operation.Operation)
	if !ok {
		return
	}
	kept := &answers.Answer{Body: slices.Clone(body), Header: make(map[string]string, 6)}
	for _, name := range []string{"Cache-Control", "Content-Encoding", "Etag", "Surrogate-Key"} {
		if value := header.Get(name); value != "" {
			kept.Header[name] = value
		}
	}
	e.answers.Put(*e.key, kept, tags, e.mark)
}

// dependencies returns the tags of an answer, false when there are none that say what it depends on.
func (e *exchange) dependencies(ctx context.Context, operation *ast.OperationDefinition) (tags []string, ok bool) {
	shown := e.shown(ctx)
	for _, c := range shown {
		tags = append(tags, answers.AnyCompany, answers.Company(c.ID))
	}
	isOne := countFields(operation.SelectionSet) == 1
	for _, name := range rootFields(operation.SelectionSet, nil) {
		switch name {
		case "company":
			if len(shown) == 0 || !isOne { // one of them may not exist, yet
				tags = append(tags, answers.Companies)
			}
		case "companies", "searchCompanies":
			tags = append(tags, answers.Companies)
		case "filing", "filings":
			tags = append(tags, answers.Filings)
		case "metricDefinitions":
			tags = append(tags, answers.Definitions)
		case "node", "nodes":
			tags = append(tags, answers.Companies, answers.Filings, answers.Definitions)
		default:
			return nil, false
		}
	}
	if asksFor(operation.SelectionSet, "MetricDefinition", "") {
		tags = append(tags, answers.Definitions)
	}
	if asksFor(operation.SelectionSet, "Filing", "company") { // which one of several that is can change with another
		tags = append(tags, answers.Filings)
	}
	slices.Sort(tags)
	return slices.Compact(tags), len(tags) > 0
}

// countFields returns how many fields an operation has at its root, through fragments too.
func countFields(selections ast.SelectionSet) int {
	var n int
	for _, s := range selections {
		switch s := s.(type) {
		case *ast.Field:
			n++
		case *ast.InlineFragment:
			n += countFields(s.SelectionSet)
		case *ast.FragmentSpread:
			n += countFields(s.Definition.SelectionSet)
		}
	}
	return n
}

// asksFor reports whether a field of a type is selected; any of them when the name is empty.
func asksFor(selections ast.SelectionSet, typeName, field string) bool {
	for _, s := range selections {
		var below ast.SelectionSet
		switch s := s.(type) {
		case *ast.Field:
			if s.ObjectDefinition != nil && s.ObjectDefinition.Name == typeName && (field == "" || s.Name == field) {
				return true
			}
			below = s.SelectionSet
		case *ast.InlineFragment:
			below = s.SelectionSet
		case *ast.FragmentSpread:
			below = s.Definition.SelectionSet
		}
		if asksFor(below, typeName, field) {
			return true
		}
	}
	return false
}

// appendCanonical appends a value of JSON so that equal values are equal texts: members are sorted.
func appendCanonical(b []byte, value any) []byte {
	switch v := value.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.SortFunc(names, strings.Compare)
		b = append(b, '{')
		for _, name := range names {
			b = append(strconv.AppendQuote(b, name), ':')
			b = append(appendCanonical(b, v[name]), ',')
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for _, element := range v {
			b = append(appendCanonical(b, element), ',')
		}
		return append(b, ']')
	case string:
		return strconv.AppendQuote(b, v)
	case json.Number:
		return append(b, v...)
	case bool:
		return strconv.AppendBool(b, v)
	default:
		return append(b, "null"...)
	}
}
