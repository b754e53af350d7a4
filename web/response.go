package web

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/graph/gqlerr"
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
	var plain, graphql float64
	for part := range strings.SplitSeq(strings.Join(header.Values("Accept"), ","), ",") {
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

// answer writes a response. executed tells a response to an operation from one to a document that could not be
// executed, which has no data.
func answer(w http.ResponseWriter, f format, response *graphql.Response, executed bool) {
	status := http.StatusOK
	switch {
	case !executed && f == graphqlFormat:
		status = http.StatusBadRequest
	case executed && isUnavailable(response):
		w.Header().Set("Retry-After", retryAfter)
		status = http.StatusServiceUnavailable
	}
	body, err := appendResponse(make([]byte, 0, len(response.Data)+64), response, executed)
	if err != nil {
		panic(err) // extensions hold nothing that has no JSON
	}
	write(w, f, status, body)
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

// refuse answers a request that is not a GraphQL request, or that failed before it was one.
func refuse(w http.ResponseWriter, status int, code gqlerr.Code, reason string) {
	response := graphql.Response{Errors: gqlerror.List{{
		Message:    reason,
		Extensions: map[string]any{"code": string(code)},
	}}}
	body, err := appendResponse(nil, &response, false)
	if err != nil {
		panic(err) // it holds strings only
	}
	write(w, jsonFormat, status, body)
}

func write(w http.ResponseWriter, f format, status int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", string(f))
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone if this fails
}
