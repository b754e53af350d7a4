package ingest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
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
	o = o.withDefaults()
	im := &priceImporter{
		importer: importer{options: o, report: newPriceReport()},
		symbols:  make(map[string]bool),
	}
	started := o.Now()
	err := im.run(ctx, pool, paths, holdings)
	im.report.Elapsed = o.Now().Sub(started)
	return im.report, err
}

// priceImporter is one run of RunPrices.
type priceImporter struct {
	importer
	symbols map[string]bool // in the files
}

func newPriceReport() *Report {
	return &Report{Kinds: []*KindReport{{Kind: "prices", Records: "values"}}}
}

func (im *priceImporter) run(ctx context.Context, pool *pgxpool.Pool, paths []string, holdings *prices.SymbolMap) error {
	files, err := findFiles(ctx, paths)
	if err != nil {
		return err
	}
	im.progress = newProgress(im.options.Progress, im.options.Terminal, im.options.Now, files)
	defer im.progress.finish()
	if im.db, err = openSession(ctx, pool, im.waiting); err != nil {
		return err
	}
	defer im.db.close(ctx)
	if _, err := im.db.conn.Exec(ctx, preparePrices); err != nil {
		return fmt.Errorf("prepare the connection: %w", err)
	}
	if err := im.importHoldings(ctx, holdings); err != nil {
		return err
	}
	for _, f := range files {
		im.progress.file(f)
		if err := im.importFile(ctx, f); err != nil {
			return err
		}
	}
	if im.report.Unlinked, err = im.unlinked(ctx); err != nil {
		return err
	}
	if report := im.report.Kinds[0]; report.Stored+report.Updated >= grown {
		if _, err := im.db.conn.Exec(ctx, analyzePrices); err != nil {
			return fmt.Errorf("renew the statistics: %w", err)
		}
	}
	return im.verdict()
}

const analyzePrices = `-- name: analyzePrices
analyze companies, securities, concepts, definitions, series, metrics`

// importFile imports a file. An error ends the whole import.
func (im *priceImporter) importFile(ctx context.Context, f file) error {
	report := im.report.Kinds[0]
	defer im.clock(report)()
	rows, count, err := im.importPrices(ctx, f)
	report.add(count)
	im.report.Rows += rows
	im.progress.records += count.Read
	if err == nil {
		report.Files++
		return nil
	}
	failed := im.report.Failed
	err = im.fail(ctx, f.path, edgar.KindUnknown, err)
	report.Failed += im.report.Failed - failed
	im.report.Failed = failed
	return err
}

// importPrices imports a file: it is staged as a whole, then brought into the database in transactions of some symbols
// each. The count is that of the transactions that were committed; it is not of a file of which nothing was.
func (im *priceImporter) importPrices(ctx context.Context, f file) (rows int64, count Count, err error) {
	r, err := os.Open(f.path)
	if err != nil {
		return 0, Count{}, fault(err)
	}
	defer func() { _ = r.Close() }() // it was only read
	d := document{name: f.path, path: filepath.ToSlash(f.path)}
	if _, err := d.open(metered(ctx, r, im.progress.add)); err != nil {
		return 0, Count{}, fault(err)
	}
	if rows, count, err = im.stagePrices(ctx, d); err != nil {
		return 0, Count{}, err
	}
	repeated, err := im.dropRepeatedRows(ctx, d.name)
	if err != nil {
		return 0, Count{}, err
	}
	count.add(repeated)
	stored, err := im.storePrices(ctx)
	count.add(stored)
	if err != nil { // the rest of the file counts for nothing
		count.Read = count.Stored + count.Unchanged + count.Updated + count.Skipped + count.Rejected
	}
	return rows, count, err
}

// storePrices brings the staged rows into the database.
func (im *priceImporter) storePrices(ctx context.Context) (count Count, err error) {
	batches, err := im.batches(ctx)
	if err != nil {
		return Count{}, err
	}
	for _, symbols := range batches {
		var stored Count
		err := im.db.inTx(ctx, func(t *transaction) (err error) {
			stored, err = t.storePrices(ctx, symbols)
			return err
		})
		if err != nil {
			return count, fmt.Errorf("prices of %s to %s: %w", symbols[0], symbols[len(symbols)-1], err)
		}
		count.add(stored)
		for _, symbol := range symbols {
			im.symbols[symbol] = true
		}
	}
	return count, nil
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
	rows, _ := im.db.conn.Query(ctx, unlinkedSymbols, symbols) // CollectRows reports the error
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("unlinked symbols: %w", err)
	}
	return found, nil
}
