package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ErrOtherData says that the database holds data that are not the demo data asked for. The error that wraps it names
// what is there.
var ErrOtherData = errors.New("the database is not empty")

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// contents is what a database holds.
type contents struct {
	Companies, Demo, Securities, Filings, Facts, Series, Concepts, Points int64
	LongPrices                                                            bool // of a company that has them only in a full set
}

const contentsOf = `-- name: DemoContents
select (select count(*) from companies) as companies,
  (select count(*) from companies where cik between $1 and $2) as demo,
  (select count(*) from securities) as securities,
  (select count(*) from filings) as filings,
  (select coalesce(sum(facts), 0)::bigint from concept_units) as facts,
  (select count(*) from series) as series,
  (select count(*) from concepts) as concepts,
  (select coalesce(sum(points), 0)::bigint from series) as points,
  exists (
    select from series s join definitions d on d.id = s.definition_id
    where s.company_id = $3 and d.name = 'price:open'
  ) as long_prices`

func readContents(ctx context.Context, q querier) (contents, error) {
	first := int64(firstCIK)
	rows, _ := q.Query(ctx, contentsOf, first, first+MaxCompanies-1, fullPriceCompanies+1) // the next line reports the error
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[contents])
	if err != nil {
		return c, fmt.Errorf("look at what the database holds: %w", err)
	}
	return c, nil
}

func (c contents) empty() bool {
	return c.Companies == 0 && c.Securities == 0 && c.Filings == 0 && c.Facts == 0 && c.Series == 0 && c.Concepts == 0
}

// matches reports whether these are the data that the options ask for: one transaction writes them all, so the number
// of companies tells.
func (c contents) matches(o Options) bool {
	n := int64(o.Companies)
	return c.Companies == n && c.Demo == n && (n <= fullPriceCompanies || c.LongPrices == o.FullPrices)
}

// describe names what is there: "510 companies (500 of them demo data), 40,000 filings".
func (c contents) describe() string {
	var parts []string
	for _, p := range []struct {
		n    int64
		what string
	}{
		{c.Companies, "companies"},
		{c.Securities, "securities"},
		{c.Filings, "filings"},
		{c.Facts, "facts"},
		{c.Series, "series"},
		{c.Concepts, "concepts"},
	} {
		if p.n == 0 {
			continue
		}
		parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		if p.what == "companies" && c.Demo > 0 {
			parts[0] += c.describeDemo()
		}
	}
	return strings.Join(parts, ", ")
}

func (c contents) describeDemo() string {
	prices := ""
	if c.LongPrices {
		prices = " with full prices"
	}
	return fmt.Sprintf(" (%d of them demo data%s)", c.Demo, prices)
}

func (c contents) summary() Summary {
	return Summary{
		Companies: c.Companies, Securities: c.Securities, Filings: c.Filings, Facts: c.Facts, Series: c.Series,
		Points: c.Points, AlreadyLoaded: true,
	}
}
