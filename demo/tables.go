package demo

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// table is how rows of type T are written: the columns, and the values of a row in the same order, which are appended.
type table[T any] struct {
	name    string
	columns []string
	values  func(row *T, to []any) []any
}

// copyOf returns a function that writes the rows by COPY and returns their number.
func (t table[T]) copyOf(rows []T) func(context.Context, pgx.Tx) (int64, error) {
	return func(ctx context.Context, tx pgx.Tx) (int64, error) {
		values := make([]any, 0, len(t.columns)) // the driver is done with it when it asks for the next row
		source := pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return t.values(&rows[i], values), nil })
		n, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, source)
		if err != nil {
			return n, fmt.Errorf("copy into %s: %w", t.name, err)
		}
		return n, nil
	}
}

var conceptTable = table[concept]{
	"concepts",
	[]string{"id", "taxonomy", "concept", "label", "description", "as_of"},
	func(k *concept, to []any) []any {
		return append(to, k.id, k.taxonomy, k.name, k.label, k.description, lastDay.Time())
	},
}

var definitionTable = table[definition]{
	"definitions",
	[]string{"id", "concept_id", "period", "name", "unit"},
	func(d *definition, to []any) []any {
		return append(to, d.id, d.concept.id, int16(d.period), d.concept.taxonomy+":"+d.concept.name, d.concept.unit)
	},
}

var companyTable = table[companyRow]{
	"companies",
	[]string{
		"id", "cik", "name", "former_names", "search_text",
		"sic", "sector", "industry", "country", "fiscal_year_end",
		"ticker", "exchange", "market_cap",
		"name_rank", "name_as_of", "submissions_as_of", "facts_as_of", "tickers_as_of",
	},
	func(c *companyRow, to []any) []any {
		const nameFromSubmissions int16 = 3
		formerNames, searchText := []string{}, store.FoldSearch(c.name)
		if c.formerName != "" {
			formerNames = append(formerNames, c.formerName)
			searchText += "\n" + store.FoldSearch(c.formerName)
		}
		ticker, exchange := c.ticker, c.exchange
		if c.delisted {
			ticker, exchange = "", ""
		}
		return append(
			to, int64(c.number), int64(c.cik()), c.name, formerNames, searchText,
			nullable(c.industry.sic), nullable(c.industry.sector), nullable(c.industry.title), c.country, c.fiscalYearEnd(),
			nullable(ticker), nullable(exchange), nullable(c.marketCap),
			nameFromSubmissions, c.lastFiled.Time(), c.lastFiled.Time(), c.lastReported.Time(), lastDay.Time(),
		)
	},
}

var securityTable = table[securityRow]{
	"securities",
	[]string{
		"id", "company_id", "symbol", "exchange", "is_primary", "valid_to",
		"first_seen", "last_seen", "position", "exchange_as_of",
	},
	func(s *securityRow, to []any) []any {
		seen := s.seen.Time()
		return append(
			to, s.id, s.companyID, s.symbol, s.exchange, s.primary, nullableDate(s.validTo), seen, seen, s.position, seen,
		)
	},
}

var filingTable = table[filingRow]{
	"filings",
	[]string{"id", "form", "filed_on", "accepted_at", "period_end", "title", "as_of"},
	func(f *filingRow, to []any) []any {
		return append(
			to, int64(f.accession), f.form, f.filedOn.Time(), f.acceptedAt, f.periodEnd.Time(), f.title, f.asOf.Time(),
		)
	},
}

var filerTable = table[filerRow]{
	"filing_companies",
	[]string{"filing_id", "company_id", "filed_on", "form", "accepted_at", "period_end", "title"},
	func(f *filerRow, to []any) []any {
		return append(
			to, int64(f.accession), f.companyID, f.filedOn.Time(), f.form, f.acceptedAt, f.periodEnd.Time(), f.title,
		)
	},
}

var formTable = table[formRow]{
	"company_forms",
	[]string{"company_id", "form", "n", "first_on", "last_on"},
	func(f *formRow, to []any) []any {
		return append(to, f.companyID, f.form, f.n, f.first.Time(), f.last.Time())
	},
}

var factTable = table[factRow]{
	"facts",
	[]string{
		"id", "company_id", "accession", "value", "concept_id", "period_start", "period_end",
		"filed_on", "fiscal_year", "fiscal_period", "form", "unit",
	},
	func(f *factRow, to []any) []any {
		var start any
		if f.period != edgar.PeriodInstant {
			start = f.start.Time()
		}
		return append(
			to, f.id, f.companyID, int64(f.filing.accession), f.value, f.concept, start, f.end.Time(),
			f.filing.filedOn.Time(), int32(f.fiscalYear), fiscalPeriods[f.quarter], f.filing.form, f.unit,
		)
	},
}

var unitTable = table[unitRow]{
	"concept_units",
	[]string{"company_id", "concept_id", "unit", "facts"},
	func(u *unitRow, to []any) []any { return append(to, u.companyID, u.conceptID, u.unit, u.facts) },
}

var seriesTable = table[seriesRow]{
	"series",
	[]string{
		"id", "company_id", "security_id", "definition_id", "points", "first_on", "last_on", "last_value", "last_fact_id",
	},
	func(s *seriesRow, to []any) []any {
		return append(
			to, s.id, s.companyID, nullable(s.securityID), s.definitionID, s.points, s.first.Time(), s.last.date.Time(),
			s.last.value, nullable(s.last.factID),
		)
	},
}

var pointTable = table[pointRow]{
	"metrics",
	[]string{"series_id", "date", "value", "fact_id", "known_from"},
	func(p *pointRow, to []any) []any {
		return append(to, p.seriesID, p.date.Time(), p.value, nullable(p.factID), nullableDate(p.knownFrom))
	},
}

var versionTable = table[versionRow]{
	"point_versions",
	[]string{"series_id", "date", "known_from", "known_to", "value"},
	func(v *versionRow, to []any) []any {
		return append(to, v.seriesID, v.date.Time(), v.knownFrom.Time(), v.knownTo.Time(), v.value)
	},
}

// nullable returns nil for the zero value.
func nullable[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

func nullableDate(d edgar.Date) any {
	if d == 0 {
		return nil
	}
	return d.Time()
}
