package resolvers_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBuckets runs operations over points at the borders of the calendar.
func TestBuckets(t *testing.T) { //nolint:tparallel // statements are counted one operation at a time
	t.Parallel()
	runGoldens(t, newServer(t, "testdata/seed.sql", "testdata/calendar.sql"), "testdata/buckets/*.txtar")
}

// TestAnswerTooLarge asks for more points and buckets than an answer can have: those that the catalogue knows of are not
// read, those that are made by filling or by asking again are not made, and whatever else was asked for is there.
func TestAnswerTooLarge(t *testing.T) { //nolint:tparallel // statements are counted one operation at a time
	t.Parallel()
	s := newServer(t, "testdata/seed.sql", "testdata/crowd.sql")
	const century = `insert into metrics (series_id, date, value) select 20000 + i, date '1920-01-01', 1 from generate_series(1, 240) i;
		insert into metrics (series_id, date, value) select 20000 + i, date '1930-01-01' + d, 1 from generate_series(1, 10) i, generate_series(0, 9998) d;
		update series set first_on = '1920-01-01' where id > 20000;
		update series set points = 999999, first_on = '1000-01-01', last_on = '5000-01-01' where id = 9;
		select rebuild_metrics_month()`
	if _, err := s.store.Pool().Exec(t.Context(), century); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ query, size, statements string }{
		"read": {
			`{ company(ticker: "ACME") { name series(metric: "price:close") { points { value } } volume: series(metric: "price:volume") { points { value } } } }`,
			"1000003", "CompanyByTicker SeriesPoints",
		},
		"read for buckets": {
			`{ company(ticker: "ACME") { name series(metric: "price:close") { buckets(by: WEEK) { sum } } volume: series(metric: "price:volume") { bucketColumns(by: DAY) { sums } } } }`,
			"1000003", "CompanyByTicker SeriesBuckets",
		},
		"filled": {
			`{ companies(first: 200, filter: { sector: "Crowd" }) { nodes { name series(metric: "price:close") { buckets(by: DAY, fill: PREVIOUS) { last } } } } }`,
			"7355000", "CompaniesPageByName SeriesBuckets",
		},
		"asked for often": {
			`{ companies(first: 10, filter: { sector: "Crowd" }) { nodes { name series(metric: "price:close") {` + aliases(10, "columns { values }") + ` } } } }`,
			"1025000", "CompaniesPageByName SeriesPoints",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s.statements.take()
			body := string(s.post(t, test.query, nil))
			message := "the answer could have " + test.size + " points and buckets, more than 1000000 are not given"
			for _, want := range []string{message, `"code":"COMPLEXITY_LIMIT_EXCEEDED"`, `"name":`, `"series":null`} {
				if !strings.Contains(body, want) {
					t.Errorf("%s is not in %.600s", want, body)
				}
			}
			if got := strings.Join(s.statements.take(), " "); got != test.statements {
				t.Errorf("statements %s, want %s", got, test.statements)
			}
		})
	}
	for name, query := range map[string]string{
		"by month": `{ company(ticker: "ACME") { series(metric: "price:close") { buckets(by: MONTH) { sum } } } }`,
		"in part":  `{ company(ticker: "ACME") { series(metric: "price:close", from: "2020-01-01", to: "2025-01-01") { points { value } } } }`,
		"filled":   `{ companies(first: 200, filter: { sector: "Crowd" }) { nodes { series(metric: "price:close") { buckets(by: MONTH, fill: PREVIOUS) { last } } } } }`,
		"9 times":  `{ companies(first: 10, filter: { sector: "Crowd" }) { nodes { series(metric: "price:close") {` + aliases(9, "columns { values }") + ` } } } }`,
	} {
		if body := string(s.post(t, query, nil)); strings.Contains(body, "errors") {
			t.Errorf("%s: %.600s", name, body)
		}
	}
}

// aliases repeats a field under other names.
func aliases(n int, field string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" a")
		b.WriteString(strings.Repeat("x", i))
		b.WriteString(": ")
		b.WriteString(field)
	}
	return b.String()
}

// TestBucketSelections asks for each field of buckets alone, by row and by column: it is what it is among all of them.
func TestBucketSelections(t *testing.T) {
	t.Parallel()
	s := newServer(t, "testdata/seed.sql", "testdata/calendar.sql")
	fields := []string{"start", "end", "count", "min", "max", "avg", "sum", "first", "last"}
	type lists struct {
		Rows    []map[string]any
		Columns map[string][]any
	}
	ask := func(by, fill string, names ...string) lists {
		args := "(by: " + by + ", fill: " + fill + ")"
		return answer[struct{ Company struct{ Series lists } }](t, s, `{ company(ticker: "CAL") { series(metric: "price:close") {
			rows: buckets`+args+` { `+strings.Join(names, " ")+` } columns: bucketColumns`+args+` { `+strings.Join(names, "s ")+`s } } } }`, nil).Company.Series
	}
	for _, by := range []string{"WEEK", "MONTH", "QUARTER", "YEAR"} {
		for _, fill := range []string{"NONE", "NULL", "PREVIOUS"} {
			all := ask(by, fill, fields...)
			if len(all.Rows) < 2 {
				t.Fatalf("by %s there are %d buckets", by, len(all.Rows))
			}
			for _, name := range fields {
				one := ask(by, fill, name)
				want := lists{Columns: map[string][]any{name + "s": all.Columns[name+"s"]}}
				for i, row := range all.Rows {
					want.Rows = append(want.Rows, map[string]any{name: row[name]})
					if !cmp.Equal(row[name], all.Columns[name+"s"][i]) {
						t.Errorf("%s by %s, fill %s: %v by row, %v by column", name, by, fill, row[name], all.Columns[name+"s"][i])
					}
				}
				if diff := cmp.Diff(want, one); diff != "" {
					t.Errorf("%s by %s, fill %s: among others -, alone +:\n%s", name, by, fill, diff)
				}
			}
		}
	}
}
