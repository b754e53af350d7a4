package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"
)

// Bounds of a list of a client's documents.
const (
	maxListed      = 1000
	maxListedBytes = 8 << 20 // of texts
)

// registeredList is the answer of GET /graphql/documents.
type registeredList struct {
	Client    string               `json:"client"` // empty for who asks without a key
	Documents []registeredDocument `json:"documents"`
	More      int                  `json:"more"` // how many were left out
}

type registeredDocument struct {
	ID         string   `json:"id"`
	Operations []string `json:"operations"` // names, "" for the one without
	State      string   `json:"state"`
	RetireOn   *string  `json:"retireOn"` // first day on which it is not executed any more
	Text       string   `json:"text"`
}

// listRegistered answers with the documents that the client who asks has registered, for the explorer.
func (g *graphQL) listRegistered(w http.ResponseWriter, r *http.Request) {
	g.responder.begin(w)
	g.origins.allow(w, r)
	client, refused := g.authenticator.client(r)
	if refused != nil {
		refuse(w, r, refused)
		return
	}
	if !g.origins.mayGet(r) {
		refuse(w, r, crossSite())
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), g.timeout)
	defer cancel()
	list := registeredList{Client: client.Viewer.Client, Documents: []registeredDocument{}}
	documents, bytes := client.Documents(), 0
	for i, document := range documents {
		if i == maxListed || bytes >= maxListedBytes {
			list.More = len(documents) - i
			break
		}
		text, err := g.resolver.registry.Text(ctx, document)
		if err != nil {
			g.resolver.logger.WarnContext(ctx, "text of a registered document", slog.String("document", document.ID), slog.Any("error", err))
			refuse(w, r, unavailable())
			return
		}
		bytes += len(text)
		listed := registeredDocument{
			ID: document.ID, Operations: document.Operations, State: document.State(g.resolver.now()).String(), Text: text,
		}
		if document.RetireOn != nil {
			day := document.RetireOn.Format(time.DateOnly)
			listed.RetireOn = &day
		}
		list.Documents = append(list.Documents, listed)
	}
	body, err := json.Marshal(list)
	if err != nil {
		panic(err) // it holds strings and numbers only
	}
	write(w, r, jsonFormat, http.StatusOK, body)
}
