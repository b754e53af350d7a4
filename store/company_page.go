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
	q := r.statement(&s.texts)
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
	shape, args := f.shape()
	return b.count(query{args: args, sql: b.store.texts.of(shape|shapeCounted, func() string {
		var c composed
		c.filter(f)
		return "-- name: CompanyCount\nselect count(*)\nfrom companies c" + c.where()
	})})
}

// companyShape is all that the text of a statement depends on: a bit for each condition of the filter, and how companies are read.
// Values are never part of a text.
type companyShape uint16

const (
	companyConditions = 8 // of a filter, of which two are the range of market capitalisations

	shapeCounted companyShape = 1 << (companyConditions - 1 + iota)
	shapeOrdered              // by the field, of which there are two bits
	_
	shapeDescending
	shapeBackward
	shapeBounded
	shapeNull
)

func (s *companyShape) set(bit companyShape, is bool) {
	if is {
		*s |= bit
	}
}

// texts holds the statements that have been composed, so that each is composed once, and is one string: pgx and PostgreSQL know
// statements by their text. There are six thousand at most, whatever clients send.
type texts struct{ known sync.Map }

func (t *texts) of(shape companyShape, compose func() string) string {
	known, ok := t.known.Load(shape)
	if !ok {
		known, _ = t.known.LoadOrStore(shape, compose())
	}
	return known.(string)
}

// each calls visit for the conditions of the filter; # in a fragment is its parameter.
func (f *CompanyFilter) each(visit func(condition int, fragment string, arg any)) {
	if f.Tickers != nil {
		visit(0, "c.id in (select s.company_id from securities s where s.symbol = any(#::text[]) and s.valid_to is null)", f.Tickers)
	}
	if f.CIKs != nil {
		visit(1, "c.cik = any(#::bigint[])", f.CIKs)
	}
	if f.Sector != nil {
		visit(2, "c.sector = #", *f.Sector)
	}
	if f.Industry != nil {
		visit(3, "c.industry = #", *f.Industry)
	}
	if f.Country != nil {
		visit(4, "c.country = #", *f.Country)
	}
	if f.Exchange != nil {
		visit(5, "c.exchange = #", *f.Exchange)
	}
	if f.MarketCap != nil {
		low, high := f.MarketCap.bounds()
		visit(6, "c.market_cap >= #", low)
		visit(7, "c.market_cap <= #", high)
	}
}

// shape returns the conditions, and their arguments.
func (f *CompanyFilter) shape() (shape companyShape, args []any) {
	args = make([]any, 0, companyConditions+5)
	f.each(func(condition int, _ string, arg any) {
		shape |= 1 << condition
		args = append(args, arg)
	})
	return shape, args
}

// isBounded reports whether the page begins at a position that a company can have: none lacks what the filter is about.
func (r *CompaniesRequest) isBounded() bool {
	return r.Page.Bounded && (!r.From.Null || r.Order.Field != CompanyByMarketCap || r.Filter.MarketCap == nil)
}

// statement returns the statement of a request, of those that are known if it is one of them.
func (r *CompaniesRequest) statement(known *texts) query {
	shape, args := r.Filter.shape()
	shape |= companyShape(r.Order.Field) * shapeOrdered //nolint:gosec // one of three
	shape.set(shapeDescending, r.Order.Descending)
	shape.set(shapeBackward, r.Page.Backward)
	shape.set(shapeBounded, r.Page.Bounded)
	shape.set(shapeNull, r.From.Null)
	args = append(args, r.Page.Limit+1)
	if r.isBounded() {
		switch {
		case r.From.Null:
		case r.Order.Field == CompanyByTickerSymbol:
			args = append(args, r.From.Ticker)
		case r.Order.Field == CompanyByMarketCap:
			args = append(args, r.From.Cap)
		}
		args = append(args, r.From.Name, r.From.CIKKey, r.From.ID)
	}
	return query{sql: known.of(shape, r.compose), args: args}
}

// composed is a part of a statement that is being composed.
type composed struct {
	fragments []string
	params    int
}

// param returns the next parameter.
func (c *composed) param() string {
	c.params++
	return "$" + strconv.Itoa(c.params)
}

func (c *composed) filter(f *CompanyFilter) {
	f.each(func(_ int, fragment string, _ any) {
		c.fragments = append(c.fragments, strings.ReplaceAll(fragment, "#", c.param()))
	})
}

func (c *composed) where() string {
	if len(c.fragments) == 0 {
		return ""
	}
	return "\nwhere " + strings.Join(c.fragments, "\n  and ")
}

// compose composes the statement of a request. Where the order's field may be null there are two branches, each read
// by an index of its own: those with a value, then those without. The position says where to go on, in which branch.
func (r *CompaniesRequest) compose() string {
	column := map[CompanyField]string{CompanyByName: "", CompanyByTickerSymbol: "c.ticker", CompanyByMarketCap: "c.market_cap"}[r.Order.Field]
	name := map[CompanyField]string{CompanyByName: "ByName", CompanyByTickerSymbol: "ByTicker", CompanyByMarketCap: "ByMarketCap"}[r.Order.Field]
	var c composed
	c.filter(r.Filter)
	limit := c.param()

	// Reading backwards turns everything round: the direction, and which branch comes first.
	down := r.Order.Descending != r.Page.Backward
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
		branches = append(branches, c.branch(r, column, false, down, r.isBounded() && !r.From.Null, limit))
	}
	if null {
		branches = append(branches, c.branch(r, column, true, down, r.isBounded() && r.From.Null, limit))
	}
	if r.Page.Backward {
		slices.Reverse(branches)
	}
	sql := "-- name: CompaniesPage" + name + "\n"
	if len(branches) == 1 {
		return sql + branches[0]
	}
	// PostgreSQL reads branches in their order, and the second one only where the first one is too short: those with a
	// limit are never given to several workers. To order all again takes a third of the time.
	return sql + "select *\nfrom (\n(" + strings.Join(branches, ")\nunion all\n(") + ")\n) c\nlimit " + limit
}

func direction(down bool) string {
	if down {
		return " desc"
	}
	return ""
}

func companyTies(down bool) string {
	d := direction(down)
	return "c.name" + d + ", c.cik_key" + d + ", c.id" + d
}

// branch composes the part of the statement for companies that have the column, or lack it; beyond: those beyond the position.
func (c *composed) branch(r *CompaniesRequest, column string, lacking, down, beyond bool, limit string) string {
	b := composed{slices.Clone(c.fragments), c.params}
	keys, values := "c.name, c.cik_key, c.id", ""
	order := companyTies(down)
	switch {
	case column != "" && !lacking:
		b.fragments = append(b.fragments, column+" is not null")
		keys, order = column+", "+keys, column+direction(down)+", "+order
		if beyond && r.Order.Field == CompanyByTickerSymbol {
			values = b.param() + "::text, "
		} else if beyond {
			values = b.param() + "::float8, "
		}
	case column != "":
		b.fragments = append(b.fragments, column+" is null")
	}
	if beyond {
		compare := " > "
		if down {
			compare = " < "
		}
		values += b.param() + "::text, " + b.param() + "::bigint, " + b.param() + "::bigint"
		b.fragments = append(b.fragments, "("+keys+")"+compare+"("+values+")")
	}
	c.params = b.params
	from := "companies c" + b.where()
	if r.Filter.MarketCap != nil && r.Order.Field != CompanyByMarketCap {
		// Companies with a market capitalisation are few among all: read them first, whatever the order is.
		from = "(\nselect * from " + from + "\noffset 0) c"
	}
	return "select " + companyColumns + "\nfrom " + from + "\norder by " + order + "\nlimit " + limit
}
