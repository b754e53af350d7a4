package web

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/web/compress"
)

// retryAfter is how many seconds a client is asked to wait when the database is away.
const retryAfter = "2"

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

// newResponder returns a responder; byOrigin says that answers depend on the origin of the page that asks.
func newResponder(compressor *compress.Compressor, byOrigin bool) *responder {
	vary := "Accept, Accept-Encoding"
	if byOrigin {
		vary += ", Origin"
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

// answer writes a response. executed tells a response to an operation from one to a document that could not be executed,
// which has no data.
func (p *responder) answer(w http.ResponseWriter, r *http.Request, f format, status int, response *graphql.Response, executed bool) {
	plain, packed := p.buffers.Get().(*[]byte), p.buffers.Get().(*[]byte)
	defer p.release(plain)
	defer p.release(packed)
	body, err := appendResponse((*plain)[:0], response, executed)
	if err != nil {
		panic(err) // extensions hold nothing that has no JSON
	}
	*plain = body
	if len(body) >= compress.Least {
		if coding := compress.Negotiate(r.Header["Accept-Encoding"]); coding != compress.None {
			if body, err = p.compressor.Append((*packed)[:0], coding, body); err != nil {
				panic(err) // it writes to memory
			}
			*packed = body
			w.Header().Set("Content-Encoding", string(coding))
		}
	}
	write(w, f, status, body)
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
func refuse(w http.ResponseWriter, why *refusal) {
	extensions := map[string]any{"code": string(why.code)}
	if why.limit != "" {
		extensions["limit"], extensions["maximum"] = why.limit, why.maximum
	}
	response := graphql.Response{Errors: gqlerror.List{{Message: why.reason, Extensions: extensions}}}
	body, err := appendResponse(nil, &response, false)
	if err != nil {
		panic(err) // it holds strings and numbers only
	}
	write(w, jsonFormat, why.status, body)
}

func write(w http.ResponseWriter, f format, status int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", string(f))
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // JSON, as the content type says and nosniff holds; the client is gone if this fails
}
