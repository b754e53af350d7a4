package store

import "github.com/jackc/pgx/v5"

// restatements walks the facts of the period of each fact in $1 up to that fact, in the order of their rank, and starts a
// run where the number changes: it returns the first fact of every run but the last, newest first.
const restatements = `-- name: Restatements
select k.id, r.value, r.id, r.period_start, r.fiscal_year, r.fiscal_period, r.filed_on, r.form, r.accession
from unnest($1::bigint[]) with ordinality as k(id, n)
cross join lateral (select * from facts f where f.id = k.id limit 1) k2
cross join lateral (
  select g.*
  from (
    select f.*, lag(f.value) over (order by f.filed_on, f.accession) as before
    from facts f
    where f.company_id = k2.company_id and f.concept_id = k2.concept_id and f.unit = k2.unit and f.period_end = k2.period_end
      and f.period_start is not distinct from k2.period_start
      and f.filed_on >= f.period_end and (f.filed_on, f.accession) <= (k2.filed_on, k2.accession)
  ) g
  where g.before is null or g.before <> g.value
  order by g.filed_on desc, g.accession desc
  offset 1
) r
order by k.n, r.filed_on desc, r.accession desc`

// Restatements asks for the values that were reported for the period of each value before it, and that it or another
// one restated: changes of the number only, each with the first filing that reported it, newest first. Values without a
// fact, and those that restate nothing, are absent from the map. Of the restatements themselves Earlier is set.
func (b *Batch) Restatements(values []*MetricValue) map[*MetricValue][]*MetricValue {
	answers := make(map[*MetricValue][]*MetricValue, len(values))
	facts := make([]int64, 0, len(values))
	of := make(map[int64][]*MetricValue, len(values))
	for _, v := range values {
		if v.FactID == 0 {
			continue
		}
		if _, asked := of[v.FactID]; !asked {
			facts = append(facts, v.FactID)
		}
		of[v.FactID] = append(of[v.FactID], v)
	}
	b.add(query{sql: restatements, args: []any{facts}, scan: func(rows pgx.Rows) error {
		clear(answers)
		found, err := scanRestatements(rows, of)
		for id, list := range found {
			for i, r := range list {
				r.Earlier = list[i+1:]
			}
			for _, v := range of[id] {
				answers[v] = list
			}
		}
		return err
	}})
	return answers
}

// scanRestatements returns the restatements of each fact. What all values of a period have in common is not read again.
func scanRestatements(rows pgx.Rows, of map[int64][]*MetricValue) (map[int64][]*MetricValue, error) {
	found := map[int64][]*MetricValue{}
	for rows.Next() {
		var id int64
		r := new(MetricValue)
		if err := rows.Scan(append([]any{&id, &r.Value}, r.factTargets()...)...); err != nil {
			return nil, err
		}
		restated := of[id][0]
		r.DefinitionID, r.Name, r.Unit, r.Date = restated.DefinitionID, restated.Name, restated.Unit, restated.Date
		found[id] = append(found[id], r)
	}
	return found, rows.Err()
}
