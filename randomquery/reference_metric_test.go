package randomquery_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/corpintel/corpintel/edgar"
)

// periodNumbers are the classes as the database has them, in the order in which one is preferred when their latest
// points have one date.
var periodNumbers = []struct {
	name   string
	number int16
}{{"DAILY", 2}, {"YEAR", 6}, {"INSTANT", 1}, {"QUARTER", 3}, {"NINE_MONTHS", 5}, {"HALF", 4}}

// history is a series as it was known on a day.
type history struct {
	name, unit, period string
	number             int16
	ticker             any
	points             []point
}

func (h *history) last() point { return h.points[len(h.points)-1] }

// ask is what the arguments of metric and series say.
func (r *reference) ask(company row, name string, args arguments) (*history, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	unit, hasUnit := args["unit"].(string)
	if hasUnit && unit == "" {
		return nil, fmt.Errorf("an empty unit: %w", errInput)
	}
	if err := checkText(args["unit"]); err != nil {
		return nil, err
	}
	day := r.today
	if asOf, ok := args["asOf"].(time.Time); ok {
		if day = asOf; day.After(r.today) || day.Year() < 1990 {
			return nil, fmt.Errorf("as of %v: %w", day, errInput)
		}
	}
	if strings.HasPrefix(name, "price:") {
		return r.askPrice(company["_id"].(int64), name, day, args)
	}
	known := knownOn(r.facts(company["_id"].(int64), name), day)
	units := unitsOf(known)
	if !hasUnit && len(units) > 0 {
		unit = units[0]
	}
	for _, p := range r.periods(known, name, unit, args["period"], day) {
		return p, nil
	}
	if hasUnit && len(known) > 0 && !slices.Contains(units, unit) {
		return nil, fmt.Errorf("unit %s, not %v: %w", unit, units, errInput)
	}
	return nil, nil
}

// periods returns the series of the classes in which there are points, the one that is meant first.
func (r *reference) periods(known []fact, name, unit string, period any, day time.Time) []*history {
	var out []*history
	for _, p := range periodNumbers {
		if period != nil && period != p.name {
			continue
		}
		if points := pointsOf(known, unit, p.name, day); len(points) > 0 {
			out = append(out, &history{name, unit, p.name, p.number, nil, points})
		}
	}
	slices.SortStableFunc(out, func(a, b *history) int { return b.last().date.Compare(a.last().date) })
	return out
}

// unitsOf returns the units of facts, that of the most facts first.
func unitsOf(facts []fact) []string {
	count := map[string]int{}
	for _, f := range facts {
		count[f.unit] += 0
		if !f.end.After(f.filed) {
			count[f.unit]++
		}
	}
	units := slices.Sorted(maps.Keys(count))
	slices.SortStableFunc(units, func(a, b string) int { return count[b] - count[a] })
	return units
}

func (r *reference) askPrice(company int64, name string, day time.Time, args arguments) (*history, error) {
	ticker := ""
	if given, ok := args["ticker"].(string); ok {
		symbol, ok := edgar.NormalizeSymbol(given)
		if !ok {
			return nil, fmt.Errorf("ticker %q: %w", given, errInput)
		}
		ticker = symbol
	}
	units := column(r.rows(`select distinct d.unit
		from metrics m join series s on s.id = m.series_id join definitions d on d.id = s.definition_id
		where s.company_id = $1 and d.name = $2 and m.date <= $3`, company, name, day), "unit")
	if args["unit"] != nil && len(units) > 0 && !contains(units, args["unit"]) {
		return nil, fmt.Errorf("unit %s: %w", args["unit"], errInput)
	}
	points := slices.DeleteFunc(slices.Clone(r.prices(company, name, ticker)), func(p point) bool { return p.date.After(day) })
	if len(points) == 0 || args["unit"] != nil && args["unit"] != points[0].unit ||
		args["period"] != nil && args["period"] != "DAILY" {
		return nil, nil
	}
	return &history{name, points[0].unit, "DAILY", 2, points[0].ticker, points}, nil
}

func (h *history) row() row {
	return row{"_name": h.name, "_unit": h.unit, "_period": h.number, "ticker": h.ticker}
}

// value is a point with the fact that it is from.
func (r *reference) value(company row, h *history, p point) row {
	out := h.row()
	maps.Copy(out, row{
		"name": h.name, "unit": h.unit, "date": p.date, "value": p.value, "start": nil, "fiscalYear": nil, "fiscalPeriod": nil,
		"filedOn": nil, "form": nil, "accessionNumber": nil, "_company": company, "_known": p.known,
	})
	if f := p.fact; f != nil {
		maps.Copy(out, row{
			"start": f.start, "fiscalYear": f.year, "fiscalPeriod": f.period,
			"filedOn": f.filed, "form": f.form, "accessionNumber": f.accession,
		})
	}
	return out
}

func (r *reference) metric(company row, args arguments) (any, error) {
	h, err := r.ask(company, args["name"].(string), args)
	if err != nil || h == nil {
		return nil, err
	}
	return r.value(company, h, h.last()), nil
}

func (r *reference) metrics(company row, args arguments) (any, error) {
	names := args["names"].([]any)
	if len(names) > greatest {
		return nil, fmt.Errorf("%d names: %w", len(names), errInput)
	}
	if _, err := r.ask(company, "price:close", arguments{"asOf": args["asOf"]}); err != nil {
		return nil, err
	}
	out := []any{}
	for _, name := range names {
		value, err := r.metric(company, arguments{"name": name, "asOf": args["asOf"]})
		if err != nil {
			value = err
		}
		out = append(out, value)
	}
	return out, nil
}

func (r *reference) filingOfValue(value row, _ arguments) (any, error) {
	if value["accessionNumber"] == nil {
		return nil, nil
	}
	return r.filingByID(value["accessionNumber"].(int64)), nil
}

// restatements are the first facts of every run of equal numbers but the last, newest first.
func (r *reference) restatements(value row, _ arguments) (any, error) {
	out := []any{}
	facts, _ := value["_known"].([]fact)
	for i, f := range facts {
		starts := i == 0 || facts[i-1].value != f.value
		restated := slices.ContainsFunc(facts[i:], func(later fact) bool { return later.value != f.value })
		if !starts || !restated {
			continue
		}
		h := &history{name: value["_name"].(string), unit: value["_unit"].(string), number: value["_period"].(int16)}
		v := r.value(value["_company"].(row), h, point{date: f.end, value: f.value, fact: &f, known: facts[:i+1]})
		out = append([]any{v}, out...)
	}
	return out, nil
}

func (r *reference) series(company row, args arguments) (any, error) {
	from, hasFrom := args["from"].(time.Time)
	to, hasTo := args["to"].(time.Time)
	if hasFrom && hasTo && to.Before(from) {
		return nil, fmt.Errorf("to before from: %w", errInput)
	}
	h, err := r.ask(company, args["metric"].(string), args)
	if err != nil || h == nil {
		return nil, err
	}
	out := h.row()
	points, dates, values := []any{}, []any{}, []any{}
	var inRange []point
	for _, p := range h.points {
		if hasFrom && p.date.Before(from) || hasTo && p.date.After(to) {
			continue
		}
		inRange = append(inRange, p)
		points = append(points, row{"date": p.date, "value": p.value})
		dates, values = append(dates, p.date), append(values, p.value)
	}
	out["from"], out["to"] = nil, nil
	if len(dates) > 0 {
		out["from"], out["to"] = dates[0], dates[len(dates)-1]
	}
	out["points"], out["columns"], out["_points"] = points, row{"dates": dates, "values": values}, inRange
	return out, nil
}
