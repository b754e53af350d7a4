package randomquery_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

const companyColumns = `
select c.id as "_id", c.cik, c.name, c.former_names as "formerNames", c.sic, c.sector, c.industry, c.country,
  c.fiscal_year_end as "fiscalYearEnd"
from companies c`

// newCompanies completes rows of companyColumns.
func (r *reference) newCompanies(rows []row) []row {
	for _, c := range rows {
		if c["id"] != nil {
			continue // it was asked for before
		}
		id := c["_id"].(int64)
		c["__typename"] = "Company"
		c["id"] = store.NodeID(store.NodeCompany, id)
		c["ticker"], c["exchange"] = nil, nil
		for _, s := range r.rows(`select symbol, exchange from securities where company_id = $1 and is_primary`, id) {
			c["ticker"], c["exchange"] = s["symbol"], s["exchange"]
		}
		c["marketCap"] = r.marketCap(id)
	}
	return rows
}

// marketCap is the newest close of the primary security times the newest number of shares dated within 100 days before.
func (r *reference) marketCap(company int64) any {
	closes := r.prices(company, "price:close", "")
	if len(closes) == 0 {
		return nil
	}
	last := closes[len(closes)-1]
	shares := pointsOf(r.facts(company, "dei:EntityCommonStockSharesOutstanding"), "shares", "INSTANT", r.today)
	for _, p := range slices.Backward(shares) {
		if age := last.date.Sub(p.date); age >= 0 && age <= 100*24*time.Hour {
			return last.value * p.value
		}
	}
	return nil
}

func (r *reference) company(_ row, args arguments) (any, error) {
	given := 0
	for _, name := range []string{"id", "cik", "ticker"} {
		if args[name] != nil {
			given++
		}
	}
	switch {
	case given != 1:
		return nil, fmt.Errorf("%d arguments: %w", given, errInput)
	case args["cik"] != nil:
		return found(r.newCompanies(r.rows(companyColumns+" where c.cik = $1", args["cik"]))), nil
	case args["ticker"] != nil:
		symbol, _ := edgar.NormalizeSymbol(args["ticker"].(string))
		return found(r.newCompanies(r.rows(companyColumns+` where c.id in (
			select company_id from securities where symbol = $1 and valid_to is null)`, symbol))), nil
	}
	kind, id, err := store.ParseNodeID(args["id"].(string))
	if err != nil || kind != store.NodeCompany {
		return nil, fmt.Errorf("id %s: %w", args["id"], errInput)
	}
	return r.companyByID(id), nil
}

func (r *reference) companyByID(id int64) any {
	return found(r.newCompanies(r.rows(companyColumns+" where c.id = $1", id)))
}

func (r *reference) node(_ row, args arguments) (any, error) {
	kind, id, err := store.ParseNodeID(args["id"].(string))
	if err != nil {
		return nil, fmt.Errorf("id %s: %w", args["id"], errInput)
	}
	switch kind {
	case store.NodeCompany:
		return r.companyByID(id), nil
	case store.NodeFiling:
		return r.filingByID(id), nil
	default:
		return found(newDefinitions(r.rows(definitionColumns+" where d.id::bigint = $1", id))), nil
	}
}

func (r *reference) nodes(_ row, args arguments) (any, error) {
	ids := args["ids"].([]any)
	if len(ids) > greatest {
		return nil, fmt.Errorf("%d ids: %w", len(ids), errInput)
	}
	out := []any{}
	for _, id := range ids {
		node, err := r.node(nil, arguments{"id": id})
		if err != nil {
			node = err
		}
		out = append(out, node)
	}
	return out, nil
}

func (r *reference) tickers(company row, _ arguments) (any, error) {
	rows := r.rows(`select symbol, exchange, is_primary as primary, valid_from as from, valid_to as to from securities
		where company_id = $1 order by is_primary desc, valid_to desc nulls first, position, symbol`, company["_id"])
	rows = slices.DeleteFunc(slices.Clone(rows), func(s row) bool { // never held it
		from, hasFrom := s["from"].(time.Time)
		to, hasTo := s["to"].(time.Time)
		return hasFrom && hasTo && from.After(to)
	})
	return list(rows), nil
}

func (r *reference) companies(_ row, args arguments) (any, error) {
	filter := args.object("filter")
	if err := checkCompanyFilter(filter); err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(slices.Clone(r.allCompanies()), func(c row) bool { return !r.companyHas(c, filter) })
	order := arguments{"field": "NAME", "direction": "ASC"}
	if given := args.object("orderBy"); given != nil {
		order = given
	}
	normal := arguments{}
	maps.Copy(normal, filter)
	if filter["tickers"] != nil {
		normal["tickers"] = symbols(filter["tickers"])
	}
	return r.page(connection{
		list:  binding("Query.companies", arguments{"filter": normal, "orderBy": order}),
		nodes: rows, key: "id", compare: companyOrder(order),
	}, args)
}

func (r *reference) allCompanies() []row {
	return r.newCompanies(r.rows(companyColumns))
}

// companyOrder orders by the field, then name, CIK and id, all in its direction, but nulls last in both.
func companyOrder(order arguments) func(a, b row) int {
	field := map[any]string{"NAME": "name", "TICKER": "ticker", "MARKET_CAP": "marketCap"}[order["field"]]
	rest := compareBy("name", "cik", "_id")
	return func(a, b row) int {
		if (a[field] == nil) != (b[field] == nil) {
			return compareValues(a[field], b[field])
		}
		result := compareValues(a[field], b[field])
		if result == 0 {
			result = rest(a, b)
		}
		if order["direction"] == "DESC" {
			return -result
		}
		return result
	}
}

func checkCompanyFilter(filter arguments) error {
	for _, name := range []string{"sector", "industry", "country", "exchange"} {
		if err := checkText(filter[name]); err != nil {
			return err
		}
	}
	bounds := filter.object("marketCap")
	low, hasLow := bounds["min"].(float64)
	high, hasHigh := bounds["max"].(float64)
	if hasLow && hasHigh && high < low {
		return fmt.Errorf("max below min: %w", errInput)
	}
	for _, name := range []string{"tickers", "ciks"} {
		if err := checkList(filter[name], 200); err != nil {
			return err
		}
	}
	return nil
}

func (r *reference) companyHas(c row, filter arguments) bool {
	for _, name := range []string{"sector", "industry", "country", "exchange"} {
		if filter[name] != nil && filter[name] != c[name] {
			return false
		}
	}
	if filter["ciks"] != nil && !contains(filter["ciks"], c["cik"]) {
		return false
	}
	if filter["tickers"] != nil && !r.holdsOne(c, symbols(filter["tickers"])) {
		return false
	}
	if filter["marketCap"] == nil {
		return true
	}
	value, has := c["marketCap"].(float64)
	low, hasLow := filter.object("marketCap")["min"].(float64)
	high, hasHigh := filter.object("marketCap")["max"].(float64)
	return has && (!hasLow || value >= low) && (!hasHigh || value <= high)
}

func (r *reference) holdsOne(c row, symbols []any) bool {
	for _, s := range r.rows(`select symbol from securities where company_id = $1 and valid_to is null`, c["_id"]) {
		if contains(symbols, s["symbol"]) {
			return true
		}
	}
	return false
}

// symbols returns those of the texts that can be symbols, in the one spelling.
func symbols(texts any) []any {
	out := []any{}
	for _, text := range texts.([]any) {
		if s, ok := edgar.NormalizeSymbol(text.(string)); ok {
			out = append(out, s)
		}
	}
	return out
}
