package ingest

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/corpintel/corpintel/edgar"
)

// afterSubmissions is the place of a ticker file's first symbol of a company: submissions of the same day order the
// symbols better.
const afterSubmissions = 1000

// importTickers imports a ticker file.
func (im *importer) importTickers(ctx context.Context, d *document) (Count, error) {
	records, rejections, err := edgar.ParseTickers(d.body)
	if err != nil {
		return Count{}, fault(err)
	}
	count := Count{Read: int64(len(records) + len(rejections))}
	records, conflicts := distinctTickers(records)
	rejections = slices.Concat(rejections, conflicts)
	if err := im.reject(d.name, rejections...); err != nil {
		return Count{}, err
	}
	count.Rejected = int64(len(rejections))
	all := len(records)
	records = slices.DeleteFunc(records, func(r edgar.TickerRecord) bool { return !im.only.has(r.CIK) })
	count.Skipped = int64(all - len(records))
	err = im.db.inTx(ctx, func(t *transaction) error {
		count.Stored, count.Updated, err = t.importTickers(ctx, records, d.day(im.options.TickersAsOf))
		if err != nil {
			return err
		}
		return t.remember(ctx, im.note(d, im.report.kind(kindTickers), count))
	})
	count.Unchanged = count.Read - count.Rejected - count.Stored - count.Updated - count.Skipped
	return count, err
}

// distinctTickers returns each symbol of each company once, by CIK and row, and a rejection for each record that gives
// one another exchange.
func distinctTickers(records []edgar.TickerRecord) (distinct []edgar.TickerRecord, conflicts []edgar.Rejection) {
	records = slices.Clone(records)
	slices.SortFunc(records, func(a, b edgar.TickerRecord) int {
		return cmp.Or(cmp.Compare(a.CIK, b.CIK), cmp.Compare(a.Symbol, b.Symbol), cmp.Compare(a.Row, b.Row))
	})
	for _, r := range records {
		if n := len(distinct); n > 0 && distinct[n-1].CIK == r.CIK && distinct[n-1].Symbol == r.Symbol {
			if before := distinct[n-1]; before.Exchange != r.Exchange {
				conflicts = append(conflicts, edgar.Rejection{
					Position: fmt.Sprintf("row %d", r.Row),
					Reason: fmt.Sprintf("%s of CIK %s at exchange %q, in row %d at %q",
						r.Symbol, r.CIK, r.Exchange, before.Row, before.Exchange),
				})
			}
			continue
		}
		distinct = append(distinct, r)
	}
	slices.SortStableFunc(distinct, func(a, b edgar.TickerRecord) int {
		return cmp.Or(cmp.Compare(a.CIK, b.CIK), cmp.Compare(a.Row, b.Row))
	})
	return distinct, conflicts
}

// importTickers brings the records, which are ordered by CIK, into the database.
func (t *transaction) importTickers(ctx context.Context, records []edgar.TickerRecord, asOf edgar.Date) (stored, updated int64, err error) {
	ciks, names := namesOf(records)
	if err := t.nameCompanies(ctx, ciks, names, rankTickers, asOf); err != nil {
		return 0, 0, err
	}
	var l listings
	place := 0
	for i, r := range records {
		place++
		if i == 0 || records[i-1].CIK != r.CIK {
			place = afterSubmissions
			l.addCompany(r.CIK, asOf)
		}
		l.addSymbol(r.CIK, r.Symbol, r.Exchange, place)
	}
	if stored, updated, err = t.importListings(ctx, l); err != nil {
		return 0, 0, err
	}
	return stored, updated, t.classify(ctx, ciks)
}

// namesOf returns each CIK of records, which are ordered by CIK, and the greatest of its names.
func namesOf(records []edgar.TickerRecord) (ciks []edgar.CIK, names []string) {
	for _, r := range records {
		n := len(ciks)
		if n == 0 || ciks[n-1] != r.CIK {
			ciks, names = append(ciks, r.CIK), append(names, r.Name)
			continue
		}
		names[n-1] = max(names[n-1], r.Name)
	}
	return ciks, names
}
