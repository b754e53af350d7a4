package store

import (
	"cmp"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

const (
	filingCount = `-- name: FilingCount
select count(*)
from filings f
where f.filed_on between $1 and $2`

	filingCountByAmendment = `-- name: FilingCountByAmendment
select count(*)
from filings f
where f.amendment = $3 and f.filed_on between $1 and $2`

	filingCountByForm = `-- name: FilingCountByForm
select count(*)
from filings f
where f.form = any($3::text[]) and f.filed_on between $1 and $2`
)

// FilingCount asks for the number of filings of all companies that satisfy the filter.
func (b *Batch) FilingCount(f *FilingFilter) *int {
	from, to := f.dates()
	q := query{sql: filingCount, args: []any{from, to}}
	switch {
	case f.Forms != nil:
		q = query{sql: filingCountByForm, args: append(q.args, f.forms())}
	case f.Amendments != nil:
		q = query{sql: filingCountByAmendment, args: append(q.args, *f.Amendments)}
	}
	return b.count(q)
}

// count adds a statement that returns one number.
func (b *Batch) count(q query) *int {
	n := new(int)
	q.scan = func(rows pgx.Rows) error {
		for rows.Next() {
			if err := rows.Scan(n); err != nil {
				return err
			}
		}
		return rows.Err()
	}
	b.add(q)
	return n
}

const (
	// Without dates the summary by form has the answer.
	filingCountsOfCompanies = `-- name: FilingCountsOfCompanies
select company_id, sum(n)
from company_forms
where company_id = any($1::bigint[])
  and ($2::text[] is null or form = any($2))
  and ($3::bool is null or (form like '%/A') = $3)
group by company_id`

	filingCountsOfCompaniesByDate = `-- name: FilingCountsOfCompaniesByDate
select p.company_id, k.n
from unnest($1::bigint[]) as p(company_id)
cross join lateral (
  select count(*) as n
  from filing_companies fc
  where fc.company_id = p.company_id and fc.filed_on between $4 and $5
    and ($2::text[] is null or fc.form = any($2))
    and ($3::bool is null or fc.amendment = $3)
) k`
)

// FilingCountsOfCompanies asks for the number of filings of each of some companies that satisfy the filter. Companies
// without one may be absent from the map.
func (b *Batch) FilingCountsOfCompanies(ids []int64, f *FilingFilter) map[int64]int {
	var forms []string
	if f.Forms != nil {
		forms = f.forms()
	}
	q := query{sql: filingCountsOfCompanies, args: []any{ids, forms, f.Amendments}}
	if f.FiledFrom != nil || f.FiledTo != nil {
		from, to := f.dates()
		q = query{sql: filingCountsOfCompaniesByDate, args: append(q.args, from, to)}
	}
	return b.counts(q, len(ids))
}

// counts adds a statement that returns an id and a number in each row.
func (b *Batch) counts(q query, size int) map[int64]int {
	found := make(map[int64]int, size)
	q.scan = func(rows pgx.Rows) error {
		clear(found)
		for rows.Next() {
			var id int64
			var n int
			if err := rows.Scan(&id, &n); err != nil {
				return err
			}
			found[id] = n
		}
		return rows.Err()
	}
	b.add(q)
	return found
}

const filingSummaries = `-- name: FilingSummaries
select company_id, form, n, first_on, last_on
from company_forms
where company_id = any($1::bigint[])`

// FilingSummaries asks for the number and dates of the filings of companies. Companies without filings will be absent
// from the map.
func (b *Batch) FilingSummaries(ids []int64) map[int64]*FilingSummary {
	found := make(map[int64]*FilingSummary, len(ids))
	b.add(query{sql: filingSummaries, args: []any{ids}, scan: func(rows pgx.Rows) error {
		clear(found)
		for rows.Next() {
			var (
				id          int64
				form        FormCount
				first, last edgar.Date
			)
			if err := rows.Scan(&id, &form.Form, &form.Count, &first, &last); err != nil {
				return err
			}
			sum := found[id]
			if sum == nil {
				sum = &FilingSummary{FirstFiledOn: &first, LastFiledOn: &last}
				found[id] = sum
			}
			sum.add(&form, first, last)
		}
		for _, sum := range found {
			slices.SortFunc(sum.ByForm, func(a, b *FormCount) int {
				return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Form, b.Form))
			})
		}
		return rows.Err()
	}})
	return found
}

func (s *FilingSummary) add(form *FormCount, first, last edgar.Date) {
	s.Count += form.Count
	s.ByForm = append(s.ByForm, form)
	if first < *s.FirstFiledOn {
		s.FirstFiledOn = &first
	}
	if last > *s.LastFiledOn {
		s.LastFiledOn = &last
	}
}
