package randomquery_test

import (
	"cmp"
	"slices"
	"time"
)

// fact is a value as it was filed.
type fact struct {
	unit         string
	start        any // time.Time, nil for an instant
	end, filed   time.Time
	value        float64
	accession    int64
	form         string
	year, period any
}

// point is the current value of a date.
type point struct {
	date   time.Time
	value  float64
	unit   string // of a price
	ticker any    // of a price
	fact   *fact  // nil for a price
	known  []fact // of the period, by rank
}

// rank orders facts by when they were filed, those of one day by accession number.
func (f fact) rank(other fact) int {
	return cmp.Or(f.filed.Compare(other.filed), cmp.Compare(f.accession, other.accession))
}

// facts returns all that a company has reported of a concept, by rank.
func (r *reference) facts(company int64, name string) []fact {
	rows := r.rows(`select f.unit, f.period_start, f.period_end, f.filed_on, f.value, f.accession, f.form,
			f.fiscal_year, f.fiscal_period
		from facts f join concepts k on k.id = f.concept_id
		where f.company_id = $1 and k.taxonomy || ':' || k.concept = $2`, company, name)
	out := make([]fact, len(rows))
	for i, f := range rows {
		out[i] = fact{
			f["unit"].(string), f["period_start"], f["period_end"].(time.Time), f["filed_on"].(time.Time), f["value"].(float64),
			f["accession"].(int64), f["form"].(string), f["fiscal_year"], f["fiscal_period"],
		}
	}
	slices.SortFunc(out, fact.rank)
	return out
}

// prices returns a price series of the company's security with the symbol, of the primary one for "".
func (r *reference) prices(company int64, name, ticker string) []point {
	rows := r.rows(`select m.date, m.value, d.unit, y.symbol
		from metrics m join series s on s.id = m.series_id join definitions d on d.id = s.definition_id
			join securities y on y.id = s.security_id
		where s.company_id = $1 and d.name = $2 and case when $3 = '' then y.is_primary else y.symbol = $3 end
		order by m.date`, company, name, ticker)
	out := make([]point, len(rows))
	for i, p := range rows {
		out[i] = point{date: p["date"].(time.Time), value: p["value"].(float64), unit: p["unit"].(string), ticker: p["symbol"]}
	}
	return out
}

func knownOn(facts []fact, day time.Time) []fact {
	return slices.DeleteFunc(slices.Clone(facts), func(f fact) bool { return f.filed.After(day) })
}

// class is the class of a fact's period by its length, both days included.
func (f fact) class() string {
	start, ok := f.start.(time.Time)
	if !ok {
		return "INSTANT"
	}
	days := int(f.end.Sub(start).Hours()/24) + 1
	for _, c := range []struct {
		name        string
		least, most int
	}{{"QUARTER", 80, 120}, {"HALF", 160, 200}, {"NINE_MONTHS", 245, 290}, {"YEAR", 350, 380}} {
		if days >= c.least && days <= c.most {
			return c.name
		}
	}
	return "OTHER"
}

// pointsOf returns the points of a series as known on a day, oldest first.
func pointsOf(facts []fact, unit, class string, day time.Time) []point {
	type period struct{ start, end any }
	periods := map[period][]fact{}
	for _, f := range knownOn(facts, day) {
		if f.unit == unit && f.class() == class && !f.end.After(f.filed) {
			p := period{f.start, f.end}
			periods[p] = append(periods[p], f)
		}
	}
	ends := map[time.Time]point{}
	for _, known := range periods {
		current := known[len(known)-1]
		if other, taken := ends[current.end]; taken && !displaces(current, *other.fact) {
			continue
		}
		ends[current.end] = point{date: current.end, value: current.value, fact: &current, known: known}
	}
	var out []point
	for _, p := range ends {
		if class != "QUARTER" && class != "YEAR" || !dropped(p, ends) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b point) int { return a.date.Compare(b.date) })
	return out
}

// displaces reports whether a period is meant rather than another one with the same end.
func displaces(f, other fact) bool {
	if order := f.rank(other); order != 0 {
		return order > 0
	}
	return compareValues(f.start, other.start) > 0
}

// dropped reports whether another point ends within a week of p and was filed later, or with it and ends later.
func dropped(p point, ends map[time.Time]point) bool {
	for _, other := range ends {
		days := other.date.Sub(p.date).Hours() / 24
		if days == 0 || days < -7 || days > 7 {
			continue
		}
		if order := other.fact.rank(*p.fact); order > 0 || order == 0 && days > 0 {
			return true
		}
	}
	return false
}
