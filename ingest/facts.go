package ingest

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
)

// importSnapshot brings the staged facts into the database and recomputes what follows from those that changed it.
//
// Facts are a union. Where two snapshots contradict each other about one, the newer counts, so the database must know
// the newest snapshot that has a fact: facts.as_of, or companies.facts_as_of where that is null.
func (t *transaction) importSnapshot(ctx context.Context, f *factsReader, count *Count) error {
	asOf := f.snapshot()
	ciks := []edgar.CIK{f.cik}
	if err := t.nameCompanies(ctx, ciks, []string{f.name}, rankFacts, asOf); err != nil {
		return err
	}
	if err := t.classify(ctx, ciks); err != nil {
		return err
	}
	c, err := t.companyByCIK(ctx, f.cik)
	if err != nil {
		return err
	}
	if err := t.importConcepts(ctx, &f.concepts, asOf); err != nil {
		return err
	}
	// Null where this snapshot is the company's newest.
	mark := pgtype.Date{Time: asOf.Time(), Valid: c.factsAsOf != nil && asOf.Time().Before(*c.factsAsOf)}
	if c.factsAsOf != nil {
		if err := t.compareFacts(ctx, c, asOf.Time(), mark, count); err != nil {
			return err
		}
	}
	if count.Stored, err = t.count(ctx, addFacts, c.id, mark); err != nil {
		return err
	}
	if _, err := t.exec(ctx, advanceFacts, c.id, asOf.Time()); err != nil {
		return err
	}
	count.Unchanged = count.Read - count.Rejected - count.Stored - count.Updated - count.Skipped
	if count.Stored+count.Updated == 0 {
		return nil
	}
	return t.recompute(ctx, c.id)
}

// compareFacts finds the facts that the database has already, and updates them. At first it turns nested loops off: the
// statistics often know nothing of the company, so the planner takes its facts for a handful and would read all staged
// facts for each.
func (t *transaction) compareFacts(ctx context.Context, c company, asOf time.Time, mark pgtype.Date, count *Count) (err error) {
	before := *c.factsAsOf
	if _, err := t.exec(ctx, preferHashJoins); err != nil {
		return err
	}
	if _, err := t.exec(ctx, findFacts, c.id, before, asOf); err != nil {
		return err
	}
	if _, err := t.exec(ctx, allowAllJoins); err != nil {
		return err
	}
	if asOf.After(before) {
		if _, err := t.exec(ctx, dateFacts, c.id, before); err != nil {
			return err
		}
	}
	if count.Updated, err = t.count(ctx, changeFacts, mark); err != nil {
		return err
	}
	if _, err = t.exec(ctx, confirmFacts, mark); err != nil {
		return err
	}
	count.Skipped, err = t.count(ctx, countContradicted)
	return err
}

const (
	preferHashJoins = `-- name: preferHashJoins
set local enable_nestloop = off`

	allowAllJoins = `-- name: allowAllJoins
set local enable_nestloop = on`
)

// findFacts notes which facts are there already. They are changed where this snapshot says otherwise and is newer, or
// of the same day and greater; contradicted where it says otherwise and is not; confirmed where it is newer than the
// one they are noted to be from. A start is compared so that it can be hashed.
const findFacts = `-- name: findFacts
with staged as materialized (
  select s.*, c.id as concept_id from stage_facts s join stage_concepts c on c.n = s.concept
), compared as (
  select s.n, f.id,
    (f.value, f.filed_on, f.form, f.fiscal_year, f.fiscal_period)
      is distinct from (s.value, s.filed_on, s.form, s.fiscal_year, s.fiscal_period) as differs,
    $3 > coalesce(f.as_of, $2)
      or $3 = coalesce(f.as_of, $2)
        and row(s.value, s.filed_on, s.form, s.fiscal_year, s.fiscal_period)::record
          > row(f.value, f.filed_on, f.form, f.fiscal_year, f.fiscal_period collate "C")::record as wins,
    f.as_of is not null and f.as_of < $3 as confirmed
  from staged s
  join facts f on f.concept_id = s.concept_id and f.unit = s.unit and f.period_end = s.period_end
    and f.accession = s.accession and coalesce(f.period_start, '-infinity') = coalesce(s.period_start, '-infinity')
  where f.company_id = $1
)
insert into known_facts (n, id, changed, contradicted, confirmed)
select n, id, differs and wins, differs and not wins, confirmed
from compared`

// dateFacts gives the facts that only older snapshots have the date of the newest of those.
const dateFacts = `-- name: dateFacts
update facts f
set as_of = $2
where f.company_id = $1 and f.as_of is null and not exists (select from known_facts k where k.id = f.id)`

const changeFacts = `-- name: changeFacts
with changed as (
  update facts f
  set value = s.value,
    filed_on = s.filed_on,
    form = s.form,
    fiscal_year = s.fiscal_year,
    fiscal_period = s.fiscal_period,
    as_of = $1
  from known_facts k
  join stage_facts s on s.n = k.n
  where k.changed and f.id = k.id
  returning f.concept_id, f.unit
), noted as (
  insert into changed_units (concept_id, unit)
  select distinct concept_id, unit from changed
)
select count(*) from changed`

const confirmFacts = `-- name: confirmFacts
update facts f
set as_of = $1
from known_facts k
where k.confirmed and f.id = k.id`

const countContradicted = `-- name: countContradicted
select count(*) from known_facts where contradicted`

const addFacts = `-- name: addFacts
with added as (
  insert into facts (company_id, accession, value, concept_id, period_start, period_end, filed_on, fiscal_year, fiscal_period,
    form, unit, as_of)
  select $1, s.accession, s.value, c.id, s.period_start, s.period_end, s.filed_on, s.fiscal_year, s.fiscal_period,
    s.form, s.unit, $2
  from stage_facts s
  join stage_concepts c on c.n = s.concept
  where not exists (select from known_facts k where k.n = s.n)
  order by c.id, s.unit, s.period_end, s.period_start, s.accession
  returning concept_id, unit
), noted as (
  insert into changed_units (concept_id, unit)
  select distinct concept_id, unit from added
  on conflict do nothing
)
select count(*) from added`

const advanceFacts = `-- name: advanceFacts
update companies
set facts_as_of = $2
where id = $1 and (facts_as_of is null or facts_as_of < $2)`
