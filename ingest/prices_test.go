package ingest_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/prices"
)

// runPrices imports price files, with a symbol map or without one ("").
func runPrices(t testing.TB, pool *pgxpool.Pool, symbolMap string, paths ...string) (*ingest.Report, string, error) {
	t.Helper()
	var holdings *prices.SymbolMap
	if symbolMap != "" {
		var err error
		if holdings, err = prices.ParseSymbolMap(strings.NewReader(symbolMap)); err != nil {
			t.Fatal(err)
		}
	}
	started := time.Now()
	now := func() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).Add(time.Since(started)) }
	var rejections bytes.Buffer
	report, err := ingest.RunPrices(t.Context(), pool, paths, holdings, ingest.Options{Rejections: &rejections, Now: now})
	if !report.AddsUp() {
		t.Errorf("a report that does not add up:\n%s", table(t, report))
	}
	return report, rejections.String(), err
}

// mustRunPrices imports price files, of which nothing may be wrong.
func mustRunPrices(t testing.TB, pool *pgxpool.Pool, symbolMap string, paths ...string) *ingest.Report {
	t.Helper()
	report, rejections, err := runPrices(t, pool, symbolMap, paths...)
	if err != nil || rejections != "" {
		t.Fatalf("import %v: %v\n%s", paths, err, rejections)
	}
	return report
}

const priceHeader = "date,ticker,open,high,low,close,adj_close,volume\n"

// closes makes a price file of days and symbols, "2020-01-02 AA 5", with these closes and nothing else.
func closes(t testing.TB, rows ...string) string {
	t.Helper()
	var text strings.Builder
	text.WriteString(priceHeader)
	for _, r := range rows {
		var day, symbol, value string
		if _, err := fmt.Sscan(r, &day, &symbol, &value); err != nil {
			t.Fatalf("%q: %v", r, err)
		}
		fmt.Fprintf(&text, "%s,%s,,,,%s,,\n", day, symbol, value)
	}
	return write(t, "prices.csv", []byte(text.String()))
}

// pricePoints are all prices with the company that they are linked to, as lines.
const pricePoints = `
	select concat_ws(' ', y.symbol, coalesce(c.cik::text, '-'), d.name, d.unit, m.date, m.value, m.as_of) collate "C" as line
	from metrics m
	join series p on p.id = m.series_id
	join securities y on y.id = p.security_id
	left join companies c on c.id = p.company_id
	join definitions d on d.id = p.definition_id
	order by line`

// checkPrices checks what follows from the points.
func checkPrices(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	for sql, name := range map[string]string{
		`select p.id::text from series p left join (
			select series_id, count(*) as points, min(date) as first_on, max(date) as last_on from metrics group by series_id
		) m on m.series_id = p.id
		where (p.points, p.first_on, p.last_on) is distinct from (m.points, m.first_on, m.last_on)`: "series that do not fit their points",
		`select p.id::text from series p join securities y on y.id = p.security_id
		where p.company_id is distinct from y.company_id`: "series of another company than their security",
		`select y.symbol || m.date from metrics m join series p on p.id = m.series_id join securities y on y.id = p.security_id
		group by y.symbol, p.definition_id, m.date having count(*) > 1`: "days of a symbol that are there twice",
		`select symbol from securities y where company_id is null and not exists (select from series p where p.security_id = y.id)`: "securities of nobody, without prices",
		`select a.symbol from securities a join securities b on a.symbol = b.symbol and a.id < b.id
		where a.company_id is not null and b.company_id is not null
			and (a.valid_from <= a.valid_to) is not false and (b.valid_from <= b.valid_to) is not false
			and daterange(a.valid_from, a.valid_to, '[]') && daterange(b.valid_from, b.valid_to, '[]')`: "two holders on a day",
		`select c.name from companies c left join lateral (
			select close.value * shares.value as value
			from securities y
			join series p on p.security_id = y.id join definitions d on d.id = p.definition_id and d.name = 'price:close'
			join metrics close on close.series_id = p.id and close.date = p.last_on
			join series q on q.company_id = c.id and q.security_id is null
			join definitions e on e.id = q.definition_id and e.name = 'dei:EntityCommonStockSharesOutstanding'
			join metrics shares on shares.series_id = q.id and shares.date <= close.date and shares.date >= close.date - 100
			where y.company_id = c.id and y.is_primary
			order by shares.date desc
			limit 1
		) v on true
		where c.market_cap is distinct from v.value`: "wrong market capitalizations",
	} {
		if lines := queryLines(t, pool, sql); len(lines) > 0 {
			t.Errorf("%s: %v", name, lines)
		}
	}
	checkRollup(t, pool)
	checkLatest(t, pool)
}

func TestPrices(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	file := write(t, "prices.csv", []byte(priceHeader+
		"2020-01-02,BRK.B,1,3,0.5,2,1.5,100\n"+
		"2020-01-03,BRK.B,,,,2.25,,\n"))
	report := mustRunPrices(t, pool, "", file)
	if want := (ingest.Count{Read: 7, Stored: 7}); report.Kinds[0].Count != want || report.Rows != 2 {
		t.Errorf("got %+v and %d rows, want %+v and 2", report.Kinds[0].Count, report.Rows, want)
	}
	if diff := cmp.Diff([]string{"BRK-B"}, report.Unlinked); diff != "" {
		t.Errorf("unlinked (-want +got)\n%s", diff)
	}
	want := []string{
		"BRK-B - price:adjClose USD 2020-01-02 1.5 2020-01-03",
		"BRK-B - price:close USD 2020-01-02 2 2020-01-03",
		"BRK-B - price:close USD 2020-01-03 2.25 2020-01-03",
		"BRK-B - price:high USD 2020-01-02 3 2020-01-03",
		"BRK-B - price:low USD 2020-01-02 0.5 2020-01-03",
		"BRK-B - price:open USD 2020-01-02 1 2020-01-03",
		"BRK-B - price:volume shares 2020-01-02 100 2020-01-03",
	}
	wantLines(t, pool, want, pricePoints)
	wantLines(t, pool, []string{"adjClose Adjusted closing price"}, `select concept || ' ' || label from concepts where concept = 'adjClose'`)
	checkPrices(t, pool)

	again := mustRunPrices(t, pool, "", gzipped(t, priceHeader+"2020-01-03,BRK-B,,,,2.25,,\n2020-01-02,BRK-B,1,3,0.5,2,1.5,100\n"))
	if want := (ingest.Count{Read: 7, Unchanged: 7}); again.Kinds[0].Count != want {
		t.Errorf("the second time: got %+v, want %+v", again.Kinds[0].Count, want)
	}
	wantLines(t, pool, want, pricePoints)

	mustRun(t, pool, write(t, "company_tickers.json", tickers(t, listing{7, "BRK-B"})))
	for i := range want {
		want[i] = strings.Replace(want[i], " - ", " 7 ", 1)
	}
	wantLines(t, pool, want, pricePoints)
	wantLines(t, pool, []string{"7 BRK-B"}, `select concat_ws(' ', c.cik, symbol) from securities left join companies c on c.id = company_id`)
	checkPrices(t, pool)
	if linked := mustRunPrices(t, pool, "", file); len(linked.Unlinked) > 0 || linked.Kinds[0].Unchanged != 7 {
		t.Errorf("when they are linked:\n%s", table(t, linked))
	}
}

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, "prices.csv.gz", b.Bytes())
}

// TestPriceContradictions tells what becomes of values that are given twice.
func TestPriceContradictions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		files      []string
		last       ingest.Count // of the last file
		rejections string
		want       []string // day, value and snapshot
	}{
		{
			"equal in one file",
			[]string{closes(t, "2020-01-02 AA 5", "2020-01-02 AA 5")},
			ingest.Count{Read: 2, Stored: 1, Unchanged: 1},
			"",
			[]string{"2020-01-02 5 2020-01-02"},
		},
		{
			"different in one file",
			[]string{closes(t, "2020-01-02 AA 5", "2020-01-03 AA 5", "2020-01-02 AA 6")},
			ingest.Count{Read: 3, Stored: 2, Rejected: 1},
			"line 4: AA on 2020-01-02 is in line 2 already, with other values",
			[]string{"2020-01-02 5 2020-01-03", "2020-01-03 5 2020-01-03"},
		},
		{
			"the newer file counts",
			[]string{closes(t, "2020-01-02 AA 5"), closes(t, "2020-01-02 AA 4", "2020-01-03 AA 4")},
			ingest.Count{Read: 2, Stored: 1, Updated: 1},
			"",
			[]string{"2020-01-02 4 2020-01-03", "2020-01-03 4 2020-01-03"},
		},
		{
			"also when it comes first",
			[]string{closes(t, "2020-01-02 AA 4", "2020-01-03 AA 4"), closes(t, "2020-01-02 AA 5")},
			ingest.Count{Read: 1, Skipped: 1},
			"",
			[]string{"2020-01-02 4 2020-01-03", "2020-01-03 4 2020-01-03"},
		},
		{
			"of one day the greater value",
			[]string{closes(t, "2020-01-02 AA 5"), closes(t, "2020-01-02 AA 6")},
			ingest.Count{Read: 1, Updated: 1},
			"",
			[]string{"2020-01-02 6 2020-01-02"},
		},
		{
			"a newer file that says the same makes it newer",
			[]string{closes(t, "2020-01-02 AA 5"), closes(t, "2020-01-02 AA 5", "2020-01-09 AA 5"), closes(t, "2020-01-02 AA 7", "2020-01-05 AA 7")},
			ingest.Count{Read: 2, Stored: 1, Skipped: 1},
			"",
			[]string{"2020-01-02 5 2020-01-09", "2020-01-05 7 2020-01-05", "2020-01-09 5 2020-01-09"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := newDatabase(t)
			var report *ingest.Report
			var rejections string
			for _, f := range c.files {
				var err error
				if report, rejections, err = runPrices(t, pool, "", f); err != nil {
					t.Fatal(err)
				}
			}
			if report.Kinds[0].Count != c.last {
				t.Errorf("got %+v, want %+v", report.Kinds[0].Count, c.last)
			}
			if _, reason, _ := strings.Cut(strings.TrimSuffix(rejections, "\n"), ": "); reason != c.rejections {
				t.Errorf("rejected %q, want %q", reason, c.rejections)
			}
			wantLines(t, pool, c.want, `select concat_ws(' ', date, value, as_of) from metrics order by date`)
			checkPrices(t, pool)
		})
	}
}

// TestBadPrices tells what is rejected, and which files fail as a whole.
func TestBadPrices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		count      ingest.Count
		says       []string
		fails      bool
	}{
		{"a cell", priceHeader + "2020-01-02,AA,NaN,1,1,1,1e21,-5\n", ingest.Count{Read: 6, Stored: 3, Rejected: 3}, []string{"line 2 open", "line 2 adj_close", "line 2 volume"}, false},
		{"a date", priceHeader + "31/12/2020,AA,1,1,1,1,1,1\n2020-01-02,AA,1,1,1,1,1,1\n", ingest.Count{Read: 7, Stored: 6, Rejected: 1}, []string{"line 2: "}, false},
		{"after today", priceHeader + "2026-11-24,AA,1,1,1,1,1,1\n2026-11-23,AA,1,,,,,\n", ingest.Count{Read: 2, Stored: 1, Rejected: 1}, []string{"2026-11-24 is after 2026-11-23"}, false},
		{"no row", priceHeader, ingest.Count{}, nil, false},
		{"no header", "2020-01-02,AA,1,1,1,1,1,1\n", ingest.Count{}, []string{"failed"}, true},
		{"an empty file", "", ingest.Count{}, []string{"failed"}, true},
		{"a web page", "<html>\n<body>no</body>\n", ingest.Count{}, []string{"failed"}, true},
		{"a zip archive", string(archive(t, entry{"prices.csv", []byte(priceHeader)})), ingest.Count{}, []string{"a zip archive: only files of EDGAR"}, true},
		{"a compressed file that is cut off", "\x1f\x8b\x08\x00", ingest.Count{}, []string{"cut off"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := newDatabase(t)
			report, rejections, err := runPrices(t, pool, "", write(t, "prices.csv", []byte(c.text)), closes(t, "2020-01-02 GOOD 5"))
			if incomplete := (*ingest.IncompleteError)(nil); errors.As(err, &incomplete) != c.fails {
				t.Fatal(err)
			}
			want := c.count
			want.Read++
			want.Stored++
			if report.Kinds[0].Count != want {
				t.Errorf("got %+v, want %+v", report.Kinds[0].Count, want)
			}
			for _, text := range c.says {
				if !strings.Contains(rejections, text) {
					t.Errorf("%q does not say %q", rejections, text)
				}
			}
			wantLines(t, pool, []string{"5"}, `select value::text from metrics m join series p on p.id = m.series_id
				join securities y on y.id = p.security_id where symbol = 'GOOD'`)
			checkPrices(t, pool)
		})
	}
}

// TestMarketCap follows a company's market capitalization through imports.
func TestMarketCap(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	shares := func(day string, n float64) string {
		return write(t, "CIK0000000007.json", companyFacts(t, 7, "Seven", "Label", []fact{{
			concept: "dei:EntityCommonStockSharesOutstanding", unit: "shares", end: day, value: n,
			accession: edgar.AccessionNumber(1_20_000001 + int(n)), filed: "2020-06-30", form: "10-K", fy: 2020, fp: "FY",
		}}))
	}
	list := write(t, "company_tickers.json", tickers(t, listing{7, "AA"}, listing{7, "BB"}))
	for _, step := range []struct {
		name string
		do   func()
		want string
	}{
		{"prices of nobody", func() { mustRunPrices(t, pool, "", closes(t, "2020-04-10 AA 5", "2020-04-10 BB 900")) }, ""},
		{"shares 101 days before", func() { mustRun(t, pool, shares("2019-12-31", 10)) }, "-"},
		{"the symbol", func() { mustRun(t, pool, list) }, "-"},
		{"shares 100 days before", func() { mustRun(t, pool, shares("2020-01-01", 20)) }, "100"},
		{"shares after the close", func() { mustRun(t, pool, shares("2020-04-11", 30)) }, "100"},
		{"a newer close", func() { mustRunPrices(t, pool, "", closes(t, "2020-04-13 AA 7")) }, "210"},
		{"a corrected close", func() { mustRunPrices(t, pool, "", closes(t, "2020-04-13 AA 8")) }, "240"},
		{"a close long after", func() { mustRunPrices(t, pool, "", closes(t, "2021-04-13 AA 8")) }, "-"},
		{"another primary symbol", func() {
			_, rejections, err := runPrices(t, pool, "symbol,cik,from,to\nAA,8,2025-01-02,\n", closes(t, "2020-04-14 BB 900"))
			if err != nil || !strings.Contains(rejections, "symbol map: line 2: no company with CIK 0000000008 is known") {
				t.Errorf("%v %q", err, rejections)
			}
		}, "27000"},
	} {
		step.do()
		var want []string
		if want = []string{step.want}; step.want == "" {
			want = []string{}
		}
		if diff := cmp.Diff(want, queryLines(t, pool, `select coalesce(market_cap::text, '-') from companies`)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", step.name, diff)
		}
		checkPrices(t, pool)
	}
}

// TestInterruptedPrices ends an import between its transactions and starts it again.
func TestInterruptedPrices(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(priceHeader)
	const days = 30_000 // two symbols are more than a transaction takes
	for i := range days {
		day := edgar.NewDate(1940, 1, 1) + edgar.Date(i)
		fmt.Fprintf(&text, "%s,AA,,,,%d,,\n%s,BB,,,,%d,,\n", day, i+1, day, i+2)
	}
	file := write(t, "prices.csv", []byte(text.String()))
	pool := newDatabase(t)
	if _, err := pool.Exec(t.Context(), `
		create function fail() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
		create trigger fail before insert on securities for each row when (new.symbol = 'BB') execute function fail()`); err != nil {
		t.Fatal(err)
	}
	report, _, err := runPrices(t, pool, "", file)
	if err == nil || !strings.Contains(err.Error(), "prices of BB to BB") {
		t.Errorf("error %v", err)
	}
	if want := (ingest.Count{Read: days, Stored: days}); report.Kinds[0].Count != want {
		t.Errorf("got %+v, want %+v", report.Kinds[0].Count, want)
	}
	checkPrices(t, pool)
	if _, err := pool.Exec(t.Context(), `drop trigger fail on securities`); err != nil {
		t.Fatal(err)
	}
	again := mustRunPrices(t, pool, "", file)
	if want := (ingest.Count{Read: 2 * days, Stored: days, Unchanged: days}); again.Kinds[0].Count != want {
		t.Errorf("the second time: got %+v, want %+v", again.Kinds[0].Count, want)
	}
	wantLines(t, pool, []string{"AA 30000 450015000", "BB 30000 450045000"}, `
		select concat_ws(' ', y.symbol, count(*), sum(m.value)::bigint)
		from metrics m join series p on p.id = m.series_id join securities y on y.id = p.security_id
		group by y.symbol order by 1`)
	checkPrices(t, pool)
}

// TestOneHolder: the database itself refuses two holders of a symbol on one day.
func TestOneHolder(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	_, err := pool.Exec(t.Context(), `
		insert into companies (id, cik, name, search_text) values (1, 1, 'A', 'a'), (2, 2, 'B', 'b');
		insert into securities (company_id, symbol, valid_from, valid_to) values (1, 'AA', null, '2020-01-01'), (2, 'AA', '2020-01-01', null)`)
	if err == nil || !strings.Contains(err.Error(), "securities_one_holder") {
		t.Errorf("error %v", err)
	}
}
