package store

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// Company is a company, fund or person that files with the SEC, or that prices are known of. Absent attributes are nil.
type Company struct {
	ID            int64
	CIK           *edgar.CIK
	Name          string
	FormerNames   []string // newest first
	SIC           *string  // four digits
	Sector        *string
	Industry      *string
	Country       *string // ISO 3166-1 alpha-2
	FiscalYearEnd *string // month and day, "0930"
	Ticker        *string // of the primary security
	Exchange      *string
	MarketCap     *float64 // USD
}

// IsNode marks a Company as a node of the schema.
func (*Company) IsNode() {}

// NodeID returns the global id.
func (c *Company) NodeID() string { return NodeID(NodeCompany, c.ID) }

// noCIK stands for a company without a CIK in orders: after all others. It is the column cik_key.
const noCIK = 10_000_000_000

func (c *Company) cikKey() int64 {
	if c.CIK == nil {
		return noCIK
	}
	return int64(*c.CIK)
}

const companyColumns = `c.id, c.cik, c.name, c.former_names, c.sic, c.sector, c.industry, c.country, c.fiscal_year_end,
  c.ticker, c.exchange, c.market_cap`

// companySlot is a company with room for what may be null.
type companySlot struct {
	Company

	cik                             edgar.CIK
	sic, sector, industry, country  string
	fiscalYearEnd, ticker, exchange string
	marketCap                       float64
}

// read reads companyColumns.
func (c *companySlot) read(r *rowReader) *Company {
	c.ID = r.int64()
	c.CIK = optional(r, readCIK, &c.cik)
	c.Name = r.text()
	c.FormerNames = r.list()
	c.SIC = r.optionalText(&c.sic)
	c.Sector = r.optionalText(&c.sector)
	c.Industry = r.optionalText(&c.industry)
	c.Country = r.optionalText(&c.country)
	c.FiscalYearEnd = r.optionalText(&c.fiscalYearEnd)
	c.Ticker = r.optionalText(&c.ticker)
	c.Exchange = r.optionalText(&c.exchange)
	c.MarketCap = optional(r, (*rowReader).float, &c.marketCap)
	return &c.Company
}

func readCIK(r *rowReader) edgar.CIK { return edgar.CIK(r.int64()) }

// readCompanies reads rows of companyColumns, at most n.
func readCompanies(rows pgx.Rows, n int) ([]*Company, error) {
	found := make([]*Company, 0, n)
	var slots slab[companySlot]
	r := newRowReader(rows)
	for r.next() {
		found = append(found, slots.next().read(r))
	}
	return found, r.done()
}

const companyByCIK = `-- name: CompanyByCIK
select ` + companyColumns + `
from companies c
where c.cik = $1`

// CompanyByCIK returns the company with the CIK. Error: ErrNotFound.
func (s *Store) CompanyByCIK(ctx context.Context, cik edgar.CIK) (*Company, error) {
	return s.company(ctx, "CIK", cik, companyByCIK, cik)
}

const companyByTicker = `-- name: CompanyByTicker
select ` + companyColumns + `
from securities s
join companies c on c.id = s.company_id
where s.symbol = $1 and s.valid_to is null`

// CompanyByTicker returns the company that holds the symbol today; symbol is normalised
// (edgar.NormalizeSymbol). Error: ErrNotFound.
func (s *Store) CompanyByTicker(ctx context.Context, symbol string) (*Company, error) {
	return s.company(ctx, "ticker", symbol, companyByTicker, symbol)
}

// CompanyByID returns the company. Error: ErrNotFound.
func (s *Store) CompanyByID(ctx context.Context, id int64) (*Company, error) {
	return s.company(ctx, "id", id, companiesByID, []int64{id})
}

func (s *Store) company(ctx context.Context, attribute string, key any, sql string, arg any) (*Company, error) {
	var found []*Company
	q := query{sql: sql, args: []any{arg}, scan: func(rows pgx.Rows) (err error) {
		found, err = readCompanies(rows, 1)
		return err
	}}
	if err := s.run(ctx, q); err != nil {
		return nil, fmt.Errorf("company with %s %v: %w", attribute, key, err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("company with %s %v: %w", attribute, key, ErrNotFound)
	}
	return found[0], nil
}

const companiesByID = `-- name: CompaniesByID
select ` + companyColumns + `
from companies c
where c.id = any($1::bigint[])`

// CompaniesByID asks for the companies with the ids; unknown ids will be absent from the map.
func (b *Batch) CompaniesByID(ids []int64) map[int64]*Company {
	found := make(map[int64]*Company, len(ids))
	b.add(query{sql: companiesByID, args: []any{ids}, scan: func(rows pgx.Rows) error {
		clear(found)
		companies, err := readCompanies(rows, len(ids))
		for _, c := range companies {
			found[c.ID] = c
		}
		return err
	}})
	return found
}

// Ticker is a symbol under which a security of a company is or was traded.
type Ticker struct {
	Symbol   string
	Exchange *string
	Primary  bool
	From     *edgar.Date // nil when unknown
	To       *edgar.Date // nil while it is held
}

const tickersOfCompanies = `-- name: TickersOfCompanies
select company_id, symbol, exchange, is_primary, valid_from, valid_to
from securities
where company_id = any($1::bigint[]) and (valid_from <= valid_to) is not false
order by company_id, is_primary desc, valid_to desc nulls first, position, symbol`

// TickersOfCompanies asks for the symbols of companies: the primary one, other present ones in the order of their
// source, former ones from the newest. A symbol that was another's on all days on which it was seen is none. Companies
// without a symbol will be absent from the map.
func (b *Batch) TickersOfCompanies(ids []int64) map[int64][]*Ticker {
	found := make(map[int64][]*Ticker, len(ids))
	b.add(query{sql: tickersOfCompanies, args: []any{ids}, scan: func(rows pgx.Rows) error {
		clear(found)
		for rows.Next() {
			var id int64
			t := new(Ticker)
			if err := rows.Scan(&id, &t.Symbol, &t.Exchange, &t.Primary, &t.From, &t.To); err != nil {
				return err
			}
			found[id] = append(found[id], t)
		}
		return rows.Err()
	}})
	return found
}

// FloatRange is an interval, both bounds included; a nil bound is open.
type FloatRange struct {
	Min *float64
	Max *float64
}

func (r *FloatRange) bounds() (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if r.Min != nil {
		low = *r.Min
	}
	if r.Max != nil {
		high = *r.Max
	}
	return low, high
}
