package randomquery_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/store"
)

// data is what the generator knows of the database.
type data struct {
	values map[string][]any       // by the name of an argument, of one element for a list
	wrong  map[string][]any       // values that cannot be used
	recent []any                  // days on which long series begin to be short
	lists  map[string][]knownList // by coordinate of a connection
}

// knownList is a list that was asked for: its arguments but for paging, and cursors from the answer.
type knownList struct {
	args    object
	cursors []any
}

func readData(r *reference) *data {
	d := &data{values: map[string][]any{}, lists: map[string][]knownList{}}
	texts := func(sql string) []any {
		return slices.DeleteFunc(column(r.rows(sql), "v"), func(v any) bool { return v == nil })
	}
	held := texts(`select symbol as v from securities where company_id is not null order by v`)
	d.values["ticker"] = append(held, "brk.b", "ZZZZZ")
	for _, name := range []string{"sector", "industry", "country", "exchange"} {
		d.values[name] = texts(`select distinct ` + name + ` as v from companies order by v`)
	}
	d.values["form"] = texts(`select form as v from filings group by form order by count(*) desc, form limit 25`)
	d.values["unit"] = texts(`select distinct unit as v from definitions order by v`)
	d.values["taxonomy"] = texts(`select distinct taxonomy as v from concepts order by v`)
	d.values["name"] = append(texts(`select name as v from concepts order by v`), "us-gaap:Goodwill")
	for range 3 { // the same at every company
		d.values["name"] = append(d.values["name"], texts(`select name as v from concepts where taxonomy = 'price' order by v`)...)
	}
	d.values["metric"] = d.values["name"]
	d.addCompanies(r)
	d.addDates(r)
	d.values["search"] = []any{
		"income", "INCOME loss", "price", "Earnings per", "us-gaap", "shares out", "o'net assets", "assets", "nothing at all",
	}
	d.wrong = map[string][]any{
		"id": {"", "Company:1", "Q29tcGFueTo", "x", 7}, "company id": {d.values["id"][len(d.values["id"])-1], "no id"},
		"cik": {"", "12x", "0", 0, -5, "99999999999"}, "accessionNumber": {"", "0000320193-23-00010", "1"},
		"from": {"2024-02-30", "31/12/2020", ""}, "to": {"today"}, "filedFrom": {"2024-1-1"}, "filedTo": {"0000-01-01"},
		"asOf": {"2999-01-01", "1989-12-31", "x"},
		"name": {"Revenues", "us-gaap:", ":x", "us gaap:Assets", ""}, "metric": {"Revenues", "a:b:c"},
		"unit": {"GBP", "usd", strings.Repeat("u", 201)}, "search": {"ab", "  ", strings.Repeat("abc ", 30)},
		"query": {" ", "", strings.Repeat("x", 101)}, "sector": {strings.Repeat("é", 201)},
	}
	return d
}

func (d *data) addCompanies(r *reference) {
	companies := sorted(r.allCompanies(), compareBy("cik", "name"))
	for _, c := range companies {
		if c["ticker"] == nil && len(d.values["company id"]) > 40 {
			continue // one of many persons that sign forms
		}
		d.values["company id"] = append(d.values["company id"], c["id"])
		if c["cik"] != nil {
			text := strconv.FormatInt(c["cik"].(int64), 10)
			d.values["cik"] = append(d.values["cik"], c["cik"], text, strings.Repeat("0", 10-len(text))+text)
		}
		if c["marketCap"] != nil {
			d.values["cap"] = append(d.values["cap"], c["marketCap"])
		}
		name := c["name"].(string)
		d.values["query"] = append(d.values["query"], name, strings.ToLower(name[:2]), strings.ToUpper(name[:min(len(name), 4)]))
		for _, former := range c["formerNames"].([]any) {
			d.values["query"] = append(d.values["query"], former, former.(string)[:2])
		}
	}
	for _, ticker := range d.values["ticker"] {
		d.values["query"] = append(d.values["query"], ticker, ticker.(string)[:1])
	}
	d.values["query"] = append(d.values["query"], "inc", "a", "Corp", "o'", "%", "c_", "funding corp", "the company")
	d.values["min"], d.values["max"] = d.values["cap"], d.values["cap"]
	d.values["id"] = slices.Clone(d.values["company id"])
	for _, f := range r.rows(`select id from filings order by id`) {
		id := f["id"].(int64)
		if len(d.values["accessionNumber"])%7 == 0 {
			d.values["id"] = append(d.values["id"], store.NodeID(store.NodeFiling, id))
		}
		d.values["accessionNumber"] = append(d.values["accessionNumber"], string(coerceText(id)))
	}
	for i, definition := range sorted(r.rows(definitionColumns), compareBy("name", "unit", "_period")) {
		if i%3 == 0 {
			d.values["id"] = append(d.values["id"], store.NodeID(store.NodeMetricDefinition, definition["_id"].(int64)))
		}
	}
	const unknown = 1 << 40
	d.values["id"] = append(d.values["id"],
		store.NodeID(store.NodeCompany, unknown), store.NodeID(store.NodeMetricDefinition, unknown))
}

// coerceText writes an accession number, with hyphens or without.
func coerceText(id int64) []byte {
	text := (&execution{}).leaf("AccessionNumber", id)
	if text = text[1 : len(text)-1]; id%3 == 0 {
		return slices.DeleteFunc(text, func(c byte) bool { return c == '-' })
	}
	return text
}

func (d *data) addDates(r *reference) {
	day := func(v any) any { return v.(time.Time).Format(time.DateOnly) }
	for _, name := range []string{"from", "to"} {
		for _, m := range r.rows(`select distinct date from metrics
			where fact_id is not null or date > '2025-01-01' and extract(day from date) = 5 order by date`) {
			d.values[name] = append(d.values[name], day(m["date"]))
		}
	}
	for _, f := range r.rows(`select distinct filed_on from filings order by 1`) {
		d.values["filedFrom"] = append(d.values["filedFrom"], day(f["filed_on"]))
	}
	for _, f := range r.rows(`select distinct filed_on from facts order by 1`) {
		d.values["asOf"] = append(d.values["asOf"], day(f["filed_on"]), day(f["filed_on"].(time.Time).AddDate(0, 0, -1)))
	}
	d.values["filedTo"] = d.values["filedFrom"]
	last := r.rows(`select max(date) as date from metrics`)[0]["date"].(time.Time)
	for _, days := range []int{3, 10, 40} {
		d.recent = append(d.recent, day(last.AddDate(0, 0, -days)))
	}
	d.recent = append(d.recent, "2024-12-30", "2030-01-01")
}

// harvested is how many lists of each connection cursors are taken from.
const harvested = 25

// harvest asks the server for lists of every connection and keeps the cursors. Where a list belongs to an object, it is
// asked of an object of this kind.
func harvest(t *testing.T, c *comparison) {
	t.Helper()
	seed := uint64(1)
	for _, name := range slices.Sorted(maps.Keys(c.schema.Types)) {
		of := c.schema.Types[name]
		for _, field := range of.Fields {
			if of.Kind != ast.Object || field.Arguments.ForName("after") == nil {
				continue
			}
			for range harvested {
				seed++
				c.harvestList(t, of, field, seed)
			}
		}
	}
}
