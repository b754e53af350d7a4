package resolvers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store/storetest"
)

// filers imports 50 companies that file 64 quarters as companies do: each report has the year before beside the present one,
// and the year to date beside the quarter; one figure in nine is restated.
func filers(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	for company := range 50 {
		data, err := json.Marshal(map[string]any{
			"cik": 1000 + company, "entityName": fmt.Sprint("Filer ", company),
			"facts": map[string]any{"us-gaap": map[string]any{
				"NetIncomeLoss": reported(company, false), "Revenues": reported(company+7, false), "Assets": reported(company+3, true),
			}},
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("CIK%010d.json", 1000+company)), data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	database := storetest.New(b)
	pool, err := pgxpool.New(b.Context(), database)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	if _, err := ingest.Run(b.Context(), pool, []string{dir}, ingest.Options{Strict: true}); err != nil {
		b.Fatal(err)
	}
	return database
}

// reported is a concept: its moments, or its quarters and what they add up to since the beginning of their years.
func reported(seed int, instant bool) map[string]any {
	var rows []map[string]any
	for quarter := range 64 {
		year := 2007 + quarter/4
		end := edgar.DateOf(time.Date(year, time.Month(quarter%4*3+4), 0, 0, 0, 0, 0, time.UTC))
		for later := range 3 { // its own report, and those of the next two years
			row := func(start edgar.Date, value int) {
				if later > 0 && (seed+quarter)%9 == 0 {
					value++
				}
				fact := map[string]any{
					"end": end.String(), "val": value, "accn": fmt.Sprintf("%010d-%02d-%06d", 1000, year+later-2000, quarter%4+1),
					"fy": year + later, "fp": fmt.Sprint("Q", quarter%4+1), "form": "10-Q", "filed": (end + 40).Time().AddDate(later, 0, 0).Format(time.DateOnly),
				}
				if !instant {
					fact["start"] = start.String()
				}
				rows = append(rows, fact)
			}
			row(edgar.DateOf(time.Date(year, time.Month(quarter%4*3+1), 1, 0, 0, 0, 0, time.UTC)), 1000*quarter+seed)
			if first := edgar.NewDate(year, time.January, 1); !instant && quarter%4 > 0 {
				row(first, 1000*quarter+seed+500)
			}
		}
	}
	return map[string]any{"label": "Label", "description": nil, "units": map[string]any{"USD": rows}}
}

// BenchmarkAsOf asks by turns what was known on a day, of which the last one is after all filings, and what is known: "times" is how many times as long the first takes.
func BenchmarkAsOf(b *testing.B) {
	s := serveDatabase(b, filers(b))
	if _, err := s.store.Pool().Exec(b.Context(), "vacuum analyze companies, concepts, concept_units, definitions, facts, metrics, series"); err != nil {
		b.Fatal(err)
	}
	for _, operation := range []struct{ name, text, want, wantThen string }{
		{
			"3 latest values of 50 companies",
			`{ companies(first: 50) { nodes { name metrics(names: ["us-gaap:NetIncomeLoss", "us-gaap:Assets", "us-gaap:Revenues"]%s) { name unit date value accessionNumber } } } }`,
			`"2022-12-31"`, `"2018-03-31"`,
		},
		{
			"60 quarters", `{ company(cik: 1007) { series(metric: "us-gaap:NetIncomeLoss", period: QUARTER%s) { points { date value } } } }`,
			`"2022-12-31"`, `"2018-03-31"`,
		},
		{
			"60 quarters of 50 companies", `{ companies(first: 50) { nodes { series(metric: "us-gaap:NetIncomeLoss", period: QUARTER%s) { points { date value } } } } }`,
			`"2022-12-31"`, `"2018-03-31"`,
		},
	} {
		for _, day := range []string{"2018-06-01", "2023-06-01", "2026-01-01"} {
			b.Run(operation.name+" as of "+day, func(b *testing.B) {
				now, then := fmt.Sprintf(operation.text, ""), fmt.Sprintf(operation.text, `, asOf: "`+day+`"`)
				want := operation.want
				if day < "2019" {
					want = operation.wantThen
				}
				if body := s.post(b, then, nil); !bytes.Contains(body, []byte(want)) || bytes.Contains(body, []byte("errors")) {
					b.Fatalf("%.300s", body)
				}
				compare(b, func() { s.post(b, then, nil) }, func() { s.post(b, now, nil) })
			})
		}
	}
}
