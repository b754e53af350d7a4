package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// CompanyField is what companies are ordered by.
type CompanyField int

// The orders of companies. Ties are broken by name, CIK and id; nulls come last in both directions.
const (
	CompanyByName CompanyField = iota
	CompanyByTickerSymbol
	CompanyByMarketCap
)

// CompanyOrdering is an order of companies.
type CompanyOrdering struct {
	Field      CompanyField
	Descending bool
}

// CompanyPosition is the place of a company in an order. Null says that it has no value in the order's field, and stands
// among the last.
type CompanyPosition struct {
	Null   bool
	Ticker string  // for CompanyByTickerSymbol
	Cap    float64 // for CompanyByMarketCap
	Name   string
	CIKKey int64
	ID     int64
}

// Position returns the place of c in the order.
func (c *Company) Position(o CompanyOrdering) CompanyPosition {
	p := CompanyPosition{Name: c.Name, CIKKey: c.cikKey(), ID: c.ID}
	switch o.Field {
	case CompanyByName:
	case CompanyByTickerSymbol:
		if p.Null = c.Ticker == nil; !p.Null {
			p.Ticker = *c.Ticker
		}
	case CompanyByMarketCap:
		if p.Null = c.MarketCap == nil; !p.Null {
			p.Cap = *c.MarketCap
		}
	}
	return p
}

// CompaniesRequest asks for a page of companies.
type CompaniesRequest struct {
	Filter *CompanyFilter // canonical: never nil
	Order  CompanyOrdering
	Page   Page
	From   CompanyPosition // after or before it, when Page.Bounded
}

// CompanyPage is a part of a list of companies; More says whether the list goes on in the direction of the page.
type CompanyPage struct {
	Nodes []*Company
	More  bool
}

// CompaniesPage returns a page of companies.
func (s *Store) CompaniesPage(ctx context.Context, r *CompaniesRequest) (*CompanyPage, error) {
	var rows []*Company
	q := r.statement()
	q.sql = s.texts.of(q.sql)
	q.scan = func(read pgx.Rows) (err error) {
		rows, err = readCompanies(read, r.Page.Limit+1)
		return err
	}
	if err := s.run(ctx, q); err != nil {
		return nil, fmt.Errorf("page of companies: %w", err)
	}
	nodes, more := cut(rows, r.Page)
	return &CompanyPage{nodes, more}, nil
}

// CompanyCount asks for the number of companies that satisfy the filter.
func (b *Batch) CompanyCount(f *CompanyFilter) *int {
	var c conditions
	f.conditions(&c)
	return b.count(query{
		sql:  b.store.texts.of("-- name: CompanyCount\nselect count(*)\nfrom companies c" + c.where()),
		args: c.args,
	})
}

// texts holds the composed statements, so that each shape is one string: pgx and PostgreSQL know statements by their
// text. There are three thousand at most, whatever clients send.
type texts struct{ known sync.Map }

func (t *texts) of(sql string) string {
	known, _ := t.known.LoadOrStore(sql, sql)
	return known.(string)
}

// conditions collects constant fragments and their arguments; # in a fragment is its parameter.
type conditions struct {
	fragments []string
	args      []any
}

func (c *conditions) param(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *conditions) add(fragment string, arg any) {
	c.fragments = append(c.fragments, strings.ReplaceAll(fragment, "#", c.param(arg)))
}

func (c *conditions) where() string {
	if len(c.fragments) == 0 {
		return ""
	}
	return "\nwhere " + strings.Join(c.fragments, "\n  and ")
}

func (f *CompanyFilter) conditions(c *conditions) {
	if f.Tickers != nil {
		c.add("c.id in (select s.company_id from securities s where s.symbol = any(#::text[]) and s.valid_to is null)", f.Tickers)
	}
	if f.CIKs != nil {
		c.add("c.cik = any(#::bigint[])", f.CIKs)
	}
	if f.Sector != nil {
		c.add("c.sector = #", *f.Sector)
	}
	if f.Industry != nil {
		c.add("c.industry = #", *f.Industry)
	}
	if f.Country != nil {
		c.add("c.country = #", *f.Country)
	}
	if f.Exchange != nil {
		c.add("c.exchange = #", *f.Exchange)
	}
	if f.MarketCap != nil {
		low, high := f.MarketCap.bounds()
		c.add("c.market_cap >= #", low)
		c.add("c.market_cap <= #", high)
	}
}

// statement composes the statement of a request. Where the order's field may be null there are two branches, each read
// by an index of its own: those with a value, then those without. The position says where to go on, in which branch.
func (r *CompaniesRequest) statement() query {
	column := map[CompanyField]string{CompanyByName: "", CompanyByTickerSymbol: "c.ticker", CompanyByMarketCap: "c.market_cap"}[r.Order.Field]
	name := map[CompanyField]string{CompanyByName: "ByName", CompanyByTickerSymbol: "ByTicker", CompanyByMarketCap: "ByMarketCap"}[r.Order.Field]
	var c conditions
	r.Filter.conditions(&c)
	limit := c.param(r.Page.Limit + 1)

	// Reading backwards turns everything round: the direction, and which branch comes first.
	descending := r.Order.Descending != r.Page.Backward
	valued, null := true, column != ""
	if r.Order.Field == CompanyByMarketCap && r.Filter.MarketCap != nil {
		null = false // the filter wants a value
	}
	if r.Page.Bounded && column != "" {
		if r.Page.Backward {
			null = null && r.From.Null
		} else {
			valued = !r.From.Null || !null
		}
	}
	var branches []string
	if valued {
		bounded := r.Page.Bounded && !r.From.Null
		branches = append(branches, c.branch(r, column, false, descending, bounded, limit))
	}
	if null {
		bounded := r.Page.Bounded && r.From.Null
		branches = append(branches, c.branch(r, column, true, descending, bounded, limit))
	}
	if r.Page.Backward {
		slices.Reverse(branches)
	}
	sql := "-- name: CompaniesPage" + name + "\n"
	if len(branches) == 1 {
		return query{sql: sql + branches[0], args: c.args}
	}
	// PostgreSQL reads branches in their order, and the second one only where the first one is too short: those with a
	// limit are never given to several workers. To order all again takes a third of the time.
	return query{sql: sql + "select *\nfrom (\n(" + strings.Join(branches, ")\nunion all\n(") + ")\n) c\nlimit " + limit, args: c.args}
}

func direction(descending bool) string {
	if descending {
		return " desc"
	}
	return ""
}

func companyTies(descending bool) string {
	d := direction(descending)
	return "c.name" + d + ", c.cik_key" + d + ", c.id" + d
}

// branch composes the statement for companies that have the column, or lack it.
func (c *conditions) branch(r *CompaniesRequest, column string, lacking, descending, bounded bool, limit string) string {
	b := conditions{fragments: append([]string(nil), c.fragments...), args: c.args}
	keys, values := "c.name, c.cik_key, c.id", ""
	order := companyTies(descending)
	switch {
	case column != "" && !lacking:
		b.fragments = append(b.fragments, column+" is not null")
		keys, order = column+", "+keys, column+direction(descending)+", "+order
		if bounded && r.Order.Field == CompanyByTickerSymbol {
			values = b.param(r.From.Ticker) + "::text, "
		} else if bounded {
			values = b.param(r.From.Cap) + "::float8, "
		}
	case column != "":
		b.fragments = append(b.fragments, column+" is null")
	}
	if bounded {
		compare := " > "
		if descending {
			compare = " < "
		}
		values += b.param(r.From.Name) + "::text, " + b.param(r.From.CIKKey) + "::bigint, " + b.param(r.From.ID) + "::bigint"
		b.fragments = append(b.fragments, "("+keys+")"+compare+"("+values+")")
	}
	c.args = b.args
	from := "companies c" + b.where()
	if r.Filter.MarketCap != nil && r.Order.Field != CompanyByMarketCap {
		// Companies with a market capitalisation are few among all: read them first, whatever the order is.
		from = "(\nselect * from " + from + "\noffset 0) c"
	}
	return "select " + companyColumns + "\nfrom " + from + "\norder by " + order + "\nlimit " + limit
}
