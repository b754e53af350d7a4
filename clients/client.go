package clients

import (
	"encoding/hex"
	"strings"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/store"
)

// Client is a client with what it registered. It is not changed. Its zero value with a Viewer is one that has registered
// nothing.
type Client struct {
	Viewer auth.Viewer

	byID    map[string]*Document
	byHash  map[[32]byte]*Document
	byShape map[[32]byte]*Document
}

// newClient returns the client of a row, without documents.
func newClient(row *store.Client) (*Client, error) {
	role, err := auth.ParseRole(row.Role)
	if err != nil {
		return nil, err
	}
	mode, err := auth.ParseMode(row.Mode)
	if err != nil {
		return nil, err
	}
	budget := role.Permissions().Budget
	if row.Budget != nil {
		budget = *row.Budget
	}
	return &Client{
		Viewer:  auth.Viewer{ClientID: row.ID, Client: row.Name, Role: role, Mode: mode, Budget: budget},
		byID:    map[string]*Document{},
		byHash:  map[[32]byte]*Document{},
		byShape: map[[32]byte]*Document{},
	}, nil
}

// Document returns the document that an id calls: its own, or sha256: and the SHA-256 of its text, or that alone. Hexadecimal
// digits are lower case. It returns nil when c has no such document. It allocates nothing.
func (c *Client) Document(id string) *Document {
	digits, named := strings.CutPrefix(id, persisted.HashPrefix)
	if !named {
		if d := c.byID[id]; d != nil {
			return d
		}
	}
	hash, ok := parseHash(digits)
	if !ok {
		return nil
	}
	return c.byHash[hash]
}

// DocumentByText returns the document with that text to the byte; nil when c has none.
func (c *Client) DocumentByText(text string) *Document {
	if len(c.byHash) == 0 {
		return nil
	}
	return c.byHash[persisted.Hash(text)]
}

// DocumentByShape returns a document whose text has that shape (persisted.Shape); nil when c has none.
func (c *Client) DocumentByShape(shape [32]byte) *Document { return c.byShape[shape] }

// add makes c know a document.
func (c *Client) add(d *Document) {
	c.byID[d.ID] = d
	if d.before(c.byHash[d.Hash]) {
		c.byHash[d.Hash] = d
	}
	if d.before(c.byShape[d.Shape]) {
		c.byShape[d.Shape] = d
	}
}

// parseHash reads 64 hexadecimal digits in lower case.
func parseHash(digits string) (hash [32]byte, ok bool) {
	var text [2 * len(hash)]byte
	if len(digits) != len(text) {
		return hash, false
	}
	for i := range text {
		if c := digits[i]; 'A' <= c && c <= 'F' {
			return hash, false
		}
		text[i] = digits[i]
	}
	_, err := hex.Decode(hash[:], text[:])
	return hash, err == nil
}
