package ingest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
)

// edition is that of the importer. Raise it when an import would make something else, or more, of the same bytes than
// before: then everything is read again.
const edition = 1

// identity is all that the effect of a document depends on.
type identity struct {
	digest   [sha256.Size]byte // of the bytes as they are stored
	deflated bool              // a compressed member of an archive
	kind     string            // KindReport.Kind
	day      pgtype.Int4       // edgar.Date: of a ticker or reference file, which does not tell it
	filer    pgtype.Int8       // edgar.CIK: of an older page of filings, which does not tell it
}

// imported is a row of imported_documents: a document of which every record was taken, and what a report says of it.
//
// Imports commute and repeat, so such a document is part of the content for good: to import it again changes nothing,
// whatever was imported since. What the operator says about symbols links prices without their file.
type imported struct {
	identity
	records int64
	rows    pgtype.Int8 // of a price file
	symbols []string    // of a price file
}

// identify returns the identity of d, if its records are counted as kind.
func (im *importer) identify(d *document, kind *KindReport) identity {
	id := identity{digest: d.digest, deflated: d.deflated, kind: kind.Kind}
	switch kind.Kind {
	case tickersName:
		id.day = pgtype.Int4{Int32: int32(d.day(im.options.TickersAsOf)), Valid: true}
	case referenceName:
		id.day = pgtype.Int4{Int32: int32(d.day(im.options.ReferenceAsOf)), Valid: true}
	case submissionsName:
		if cik, ok := pageFiler(path.Base(d.path)); ok {
			id.filer = pgtype.Int8{Int64: int64(cik), Valid: true}
		}
	}
	return id
}

// day returns the day that d tells of: given, or that on which its file was last modified.
func (d *document) day(given edgar.Date) edgar.Date {
	if given != 0 {
		return given
	}
	return edgar.DateOf(d.modified)
}

// note returns what is to be remembered of a document that was read: nothing when a record was rejected or skipped, for
// that must be told again, or when its file has changed meanwhile, for then the digest is of something else.
func (im *importer) note(d *document, kind *KindReport, count Count) []imported {
	if count.Rejected+count.Skipped > 0 || d.archive || d.source.changed() {
		return nil
	}
	return []imported{{identity: im.identify(d, kind), records: count.Read}}
}

// recall finds those of documents that were imported before, with what is remembered of them.
func (im *importer) recall(ctx context.Context, documents []*document) (known map[identity]imported, err error) {
	var digests [][]byte
	for _, d := range documents {
		if !d.archive {
			digests = append(digests, d.digest[:])
		}
	}
	if digests == nil {
		return nil, nil
	}
	err = im.db.persist(ctx, func(bool) error {
		known = make(map[identity]imported)
		rows, _ := im.db.conn.Query(ctx, recall, digests, int16(edition)) // ForEachRow reports the error
		var (
			i      imported
			digest []byte
		)
		_, err := pgx.ForEachRow(rows, []any{&digest, &i.deflated, &i.kind, &i.day, &i.filer, &i.records, &i.rows, &i.symbols}, func() error {
			copy(i.digest[:], digest)
			known[i.identity] = i
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for what was imported before: %w", err)
	}
	return known, nil
}

const recall = `-- name: recall
select digest, deflated, kind, as_of - date 'epoch', cik, records, rows, symbols
from imported_documents
where digest = any($1) and edition = $2`

// pass counts a document that was imported before, if it is one.
func (im *importer) pass(d *document, known map[identity]imported) (i imported, ok bool) {
	if len(known) == 0 {
		return imported{}, false
	}
	for _, kind := range im.report.Kinds {
		if i, ok = known[im.identify(d, kind)]; !ok {
			continue
		}
		kind.Files++
		kind.Known++
		kind.Read += i.records
		kind.Unchanged += i.records
		im.progress.records += i.records
		return i, true
	}
	return imported{}, false
}

// remember notes that documents are imported when the transaction is committed.
func (t *transaction) remember(ctx context.Context, documents []imported) error {
	if len(documents) == 0 {
		return nil
	}
	var (
		n        = len(documents)
		digests  = make([][]byte, n)
		deflated = make([]bool, n)
		kinds    = make([]string, n)
		days     = make([]pgtype.Int4, n)
		filers   = make([]pgtype.Int8, n)
		records  = make([]int64, n)
	)
	for i := range documents {
		d := &documents[i]
		digests[i], deflated[i], kinds[i], days[i], filers[i], records[i] = d.digest[:], d.deflated, d.kind, d.day, d.filer, d.records
	}
	_, err := t.exec(ctx, remember, digests, deflated, kinds, days, filers, records, int16(edition))
	return err
}

const remember = `-- name: remember
insert into imported_documents (digest, deflated, kind, as_of, cik, records, edition)
select distinct on (digest, deflated, kind, day, cik) digest, deflated, kind, date 'epoch' + day, cik, records, $7::smallint
from unnest($1::bytea[], $2::boolean[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[])
  as read (digest, deflated, kind, day, cik, records)
order by digest, deflated, kind, day, cik
on conflict (digest, deflated, kind, as_of, cik) do update
set edition = excluded.edition, records = excluded.records`

// rememberPrices notes that a price file is imported.
func (t *transaction) rememberPrices(ctx context.Context, d imported) error {
	_, err := t.exec(ctx, rememberPrices, d.digest[:], d.deflated, d.kind, d.records, int16(edition), d.rows, d.symbols)
	return err
}

const rememberPrices = `-- name: rememberPrices
insert into imported_documents (digest, deflated, kind, records, edition, rows, symbols)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (digest, deflated, kind, as_of, cik) do update
set edition = excluded.edition, records = excluded.records, rows = excluded.rows, symbols = excluded.symbols`
