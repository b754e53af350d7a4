package clients

import (
	"time"

	"github.com/corpintel/corpintel/store"
)

// Document is a document that a client registered; Registry.Text returns its text. It is not changed: one that is retired or
// revoked is another Document from then on, one that stays as it is stays the same pointer.
type Document struct {
	ClientID   int64
	ID         string     // by which it is called
	Hash       [32]byte   // SHA-256 of the text
	Shape      [32]byte   // of persisted.Shape: equal for texts that differ in formatting only
	Operations []string   // names, in the order of the text; "" for the one without
	RetireOn   *time.Time // from this moment on (midnight UTC) it is not executed any more; nil: no such moment is known
	Revoked    bool

	uses uses
}

func newDocument(row *store.Document) *Document {
	d := &Document{
		ClientID: row.ClientID, ID: row.ID, Hash: row.Hash, Shape: row.Shape, Operations: row.Operations,
		Revoked: row.RevokedAt != nil,
	}
	if row.RetireOn != nil {
		midnight := row.RetireOn.Time()
		d.RetireOn = &midnight
	}
	return d
}

// equal reports whether d and other are the same document in the same state. What is in a text follows from its hash.
func (d *Document) equal(other *Document) bool {
	if (d.RetireOn == nil) != (other.RetireOn == nil) || d.RetireOn != nil && !d.RetireOn.Equal(*other.RetireOn) {
		return false
	}
	return d.ClientID == other.ClientID && d.ID == other.ID && d.Hash == other.Hash && d.Revoked == other.Revoked
}

// State says whether a document is executed.
type State int

// The states of a document.
const (
	Active   State = iota // it is executed
	Retiring              // it is executed, and on a day that is known it will not be any more
	Retired               // that day has come
	Revoked               // it was taken back
)

// String returns the name of s, such as "retired".
func (s State) String() string {
	return [...]string{"active", "retiring", "retired", "revoked"}[s]
}

// State returns whether d is executed now.
func (d *Document) State(now time.Time) State {
	switch {
	case d.Revoked:
		return Revoked
	case d.RetireOn == nil:
		return Active
	case now.Before(*d.RetireOn):
		return Retiring
	default:
		return Retired
	}
}

// before says whether d is what is meant, rather than other, by a text that a client registered under two ids: what is
// executed longer, then the smaller id.
func (d *Document) before(other *Document) bool {
	switch {
	case other == nil:
		return true
	case d.Revoked != other.Revoked:
		return other.Revoked
	case (d.RetireOn == nil) != (other.RetireOn == nil):
		return d.RetireOn == nil
	case d.RetireOn != nil && !d.RetireOn.Equal(*other.RetireOn):
		return d.RetireOn.After(*other.RetireOn)
	default:
		return d.ID < other.ID
	}
}
