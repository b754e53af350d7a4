package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// A page of filings is read by one of three indexes (all filings, those of each of some forms, amendments or not) in
// one of two directions.
type filingShape struct {
	by       filingIndex
	backward bool
}

type filingIndex int

const (
	byDate filingIndex = iota
	byForm
	byAmendment
)

func (r *FilingsRequest) shape() filingShape {
	shape := filingShape{byDate, r.Page.Backward}
	switch f := r.Filter; {
	case f.Forms != nil:
		shape.by = byForm
	case f.Amendments != nil:
		shape.by = byAmendment
	}
	return shape
}

// forms returns the forms that are asked for. A form is an amendment or not by its name, so those that contradict the
// other condition are left out.
func (f *FilingFilter) forms() []string {
	forms := make([]string, 0, len(f.Forms))
	for _, form := range f.Forms {
		if f.Amendments == nil || *f.Amendments == strings.HasSuffix(form, "/A") {
			forms = append(forms, form)
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

func (f *FilingFilter) dates() (from, to edgar.Date) {
	from, to = edgar.MinDate, edgar.MaxDate
	if f.FiledFrom != nil {
		from = *f.FiledFrom
	}
	if f.FiledTo != nil {
		to = *f.FiledTo
	}
	return from, to
}

// args are the parameters from $2 on: dates, position, number of rows, and the forms or the kind of form.
func (r *FilingsRequest) args(first any) []any {
	from, to := r.Filter.dates()
	// The scan starts at the position: beyond the dates it would read in vain until it comes to them.
	start, beyond := FilingPosition{to, math.MaxInt64}, r.From.FiledOn > to
	if r.Page.Backward {
		start, beyond = FilingPosition{from, -1}, r.From.FiledOn < from
	}
	at := r.From
	if beyond || !r.Page.Bounded {
		at = start
	}
	args := make([]any, 0, 8)
	if first != nil {
		args = append(args, first)
	}
	args = append(args, from, to, at.FiledOn, at.ID, r.Page.Limit+1)
	switch r.shape().by {
	case byDate:
	case byForm:
		args = append(args, r.Filter.forms())
	case byAmendment:
		args = append(args, *r.Filter.Amendments)
	}
	return args
}

// composeFilings makes the statement of every shape from one text. @lt is the comparison with the position and @desc the
// direction of the order.
func composeFilings(name string, texts map[filingIndex]string) map[filingShape]string {
	forward := strings.NewReplacer("@lt", "<", "@desc", "desc")
	back := strings.NewReplacer("@lt", ">", "@desc", "asc")
	suffix := map[filingIndex]string{byDate: "", byForm: "ByForm", byAmendment: "ByAmendment"}
	out := make(map[filingShape]string, 2*len(texts))
	for by, text := range texts {
		out[filingShape{by, false}] = "-- name: " + name + suffix[by] + "\n" + forward.Replace(text)
		out[filingShape{by, true}] = "-- name: " + name + suffix[by] + "Backward\n" + back.Replace(text)
	}
	return out
}

var filingsPage = composeFilings("FilingsPage", map[filingIndex]string{
	byDate: `select ` + filingColumns + `
from filings f
where f.filed_on between $1 and $2 and (f.filed_on, f.id) @lt ($3, $4::bigint)
order by f.filed_on @desc, f.id @desc
limit $5`,
	byForm: `select ` + filingColumns + `
from unnest($6::text[]) as w(form)
cross join lateral (
  select f.*
  from filings f
  where f.form = w.form and f.filed_on between $1 and $2 and (f.filed_on, f.id) @lt ($3, $4::bigint)
  order by f.filed_on @desc, f.id @desc
  limit $5
) f
order by f.filed_on @desc, f.id @desc
limit $5`,
	byAmendment: `select ` + filingColumns + `
from filings f
where f.amendment = $6 and f.filed_on between $1 and $2 and (f.filed_on, f.id) @lt ($3, $4::bigint)
order by f.filed_on @desc, f.id @desc
limit $5`,
})

// FilingsPage returns a page of the filings of all companies.
func (s *Store) FilingsPage(ctx context.Context, r *FilingsRequest) (*FilingPage, error) {
	var rows []*Filing
	q := query{sql: filingsPage[r.shape()], args: r.args(nil), scan: func(read pgx.Rows) (err error) {
		rows, err = readFilings(read)
		return err
	}}
	if err := s.run(ctx, q); err != nil {
		return nil, fmt.Errorf("page of filings: %w", err)
	}
	nodes, more := cut(rows, r.Page)
	return &FilingPage{nodes, more}, nil
}

// filerColumns are filingColumns of the copy that filing_companies has of each filing.
const filerColumns = `fc.filing_id, fc.form, fc.filed_on, fc.accepted_at, fc.period_end, fc.title, fc.amendment, fc.cik, fc.primary_document`

// byFiler keeps the filings of a company together. Each company's come in their order, so that nothing is sorted: readers
// see to that themselves where they do not.
const byFiler = `
order by p.n`

var filingsOfCompanies = composeFilings("FilingsOfCompanies", map[filingIndex]string{
	byDate: `select p.company_id, k.*
from unnest($1::bigint[]) with ordinality as p(company_id, n)
cross join lateral (
  select ` + filerColumns + `
  from filing_companies fc
  where fc.company_id = p.company_id and fc.filed_on between $2 and $3 and (fc.filed_on, fc.filing_id) @lt ($4, $5::bigint)
  order by fc.filed_on @desc, fc.filing_id @desc
  limit $6
) k` + byFiler,
	byForm: `select p.company_id, k.*
from unnest($1::bigint[]) with ordinality as p(company_id, n)
cross join lateral (
  select x.*
  from unnest($7::text[]) as w(form)
  cross join lateral (
    select ` + filerColumns + `
    from filing_companies fc
    where fc.company_id = p.company_id and fc.form = w.form
      and fc.filed_on between $2 and $3 and (fc.filed_on, fc.filing_id) @lt ($4, $5::bigint)
    order by fc.filed_on @desc, fc.filing_id @desc
    limit $6
  ) x
  order by x.filed_on @desc, x.filing_id @desc
  limit $6
) k` + byFiler,
	byAmendment: `select p.company_id, k.*
from unnest($1::bigint[]) with ordinality as p(company_id, n)
cross join lateral (
  select ` + filerColumns + `
  from filing_companies fc
  where fc.company_id = p.company_id and fc.amendment = $7
    and fc.filed_on between $2 and $3 and (fc.filed_on, fc.filing_id) @lt ($4, $5::bigint)
  order by fc.filed_on @desc, fc.filing_id @desc
  limit $6
) k` + byFiler,
})

// FilingsOfCompanies asks for the same page of the filings of each of some companies. Companies without filings will
// be absent from the map.
func (b *Batch) FilingsOfCompanies(ids []int64, r *FilingsRequest) map[int64]*FilingPage {
	found := make(map[int64]*FilingPage, len(ids))
	b.add(query{sql: filingsOfCompanies[r.shape()], args: r.args(ids), scan: func(rows pgx.Rows) error {
		clear(found)
		var (
			slots  = newSlab[filingSlot](len(ids) * (r.Page.Limit + 1))
			pages  = newSlab[FilingPage](len(ids))
			all    []*Filing // of one company after the other
			of     int64
			starts = make([]int, 0, len(ids)+1) // in all, of each page
			order  = make([]*FilingPage, 0, len(ids))
		)
		w := newRowReader(rows)
		for w.next() {
			if id := w.int64(); len(order) == 0 || id != of {
				of = id
				found[id] = pages.next()
				starts, order = append(starts, len(all)), append(order, found[id])
			}
			all = append(all, slots.next().read(w))
		}
		starts = append(starts, len(all))
		for i, page := range order {
			filings := slices.Clip(all[starts[i]:starts[i+1]])
			r.sort(filings)
			page.Nodes, page.More = cut(filings, r.Page)
		}
		return w.done()
	}})
	return found
}

// sort brings filings into the order of the page, in which they nearly always are.
func (r *FilingsRequest) sort(filings []*Filing) {
	order := func(a, b *Filing) int {
		return cmp.Or(cmp.Compare(b.FiledOn, a.FiledOn), cmp.Compare(b.AccessionNumber, a.AccessionNumber))
	}
	if r.Page.Backward {
		order = func(a, b *Filing) int {
			return cmp.Or(cmp.Compare(a.FiledOn, b.FiledOn), cmp.Compare(a.AccessionNumber, b.AccessionNumber))
		}
	}
	if !slices.IsSortedFunc(filings, order) {
		slices.SortFunc(filings, order)
	}
}
