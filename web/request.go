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

// allowedMethods is what a request with another method is told.
const allowedMethods = "GET, HEAD, POST, OPTIONS"

// refusal is why a request is not a GraphQL request, or none that is answered.
type refusal struct {
	status  int
	code    gqlerr.Code
	reason  string
	limit   string // the name of the limit that was passed, if it was one
	maximum int64
}

func badRequest(reason string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: gqlerr.BadRequest, reason: reason}
}

func unsupported(reason string) *refusal {
	return &refusal{status: http.StatusUnsupportedMediaType, code: gqlerr.BadRequest, reason: reason}
}

// readQuery reads a request from its URL. What it has beside the four parameters is ignored.
func readQuery(r *http.Request, params *graphql.RawParams) *refusal {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return badRequest("the URL's query is malformed")
	}
	for _, name := range []string{"query", "operationName", "variables", "extensions"} {
		if len(values[name]) > 1 {
			return badRequest("the URL has " + name + " twice")
		}
		if !isText(values.Get(name)) {
			return badRequest(name + " has bytes that are no UTF-8")
		}
	}
	params.Query = values.Get("query")
	params.OperationName = values.Get("operationName")
	for name, to := range map[string]*map[string]any{"variables": &params.Variables, "extensions": &params.Extensions} {
		text := values.Get(name)
		if text == "" {
			continue
		}
		if *to, err = strictjson.Map(text); err != nil {
			return badRequest(name + " is not a JSON object: " + err.Error())
		}
	}
	return nil
}

func isText(s string) bool { return strings.ToValidUTF8(s, "") == s }

// readBody reads a request from its body.
func readBody(w http.ResponseWriter, r *http.Request, params *graphql.RawParams, maxBytes int64) *refusal {
	if refused := checkType(r.Header); refused != nil {
		return refused
	}
	text, err := readText(http.MaxBytesReader(w, r.Body, maxBytes))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return &refusal{
			status: http.StatusRequestEntityTooLarge, code: gqlerr.LimitExceeded,
			reason: fmt.Sprintf("the body has more than %d bytes", maxBytes), limit: "bodyBytes", maximum: maxBytes,
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
	return decodeBody(text, params)
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

// readText reads all that there is.
func readText(from io.Reader) (string, error) {
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	_, err := buffer.ReadFrom(from)
	text := buffer.String()
	if buffer.Cap() <= maxPooled {
		buffers.Put(buffer)
	}
	return text, err
}

// decodeBody reads the members of a request; those of other names are ignored, as protocols to come may have them.
func decodeBody(text string, params *graphql.RawParams) *refusal {
	var wrong string
	err := strictjson.Object(text, func(name string, value func() (any, error)) error {
		var ok bool
		switch name {
		case "query", "operationName":
			given, err := value()
			if err != nil {
				return err
			}
			var s string
			if s, ok = given.(string); given == nil {
				ok = true
			}
			if name == "query" {
				params.Query = s
			} else {
				params.OperationName = s
			}
		case "variables", "extensions":
			given, err := value()
			if err != nil {
				return err
			}
			var m map[string]any
			if m, ok = given.(map[string]any); given == nil {
				ok = true
			}
			if name == "variables" {
				params.Variables = m
			} else {
				params.Extensions = m
			}
		default:
			return nil
		}
		if !ok && wrong == "" {
			wrong = name
		}
		return nil
	})
	switch {
	case err != nil:
		return badRequest("the body is not a JSON object with a query: " + err.Error())
	case wrong == "query", wrong == "operationName":
		return badRequest(wrong + " is not a string")
	case wrong != "":
		return badRequest(wrong + " is not an object")
	}
	return nil
}
