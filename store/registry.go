package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
)

// ErrUnchanged is returned by what ChangeRegistry runs when there was nothing to change.
var ErrUnchanged = errors.New("unchanged")

const changeRegistry = `-- name: ChangeRegistry
update registry_version
set version = version + 1`

// ChangeRegistry runs do in a transaction that changes clients, keys or documents. Such transactions run one after the
// other, so what do has read stays true, and all servers load the registry anew after it. When do returns ErrUnchanged
// all is rolled back, and it is no error. Errors: that of do, ErrUnavailable.
func (s *Store) ChangeRegistry(ctx context.Context, do func(tx *Tx) error) error {
	err := s.WithTx(ctx, func(tx *Tx) error {
		if _, err := tx.tx.Exec(ctx, changeRegistry); err != nil {
			return fmt.Errorf("change the registry: %w", err)
		}
		if err := do(tx); err != nil {
			return err
		}
		return tx.Changed(Change{Kind: ChangeRegistryRows})
	})
	if errors.Is(err, ErrUnchanged) {
		return nil
	}
	return err
}

const registryVersion = `-- name: RegistryVersion
select version
from registry_version`

// RegistryVersion asks for the number that changes with every change of clients, keys or documents. In a batch it comes
// before what it is the version of.
func (b *Batch) RegistryVersion() *int64 {
	version := new(int64)
	b.add(query{sql: registryVersion, scan: func(rows pgx.Rows) (err error) {
		*version, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int64])
		return err
	}})
	return version
}

// Document is a document that a client registered, without its text.
type Document struct {
	ClientID    int64
	ID          string
	Hash        [32]byte // SHA-256 of the text
	Shape       [32]byte // equal for texts that differ in formatting only
	Operations  []string // names, in the order of the text; "" for the one without
	PublishedAt time.Time
	RetireOn    *edgar.Date // the first day on which it is not executed any more
	RevokedAt   *time.Time
}

const documents = `-- name: Documents
select d.client_id, d.id, d.hash, t.shape, d.operations, d.published_at, d.retire_on, d.revoked_at
from documents d
join document_texts t on t.hash = d.hash`

// Documents asks for all documents of all clients, in no particular order.
func (b *Batch) Documents() *[]*Document {
	found := new([]*Document)
	b.add(query{sql: documents, scan: func(rows pgx.Rows) (err error) {
		*found, err = scanDocuments(rows)
		return err
	}})
	return found
}

// documentRow is a Document with the room for what it points to.
type documentRow struct {
	Document

	retireOn  edgar.Date
	revokedAt time.Time
}

func scanDocuments(rows pgx.Rows) ([]*Document, error) {
	var found []*Document
	r := newRowReader(rows)
	for r.next() {
		row := &documentRow{}
		d := &row.Document
		d.ClientID, d.ID, d.Hash, d.Shape, d.Operations, d.PublishedAt = r.int64(), r.text(), r.hash(), r.hash(), r.list(), r.time()
		d.RetireOn = optional(r, (*rowReader).date, &row.retireOn)
		d.RevokedAt = optional(r, (*rowReader).time, &row.revokedAt)
		found = append(found, d)
	}
	return found, r.done()
}

// hash reads a SHA-256.
func (r *rowReader) hash() (hash [32]byte) {
	raw, plain := r.column(pgtype.ByteaOID, len(hash))
	if !plain {
		raw = slowly[[]byte](r)
	}
	if copy(hash[:], raw) < len(hash) && r.err == nil {
		r.err = fmt.Errorf("column %s: %d bytes, want %d", r.fields[r.at-1].Name, len(raw), len(hash))
	}
	return hash
}
