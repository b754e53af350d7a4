package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/web/strictjson"
)

// methods are those of a path.
type methods struct {
	all   string // what a request with another method is told
	pages string // what a page of another origin may ask by
}

// methodsOf returns the methods of the path that a request came to: one that names a document is for GET only.
func methodsOf(r *http.Request) methods {
	if r.PathValue(documentIDInPath) != "" {
		return methods{all: "GET, HEAD, OPTIONS", pages: "GET"}
	}
	return methods{all: "GET, HEAD, POST, OPTIONS", pages: "GET, POST"}
}

// request is a GraphQL request: what gqlgen knows of it, and by which id it calls a document.
type request struct {
	graphql.RawParams

	documentID string // of documentId, or the path
	relayID    string // of id
}

// call notes the id of a document.
func (q *request) call(id string) *refusal {
	if q.documentID != "" && q.documentID != id {
		return badRequest("the request names two documents: documentId, id and the path must be the same")
	}
	q.documentID = id
	return nil
}

// settle makes id, as Relay's clients send it, the id of the document where there is no text. Beside a text it can be
// anything: a number that a client gave the request.
func (q *request) settle() *refusal {
	if q.relayID == "" || q.Query != "" {
		return nil
	}
	return q.call(q.relayID)
}

// readQuery reads a request from its URL. What it has beside the parameters is ignored.
func readQuery(r *http.Request, q *request) *refusal {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return badRequest("the URL's query is malformed")
	}
	for _, name := range []string{"query", "documentId", "id", "operationName", "variables", "extensions"} {
		if len(values[name]) > 1 {
			return badRequest("the URL has " + name + " twice")
		}
		if !isText(values.Get(name)) {
			return badRequest(name + " has bytes that are no UTF-8")
		}
	}
	q.Query = values.Get("query")
	q.OperationName = values.Get("operationName")
	q.relayID = values.Get("id")
	if id := values.Get("documentId"); id != "" {
		if refused := q.call(id); refused != nil {
			return refused
		}
	}
	for name, to := range map[string]*map[string]any{"variables": &q.Variables, "extensions": &q.Extensions} {
		text := values.Get(name)
		if text == "" {
			continue
		}
		if *to, err = strictjson.Map(text); err != nil {
			return badRequest(name + " is not a JSON object: " + err.Error())
		}
	}
	return q.settle()
}

func isText(s string) bool { return strings.ToValidUTF8(s, "") == s }

// readBody reads a request from its body.
func readBody(w http.ResponseWriter, r *http.Request, q *request, maxBytes int64) *refusal {
	if refused := checkType(r.Header); refused != nil {
		return refused
	}
	text, err := readText(w, r, maxBytes)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return &refusal{
			status: http.StatusRequestEntityTooLarge, code: gqlerr.LimitExceeded,
			reason: fmt.Sprintf("the body has more than %d bytes", maxBytes), extensions: map[string]any{"limit": "bodyBytes", "maximum": maxBytes},
		}
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &refusal{status: http.StatusRequestTimeout, code: gqlerr.BadRequest, reason: "the body took too long to arrive"}
	case err != nil:
		return badRequest("the body could not be read")
	}
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "[") {
		return badRequest("batches are not taken: send one operation in a request")
	}
	return decodeBody(text, q)
}

// checkType checks what a body is said to be.
func checkType(header http.Header) *refusal {
	if coding := header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return unsupported("the body must not be encoded")
	}
	given := header.Get("Content-Type")
	if given == "application/json" {
		return nil
	}
	mediaType, attributes, err := mime.ParseMediaType(given)
	if err != nil || mediaType != "application/json" {
		return unsupported("the content type must be application/json")
	}
	if charset := attributes["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return unsupported("the charset must be utf-8")
	}
	return nil
}

// maxPooled is how large a buffer may be to be kept for the next request.
const maxPooled = 1 << 20

// buffers holds buffers for bodies.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readText reads a body of at most so many bytes.
func readText(w http.ResponseWriter, r *http.Request, maxBytes int64) (string, error) {
	if r.ContentLength > maxBytes {
		w.Header().Set("Connection", "close") // else net/http waits for the body before it answers
		return "", &http.MaxBytesError{Limit: maxBytes}
	}
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	var err error
	if length := int(r.ContentLength); length >= 0 {
		buffer.Grow(length)
		body := buffer.AvailableBuffer()[:length]
		_, err = io.ReadFull(r.Body, body)
		buffer.Write(body)
	} else {
		_, err = buffer.ReadFrom(http.MaxBytesReader(w, r.Body, maxBytes))
	}
	text := buffer.String()
	if buffer.Cap() <= maxPooled {
		buffers.Put(buffer)
	}
	return text, err
}

// decodeBody reads the members of a request; those of other names are ignored, as protocols to come may have them.
func decodeBody(text string, q *request) *refusal {
	var refused *refusal
	err := strictjson.Object(text, func(name string, value func() (any, error)) error {
		why, err := q.take(name, value)
		if refused == nil {
			refused = why
		}
		return err
	})
	if err != nil {
		return badRequest("the body is not a JSON object with a query: " + err.Error())
	}
	if refused != nil {
		return refused
	}
	return q.settle()
}

// take takes a member of a request. What is wrong with the request is no error, which is for what is no JSON.
func (q *request) take(name string, value func() (any, error)) (*refusal, error) {
	switch name {
	case "query", "operationName", "documentId", "id":
		given, err := value()
		text, isText := given.(string)
		switch {
		case err != nil:
			return nil, err
		case name == "id":
			q.relayID = text
		case !isText && given != nil:
			return badRequest(name + " is not a string"), nil
		case name == "query":
			q.Query = text
		case name == "operationName":
			q.OperationName = text
		case text != "":
			return q.call(text), nil
		}
	case "variables", "extensions":
		given, err := value()
		members, isObject := given.(map[string]any)
		switch {
		case err != nil:
			return nil, err
		case !isObject && given != nil:
			return badRequest(name + " is not an object"), nil
		case name == "variables":
			q.Variables = members
		default:
			q.Extensions = members
		}
	}
	return nil, nil
}
