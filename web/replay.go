package web

import (
	"context"
	"encoding/json"
	"maps"
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

// tier is where an answer was kept, as clients are told.
type tier string

const (
	inMemory tier = "memory"
	inRedis  tier = "redis"
)

// replay answers with what is kept of the same question, by this server or another one, and good. If there is nothing, and
// others ask the same at this moment, one of them looks for the answer and makes it, and the others wait for it. It reports
// whether it has answered; if not, the caller does, keeps what it sends under key, and calls end.
func (e *exchange) replay(ctx context.Context) (answered bool, end func()) {
	end = func() {}
	if e.answers == nil || e.companies == nil || wants(e.r, costHeader) || e.explain != nil {
		return false, end
	}
	e.key = e.answerKey()
	from := inMemory
	kept, ok := e.answers.Get(*e.key)
	if !ok {
		var leads bool
		leads, end = e.answers.Lead(ctx, *e.key)
		kept, ok = e.answers.GetAgain(*e.key) // who leads may have missed what the one before has kept since
		if !ok && leads {
			from = inRedis
			kept, ok = e.answers.Ask(ctx, *e.key)
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
	e.send(kept, from)
	return true, end
}

// send sends an answer that was kept.
func (e *exchange) send(kept *answers.Answer, from tier) {
	e.noteReplayed(from)
	header := e.w.Header()
	e.timing.tell(header, "cache", e.record.DatabaseTime())
	age := kept.Age(e.now())
	header["Age"] = []string{strconv.Itoa(int(age.Seconds()))}
	if wants(e.r, cacheHeader) {
		write(e.w, e.r, negotiate(e.r.Header), http.StatusOK, spliced(slices.Clone(kept.Body), hitTold(from, age)))
		return
	}
	maps.Copy(header, kept.Header)
	if tag := kept.Header["Etag"]; tag != nil && matches(e.r.Header.Values("If-None-Match"), tag[0]) {
		for _, name := range []string{"Content-Encoding", "Content-Type"} {
			delete(header, name)
		}
		e.w.WriteHeader(http.StatusNotModified)
		return
	}
	setLength(header, e.r, len(kept.Body))
	e.w.WriteHeader(http.StatusOK)
	_, _ = e.w.Write(kept.Body) // as in write
}

// missTold is what extensions.cache says of an answer that was made for the request.
const missTold = `{"hit":false}`

func hitTold(from tier, age time.Duration) string {
	return `{"hit":true,"tier":"` + string(from) + `","ageMs":` + strconv.FormatInt(age.Milliseconds(), 10) + `}`
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
	if !wants(e.r, cacheHeader) { // else the answer is added to, and not compressed
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
	isOdd := e.isRegisteredGet() && wants(e.r, cacheHeader)
	if isOdd || len(response.Errors) > 0 || operation.Operation.Operation != ast.Query {
		return
	}
	tags, ok := e.dependencies(ctx, operation)
	if !ok {
		return
	}
	kept := answers.NewAnswer(slices.Clone(body), header, string(negotiate(e.r.Header)))
	e.answers.Put(ctx, *e.key, kept, tags, e.mark)
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
