package ingest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
)

// importFilings brings snapshots of the filings of companies into the database; the companies must be there. It returns
// how many filings a company did not have, and how many of the others got other attributes. A company occurs once, and
// no accession number occurs twice in its document.
func (t *transaction) importFilings(ctx context.Context, documents []*submissions) (stored, updated int64, err error) {
	if err := t.stageFilings(ctx, documents); err != nil {
		return 0, 0, err
	}
	return t.mergeFilings(ctx)
}

// mergeFilings is importFilings for filings that are staged, all by lists of one kind.
func (t *transaction) mergeFilings(ctx context.Context) (stored, updated int64, err error) {
	for _, sql := range []string{chooseFilings, findFilings} {
		if _, err := t.exec(ctx, sql); err != nil {
			return 0, 0, err
		}
	}
	changed, err := t.exec(ctx, changeFilings)
	if err != nil {
		return 0, 0, err
	}
	if changed > 0 {
		if updated, err = t.count(ctx, countChanged); err != nil {
			return 0, 0, err
		}
	}
	confirmed, err := t.exec(ctx, confirmFilings)
	if err != nil {
		return 0, 0, err
	}
	if changed+confirmed > 0 {
		if _, err := t.exec(ctx, relabelFilings); err != nil {
			return 0, 0, err
		}
	}
	if _, err := t.exec(ctx, addFilings); err != nil {
		return 0, 0, err
	}
	if stored, err = t.count(ctx, linkFilings); err != nil {
		return 0, 0, err
	}
	return stored, updated, t.countForms(ctx, stored, changed)
}

// stageFilings copies the filings of documents into stage_filings.
func (t *transaction) stageFilings(ctx context.Context, documents []*submissions) error {
	row := make([]any, 10)
	i := 0
	_, err := t.tx.CopyFrom(ctx, pgx.Identifier{"stage_filings"},
		[]string{"cik", "as_of", "id", "form", "filed_on", "accepted_at", "period_end", "title", "primary_document", "detailed"},
		pgx.CopyFromFunc(func() ([]any, error) {
			for len(documents) > 0 && i == len(documents[0].filings) {
				documents, i = documents[1:], 0
			}
			if len(documents) == 0 {
				return nil, nil
			}
			d := documents[0]
			f := &d.filings[i]
			i++
			row[0], row[1] = int64(d.cik), d.asOf.Time()
			row[2], row[3], row[4] = int64(f.Accession), f.Form, f.FiledOn.Time()
			row[5] = pgtype.Timestamptz{Time: f.AcceptedAt, Valid: !f.AcceptedAt.IsZero()}
			row[6] = optionalDate(f.PeriodEnd, f.HasPeriodEnd)
			row[7], row[8] = text(f.Title), text(f.PrimaryDocument)
			row[9] = true
			return row, nil
		}))
	if err != nil {
		return fmt.Errorf("stage filings: %w", err)
	}
	return nil
}

func optionalDate(d edgar.Date, known bool) pgtype.Date {
	if !known {
		return pgtype.Date{}
	}
	return pgtype.Date{Time: d.Time(), Valid: true}
}

// chooseFilings chooses among the documents that have a filing: the newest, of one day the one with the greater
// attributes. It keeps the smallest CIK of all.
const chooseFilings = `-- name: chooseFilings
insert into best_filings (cik, as_of, id, form, filed_on, accepted_at, period_end, title, primary_document, detailed)
select distinct on (id) min(cik) over (partition by id), as_of, id, form, filed_on, accepted_at, period_end, title,
  primary_document, detailed
from stage_filings
order by id, as_of desc, row(form, filed_on, accepted_at, period_end, title, primary_document)::record desc`

// findFilings notes which filings are there already. They are changed where a document says otherwise and is newer than
// the one they are from, or of the same day and greater; confirmed where the date of the newest document or the
// smallest CIK is another now. Any filer's own list counts as newer than all indexes.
const findFilings = `-- name: findFilings
insert into known_filings (id, changed, confirmed)
select f.id,
  (f.form, f.filed_on, f.accepted_at, f.period_end, f.title, f.primary_document)
    is distinct from (b.form, b.filed_on, b.accepted_at, b.period_end, b.title, b.primary_document)
  and ((b.detailed, b.as_of) > (f.detailed, f.as_of)
    or (b.detailed, b.as_of) = (f.detailed, f.as_of)
      and row(b.form, b.filed_on, b.accepted_at, b.period_end, b.title, b.primary_document)::record
        > row(f.form, f.filed_on, f.accepted_at, f.period_end, f.title collate "C", f.primary_document collate "C")::record),
  (b.detailed, b.as_of) > (f.detailed, f.as_of) or f.cik is null or f.cik > b.cik
from best_filings b
join filings f on f.id = b.id`

const changeFilings = `-- name: changeFilings
update filings f
set form = b.form,
  filed_on = b.filed_on,
  accepted_at = b.accepted_at,
  period_end = b.period_end,
  title = b.title,
  primary_document = b.primary_document
from known_filings k
join best_filings b on b.id = k.id
where f.id = k.id and k.changed`

// countChanged counts the records whose content changed filings; links that are added later do not count.
const countChanged = `-- name: countChanged
select count(*)
from known_filings k
join filings f on f.id = k.id
join stage_filings s on s.id = k.id
join companies c on c.cik = s.cik
join filing_companies fc on fc.filing_id = k.id and fc.company_id = c.id
where k.changed
  and (f.form, f.filed_on, f.accepted_at, f.period_end, f.title, f.primary_document)
    is not distinct from (s.form, s.filed_on, s.accepted_at, s.period_end, s.title, s.primary_document)`

// relabelFilings carries changed attributes on to the copies that filing_companies has of them.
const relabelFilings = `-- name: relabelFilings
with relabeled as (
  update filing_companies fc
  set form = f.form, filed_on = f.filed_on, accepted_at = f.accepted_at, period_end = f.period_end, title = f.title, cik = f.cik,
    primary_document = f.primary_document
  from known_filings k
  join filings f on f.id = k.id
  where (k.changed or k.confirmed) and fc.filing_id = f.id
    and (fc.form, fc.filed_on, fc.accepted_at, fc.period_end, fc.title, fc.cik, fc.primary_document)
      is distinct from (f.form, f.filed_on, f.accepted_at, f.period_end, f.title, f.cik, f.primary_document)
  returning fc.company_id, fc.filing_id, fc.form
), noted as (
  insert into noted_changes (kind, key)
  select 'company', company_id::text from relabeled
  union
  select 'form', form from relabeled
  union
  select 'form', before.form from relabeled join filing_companies before using (filing_id, company_id)
  union
  select 'filings', null from relabeled
)
insert into changed_companies select distinct company_id from relabeled`

const confirmFilings = `-- name: confirmFilings
update filings f
set as_of = case when (b.detailed, b.as_of) > (f.detailed, f.as_of) then b.as_of else f.as_of end,
  detailed = b.detailed or f.detailed,
  cik = least(f.cik, b.cik)
from known_filings k
join best_filings b on b.id = k.id
where f.id = k.id and k.confirmed`

const addFilings = `-- name: addFilings
insert into filings (id, form, filed_on, accepted_at, period_end, title, cik, primary_document, as_of, detailed)
select b.id, b.form, b.filed_on, b.accepted_at, b.period_end, b.title, b.cik, b.primary_document, b.as_of, b.detailed
from best_filings b
where not exists (select from known_filings k where k.id = b.id)
order by b.id`

// linkFilings: those who filed a filing before are noted too, for now it has another filer beside them.
const linkFilings = `-- name: linkFilings
with linked as (
  insert into filing_companies (filing_id, company_id, filed_on, form, accepted_at, period_end, title, cik, primary_document)
  select f.id, c.id, f.filed_on, f.form, f.accepted_at, f.period_end, f.title, f.cik, f.primary_document
  from stage_filings s
  join companies c on c.cik = s.cik
  join filings f on f.id = s.id
  where not exists (select from filing_companies fc where fc.filing_id = f.id and fc.company_id = c.id)
  order by c.id, f.filed_on, f.id
  returning filing_id, company_id, form
), noted as (
  insert into noted_changes (kind, key)
  select 'company', company_id::text from linked
  union
  select 'company', other.company_id::text
  from linked
  join filing_companies other using (filing_id)
  where (filing_id in (select id from known_filings)) is true -- looked up in a hash table, however many there are
  union
  select 'form', form from linked
  union
  select 'filings', null from linked
), changed as (
  insert into changed_companies select distinct company_id from linked
)
select count(*) from linked`

// countForms recomputes the form counts of the companies whose filings have changed.
func (t *transaction) countForms(ctx context.Context, linked, changed int64) error {
	if linked+changed == 0 {
		return nil
	}
	if _, err := t.exec(ctx, countForms); err != nil || changed == 0 {
		return err
	}
	_, err := t.exec(ctx, dropForms)
	return err
}

const countForms = `-- name: countForms
insert into company_forms (company_id, form, n, first_on, last_on)
select company_id, form, count(*), min(filed_on), max(filed_on)
from filing_companies
where company_id in (select company_id from changed_companies)
group by company_id, form
order by company_id, form
on conflict (company_id, form) do update
set n = excluded.n, first_on = excluded.first_on, last_on = excluded.last_on
where (company_forms.n, company_forms.first_on, company_forms.last_on) <> (excluded.n, excluded.first_on, excluded.last_on)`

const dropForms = `-- name: dropForms
delete from company_forms cf
where cf.company_id in (select company_id from changed_companies)
  and not exists (select from filing_companies fc where fc.company_id = cf.company_id and fc.form = cf.form)`
