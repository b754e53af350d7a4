package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
)

// importCompanyFacts imports a company facts document. It is parsed while it is copied, within the transaction.
func (im *importer) importCompanyFacts(ctx context.Context, d *document) (Count, error) {
	var count Count
	err := im.db.inTx(ctx, func(t *transaction) error {
		f := &factsReader{only: im.only, reject: func(r edgar.Rejection) error {
			count.Rejected++
			return im.reject(d.name, r)
		}}
		if err := t.stageFacts(ctx, d, f); err != nil {
			return err
		}
		count.Read = int64(f.facts) + count.Rejected
		if err := t.dropDuplicates(ctx, f); err != nil {
			return err
		}
		if err := t.importSnapshot(ctx, f, &count); err != nil {
			return err
		}
		return t.remember(ctx, im.note(d, im.report.kind(kindCompanyFacts), count))
	})
	return count, err
}

// factsReader takes the content of a document: concepts are kept, facts are handed on one by one as rows of
// stage_facts.
type factsReader struct {
	only   selection
	reject func(edgar.Rejection) error
	yield  func([]any) bool

	cik      edgar.CIK
	name     string
	concepts conceptList
	concept  int32      // number of the present one
	facts    int32      // read so far
	asOf     edgar.Date // the newest filing date so far
	row      [11]any
	err      error
}

var factColumns = []string{
	"n", "concept", "unit", "period_start", "period_end", "value", "accession", "filed_on", "fiscal_year", "fiscal_period", "form",
}

// errStopped ends the reading of a document when nobody wants its rows any more.
var errStopped = errors.New("stopped")

// rows reads d, and leaves the reason in err when it cannot. The rows share their memory.
func (f *factsReader) rows(d *document) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		f.yield = yield
		f.err = edgar.ReadCompanyFacts(d.body, f)
		if f.err == nil && f.cik == 0 {
			f.err = errors.New("no CIK: whose facts they are is not said")
		}
	}
}

// Company notes whose facts they are.
func (f *factsReader) Company(cik edgar.CIK, name string) error {
	if !f.only.has(cik) {
		return errLeftOut
	}
	f.cik, f.name = cik, name
	return nil
}

// Concept keeps c: the facts that follow are of it.
func (f *factsReader) Concept(c edgar.ConceptRecord) (err error) {
	f.concept, err = f.concepts.add(c)
	return err
}

// Reject hands a rejection on.
func (f *factsReader) Reject(r edgar.Rejection) error { return f.reject(r) }

// Fact hands a fact on as a row.
func (f *factsReader) Fact(r *edgar.FactRecord) error {
	if f.facts == 0 || r.FiledOn > f.asOf {
		f.asOf = r.FiledOn
	}
	f.row = [...]any{
		f.facts, f.concept, r.Unit, optionalDate(r.Start, r.HasStart), r.End.Time(), r.Value, int64(r.Accession),
		r.FiledOn.Time(),
		pgtype.Int4{Int32: int32(r.FiscalYear), Valid: r.HasFiscalYear}, //nolint:gosec // a year
		text(r.FiscalPeriod), r.Form,
	}
	f.facts++
	if !f.yield(f.row[:]) {
		return errStopped
	}
	return nil
}

// snapshot returns the date of the document; one without facts is older than all others.
func (f *factsReader) snapshot() edgar.Date {
	if f.facts == 0 {
		return edgar.MinDate
	}
	return f.asOf
}

// stageFacts copies the facts of d into stage_facts.
func (t *transaction) stageFacts(ctx context.Context, d *document, f *factsReader) error {
	next, stop := iter.Pull(f.rows(d))
	defer stop()
	_, err := t.tx.CopyFrom(ctx, pgx.Identifier{"stage_facts"}, factColumns, pgx.CopyFromFunc(func() ([]any, error) {
		row, ok := next()
		if !ok {
			return nil, f.err
		}
		return row, nil
	}))
	if f.err != nil { // err says only that the copy was ended
		return fault(f.err)
	}
	return err
}

// dropDuplicates keeps the first of several facts of one identity: concept, unit, period and accession number. Others
// are rejected when their value is another, and dropped as known when it is the same.
func (t *transaction) dropDuplicates(ctx context.Context, f *factsReader) error {
	rows, err := t.tx.Query(ctx, dropDuplicates, planned)
	if err != nil {
		return fmt.Errorf("dropDuplicates: %w", err)
	}
	var (
		concept      int32
		unit, period string
		accession    int64
		kept, other  float64
	)
	_, err = pgx.ForEachRow(rows, []any{&concept, &unit, &period, &accession, &kept, &other}, func() error {
		if kept == other {
			return nil
		}
		return f.reject(edgar.Rejection{
			Position: fmt.Sprintf("%s %s %s %s", f.concepts.name(concept), unit, period, edgar.AccessionNumber(accession)),
			Reason:   fmt.Sprintf("value %v contradicts %v, which the file gave before for the same fact", other, kept),
		})
	})
	if err != nil {
		return fmt.Errorf("dropDuplicates: %w", err)
	}
	return nil
}

const dropDuplicates = `-- name: dropDuplicates
with repeated as (
  select concept, unit, period_start, period_end, accession, min(n) as n
  from stage_facts
  group by concept, unit, period_start, period_end, accession
  having count(*) > 1
), kept as (
  select s.* from repeated r join stage_facts s on s.n = r.n
), dropped as (
  delete from stage_facts s
  using kept k
  where s.concept = k.concept and s.unit = k.unit and s.period_end = k.period_end and s.accession = k.accession
    and s.period_start is not distinct from k.period_start and s.n <> k.n
  returning s.n, s.concept, s.unit, coalesce(s.period_start || ' to ', '') || s.period_end as period, s.accession,
    k.value as kept, s.value as other
)
select concept, unit, period, accession, kept, other
from dropped
order by n`
