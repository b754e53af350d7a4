package ingest

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/corpintel/corpintel/edgar"
)

// Count says what became of the records of one kind.
type Count struct {
	Read      int64 // records in the files, with those that were rejected
	Stored    int64 // new in the database
	Unchanged int64 // there already, or twice in one file, or in a file that was imported before
	Updated   int64 // there already, and changed by a newer snapshot
	Skipped   int64 // there already with another content, which is from a newer snapshot; of no known company, or left out
	Rejected  int64 // wrong by themselves
}

// AddsUp reports whether every record that was read is accounted for.
func (c Count) AddsUp() bool {
	return c.Read == c.Stored+c.Unchanged+c.Updated+c.Skipped+c.Rejected
}

func (c *Count) add(d Count) {
	c.Read += d.Read
	c.Stored += d.Stored
	c.Unchanged += d.Unchanged
	c.Updated += d.Updated
	c.Skipped += d.Skipped
	c.Rejected += d.Rejected
}

// KindReport is what became of the files of one kind. Records of failed files are not counted.
type KindReport struct {
	Kind    string // "submissions", "tickers", "companyfacts", "indexes"; "reference"; "prices"
	Records string // what Count counts: "filings", "listings", "facts"; "companies"
	Count
	Files   int           // imported, now or before
	Known   int           // of them, those whose bytes were imported before: they were not read again
	Failed  int           // broken: nothing of them was stored
	Elapsed time.Duration // spent on files of the kind
}

// Rate returns the records read per second.
func (k *KindReport) Rate() float64 {
	if k.Elapsed <= 0 {
		return 0
	}
	return float64(k.Read) / k.Elapsed.Seconds()
}

// SkippedFiles counts the files of a kind that is not imported.
type SkippedFiles struct {
	Kind  edgar.Kind // KindUnknown: no EDGAR file
	Files int
}

// Report says what an import did.
type Report struct {
	Kinds   []*KindReport  // as the function that returns the report says; each is there even when it had no files
	Skipped []SkippedFiles // by kind
	LeftOut int            // files of companies that are not among Options.Only
	Failed  int            // broken files whose kind was not to be told
	Elapsed time.Duration  // from start to end, waiting included

	Rows     int64    // of price files
	Unlinked []string // symbols in price files with prices that are linked to no company, in alphabetical order
}

// The places in Report.Kinds.
const (
	kindSubmissions = iota
	kindTickers
	kindCompanyFacts
	kindIndexes
)

// The names of kinds. They are stored in the database.
const (
	submissionsName  = "submissions"
	tickersName      = "tickers"
	companyFactsName = "companyfacts"
	indexesName      = "indexes"
	referenceName    = "reference"
	pricesName       = "prices"
)

func newReport() *Report {
	return &Report{Kinds: []*KindReport{
		kindSubmissions:  {Kind: submissionsName, Records: "filings"},
		kindTickers:      {Kind: tickersName, Records: "listings"},
		kindCompanyFacts: {Kind: companyFactsName, Records: "facts"},
		kindIndexes:      {Kind: indexesName, Records: "filings"},
	}}
}

func (r *Report) kind(place int) *KindReport { return r.Kinds[place] }

// of returns the report on files of the kind k; nil when they are not imported.
func (r *Report) of(k edgar.Kind) *KindReport {
	switch k {
	case edgar.KindSubmissions, edgar.KindSubmissionsPage:
		return r.Kinds[kindSubmissions]
	case edgar.KindTickers, edgar.KindTickersExchange:
		return r.Kinds[kindTickers]
	case edgar.KindCompanyFacts:
		return r.Kinds[kindCompanyFacts]
	case edgar.KindDailyIndex:
		return r.Kinds[kindIndexes]
	case edgar.KindUnknown, edgar.KindFilingDocument, edgar.KindFinancialStatements:
	}
	return nil
}

// failures returns where broken files of the kind k are counted. Of a report on one kind all are of that.
func (r *Report) failures(k edgar.Kind) *int {
	if len(r.Kinds) == 1 {
		return &r.Kinds[0].Failed
	}
	if of := r.of(k); of != nil {
		return &of.Failed
	}
	return &r.Failed
}

func (r *Report) skippedFile(k edgar.Kind) {
	place, found := slices.BinarySearchFunc(r.Skipped, k, func(s SkippedFiles, k edgar.Kind) int { return int(s.Kind - k) })
	if !found {
		r.Skipped = slices.Insert(r.Skipped, place, SkippedFiles{Kind: k})
	}
	r.Skipped[place].Files++
}

// AddsUp reports whether every record of every kind is accounted for.
func (r *Report) AddsUp() bool {
	return !slices.ContainsFunc(r.Kinds, func(k *KindReport) bool { return !k.AddsUp() })
}

// Write writes the report as a table with a line per kind, followed by what was not imported.
func (r *Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tfiles\tknown\tfailed\trecords\tread\tstored\tunchanged\tupdated\tskipped\trejected\ttime\trecords/s\t")
	for _, k := range r.Kinds {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%.0f\t\n", k.Kind, k.Files, k.Known, k.Failed, k.Records,
			k.Read, k.Stored, k.Unchanged, k.Updated, k.Skipped, k.Rejected, seconds(k.Elapsed), k.Rate())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "total time %s%s\n%s", seconds(r.Elapsed), r.rest(), r.unlinked())
	return err
}

// rest tells of the files in no line of the table.
func (r *Report) rest() string {
	var parts []string
	for _, s := range r.Skipped {
		parts = append(parts, fmt.Sprintf("%d %s", s.Files, s.Kind))
	}
	rest := ""
	if r.Rows > 0 {
		rest = fmt.Sprintf("; %d rows", r.Rows)
	}
	if len(parts) > 0 {
		rest += "; files skipped: " + strings.Join(parts, ", ")
	}
	if r.LeftOut > 0 {
		rest += fmt.Sprintf("; files of other companies: %d", r.LeftOut)
	}
	if r.Failed > 0 {
		rest += fmt.Sprintf("; other files failed: %d", r.Failed)
	}
	return rest
}

// shownSymbols is the number of unlinked symbols that a report names.
const shownSymbols = 20

// unlinked tells of prices that are linked to no company.
func (r *Report) unlinked() string {
	if len(r.Unlinked) == 0 {
		return ""
	}
	shown, rest := r.Unlinked, ""
	if n := len(shown) - shownSymbols; n > 0 {
		shown, rest = shown[:shownSymbols], fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("unlinked: %d %s with prices of days on which no holder is known: %s%s\n", len(r.Unlinked),
		plural(len(r.Unlinked), "symbol", "symbols"), strings.Join(shown, " "), rest)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }
