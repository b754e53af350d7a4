package ingest

import (
	"context"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// importIndex imports an index of filings. It is parsed while it is copied, within the transaction.
func (im *importer) importIndex(ctx context.Context, d *document) (Count, error) {
	var count Count
	err := im.db.inTx(ctx, func(t *transaction) (err error) {
		r := &indexReader{only: im.only, reject: func(rejection edgar.Rejection) error {
			count.Rejected++
			return im.reject(d.name, rejection)
		}}
		if err := t.stageIndex(ctx, d, r); err != nil {
			return err
		}
		count.Read, count.Skipped = r.rows+count.Rejected, r.leftOut
		if count.Stored, count.Updated, err = t.importIndex(ctx, r.asOf); err != nil {
			return err
		}
		return t.remember(ctx, im.note(d, im.report.kind(kindIndexes), count))
	})
	count.Unchanged = count.Read - count.Rejected - count.Stored - count.Updated - count.Skipped
	return count, err
}

// indexReader hands the rows of an index on as rows of stage_index.
type indexReader struct {
	only   selection
	reject func(edgar.Rejection) error
	yield  func([]any) bool

	rows    int64      // read so far, without the rejected ones
	leftOut int64      // of them, those of companies that are not selected
	asOf    edgar.Date // the newest filing date so far
	row     [6]any
	err     error
}

var indexColumns = []string{"cik", "name", "search_text", "id", "form", "filed_on"}

// read reads d, and leaves the reason in err when it cannot. The rows share their memory.
func (r *indexReader) read(d *document) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		r.asOf = edgar.MinDate
		r.yield = yield
		r.err = edgar.ReadIndex(d.body, r)
	}
}

// Filing hands a filing on as a row.
func (r *indexReader) Filing(f *edgar.IndexRecord) error {
	r.rows++
	r.asOf = max(r.asOf, f.FiledOn)
	if !r.only.has(f.CIK) {
		r.leftOut++
		return nil
	}
	r.row = [...]any{
		int64(f.CIK), f.CompanyName, store.FoldSearch(f.CompanyName), int64(f.Accession), f.Form, f.FiledOn.Time(),
	}
	if !r.yield(r.row[:]) {
		return errStopped
	}
	return nil
}

// Reject hands a rejection on.
func (r *indexReader) Reject(rejection edgar.Rejection) error { return r.reject(rejection) }

// stageIndex copies the rows of d into stage_index.
func (t *transaction) stageIndex(ctx context.Context, d *document, r *indexReader) error {
	next, stop := iter.Pull(r.read(d))
	defer stop()
	_, err := t.tx.CopyFrom(ctx, pgx.Identifier{"stage_index"}, indexColumns, pgx.CopyFromFunc(func() ([]any, error) {
		row, ok := next()
		if !ok {
			return nil, r.err
		}
		return row, nil
	}))
	if r.err != nil { // err says only that the copy was ended
		return fault(r.err)
	}
	if err != nil {
		return fmt.Errorf("stage the index: %w", err)
	}
	return nil
}

// importIndex brings the staged index into the database. It returns how many filings a company did not have, and how
// many of the others got other attributes.
func (t *transaction) importIndex(ctx context.Context, asOf edgar.Date) (stored, updated int64, err error) {
	if _, err := t.exec(ctx, nameIndexed, rankNone, asOf.Time()); err != nil {
		return 0, 0, err
	}
	if _, err := t.exec(ctx, stageIndexed, asOf.Time()); err != nil {
		return 0, 0, err
	}
	if _, err := t.exec(ctx, classifyIndexed); err != nil {
		return 0, 0, err
	}
	return t.mergeFilings(ctx)
}

// nameIndexed: a company that the index has under several names gets the greatest.
const nameIndexed = `-- name: nameIndexed
with written as (
  insert into companies (cik, name, search_text, name_rank, name_as_of)
  select distinct on (cik) cik, name, search_text, $1::smallint, $2::date
  from stage_index
  order by cik, name desc
` + renameCompanies

// stageIndexed: an index may list a filing twice for one company.
const stageIndexed = `-- name: stageIndexed
insert into stage_filings (cik, as_of, detailed, id, form, filed_on)
select distinct on (cik, id) cik, $1::date, false, id, form, filed_on
from stage_index
order by cik, id, form desc, filed_on desc`
