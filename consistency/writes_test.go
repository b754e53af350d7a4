package consistency_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store"
)

// write is what a transaction writes, and the changes that importers would tell of it.
type write struct {
	sql     string
	changes []store.Change
}

// openWrite is a write whose changes stand in the outbox, in a transaction that is not committed.
type openWrite struct {
	write

	tx pgx.Tx
}

func told(kind store.ChangeKind, keys ...string) store.Change {
	return store.Change{Kind: kind, Keys: keys}
}

// ofSectorOf makes the sector of a company one of the keys when the change is published.
const ofSectorOf = "?"

// writeKinds is how many kinds of writes there are.
const writeKinds = 11

// drawWrite draws a write; n is in what it writes.
func (w *world) drawWrite(n int) write {
	id := pick(w.random, w.known.ids)
	key := strconv.FormatInt(id, 10)
	company, companies, sector := told(store.ChangeCompany, key), told(store.ChangeCompanies), told(store.ChangeSector, ofSectorOf+key)
	switch pick(w.random, w.phase.writes) {
	case 0:
		return write{fmt.Sprintf("update companies set name = 'Renamed %d', search_text = 'renamed %d' where id = %d", n, n, id), []store.Change{company, companies, sector}}
	case 1:
		return write{fmt.Sprintf("update companies set market_cap = %d where id = %d", 1_000_000*(n%97), id), []store.Change{company, companies, sector}}
	case 2:
		other := pick(w.random, append([]string{"Moved"}, w.known.sectors...))
		return write{fmt.Sprintf("update companies set sector = '%s' where id = %d", other, id), []store.Change{company, companies, told(store.ChangeSector, ofSectorOf+key, other)}}
	case 3: // two companies change their symbols
		other := pick(w.random, w.known.ids)
		otherKey := strconv.FormatInt(other, 10)
		return write{
			fmt.Sprintf(`update securities set symbol = symbol || '!' where company_id in (%[1]d, %[2]d) and is_primary and valid_to is null;
				update securities y set symbol = (select rtrim(o.symbol, '!') from securities o where o.is_primary and o.valid_to is null
					and o.company_id = case y.company_id when %[1]d then %[2]d else %[1]d end)
				where company_id in (%[1]d, %[2]d) and symbol like '%%!' and %[1]d <> %[2]d
					and (select count(*) from securities o where o.company_id in (%[1]d, %[2]d) and symbol like '%%!') = 2;
				update securities set symbol = rtrim(symbol, '!') where symbol like '%%!'`, id, other),
			[]store.Change{told(store.ChangeCompany, key, otherKey), companies, told(store.ChangeSector, ofSectorOf+key, ofSectorOf+otherKey)},
		}
	case 4:
		return write{fmt.Sprintf("update series set last_value = %d where company_id = %d and security_id is not null", n, id), []store.Change{company}}
	case 5:
		return write{fmt.Sprintf(`update facts set value = %d where company_id = %d;
			update metrics m set value = %[1]d from series s where s.id = m.series_id and s.company_id = %[2]d and s.security_id is null;
			update series set last_value = %[1]d where company_id = %[2]d and security_id is null`, n, id), []store.Change{company}}
	case 6:
		return write{fmt.Sprintf("update company_forms set n = n + 1 where company_id = %d", id), []store.Change{company}}
	case 7:
		accession := strings.ReplaceAll(pick(w.random, w.known.filings), "-", "")
		return write{
			fmt.Sprintf("update filings set title = 'Title %[1]d' where id = %[2]s; update filing_companies set title = 'Title %[1]d' where filing_id = %[2]s", n, accession),
			[]store.Change{told(store.ChangeCompany, "f"+accession), told(store.ChangeForm, "f"+accession), told(store.ChangeFilings)},
		}
	case 8:
		return write{fmt.Sprintf("update concepts set label = 'Label %d'", n), []store.Change{told(store.ChangeDefinitions)}}
	case 9:
		k := 1 + w.random.IntN(3)
		return write{
			fmt.Sprintf(`insert into companies (id, name, search_text, ticker) values (%d, 'New %d', 'new', 'NEW%d') on conflict (id) do update set name = 'New at %d';
				insert into securities (id, company_id, symbol, is_primary) values (%[1]d, %[1]d, 'NEW%[3]d', true)
				on conflict (id) do update set valid_to = case when securities.valid_to is null then date '2026-01-02' end`, 900_000+k, k, k, n),
			[]store.Change{told(store.ChangeCompany, strconv.Itoa(900_000+k)), companies},
		}
	default:
		return write{fmt.Sprintf("update companies set sic = case when sic is null then '7372' end where id = %d", id), []store.Change{company, companies, sector, told(store.ChangeFilings)}}
	}
}

// keysOf fills in what is known only in the database: the sectors of companies, the companies and forms of filings.
func (w *world) keysOf(ctx context.Context, changes []store.Change) ([]store.Change, error) {
	var all []store.Change
	for _, c := range changes {
		var keys []string
		for _, key := range c.Keys {
			var sql, arg string
			switch {
			case strings.HasPrefix(key, ofSectorOf):
				sql, arg = "select sector from companies where id = $1::text::bigint and sector is not null", key[1:]
			case key[0] == 'f' && c.Kind == store.ChangeCompany:
				sql, arg = "select company_id::text from filing_companies where filing_id = $1::text::bigint", key[1:]
			case key[0] == 'f' && c.Kind == store.ChangeForm:
				sql, arg = "select form from filings where id = $1::text::bigint", key[1:]
			default:
				keys = append(keys, key)
				continue
			}
			rows, _ := w.pool.Query(ctx, sql, arg) // collecting reports the error
			found, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", sql, err)
			}
			keys = append(keys, found...)
		}
		if c.Kind.HasKeys() == (len(keys) > 0) {
			all = append(all, store.Change{Kind: c.Kind, Keys: keys})
		}
	}
	return all, nil
}

// commitOn commits a write as a process does that has the server's connections.
func (w *world) commitOn(s *server, what write) error {
	ctx := w.t.Context()
	changes, err := w.keysOf(ctx, what.changes)
	if err != nil {
		return err
	}
	tx, err := beginOn(ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if err := executeAll(ctx, tx, what.sql); err != nil {
		return err
	}
	if err := store.Publish(ctx, tx, changes...); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// beginOn begins a transaction on one of a server's connections, which may have been ended all.
func beginOn(ctx context.Context, s *server) (tx pgx.Tx, err error) {
	for range 10 {
		if tx, err = s.store.Pool().Begin(ctx); err == nil {
			return tx, nil
		}
	}
	return nil, err
}

func executeAll(ctx context.Context, tx pgx.Tx, sql string) error {
	for statement := range strings.SplitSeq(sql, ";") {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// begin begins a transaction that takes its place in the outbox at once, and writes last.
func (w *world) begin(what write) error {
	ctx := w.t.Context()
	changes, err := w.keysOf(ctx, what.changes)
	if err != nil {
		return err
	}
	if len(changes) == 0 { // a move between sectors may come to nothing
		return nil
	}
	if what.isOfSectors() { // which sector it is may be another one by the time it commits
		changes = append(changes, told(store.ChangeSector, store.AnyKey))
	}
	tx, err := w.pool.Begin(ctx)
	if err != nil {
		return err
	}
	if err := store.Publish(ctx, tx, changes...); err != nil {
		return err
	}
	w.open = append(w.open, &openWrite{what, tx})
	return nil
}

func (what write) isOfSectors() bool {
	for _, c := range what.changes {
		if c.Kind == store.ChangeSector {
			return true
		}
	}
	return false
}

// end writes what the oldest open transaction has told of, and commits it, or not.
func (w *world) end(commits bool) error {
	ctx := w.t.Context()
	first := w.open[0]
	w.open = w.open[1:]
	defer func() { _ = first.tx.Rollback(ctx) }()
	if err := executeAll(ctx, first.tx, first.sql); err != nil || !commits {
		return err
	}
	return first.tx.Commit(ctx)
}

// rollBack ends what is open.
func (w *world) rollBack() {
	for _, o := range w.open {
		_ = o.tx.Rollback(context.WithoutCancel(w.t.Context()))
	}
	w.open = nil
}

// register makes a client, by which nothing becomes old.
func (w *world) register(n int) {
	w.createClient(w.servers[0].store, fmt.Sprint("client-", n), auth.RoleAnalyst)
}

// importFile is a file that a writer imports.
type importFile struct {
	name string
	run  func() error
}

// importFiles are excerpts of EDGAR in an order that is drawn.
func importFiles(w *world) []importFile {
	w.t.Helper()
	var all []importFile
	const excerpts = "../edgar/testdata/"
	for _, pattern := range []string{"submissions/*.json", "companyfacts/*.json", "*.json", "index/*.idx"} {
		files, err := filepath.Glob(excerpts + pattern)
		if err != nil || len(files) == 0 {
			w.t.Fatalf("nothing matches %s (%v)", pattern, err)
		}
		for _, file := range files {
			all = append(all, importFile{file, func() error {
				_, err := ingest.Run(w.t.Context(), w.pool, []string{file}, ingest.Options{TickersAsOf: edgar.NewDate(2026, 7, 30)})
				return err
			}})
		}
	}
	w.random.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	return all
}

// drawImport returns the next file of EDGAR, or else prices or sectors that are not those of before.
func (w *world) drawImport(n int) importFile {
	if len(w.files) > 0 && w.random.IntN(2) == 0 {
		file := w.files[0]
		w.files = w.files[1:]
		return file
	}
	symbol := pick(w.random, append([]string{"AAPL", "BBWI"}, w.known.tickers...))
	if w.random.IntN(3) == 0 {
		text := fmt.Sprintf("symbol,sector,industry\n%s,%s,Industry %d\n", symbol, pick(w.random, append([]string{"Moved"}, w.known.sectors...)), n)
		return importFile{"sectors of " + symbol, func() error {
			_, err := ingest.RunReference(w.t.Context(), w.pool, []string{w.file("sectors.csv", text)}, ingest.Options{})
			return err
		}}
	}
	day := edgar.NewDate(2026, 1, 5) + edgar.Date(n%5)
	text := fmt.Sprintf("date,ticker,open,high,low,close,adj_close,volume\n%s,%s,1,1,1,%[3]d,%[3]d,%[3]d\n", day, symbol, n)
	return importFile{"prices of " + symbol, func() error {
		_, err := ingest.RunPrices(w.t.Context(), w.pool, []string{w.file("prices.csv", text)}, nil, ingest.Options{})
		return err
	}}
}

// file returns the path of a file with a text.
func (w *world) file(name, text string) string {
	path := filepath.Join(w.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}
