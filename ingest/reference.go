package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/reference"
)

// kindReference is the place in Report.Kinds of RunReference.
const kindReference = 0

// RunReference imports the CSV files at paths, plain or gzipped, which say what sector and industry companies belong to:
// those of a CIK, or, in rows without one, those who hold a symbol. What they say of companies that are not known is
// kept for when they are, and counted as skipped. For the rest it is as Run is; the report has one kind, reference.
func RunReference(ctx context.Context, pool *pgxpool.Pool, paths []string, o Options) (*Report, error) {
	im := newImporter(o, &Report{Kinds: []*KindReport{kindReference: {Kind: referenceName, Records: "companies"}}})
	return im.report, im.run(ctx, pool, paths, im.importReferences)
}

func (im *importer) importReferences(ctx context.Context, files []file) error {
	return im.importFiles(ctx, files, handler{take: im.importReferenceFile, pass: func(imported) {}})
}

// importReferenceFile imports a file. An error ends the whole import.
func (im *importer) importReferenceFile(ctx context.Context, d *document) error {
	im.named = tally{}
	if _, err := im.begin(ctx, d); err != nil {
		return im.fail(ctx, d.name, d.kind, fault(err))
	}
	return im.importCounted(ctx, d, im.report.kind(kindReference), im.importReference)
}

func (im *importer) importReference(ctx context.Context, d *document) (Count, error) {
	var count Count
	err := im.db.inTx(ctx, func(t *transaction) error {
		reject := func(rejection edgar.Rejection) error {
			count.Rejected++
			return im.reject(d.name, rejection)
		}
		rows, err := t.stageReference(ctx, d, reject)
		if err != nil {
			return err
		}
		count.Read = rows + count.Rejected
		if err := t.dropRepeated(ctx, reject); err != nil {
			return err
		}
		if err := t.importClassifications(ctx, d.day(im.options.ReferenceAsOf), &count); err != nil {
			return err
		}
		return t.remember(ctx, im.note(d, im.report.kind(kindReference), count))
	})
	count.Unchanged = count.Read - count.Rejected - count.Stored - count.Updated - count.Skipped
	return count, err
}

// stageReference copies the records of d into stage_classifications and returns their number. A record with a CIK is
// of that company, whoever holds the symbol.
func (t *transaction) stageReference(ctx context.Context, d *document, reject func(edgar.Rejection) error) (rows int64, err error) {
	r, err := reference.NewReader(d.body, reject)
	if err != nil {
		return 0, fault(err)
	}
	var broken error
	rows, err = t.tx.CopyFrom(ctx, pgx.Identifier{"stage_classifications"},
		[]string{"line", "cik", "symbol", "sector", "industry"},
		pgx.CopyFromFunc(func() ([]any, error) {
			record, err := r.Next()
			if errors.Is(err, io.EOF) {
				return nil, nil
			}
			if err != nil {
				broken = err
				return nil, err
			}
			cik := pgtype.Int8{Int64: int64(record.CIK), Valid: record.HasCIK}
			symbol := pgtype.Text{String: record.Symbol, Valid: !record.HasCIK}
			return []any{record.Line, cik, symbol, text(record.Sector), text(record.Industry)}, nil
		}))
	if broken != nil { // err says only that the copy was ended
		return 0, fault(broken)
	}
	if err != nil {
		return 0, fmt.Errorf("stage reference records: %w", err)
	}
	return rows, nil
}

// dropRepeated keeps the first of several records of one company or symbol. Others are rejected when they say something
// else, and dropped as known when they repeat it.
func (t *transaction) dropRepeated(ctx context.Context, reject func(edgar.Rejection) error) error {
	rows, err := t.tx.Query(ctx, dropRepeated, planned)
	if err != nil {
		return fmt.Errorf("dropRepeated: %w", err)
	}
	var line, first int
	var subject string
	_, err = pgx.ForEachRow(rows, []any{&line, &first, &subject}, func() error {
		return reject(edgar.Rejection{
			Position: fmt.Sprintf("line %d", line),
			Reason:   fmt.Sprintf("contradicts line %d, which gives another sector or industry for %s", first, subject),
		})
	})
	if err != nil {
		return fmt.Errorf("dropRepeated: %w", err)
	}
	return nil
}

const dropRepeated = `-- name: dropRepeated
with compared as (
  select line, first_value(line) over same as first,
    (sector, industry) is distinct from (first_value(sector) over same, first_value(industry) over same) as contradicts
  from stage_classifications
  window same as (partition by cik, symbol order by line)
), dropped as (
  delete from stage_classifications s
  using compared c
  where s.line = c.line and c.line > c.first
  returning c.*, coalesce('CIK ' || lpad(s.cik::text, 10, '0'), s.symbol) as subject
)
select line, first, subject
from dropped
where contradicts
order by line`

// importClassifications brings the staged records into the database, classifies the companies that they are of, and
// counts.
func (t *transaction) importClassifications(ctx context.Context, asOf edgar.Date, count *Count) error {
	err := t.tx.QueryRow(ctx, compareClassifications, asOf.Time()).Scan(&count.Stored, &count.Updated, &count.Skipped)
	if err != nil {
		return fmt.Errorf("compareClassifications: %w", err)
	}
	if _, err := t.exec(ctx, mergeClassifications, asOf.Time()); err != nil {
		return err
	}
	_, err = t.exec(ctx, classifyStaged)
	return err
}

// compareClassifications counts what is new, what changes, and what is of no known company or says otherwise than a newer
// file.
const compareClassifications = `-- name: compareClassifications
with compared as (
  select s.cik is not null and exists (select from companies c where c.cik = s.cik)
      or exists (select from securities x where x.symbol = s.symbol and x.valid_to is null and x.company_id is not null) as known,
    k.as_of is null as new,
    (s.sector, s.industry) is distinct from (k.sector, k.industry) as differs,
    ($1::date, coalesce(s.sector, ''), coalesce(s.industry, '')) > (k.as_of, coalesce(k.sector, ''), coalesce(k.industry, '')) as wins
  from stage_classifications s
  left join lateral (
    select k.* from classifications k where k.cik = s.cik
    union all
    select k.* from classifications k where k.symbol = s.symbol
  ) k on true
)
select count(*) filter (where known and new),
  count(*) filter (where known and not new and differs and wins),
  count(*) filter (where not known or not new and differs and not wins)
from compared`

// mergeClassifications: the newest file counts, of one day the greater texts.
const mergeClassifications = `-- name: mergeClassifications
insert into classifications as k (cik, symbol, sector, industry, as_of)
select cik, symbol, sector, industry, $1::date
from stage_classifications
order by cik, symbol
on conflict (cik, symbol) do update
set sector = excluded.sector, industry = excluded.industry, as_of = excluded.as_of
where (excluded.as_of, coalesce(excluded.sector, ''), coalesce(excluded.industry, ''))
  > (k.as_of, coalesce(k.sector, ''), coalesce(k.industry, ''))`

// classifyStaged is classify for the companies of a reference file.
const classifyStaged = `-- name: classifyStaged
` + classifyStart + `
  select c.id
  from stage_classifications s
  join companies c on c.cik = s.cik
  union
  select x.company_id
  from stage_classifications s
  join securities x on x.symbol = s.symbol
` + classifyEnd
