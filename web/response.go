package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/telemetry"
	"github.com/corpintel/corpintel/web/compress"
)

// retryAfter is how long a client is asked to wait when the database is away.
const retryAfter = 2 * time.Second

// format is a media type of answers.
type format string

const (
	jsonFormat    format = "application/json"                  // 200 whenever the request was a GraphQL request
	graphqlFormat format = "application/graphql-response+json" // 400 for documents that cannot be executed
)

// negotiate chooses the format of the answer: the one the client rates higher, application/json unless it asks for the
// other.
func negotiate(header http.Header) format {
	accepted := header["Accept"]
	switch {
	case len(accepted) == 0, len(accepted) == 1 && (accepted[0] == "*/*" || accepted[0] == string(jsonFormat)):
		return jsonFormat
	case len(accepted) == 1 && accepted[0] == string(graphqlFormat):
		return graphqlFormat
	}
	var plain, graphql float64
	for part := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		mediaType, attributes, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		rating := 1.0
		if q, err := strconv.ParseFloat(attributes["q"], 64); err == nil {
			rating = q
		}
		switch mediaType {
		case string(graphqlFormat):
			graphql = max(graphql, rating)
		case string(jsonFormat), "application/*", "*/*":
			plain = max(plain, rating)
		}
	}
	// A client that names both with equal rating knows the newer one.
	if graphql > 0 && graphql >= plain {
		return graphqlFormat
	}
	return jsonFormat
}

// responder writes answers.
type responder struct {
	compressor *compress.Compressor
	buffers    sync.Pool // of *[]byte
	vary       []string
	noStore    []string
}

// newResponder returns a responder; byOrigin says that answers depend on the origin of the page that asks, byKey that they
// depend on the client's key.
func newResponder(compressor *compress.Compressor, byOrigin, byKey bool) *responder {
	vary := "Accept, Accept-Encoding"
	if byOrigin {
		vary += ", Origin"
	}
	if byKey {
		vary += ", Authorization, X-API-Key"
	}
	return &responder{
		compressor: compressor,
		buffers:    sync.Pool{New: func() any { return new([]byte) }},
		vary:       []string{vary},
		noStore:    []string{"no-store"},
	}
}

// begin sets what all answers have.
func (p *responder) begin(w http.ResponseWriter) {
	header := w.Header()
	header["Cache-Control"] = p.noStore
	header["Vary"] = p.vary
}

// answer is a response on its way out.
type answer struct {
	format   format
	status   int
	response *graphql.Response
	executed bool              // else the document could not be executed: there is no data
	caching  *caching          // nil when no cache may keep it
	keep     func(body []byte) // is given the body as it is sent; nil when nobody wants it
	timing   *timing           // nil unless it is asked for
	told     string            // extensions.cache, of a response without extensions; empty when nobody asked
}

// answer writes a response.
func (p *responder) answer(w http.ResponseWriter, r *http.Request, a *answer) {
	plain, packed := p.buffers.Get().(*[]byte), p.buffers.Get().(*[]byte)
	defer p.release(plain)
	defer p.release(packed)
	body, err := appendResponse((*plain)[:0], a.response, a.executed)
	if err != nil {
		panic(err) // extensions hold nothing that has no JSON
	}
	*plain = body
	record := recordOf(r)
	for _, err := range a.response.Errors {
		code, _ := err.Extensions["code"].(string)
		record.Fail(code)
	}
	coding := compress.None
	if len(body) >= compress.Least && !wants(r, cacheHeader) {
		coding = compress.Negotiate(r.Header["Accept-Encoding"])
	}
	known := a.caching != nil && a.caching.set(w.Header(), r.Header, coding, body)
	if known && a.keep == nil {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if coding != compress.None {
		if body, err = p.compressor.Append((*packed)[:0], coding, body); err != nil {
			panic(err) // it writes to memory
		}
		*packed = body
		w.Header().Set("Content-Encoding", string(coding))
	}
	if a.keep != nil && a.status == http.StatusOK {
		a.keep(body)
	}
	a.timing.tell(w.Header(), "render", record.DatabaseTime())
	if a.told != "" {
		body = spliced(body, a.told)
		*plain = body
	}
	if known {
		w.Header().Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	write(w, r, a.format, a.status, body)
}

// recordOf returns the record of a request that an answer is ready for. A server that ends, and says so as the cause, is none that
// its client has left.
func recordOf(r *http.Request) *telemetry.Request {
	record := telemetry.From(r.Context())
	if errors.Is(context.Cause(r.Context()), context.Canceled) {
		record.Leave()
	}
	return record
}

// release keeps a buffer for another answer, unless it has become large.
func (p *responder) release(buffer *[]byte) {
	if cap(*buffer) <= maxPooled {
		p.buffers.Put(buffer)
	}
}

// appendResponse appends a response as JSON, the errors first; data, which is JSON already, is only copied.
func appendResponse(b []byte, response *graphql.Response, executed bool) ([]byte, error) {
	b = append(b, '{')
	if len(response.Errors) > 0 {
		errors, err := json.Marshal(response.Errors)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `"errors":`...), errors...)
	}
	if executed {
		b = append(member(b, "data"), response.Data...)
		if response.Data == nil {
			b = append(b, "null"...)
		}
	}
	if len(response.Extensions) > 0 {
		extensions, err := json.Marshal(response.Extensions)
		if err != nil {
			return nil, err
		}
		b = append(member(b, "extensions"), extensions...)
	}
	return append(b, '}'), nil
}

// member appends the beginning of the next member of an object.
func member(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(append(append(b, '"'), name...), `":`...)
}

// isUnavailable reports whether nothing was answered because the database is away: there are errors that say so, and
// every field of the operation is null.
func isUnavailable(response *graphql.Response) bool {
	var away bool
	for _, err := range response.Errors {
		away = away || err.Extensions["code"] == string(gqlerr.Unavailable)
	}
	if !away {
		return false
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(response.Data, &fields); err != nil {
		return len(response.Data) == 0
	}
	for _, value := range fields {
		if !bytes.Equal(value, []byte("null")) {
			return false
		}
	}
	return true
}

// refuse answers a request that is not a GraphQL request, or none that is answered.
func refuse(w http.ResponseWriter, r *http.Request, why *refusal) {
	record := recordOf(r)
	record.Fail(string(why.code))
	if limit, ok := why.extensions["limit"].(string); ok {
		record.Exceed(limit)
	}
	extensions := map[string]any{"code": string(why.code)}
	maps.Copy(extensions, why.extensions)
	header := w.Header()
	if why.retryAfter > 0 {
		header.Set("Retry-After", wholeSeconds(why.retryAfter))
		if why.code == gqlerr.RateLimited {
			extensions["retryAfter"] = max(1, int(math.Ceil(why.retryAfter.Seconds())))
		}
	}
	if why.status == http.StatusUnauthorized {
		header.Set("Www-Authenticate", `Bearer realm="corpintel"`)
	}
	response := graphql.Response{Errors: gqlerror.List{{Message: why.reason, Extensions: extensions}}}
	body, err := appendResponse(nil, &response, false)
	if err != nil {
		panic(err) // it holds strings and numbers only
	}
	write(w, r, negotiate(r.Header), why.status, body)
}

func write(w http.ResponseWriter, r *http.Request, f format, status int, body []byte) {
	header := w.Header()
	header["Content-Type"] = []string{string(f)}
	setLength(header, r, len(body))
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // JSON, as the content type says and nosniff holds; the client is gone if this fails
}

// countedByServer is the length from which on net/http does not say it by itself; to HEAD it never does.
const countedByServer = 2048

// setLength says how long a body is, if that has to be said: a map of more than eight headers costs twice as much.
func setLength(header http.Header, r *http.Request, length int) {
	if length >= countedByServer || r.Method == http.MethodHead {
		header["Content-Length"] = []string{strconv.Itoa(length)}
	}
}
