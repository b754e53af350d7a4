package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// DocumentUse says how often a document was used, and when for the first and the last time.
type DocumentUse struct {
	ClientID    int64
	DocumentID  string
	Count       int64
	FirstUsedAt time.Time
	LastUsedAt  time.Time
}

const addDocumentUsage = `-- name: AddDocumentUsage
insert into document_usage as u (client_id, document_id, count, first_used_at, last_used_at)
select n.client_id, n.document_id, n.count, n.first_used_at, n.last_used_at
from unnest($1::bigint[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
  as n (client_id, document_id, count, first_used_at, last_used_at)
where exists (select from documents d where d.client_id = n.client_id and d.id = n.document_id)
order by n.client_id, n.document_id collate "C"
on conflict (client_id, document_id) do update
set count = u.count + excluded.count,
    first_used_at = least(u.first_used_at, excluded.first_used_at),
    last_used_at = greatest(u.last_used_at, excluded.last_used_at)`

// AddDocumentUsage adds to what is known of the usage of documents, each of which is named once. Documents that are not
// there (any more) are passed over. It is not tried again while PostgreSQL is away. Errors: ErrUnavailable.
func (s *Store) AddDocumentUsage(ctx context.Context, uses []DocumentUse) error {
	clients, ids, counts := make([]int64, len(uses)), make([]string, len(uses)), make([]int64, len(uses))
	first, last := make([]time.Time, len(uses)), make([]time.Time, len(uses))
	for i, u := range uses {
		clients[i], ids[i], counts[i], first[i], last[i] = u.ClientID, u.DocumentID, u.Count, u.FirstUsedAt, u.LastUsedAt
	}
	conn, err := s.acquire(ctx)
	if err != nil {
		return fmt.Errorf("add usage of documents: %w", away(err))
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, addDocumentUsage, clients, ids, counts, first, last); err != nil {
		return fmt.Errorf("add usage of documents: %w", away(err))
	}
	return nil
}

// UsedDocument is a document with its usage.
type UsedDocument struct {
	Client      string
	ID          string
	Hash        [32]byte
	Operations  []string // names, in the order of the text; "" for the one without
	PublishedAt time.Time
	RetireOn    *edgar.Date
	RevokedAt   *time.Time
	Count       int64
	FirstUsedAt *time.Time // nil when it never was
	LastUsedAt  *time.Time
}

const usedDocumentColumns = `c.name, d.id, d.hash, d.operations, d.published_at, d.retire_on, d.revoked_at,
  coalesce(u.count, 0), u.first_used_at, u.last_used_at`

func scanUsedDocuments(rows pgx.Rows) ([]*UsedDocument, error) {
	var found []*UsedDocument
	r := newRowReader(rows)
	for r.next() {
		d := &UsedDocument{Client: r.text(), ID: r.text(), Hash: r.hash(), Operations: r.list(), PublishedAt: r.time()}
		d.RetireOn = optional(r, (*rowReader).date, new(edgar.Date))
		d.RevokedAt = optional(r, (*rowReader).time, new(time.Time))
		d.Count = r.int64()
		d.FirstUsedAt = optional(r, (*rowReader).time, new(time.Time))
		d.LastUsedAt = optional(r, (*rowReader).time, new(time.Time))
		found = append(found, d)
	}
	return found, r.done()
}

const documentsOfClient = `-- name: DocumentsOfClient
select ` + usedDocumentColumns + `
from clients c
join documents d on d.client_id = c.id
left join document_usage u on u.client_id = d.client_id and u.document_id = d.id
where c.name = $1
order by d.id`

// DocumentsOfClient returns all documents of a client, by id; none for a client that does not exist. Error: ErrUnavailable.
func (s *Store) DocumentsOfClient(ctx context.Context, client string) (found []*UsedDocument, err error) {
	q := query{sql: documentsOfClient, args: []any{client}, scan: func(rows pgx.Rows) (err error) {
		found, err = scanUsedDocuments(rows)
		return err
	}}
	if err := s.run(ctx, q); err != nil {
		return nil, fmt.Errorf("documents of client %s: %w", client, err)
	}
	return found, nil
}

// StoredText is the text of a document.
type StoredText struct {
	Hash [32]byte
	Text string
}

// The limits keep PostgreSQL from joining all documents with all texts for each part of them, which it does where it has no
// statistics yet.
const executedTexts = `-- name: ExecutedTexts
select t.hash, case when e.executed then t.text end
from (
  select hash, text
  from document_texts
  where hash > $1
  order by hash
  limit $3
) t
left join lateral (
  select true as executed
  from documents d
  join clients c on c.id = d.client_id
  where d.hash = t.hash and d.revoked_at is null and coalesce(d.retire_on > $2, true) and c.revoked_at is null
  limit 1
) e on true
order by t.hash`

// ExecutedTexts looks at the texts after a hash, by hash, at most limit of them, and returns those that are executed on a day
// for any client. last is where to go on, nil behind the last text. Error: ErrUnavailable.
func (s *Store) ExecutedTexts(
	ctx context.Context, after []byte, day edgar.Date, limit int,
) (found []StoredText, last []byte, err error) {
	q := query{sql: executedTexts, args: []any{after, day, limit}, scan: func(rows pgx.Rows) error {
		found, last = make([]StoredText, 0, limit), nil
		looked := 0
		r := newRowReader(rows)
		for r.next() {
			looked++
			hash := r.hash()
			if !r.null() {
				found = append(found, StoredText{Hash: hash, Text: r.text()})
			}
			if looked == limit {
				last = hash[:]
			}
		}
		return r.done()
	}}
	if err := s.run(ctx, q); err != nil {
		return nil, nil, fmt.Errorf("texts of documents: %w", err)
	}
	return found, last, nil
}

const executedDocuments = `-- name: ExecutedDocuments
select ` + usedDocumentColumns + `
from unnest($1::bytea[]) as h (hash)
cross join lateral (
  select client_id, id, hash, operations, published_at, retire_on, revoked_at
  from documents
  where hash = h.hash
  offset 0
) d
join clients c on c.id = d.client_id
left join document_usage u on u.client_id = d.client_id and u.document_id = d.id
where d.revoked_at is null and coalesce(d.retire_on > $2, true) and c.revoked_at is null
order by c.name, d.id`

// ExecutedDocuments returns the documents with one of the hashes that are executed on a day, by client and id. Error:
// ErrUnavailable.
func (s *Store) ExecutedDocuments(ctx context.Context, hashes [][]byte, day edgar.Date) (found []*UsedDocument, err error) {
	q := query{sql: executedDocuments, args: []any{hashes, day}, scan: func(rows pgx.Rows) (err error) {
		found, err = scanUsedDocuments(rows)
		return err
	}}
	if err := s.run(ctx, q); err != nil {
		return nil, fmt.Errorf("documents by hash: %w", err)
	}
	return found, nil
}
