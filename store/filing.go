package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// Filing is a submission to EDGAR. Absent attributes are nil.
type Filing struct {
	AccessionNumber edgar.AccessionNumber
	Form            string
	FiledOn         edgar.Date
	AcceptedAt      *time.Time // UTC
	PeriodEnd       *edgar.Date
	Title           *string
	Amendment       bool
	cik             *edgar.CIK // the smallest of its companies, for the address at the SEC
	primaryDocument *string
}

// IsNode marks a Filing as a node of the schema.
func (*Filing) IsNode() {}

// NodeID returns the global id.
func (f *Filing) NodeID() string { return NodeID(NodeFiling, int64(f.AccessionNumber)) }

// URL returns the address of the main document at the SEC, of the filing's index page where the document is not known;
// nil for a filing that is not from the SEC.
func (f *Filing) URL() *string {
	if f.cik == nil {
		return nil
	}
	var buf [160]byte
	url := string(f.AppendURL(buf[:0]))
	return &url
}

// AppendURL appends what URL returns, nothing where that is nil.
func (f *Filing) AppendURL(b []byte) []byte {
	if f.cik == nil {
		return b
	}
	b = strconv.AppendInt(append(b, "https://www.sec.gov/Archives/edgar/data/"...), int64(*f.cik), 10)
	b = append(f.AccessionNumber.AppendCompact(append(b, '/')), '/')
	if f.primaryDocument != nil {
		return append(b, *f.primaryDocument...)
	}
	return append(f.AccessionNumber.Append(b), "-index.htm"...)
}

const filingColumns = `f.id, f.form, f.filed_on, f.accepted_at, f.period_end, f.title, f.amendment, f.cik, f.primary_document`

// filingSlot is a filing with room for what may be null.
type filingSlot struct {
	Filing

	acceptedAt      time.Time
	periodEnd       edgar.Date
	cik             edgar.CIK
	title, document string
}

// read reads filingColumns.
func (f *filingSlot) read(r *rowReader) *Filing {
	f.AccessionNumber = readAccession(r)
	f.Form = r.text()
	f.FiledOn = r.date()
	f.AcceptedAt = optional(r, (*rowReader).time, &f.acceptedAt)
	f.PeriodEnd = optional(r, (*rowReader).date, &f.periodEnd)
	f.Title = r.optionalText(&f.title)
	f.Amendment = r.bool()
	f.Filing.cik = optional(r, readCIK, &f.cik)
	f.primaryDocument = r.optionalText(&f.document)
	return &f.Filing
}

func readAccession(r *rowReader) edgar.AccessionNumber { return edgar.AccessionNumber(r.int64()) }

// readFilings reads rows of filingColumns.
func readFilings(rows pgx.Rows) ([]*Filing, error) {
	var found []*Filing
	var slots slab[filingSlot]
	r := newRowReader(rows)
	for r.next() {
		found = append(found, slots.next().read(r))
	}
	return found, r.done()
}

const filingsByAccession = `-- name: FilingsByAccession
select ` + filingColumns + `
from filings f
where f.id = any($1::bigint[])`

// FilingsByAccession asks for filings; those that were not imported will be absent from the map.
func (b *Batch) FilingsByAccession(ids []edgar.AccessionNumber) map[edgar.AccessionNumber]*Filing {
	found := make(map[edgar.AccessionNumber]*Filing, len(ids))
	b.add(query{sql: filingsByAccession, args: []any{ids}, scan: func(rows pgx.Rows) error {
		clear(found)
		filings, err := readFilings(rows)
		for _, f := range filings {
			found[f.AccessionNumber] = f
		}
		return err
	}})
	return found
}

// FilingByAccession returns the filing. Error: ErrNotFound when it has not been imported.
func (s *Store) FilingByAccession(ctx context.Context, id edgar.AccessionNumber) (*Filing, error) {
	b := s.Batch()
	found := b.FilingsByAccession([]edgar.AccessionNumber{id})
	if err := b.Run(ctx); err != nil {
		return nil, fmt.Errorf("filing %s: %w", id, err)
	}
	if f := found[id]; f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("filing %s: %w", id, ErrNotFound)
}

// FilingCompanies are the companies that a filing was filed for.
type FilingCompanies struct {
	Main *Company   // with a current security before others, then with a SIC code, then the smallest CIK
	All  []*Company // by CIK, then id
}

// The limit in the lateral keeps it a look-up by key: as a plain join it may become a scan of all companies.
const companiesOfFilings = `-- name: CompaniesOfFilings
select fc.filing_id, c.traded, ` + companyColumns + `
from filing_companies fc
cross join lateral (
  select c.*, (select true from securities s where s.company_id = c.id and s.valid_to is null limit 1) is not null as traded
  from companies c
  where c.id = fc.company_id
  limit 1
) c
where fc.filing_id = any($1::bigint[])
order by fc.filing_id, c.cik_key, c.id`

// CompaniesOfFilings asks for the companies of filings; filings without one will be absent from the map. A company of
// several filings is one row.
func (b *Batch) CompaniesOfFilings(ids []edgar.AccessionNumber) map[edgar.AccessionNumber]*FilingCompanies {
	found := make(map[edgar.AccessionNumber]*FilingCompanies, len(ids))
	b.add(query{sql: companiesOfFilings, args: []any{ids}, scan: func(rows pgx.Rows) error {
		clear(found)
		seen := map[int64]*Company{}
		best := 0
		var slots slab[companySlot]
		r := newRowReader(rows)
		for r.next() {
			id, traded := readAccession(r), r.bool()
			c := slots.next().read(r)
			if same := seen[c.ID]; same != nil {
				c = same
			}
			seen[c.ID] = c
			of := found[id]
			if of == nil {
				of, best = new(FilingCompanies), -1
				found[id] = of
			}
			of.All = append(of.All, c)
			if rank := mainRank(c, traded); rank > best {
				of.Main, best = c, rank
			}
		}
		return r.done()
	}})
	return found
}

func mainRank(c *Company, traded bool) int {
	rank := 0
	if traded {
		rank += 2
	}
	if c.SIC != nil {
		rank++
	}
	return rank
}

// FilingFilter says which filings are asked for. Nil conditions hold for all; an empty list of forms holds for none.
type FilingFilter struct {
	Forms      []string // exact form types
	FiledFrom  *edgar.Date
	FiledTo    *edgar.Date
	Amendments *bool // true: only amendments; false: none
}

// FilingsRequest asks for a page of filings, newest first; of one day the greatest accession number first.
type FilingsRequest struct {
	Filter *FilingFilter // canonical: never nil
	Page   Page
	From   FilingPosition // after or before it, when Page.Bounded
}

// FilingPosition is the place of a filing in every list of filings.
type FilingPosition struct {
	FiledOn edgar.Date
	ID      edgar.AccessionNumber
}

// Position returns the place of f in every list of filings.
func (f *Filing) Position() FilingPosition { return FilingPosition{f.FiledOn, f.AccessionNumber} }

// FilingPage is a part of a list of filings; More says whether the list goes on in the direction of the page.
type FilingPage struct {
	Nodes []*Filing
	More  bool
}
