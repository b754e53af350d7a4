package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// NewDocument is a document that a client registers.
type NewDocument struct {
	ID         string
	Hash       [32]byte // SHA-256 of Text
	Shape      [32]byte // of its tokens
	Text       string
	Operations []string // names, in the order of the text; "" for the one without
}

// KnownDocument is what is known of a document that is to be changed.
type KnownDocument struct {
	ID        string
	Hash      [32]byte
	RetireOn  *edgar.Date
	RevokedAt *time.Time
}

// Ended reports whether d is not executed on a day.
func (d *KnownDocument) Ended(today edgar.Date) bool {
	return d.RevokedAt != nil || d.RetireOn != nil && *d.RetireOn <= today
}

// DocumentsError says why a change of documents was refused as a whole.
type DocumentsError struct {
	Unknown []string         // ids that the client did not register
	Differ  []*KnownDocument // ids that stand for another text
	Ended   []*KnownDocument // retired or revoked: they stay so unless that is taken back expressly
}

func (e *DocumentsError) Error() string {
	switch {
	case len(e.Unknown) > 0:
		return fmt.Sprintf("documents that are not registered: %d", len(e.Unknown))
	case len(e.Differ) > 0:
		return fmt.Sprintf("ids that stand for other texts: %d", len(e.Differ))
	default:
		return fmt.Sprintf("documents that are retired or revoked: %d", len(e.Ended))
	}
}

// Publication says what a publication did.
type Publication struct {
	Added       int
	Unchanged   int
	Reactivated int
	Retiring    []*KnownDocument // of the unchanged ones, those that will not be executed from a day on
}

const knownDocuments = `-- name: KnownDocuments
select id, hash, retire_on, revoked_at
from documents
where client_id = $1 and id = any($2)
order by id`

// knownDocuments returns those of a client's documents that have one of the ids.
func (tx *Tx) knownDocuments(ctx context.Context, clientID int64, ids []string) ([]*KnownDocument, error) {
	rows, _ := tx.tx.Query(ctx, knownDocuments, clientID, ids) // reading reports the error
	defer rows.Close()
	found := make([]*KnownDocument, 0, len(ids))
	r := newRowReader(rows)
	for r.next() {
		d := &KnownDocument{ID: r.text(), Hash: r.hash()}
		d.RetireOn = optional(r, (*rowReader).date, new(edgar.Date))
		d.RevokedAt = optional(r, (*rowReader).time, new(time.Time))
		found = append(found, d)
	}
	if err := r.done(); err != nil {
		return nil, fmt.Errorf("known documents: %w", err)
	}
	return found, nil
}

// PublishDocuments registers documents for a client: all of them, or none. Ids are unique. Documents that are registered
// already are left as they are; those that are retired or revoked on the day today are refused, unless reactivate makes
// them, and those that will be retired, active again. Errors: *DocumentsError, ErrNotFound, ErrRevoked, ErrUnavailable.
func (s *Store) PublishDocuments(
	ctx context.Context, client string, documents []NewDocument, today edgar.Date, reactivate bool,
) (done Publication, err error) {
	err = s.changeDocuments(ctx, client, func(tx *Tx, clientID int64) error {
		done = Publication{}
		ids := make([]string, len(documents))
		for i := range documents {
			ids[i] = documents[i].ID
		}
		known, err := tx.knownDocuments(ctx, clientID, ids)
		if err != nil {
			return err
		}
		added, ended, err := compare(&done, documents, known, today, reactivate)
		if err != nil {
			return err
		}
		if len(added) == 0 && len(ended) == 0 {
			return ErrUnchanged
		}
		if err := tx.addDocuments(ctx, clientID, added); err != nil {
			return err
		}
		return tx.reactivateDocuments(ctx, clientID, ended)
	})
	if err != nil {
		return Publication{}, fmt.Errorf("publish documents of %s: %w", client, err)
	}
	return done, nil
}

// changeDocuments runs do with the id of a client that is not revoked.
func (s *Store) changeDocuments(ctx context.Context, client string, do func(tx *Tx, clientID int64) error) error {
	return s.ChangeRegistry(ctx, func(tx *Tx) error {
		known, err := tx.ClientByName(ctx, client)
		switch {
		case err != nil:
			return err
		case known.RevokedAt != nil:
			return ErrRevoked
		}
		return do(tx, known.ID)
	})
}

// compare counts in done what is to be done, and returns the documents that are new, and the ids of those that become active
// again. Error: *DocumentsError.
func compare(
	done *Publication, documents []NewDocument, known []*KnownDocument, today edgar.Date, reactivate bool,
) (added []NewDocument, reactivated []string, err error) {
	byID := make(map[string]*KnownDocument, len(known))
	for _, k := range known {
		byID[k.ID] = k
	}
	var refused DocumentsError
	for _, d := range documents {
		k := byID[d.ID]
		switch {
		case k == nil:
			added = append(added, d)
		case k.Hash != d.Hash:
			refused.Differ = append(refused.Differ, k)
		case reactivate && (k.RevokedAt != nil || k.RetireOn != nil):
			reactivated = append(reactivated, k.ID)
		case k.Ended(today):
			refused.Ended = append(refused.Ended, k)
		default:
			done.Unchanged++
			if k.RetireOn != nil {
				done.Retiring = append(done.Retiring, k)
			}
		}
	}
	if len(refused.Differ) > 0 || len(refused.Ended) > 0 {
		return nil, nil, &refused
	}
	done.Added, done.Reactivated = len(added), len(reactivated)
	return added, reactivated, nil
}

const addDocumentTexts = `-- name: AddDocumentTexts
insert into document_texts (hash, shape, text)
select distinct on (hash) hash, shape, text
from unnest($1::bytea[], $2::bytea[], $3::text[]) as t (hash, shape, text)
order by hash
on conflict (hash) do nothing`

// Names of operations come with commas between them: a list of lists of differing lengths is no array.
const addDocuments = `-- name: AddDocuments
insert into documents (client_id, id, hash, operations)
select $1, id, hash, case operations when '' then array[''] else string_to_array(operations, ',') end
from unnest($2::text[], $3::bytea[], $4::text[]) as t (id, hash, operations)`

// addDocuments stores documents that are new, with two statements whatever their number.
func (tx *Tx) addDocuments(ctx context.Context, clientID int64, documents []NewDocument) error {
	if len(documents) == 0 {
		return nil
	}
	ids, texts, operations := make([]string, len(documents)), make([]string, len(documents)), make([]string, len(documents))
	hashes, shapes := make([][]byte, len(documents)), make([][]byte, len(documents))
	for i := range documents {
		d := &documents[i]
		ids[i], texts[i], operations[i] = d.ID, d.Text, strings.Join(d.Operations, ",")
		hashes[i], shapes[i] = d.Hash[:], d.Shape[:]
	}
	if _, err := tx.tx.Exec(ctx, addDocumentTexts, hashes, shapes, texts); err != nil {
		return fmt.Errorf("texts of documents: %w", err)
	}
	if _, err := tx.tx.Exec(ctx, addDocuments, clientID, ids, hashes, operations); err != nil {
		return fmt.Errorf("new documents: %w", err)
	}
	return nil
}

const reactivateDocuments = `-- name: ReactivateDocuments
update documents
set retire_on = null, revoked_at = null
where client_id = $1 and id = any($2)`

func (tx *Tx) reactivateDocuments(ctx context.Context, clientID int64, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.tx.Exec(ctx, reactivateDocuments, clientID, ids); err != nil {
		return fmt.Errorf("reactivate documents: %w", err)
	}
	return nil
}

const retireDocuments = `-- name: RetireDocuments
update documents
set retire_on = $3
where client_id = $1 and id = any($2) and retire_on is distinct from $3`

// RetireDocuments makes documents of a client end: on is the first day on which they are not executed any more. It returns
// how many of them ended on another day before, or never. All of them are changed, or none: an unknown id and a revoked
// document are refused. Errors: *DocumentsError, ErrNotFound, ErrRevoked, ErrUnavailable.
func (s *Store) RetireDocuments(ctx context.Context, client string, ids []string, on edgar.Date) (int, error) {
	return s.endDocuments(ctx, client, "retire", ids, func(tx *Tx, clientID int64, known []*KnownDocument) (int64, error) {
		var refused DocumentsError
		for _, k := range known {
			if k.RevokedAt != nil {
				refused.Ended = append(refused.Ended, k)
			}
		}
		if len(refused.Ended) > 0 {
			return 0, &refused
		}
		tag, err := tx.tx.Exec(ctx, retireDocuments, clientID, ids, on)
		return tag.RowsAffected(), err
	})
}

const revokeDocuments = `-- name: RevokeDocuments
update documents
set revoked_at = now()
where client_id = $1 and id = any($2) and revoked_at is null`

// RevokeDocuments makes documents of a client end now. It returns how many of them were not revoked before. All of them are
// changed, or none. Errors: *DocumentsError, ErrNotFound, ErrRevoked, ErrUnavailable.
func (s *Store) RevokeDocuments(ctx context.Context, client string, ids []string) (int, error) {
	return s.endDocuments(ctx, client, "revoke", ids, func(tx *Tx, clientID int64, _ []*KnownDocument) (int64, error) {
		tag, err := tx.tx.Exec(ctx, revokeDocuments, clientID, ids)
		return tag.RowsAffected(), err
	})
}

// endDocuments runs end with documents of a client that are all registered.
func (s *Store) endDocuments(
	ctx context.Context, client, what string, ids []string,
	end func(tx *Tx, clientID int64, known []*KnownDocument) (int64, error),
) (int, error) {
	var changed int64
	err := s.changeDocuments(ctx, client, func(tx *Tx, clientID int64) error {
		known, err := tx.knownDocuments(ctx, clientID, ids)
		if err != nil {
			return err
		}
		if unknown := missing(ids, known); len(unknown) > 0 {
			return &DocumentsError{Unknown: unknown}
		}
		changed, err = end(tx, clientID, known)
		if err == nil && changed == 0 {
			return ErrUnchanged
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("%s documents of %s: %w", what, client, err)
	}
	return int(changed), nil
}

// missing returns the ids that no document has.
func missing(ids []string, known []*KnownDocument) []string {
	has := make(map[string]bool, len(known))
	for _, k := range known {
		has[k.ID] = true
	}
	var unknown []string
	for _, id := range ids {
		if !has[id] {
			unknown = append(unknown, id)
		}
	}
	return unknown
}

const documentText = `-- name: DocumentText
select text
from document_texts
where hash = $1`

// DocumentText returns the text with a SHA-256. Errors: ErrNotFound, ErrUnavailable.
func (s *Store) DocumentText(ctx context.Context, hash [32]byte) (text string, err error) {
	q := query{sql: documentText, args: []any{hash[:]}, scan: func(rows pgx.Rows) (err error) {
		text, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		return err
	}}
	if err := s.run(ctx, q); err != nil {
		return "", fmt.Errorf("text of document %x: %w", hash, err)
	}
	return text, nil
}
