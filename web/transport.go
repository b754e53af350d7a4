package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/graph/gqlerr"
)

// allowedMethods is what a request with another method is told.
const allowedMethods = "GET, POST"

// transport answers operations that come in one GET or POST request and leave in one answer, as the GraphQL-over-HTTP
// specification has it. It takes the place of gqlgen's own two, which repeat a malformed body in the answer and encode
// a finished answer a second time.
type transport struct{}

// Supports reports true for every request: this is the last transport, and refuses what nobody takes.
func (transport) Supports(*http.Request) bool { return true }

// Do answers a request.
func (transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Accept")
	start := graphql.Now()
	var params graphql.RawParams
	var refused *refusal
	switch r.Method {
	case http.MethodGet:
		refused = readQuery(r, &params)
	case http.MethodPost:
		refused = readBody(r, &params)
	default:
		header.Set("Allow", allowedMethods)
		refused = &refusal{http.StatusMethodNotAllowed, "the method must be GET or POST"}
	}
	if refused == nil && params.Query == "" {
		refused = &refusal{http.StatusBadRequest, "the request has no query"}
	}
	if refused != nil {
		refuse(w, refused.status, gqlerr.BadRequest, refused.reason)
		return
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	execute(w, r, exec, &params)
}

func execute(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, params *graphql.RawParams) {
	ctx, format, header := r.Context(), negotiate(r.Header), w.Header()
	operation, faults := exec.CreateOperationContext(ctx, params)
	if faults != nil {
		answer(w, format, exec.DispatchError(graphql.WithOperationContext(ctx, operation), faults), false)
		return
	}
	if r.Method == http.MethodGet && operation.Operation.Operation != ast.Query {
		header.Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, gqlerr.BadRequest, "GET is for queries only, use POST")
		return
	}
	next, ctx := exec.DispatchOperation(ctx, operation)
	response := next(ctx)
	if response == nil {
		// The context ended before the first resolver was called.
		header.Set("Retry-After", retryAfter)
		refuse(w, http.StatusServiceUnavailable, gqlerr.Timeout, "the request took too long")
		return
	}
	answer(w, format, response, true)
}

// refusal is why a request is not a GraphQL request.
type refusal struct {
	status int
	reason string
}

// readQuery reads a request from its URL.
func readQuery(r *http.Request, params *graphql.RawParams) *refusal {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &refusal{http.StatusBadRequest, "the URL's query is malformed"}
	}
	params.Query = values.Get("query")
	params.OperationName = values.Get("operationName")
	if decode(strings.NewReader(values.Get("variables")), &params.Variables) != nil {
		return &refusal{http.StatusBadRequest, "variables is not a JSON object"}
	}
	if decode(strings.NewReader(values.Get("extensions")), &params.Extensions) != nil {
		return &refusal{http.StatusBadRequest, "extensions is not a JSON object"}
	}
	return nil
}

// readBody reads a request from its body.
func readBody(r *http.Request, params *graphql.RawParams) *refusal {
	mediaType, attributes, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return &refusal{http.StatusUnsupportedMediaType, "the content type must be application/json"}
	}
	if charset := attributes["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return &refusal{http.StatusUnsupportedMediaType, "the charset must be utf-8"}
	}
	body, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return &refusal{http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB"}
	}
	if err != nil {
		return &refusal{http.StatusBadRequest, "the body could not be read"}
	}
	if len(body) == 0 || decode(bytes.NewReader(body), params) != nil {
		return &refusal{http.StatusBadRequest, "the body is not a JSON object with a query"}
	}
	return nil
}

// decode reads one JSON value, and leaves to as it is when there is none. Numbers keep their text.
func decode(from io.Reader, to any) error {
	decoder := json.NewDecoder(from)
	decoder.UseNumber()
	if err := decoder.Decode(to); err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the value")
	}
	return nil
}
