package ingest

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"

	"github.com/corpintel/corpintel/edgar"
)

// submissions is a submissions document or an older page that was read.
type submissions struct {
	name    string // of the file
	cik     edgar.CIK
	asOf    edgar.Date
	entity  *edgar.Entity // nil for an older page
	dated   bool          // asOf dates the entity's symbols
	filings []edgar.FilingRecord
	count   Count // Read and Rejected
	note    []imported
}

// readSubmissions reads a document and names its rejected records.
func (im *importer) readSubmissions(d *document) (*submissions, error) {
	defer im.clock(im.report.kind(kindSubmissions))()
	parsed, err := edgar.ParseSubmissions(d.body)
	if err != nil {
		return nil, fault(err)
	}
	cik, err := filer(parsed, path.Base(d.path))
	if err != nil {
		return nil, fault(err)
	}
	if !im.only.has(cik) {
		return nil, errLeftOut
	}
	s := &submissions{name: d.name, cik: cik, asOf: edgar.MinDate, entity: parsed.Entity, dated: parsed.HasAsOf}
	if parsed.HasAsOf {
		s.asOf = parsed.AsOf
	}
	filings, conflicts := distinctFilings(parsed.Filings)
	s.filings = filings
	s.count.Read = int64(len(parsed.Filings) + len(parsed.Rejections))
	s.count.Rejected = int64(len(parsed.Rejections) + len(conflicts))
	s.note = im.note(d, im.report.kind(kindSubmissions), s.count)
	return s, im.reject(d.name, slices.Concat(parsed.Rejections, conflicts)...)
}

// A transaction takes several documents: the bulk archive has a million small ones, and would be imported for hours
// one by one.
const (
	maxBatchFiles   = 1000
	maxBatchFilings = 20_000
)

// batch are documents to be imported in one transaction, of different filers.
type batch struct {
	documents []*submissions
	filings   int
	ciks      map[edgar.CIK]bool
}

func (b *batch) add(s *submissions) {
	if b.ciks == nil {
		b.ciks = make(map[edgar.CIK]bool)
	}
	b.ciks[s.cik] = true
	b.documents = append(b.documents, s)
	b.filings += len(s.filings)
}

// takes reports whether s can be added to b.
func (b *batch) takes(s *submissions) bool {
	return len(b.documents) < maxBatchFiles && !b.ciks[s.cik] && (b.filings == 0 || b.filings+len(s.filings) <= maxBatchFilings)
}

// name names the documents of b for a user.
func (b *batch) name() string {
	first, last := b.documents[0].name, b.documents[len(b.documents)-1].name
	if len(b.documents) == 1 {
		return first
	}
	return fmt.Sprintf("%s to %s (%d files)", first, last, len(b.documents))
}

// importSubmissions reads a document and imports it together with others: now, or at the latest when flush is called.
func (im *importer) importSubmissions(ctx context.Context, d *document) error {
	s, err := im.readSubmissions(d)
	if errors.Is(err, errLeftOut) {
		im.report.LeftOut++
		return nil
	}
	if err != nil {
		return im.fail(ctx, d.name, d.kind, err)
	}
	if !im.batch.takes(s) {
		if err := im.flush(ctx); err != nil {
			return err
		}
	}
	im.batch.add(s)
	return nil
}

// flush imports the documents that were read and not yet imported.
func (im *importer) flush(ctx context.Context) error {
	b := im.batch
	im.batch = batch{}
	if len(b.documents) == 0 {
		return nil
	}
	defer im.clock(im.report.kind(kindSubmissions))()
	err := im.importBatch(ctx, b)
	if err == nil || len(b.documents) == 1 || !isFault(err) {
		return im.failUnlessNil(ctx, b.name(), err)
	}
	for _, s := range b.documents { // one of them has what PostgreSQL refuses
		var single batch
		single.add(s)
		if err := im.failUnlessNil(ctx, s.name, im.importBatch(ctx, single)); err != nil {
			return err
		}
	}
	return nil
}

func (im *importer) failUnlessNil(ctx context.Context, name string, err error) error {
	if err == nil {
		return nil
	}
	return im.fail(ctx, name, edgar.KindSubmissions, err)
}

// importBatch imports b in one transaction, again when the database was away meanwhile.
func (im *importer) importBatch(ctx context.Context, b batch) error {
	var count Count
	var notes []imported
	for _, s := range b.documents {
		count.add(s.count)
		notes = append(notes, s.note...)
	}
	err := im.db.persist(ctx, func(bool) error {
		return im.db.inTx(ctx, func(t *transaction) (err error) {
			if err := im.importFilers(ctx, t, b); err != nil {
				return err
			}
			if count.Stored, count.Updated, err = t.importFilings(ctx, b.documents); err != nil {
				return err
			}
			return t.remember(ctx, notes)
		})
	})
	if err != nil {
		return err
	}
	count.Unchanged = count.Read - count.Rejected - count.Stored - count.Updated
	report := im.report.kind(kindSubmissions)
	report.Files += len(b.documents)
	report.add(count)
	im.progress.records += count.Read
	return nil
}

// importFilers imports who filed: entities with their symbols, and for older pages bare companies.
func (im *importer) importFilers(ctx context.Context, t *transaction, b batch) error {
	var (
		ciks     []edgar.CIK
		entities []entity
		pages    []edgar.CIK
		names    []string
		list     listings
	)
	for _, s := range b.documents {
		ciks = append(ciks, s.cik)
		switch {
		case s.entity == nil:
			pages, names = append(pages, s.cik), append(names, placeholderName(s.cik))
			continue
		case s.dated:
			list.addCompany(s.cik, s.asOf)
			for i, l := range s.entity.Tickers {
				list.addSymbol(s.cik, l.Symbol, l.Exchange, i)
			}
		case len(s.entity.Tickers) > 0:
			im.options.Logger.WarnContext(ctx, "symbols left out: no filing dates them", "cik", s.cik.String())
		}
		entities = append(entities, entity{Entity: s.entity, asOf: s.asOf})
	}
	if err := t.nameCompanies(ctx, pages, names, rankNone, edgar.MinDate); err != nil {
		return err
	}
	if err := t.describeCompanies(ctx, entities); err != nil {
		return err
	}
	if _, _, err := t.importListings(ctx, list); err != nil {
		return err
	}
	return t.classify(ctx, ciks)
}

// pageName is the name of an older page, the only place where its filer stands.
var pageName = regexp.MustCompile(`^CIK(\d{10})-submissions-\d+\.json`)

// filer returns whose filings s contains.
func filer(s *edgar.Submissions, base string) (edgar.CIK, error) {
	if s.Entity != nil {
		return s.Entity.CIK, nil
	}
	cik, ok := pageFiler(base)
	if !ok {
		return 0, errors.New("an older page of filings must be named as the SEC names it, CIK##########-submissions-###.json: " +
			"its filer stands nowhere else")
	}
	return cik, nil
}

// pageFiler returns the filer in the name of an older page.
func pageFiler(base string) (cik edgar.CIK, ok bool) {
	match := pageName.FindStringSubmatch(base)
	if match == nil {
		return 0, false
	}
	cik, err := edgar.ParseCIK(match[1])
	return cik, err == nil
}

// distinctFilings returns each accession number of filings once, and a rejection for each record that contradicts an
// earlier one.
func distinctFilings(filings []edgar.FilingRecord) (distinct []edgar.FilingRecord, conflicts []edgar.Rejection) {
	first := make(map[edgar.AccessionNumber]int, len(filings))
	distinct = make([]edgar.FilingRecord, 0, len(filings))
	for i, f := range filings {
		before, repeated := first[f.Accession]
		switch {
		case !repeated:
			first[f.Accession] = i
			distinct = append(distinct, f)
		case f != filings[before]:
			conflicts = append(conflicts, edgar.Rejection{
				Position: "filing " + f.Accession.String(),
				Reason: fmt.Sprintf("given twice with different attributes: %s filed %s, then %s filed %s",
					filings[before].Form, filings[before].FiledOn, f.Form, f.FiledOn),
			})
		}
	}
	return distinct, conflicts
}
