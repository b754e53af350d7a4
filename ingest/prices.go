package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/prices"
)

// RunPrices imports the files of daily prices at paths, plain or gzipped; folders are walked. holdings, which may be nil,
// is what the operator says about who held symbols: for each symbol that it names it replaces what was said before.
// Otherwise it is as Run; records are values, and rejections are named before a file is known to be whole.
//
// Prices hang on securities. Each is linked to the company that held the symbol on its day (findHolders); where none is
// known it hangs on a security of that symbol without a company, and Report.Unlinked names the symbol. It is
// linked by the import that brings the knowledge.
//
// A file is a snapshot, for each of its symbols, of the newest day that it has of it. Of two files that contradict each
// other about a value the newer snapshot counts, of one day the greater value.
func RunPrices(ctx context.Context, pool *pgxpool.Pool, paths []string, holdings *prices.SymbolMap, o Options) (*Report, error) {
	im := &priceImporter{
		importer: *newImporter(o, newPriceReport()),
		symbols:  make(map[string]bool),
	}
	err := im.run(ctx, pool, paths, func(ctx context.Context, files []file) error {
		return im.importAll(ctx, files, holdings)
	}, preparePrices)
	return im.report, err
}

// priceImporter is one run of RunPrices.
type priceImporter struct {
	importer
	symbols map[string]bool // in the files
}

func newPriceReport() *Report {
	return &Report{Kinds: []*KindReport{{Kind: pricesName, Records: "values"}}}
}

func (im *priceImporter) importAll(ctx context.Context, files []file, holdings *prices.SymbolMap) (err error) {
	if err := im.importHoldings(ctx, holdings); err != nil {
		return err
	}
	if err := im.importFiles(ctx, files, handler{take: im.importFile, pass: im.passFile}); err != nil {
		return err
	}
	if im.report.Unlinked, err = im.unlinked(ctx); err != nil {
		return err
	}
	report := im.report.Kinds[0]
	return im.db.analyze(ctx, report.Stored+report.Updated, analyzePrices)
}

const analyzePrices = `-- name: analyzePrices
analyze companies, securities, concepts, definitions, series, metrics, metrics_month`

// passFile counts what the report tells of a file that was imported before.
func (im *priceImporter) passFile(i imported) {
	im.report.Rows += i.rows.Int64
	for _, symbol := range i.symbols {
		im.symbols[symbol] = true
	}
}

// importFile imports a file. An error ends the whole import.
func (im *priceImporter) importFile(ctx context.Context, d *document) error {
	report := im.report.Kinds[0]
	defer im.clock(report)()
	im.named = tally{}
	if _, err := im.begin(ctx, d); err != nil {
		return im.fail(ctx, d.name, d.kind, fault(err))
	}
	f := &priceFile{document: d, done: make(map[string]bool)}
	err := im.persist(ctx, d, func() error { return im.importPrices(ctx, f) })
	count := f.count(err)
	report.add(count)
	im.progress.records += count.Read
	if err != nil {
		return im.fail(ctx, d.name, d.kind, err)
	}
	report.Files++
	im.report.Rows += f.rows
	return nil
}

// priceFile is a file and how far its import is.
type priceFile struct {
	*document
	rows   int64
	read   Count           // Read and Rejected of the file, and what it has twice
	stored Count           // of the transactions that were committed
	done   map[string]bool // the symbols in them
}

// count returns what became of the values when the import ended with err: those of the transactions that were committed,
// and of a file that is whole what was rejected. The rest counts for nothing.
func (f *priceFile) count(err error) Count {
	if err != nil && len(f.done) == 0 {
		return Count{}
	}
	count := f.read
	count.add(f.stored)
	if err != nil {
		count.Read = count.Stored + count.Unchanged + count.Updated + count.Skipped + count.Rejected
	}
	return count
}

// importPrices imports a file: it is staged as a whole, then brought into the database in transactions of some symbols
// each. What they have done need not be done again when it is repeated.
func (im *priceImporter) importPrices(ctx context.Context, f *priceFile) error {
	rows, read, err := im.stagePrices(ctx, f.document)
	if err != nil {
		return err
	}
	repeated, err := im.dropRepeatedRows(ctx, f.name)
	if err != nil {
		return err
	}
	f.rows, f.read = rows, read
	f.read.add(repeated)
	return im.storePrices(ctx, f)
}

// storePrices brings the staged rows into the database.
func (im *priceImporter) storePrices(ctx context.Context, f *priceFile) error {
	staged := im.db.opened
	batches, err := im.batches(ctx)
	if err != nil {
		return err
	}
	for i, symbols := range batches {
		if f.done[symbols[0]] {
			continue
		}
		if im.db.opened != staged {
			return errRepeat // what is staged went with the session
		}
		var stored Count
		err := im.db.inTx(ctx, func(t *transaction) (err error) {
			if stored, err = t.storePrices(ctx, symbols); err != nil || i < len(batches)-1 {
				return err
			}
			return im.rememberPrices(ctx, t, f, batches)
		})
		if err != nil {
			return fmt.Errorf("prices of %s to %s: %w", symbols[0], symbols[len(symbols)-1], err)
		}
		f.stored.add(stored)
		for _, symbol := range symbols {
			f.done[symbol], im.symbols[symbol] = true, true
		}
	}
	return nil
}

// rememberPrices notes that f is imported, with the last of its batches.
func (im *priceImporter) rememberPrices(ctx context.Context, t *transaction, f *priceFile, batches [][]string) error {
	for _, note := range im.note(f.document, im.report.Kinds[0], f.read) {
		note.rows = pgtype.Int8{Int64: f.rows, Valid: true}
		note.symbols = slices.Concat(batches...)
		if err := t.rememberPrices(ctx, note); err != nil {
			return err
		}
	}
	return nil
}

// maxBatchRows bounds the rows of a transaction, but for those of a single symbol.
const maxBatchRows = 50_000

const countSymbols = `-- name: countSymbols
insert into price_symbols (symbol, rows, as_of)
select symbol, count(*), max(date)
from price_rows
group by symbol`

const listSymbols = `-- name: listSymbols
select symbol, rows
from price_symbols
order by symbol`

// batches returns the symbols of the staged rows, those of a transaction together.
func (im *priceImporter) batches(ctx context.Context) (batches [][]string, err error) {
	if _, err := im.db.conn.Exec(ctx, countSymbols); err != nil {
		return nil, fmt.Errorf("count the symbols: %w", err)
	}
	found, _ := im.db.conn.Query(ctx, listSymbols) // ForEachRow reports the error
	var (
		symbol      string
		rows, batch int64
	)
	_, err = pgx.ForEachRow(found, []any{&symbol, &rows}, func() error {
		if batch += rows; len(batches) == 0 || batch > maxBatchRows {
			batches, batch = append(batches, nil), rows
		}
		last := len(batches) - 1
		batches[last] = append(batches[last], symbol)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the symbols: %w", err)
	}
	return batches, nil
}

// dropRepeatedRows drops the staged rows of a symbol and day that has a row before. It counts them unchanged when
// they say the same, and else rejects them.
func (im *priceImporter) dropRepeatedRows(ctx context.Context, name string) (count Count, err error) {
	for _, sql := range []string{indexPriceRows, analyzePriceRows} {
		if _, err := im.db.conn.Exec(ctx, sql); err != nil {
			return Count{}, fmt.Errorf("%s: %w", statementName(sql), err)
		}
	}
	rows, _ := im.db.conn.Query(ctx, dropRepeatedRows) // ForEachRow reports the error
	var (
		line, first, values int64
		symbol              string
		day                 time.Time
		same                bool
	)
	_, err = pgx.ForEachRow(rows, []any{&line, &first, &symbol, &day, &same, &values}, func() error {
		if same {
			count.Unchanged += values
			return nil
		}
		count.Rejected += values
		return im.reject(name, edgar.Rejection{
			Position: fmt.Sprintf("line %d", line),
			Reason:   fmt.Sprintf("%s on %s is in line %d already, with other values", symbol, edgar.DateOf(day), first),
		})
	})
	if err != nil {
		return Count{}, fmt.Errorf("drop repeated rows: %w", err)
	}
	return count, nil
}

const unlinkedSymbols = `-- name: unlinkedSymbols
select symbol
from securities y
where company_id is null and symbol = any($1) and exists (select from series p where p.security_id = y.id)
order by symbol`

// unlinked returns the symbols in the files of which there are prices that are linked to no company.
func (im *priceImporter) unlinked(ctx context.Context) ([]string, error) {
	symbols := make([]string, 0, len(im.symbols))
	for symbol := range im.symbols {
		symbols = append(symbols, symbol)
	}
	var found []string
	err := im.db.persist(ctx, func(bool) (err error) {
		rows, _ := im.db.conn.Query(ctx, unlinkedSymbols, symbols) // CollectRows reports the error
		found, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("unlinked symbols: %w", err)
	}
	return found, nil
}
