package store

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// LatestKey is a company and an ask; asks are compared by their address.
type LatestKey struct {
	Company int64
	Ask     *MetricAsk
}

// latestText is a statement for latest values in two forms.
type latestText struct {
	ofPairs string // what is asked of each company is another; with the units of what was not found
	ofAll   string // all is asked of all companies, the sorted ones in $1; the asks are in $2 to $6
}

// latestTextOf composes a statement of the columns of the fact, and what they are from.
func latestTextOf(name, columns, from string) latestText {
	const ofSeries = "s.definition_id, s.name, s.unit, s.symbol, s.last_on, s.last_value"
	const ofAny = "coalesce(s.definition_id, 0), a.name, coalesce(s.unit, ''), s.symbol,\n" +
		"  coalesce(s.last_on, '0001-01-01'), coalesce(s.last_value, 0)"
	one := strings.NewReplacer("$3", "$2", "$4", "$3", "$5", "$4", "$6", "$5", "$7", "$6")
	return latestText{
		ofPairs: "-- name: " + name + "\n" + asks + "\nselect p.company_id, a.n, s.id is not null, " + unitsUsed + ",\n  " + ofAny +
			",\n  " + columns + seriesOfAsk + from + found,
		ofAll: "-- name: " + name + "\n" + one.Replace(asks) + "\nselect s.company_id, s.n, true, null::text[],\n  " + ofSeries +
			",\n  " + columns + "\nfrom " + chosenSeries + "(select id from unnest((select $1::bigint[])) as c(id))" + chosenSeriesEnd + from,
	}
}

var (
	latestValues = latestTextOf("LatestValues",
		`coalesce(s.last_fact_id, 0), f.period_start, f.fiscal_year, f.fiscal_period, f.filed_on, f.form, f.accession`, `
left join lateral (select * from facts f where f.id = s.last_fact_id limit 1) f on true`)

	latestNumbers = latestTextOf("LatestNumbers",
		`0::bigint, null::date, null::int, null::text, null::date, null::text, null::bigint`, "")
)

// valueSlot is a value with room for what may be null.
type valueSlot struct {
	MetricValue

	ticker, fiscalPeriod, form string
	start, filedOn             edgar.Date
	accession                  edgar.AccessionNumber
	fiscalYear                 int
}

// read reads the columns of a value, from the definition on.
func (v *valueSlot) read(r *rowReader) *MetricValue {
	v.DefinitionID = r.int32()
	v.Name = r.text()
	v.Unit = r.text()
	v.Ticker = r.optionalText(&v.ticker)
	v.Date = r.date()
	v.Value = r.float()
	v.FactID = r.int64()
	v.Start = optional(r, (*rowReader).date, &v.start)
	v.FiscalYear = optional(r, readYear, &v.fiscalYear)
	v.FiscalPeriod = r.optionalText(&v.fiscalPeriod)
	v.FiledOn = optional(r, (*rowReader).date, &v.filedOn)
	v.Form = r.optionalText(&v.form)
	v.AccessionNumber = optional(r, readAccession, &v.accession)
	return &v.MetricValue
}

func readYear(r *rowReader) int { return int(r.int32()) }

// LatestValues asks for the latest value of each ask of a company. What a company never reported may be absent from the
// map.
func (b *Batch) LatestValues(keys []LatestKey) map[LatestKey]Reported[MetricValue] {
	return b.latestNow(&latestValues, keys)
}

// LatestNumbers is LatestValues without what a value has from its fact: nobody looks the facts up.
func (b *Batch) LatestNumbers(keys []LatestKey) map[LatestKey]Reported[MetricValue] {
	return b.latestNow(&latestNumbers, keys)
}

// latestNow asks for the latest values of the keys. Where nearly all is asked of all companies, it asks for all: at most
// twice as many.
func (b *Batch) latestNow(text *latestText, keys []LatestKey) map[LatestKey]Reported[MetricValue] {
	args, list := askArgs(keys, latestAsk)
	if slices.ContainsFunc(list, func(a *MetricAsk) bool { return a.Unit != "" }) {
		return b.latest(text.ofPairs, args, list, len(keys))
	}
	companies := slices.Clone(args[0].([]int64))
	slices.Sort(companies)
	companies = slices.Compact(companies)
	if len(companies)*len(list) > 2*len(keys) {
		return b.latest(text.ofPairs, args, list, len(keys))
	}
	args[1] = companies
	return b.latest(text.ofAll, args[1:], list, len(keys))
}

func latestAsk(k LatestKey) (company int64, ask, metric *MetricAsk) { return k.Company, k.Ask, k.Ask }

// latest asks for latest values by a statement with the columns of LatestValues; list are its asks by their numbers, n
// is the number of keys.
func (b *Batch) latest(sql string, args []any, list []*MetricAsk, n int) map[LatestKey]Reported[MetricValue] {
	answers := make(map[LatestKey]Reported[MetricValue], n)
	b.add(query{sql: sql, args: args, scan: func(rows pgx.Rows) error {
		clear(answers)
		slots := newSlab[valueSlot](n)
		r := newRowReader(rows)
		for r.next() {
			company, ask, isThere := r.int64(), r.int32(), r.bool()
			var reported Reported[MetricValue]
			if !r.null() {
				reported.Units = r.list()
			}
			if v := slots.next().read(r); isThere {
				reported.Found = v
			}
			if r.err == nil {
				answers[LatestKey{company, list[ask-1]}] = reported
			}
		}
		return r.done()
	}})
	return answers
}
