package web

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/graph/persisted"
)

// resolver finds the document that a request means, and decides whether its client may run it.
type resolver struct {
	registry *clients.Registry
	apq      *extension.AutomaticPersistedQuery // nil: hashes are looked up among registered documents only
	logger   *slog.Logger
	now      func() time.Time

	mu     sync.Mutex
	logged map[unregistered]struct{} // texts of clients with ModeLogOnly that were logged
}

// unregistered is a text that a client has not registered.
type unregistered struct {
	client int64
	hash   [32]byte
}

// maxLogged is of how many unregistered texts it is known that they were logged.
const maxLogged = 10_000

func newResolver(o Options) *resolver {
	r := &resolver{registry: o.Clients, logger: o.Logger, now: o.Now, logged: make(map[unregistered]struct{})}
	if o.APQ != nil {
		r.apq = &extension.AutomaticPersistedQuery{Cache: o.APQ}
	}
	return r
}

// resolve puts the text that is to be executed into q. It returns the registered document that the text is, nil for a free
// text. Errors: *refusal, gqlerror.List.
func (r *resolver) resolve(ctx context.Context, client *clients.Client, q *request) (*clients.Document, error) {
	hash, refused := persistedHash(q.Extensions)
	if refused != nil {
		return nil, refused
	}
	id := q.documentID
	if id != "" && hash != "" && strings.TrimPrefix(id, persisted.HashPrefix) != hash {
		return nil, badRequest("documentId and extensions.persistedQuery name different documents")
	}
	if id == "" {
		id = hash
	}
	if id == "" {
		return r.freeText(ctx, client, q)
	}
	if document := client.Document(id); document != nil {
		delete(q.Extensions, persistedQuery)
		return document, r.take(ctx, document, q)
	}
	if q.documentID != "" || client.Viewer.Mode == auth.ModeIDOnly && q.Query == "" {
		return nil, &refusal{
			status: http.StatusNotFound, code: gqlerr.DocumentNotFound,
			reason: "no document of that id is registered for this client",
		}
	}
	return r.byHash(ctx, client, q, hash)
}

// byHash resolves a request with the hash of a text that is not registered: APQ, for those that may send texts.
func (r *resolver) byHash(ctx context.Context, client *clients.Client, q *request, hash string) (*clients.Document, error) {
	if client.Viewer.Mode.FreeText() && r.apq != nil {
		q.Extensions[persistedQuery].(map[string]any)[hashMember] = hash // the extension knows lower case only
		// The extension leaves a note at the operation, which there is none of yet.
		ctx = graphql.WithOperationContext(ctx, &graphql.OperationContext{})
		if err := r.apq.MutateOperationParameters(ctx, &q.RawParams); err != nil {
			if err.Extensions == nil {
				return nil, badRequest("extensions.persistedQuery: " + err.Message)
			}
			return nil, gqlerror.List{err}
		}
		return r.freeText(ctx, client, q)
	}
	switch {
	case q.Query == "": // what makes a client of APQ send the text
		return nil, gqlerror.List{{
			Message: "PersistedQueryNotFound", Extensions: map[string]any{"code": string(gqlerr.PersistedQueryNotFound)},
		}}
	case hexHash(q.Query) != hash:
		return nil, badRequest("extensions.persistedQuery: the hash is not the SHA-256 of query")
	}
	delete(q.Extensions, persistedQuery)
	return r.freeText(ctx, client, q)
}

// freeText resolves a request that has its text with it.
func (r *resolver) freeText(ctx context.Context, client *clients.Client, q *request) (*clients.Document, error) {
	mode := client.Viewer.Mode
	switch {
	case mode == auth.ModeIDOnly:
		return nil, notRegistered("this client may run registered documents only, by their id: send documentId instead of query")
	case q.Query == "":
		return nil, badRequest("the request has no query and no documentId")
	case mode == auth.ModeOpen:
		return nil, nil
	}
	document := byText(client, q.Query)
	switch {
	case mode == auth.ModeLogOnly && (document == nil || r.hasEnded(document)):
		r.logUnregistered(ctx, client, q) // it is executed as any other text, and would not be in another mode
		return nil, nil
	case document != nil:
		return document, r.take(ctx, document, q)
	}
	return nil, notRegistered("this client may run registered documents only, and the text is none of them")
}

func notRegistered(reason string) *refusal {
	return &refusal{status: http.StatusForbidden, code: gqlerr.DocumentNotRegistered, reason: reason}
}

// byText returns the registered document that a text is, formatted as it may be.
func byText(client *clients.Client, text string) *clients.Document {
	if document := client.DocumentByText(text); document != nil {
		return document
	}
	if shape, err := persisted.Shape(text); err == nil {
		return client.DocumentByShape(shape)
	}
	return nil
}

// take puts the text of a registered document into q, unless the document is not executed any more. A text that q has
// must be the same.
func (r *resolver) take(ctx context.Context, document *clients.Document, q *request) error {
	if r.hasEnded(document) {
		return &refusal{
			status: http.StatusGone, code: gqlerr.DocumentRetired,
			reason: "the document is " + document.State(r.now()).String() + ": it is not executed any more",
		}
	}
	text, err := r.registry.Text(ctx, document)
	if err != nil {
		r.logger.WarnContext(ctx, "text of a registered document", slog.String("document", document.ID), slog.Any("error", err))
		return unavailable()
	}
	if q.Query != "" && q.Query != text {
		if shape, err := persisted.Shape(q.Query); err != nil || shape != document.Shape {
			return badRequest("query is not the text of the document that the request names: send one of them")
		}
	}
	q.Query = text
	return nil
}

// hasEnded reports whether a document is not executed any more.
func (r *resolver) hasEnded(document *clients.Document) bool {
	state := document.State(r.now())
	return state == clients.Retired || state == clients.Revoked
}

// logUnregistered logs a text that a client would not be allowed in another mode, once: nothing that is executed is registered
// with it.
func (r *resolver) logUnregistered(ctx context.Context, client *clients.Client, q *request) {
	text := unregistered{client.Viewer.ClientID, persisted.Hash(q.Query)}
	if r.isNew(text) {
		r.logger.InfoContext(ctx, "a document that is not registered", slog.String("client", client.Viewer.Client),
			slog.String("sha256", hex.EncodeToString(text.hash[:])), slog.String("operation", q.OperationName))
	}
}

// isNew reports whether a text was not logged yet, and remembers it. Of too many all are forgotten, and logged again: a log
// that is quiet must mean that there is nothing to be told.
func (r *resolver) isNew(text unregistered) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.logged[text]; known {
		return false
	}
	if len(r.logged) == maxLogged {
		clear(r.logged)
	}
	r.logged[text] = struct{}{}
	return true
}

// persistedQuery is the member of a request's extensions that names a document by its hash.
const persistedQuery = "persistedQuery"

// hashMember is the member of that which has the hash.
const hashMember = "sha256Hash"

// persistedHash returns the SHA-256, in lower case, that a request's extensions name a document by; empty when they do not.
func persistedHash(extensions map[string]any) (string, *refusal) {
	given, ok := extensions[persistedQuery]
	if !ok || given == nil {
		return "", nil
	}
	members, _ := given.(map[string]any)
	hash, _ := members[hashMember].(string)
	hash = strings.ToLower(hash)
	if raw, err := hex.DecodeString(hash); err != nil || len(raw) != 32 {
		return "", badRequest("extensions.persistedQuery must have sha256Hash, 64 hexadecimal digits, and version 1")
	}
	return hash, nil
}

func hexHash(text string) string {
	hash := persisted.Hash(text)
	return hex.EncodeToString(hash[:])
}
