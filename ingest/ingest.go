package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
)

// Options are the settings of an import. The zero value of each means its default.
type Options struct {
	Strict        bool             // a rejected record makes the import fail at its end
	TickersAsOf   edgar.Date       // the day that ticker files tell of; zero: the day each was last modified (UTC)
	ReferenceAsOf edgar.Date       // the day that reference files tell of; zero: the day each was last modified (UTC)
	Only          []edgar.CIK      // Run takes only what is of these companies; nil: of all
	Wait          time.Duration    // how long to wait for a database that goes away; default 5 minutes
	Progress      io.Writer        // told how far the import is; nil: nobody
	Terminal      bool             // Progress is a terminal: a bar, not lines
	Rejections    io.Writer        // gets a line for each rejected record and each failed file; nil: nobody
	Logger        *slog.Logger     // default: none
	Now           func() time.Time // for elapsed times; default time.Now
}

// defaultWait is long enough for a restart with recovery, or for a standby to take over.
const defaultWait = 5 * time.Minute

func (o Options) withDefaults() Options {
	if o.Wait <= 0 {
		o.Wait = defaultWait
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Rejections == nil {
		o.Rejections = io.Discard
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// IncompleteError says that an import went to its end but did not take everything. Its message is fit for a user.
type IncompleteError struct {
	Files    int   // files that failed; nothing of them was stored
	First    error // why the first of them failed
	Rejected int64 // rejected records, when Options.Strict
}

func (e *IncompleteError) Error() string {
	var parts []string
	if e.Files > 0 {
		parts = append(parts, fmt.Sprintf("%d %s failed, the first: %s", e.Files, plural(e.Files, "file", "files"), e.First))
	}
	if e.Rejected > 0 {
		parts = append(parts, fmt.Sprintf("%d %s rejected", e.Rejected, plural(e.Rejected, "record was", "records were")))
	}
	return strings.Join(parts, "; ")
}

// Unwrap returns why the first file failed; nil when none did.
func (e *IncompleteError) Unwrap() error { return e.First }

// Run imports the files at paths; folders are walked in the order of their names. The pool's connections must lead to
// the server itself, not to a pooler that shares them between transactions: one of them is taken out of the pool for
// the temporary tables and the lock of the import, and closed at the end. When another import holds the lock, Run says
// so and waits.
//
// When the database goes away, Run says so, waits for Options.Wait, and does again what was not committed. Files and
// members of archives whose bytes were imported before without a rejected record are not read again: their records count
// as unchanged.
//
// A file that is broken is named on Options.Rejections and the others go on. The report counts what was committed, of
// submissions, tickers, companyfacts and indexes; it is not nil, even when there is an error. Errors: *IncompleteError
// at the end; a path that does not exist, before anything is imported; at once an error of the database or ctx, which
// names the file that was being imported.
func Run(ctx context.Context, pool *pgxpool.Pool, paths []string, o Options) (*Report, error) {
	im := newImporter(o, newReport())
	return im.report, im.run(ctx, pool, paths, im.importEDGAR)
}

// importer is one run.
type importer struct {
	options  Options
	report   *Report
	progress *progress
	db       *session
	only     selection
	batch    batch
	failed   IncompleteError
	named    tally
	hashing  []byte // buffer
}

// tally counts the rejections of a document, so that they are not named again when its import is repeated.
type tally struct{ seen, told int }

func newImporter(o Options, r *Report) *importer {
	return &importer{options: o.withDefaults(), report: r, only: newSelection(o.Only)}
}

// run gives the files at paths to importAll, on a session that is prepared by the statements of setup too.
func (im *importer) run(
	ctx context.Context, pool *pgxpool.Pool, paths []string, importAll func(context.Context, []file) error, setup ...string,
) error {
	started := im.options.Now()
	defer func() { im.report.Elapsed = im.options.Now().Sub(started) }()
	files, err := findFiles(ctx, paths)
	if err != nil {
		return err
	}
	im.progress = newProgress(im.options.Progress, im.options.Terminal, im.options.Now, files)
	defer im.progress.finish()
	if im.db, err = openSession(ctx, pool, im.options.Wait, im.progress.line, setup...); err != nil {
		return err
	}
	defer im.db.close(ctx)
	if err := importAll(ctx, files); err != nil {
		return err
	}
	if err := im.db.refreshRollup(ctx); err != nil {
		return err
	}
	return im.verdict()
}

// importEDGAR imports what of files is of EDGAR.
func (im *importer) importEDGAR(ctx context.Context, files []file) error {
	if err := im.importFiles(ctx, files, handler{take: im.importFile, pass: func(imported) {}}); err != nil {
		return err
	}
	if err := im.flush(ctx); err != nil {
		return err
	}
	written := func(place int) int64 { return im.report.kind(place).Stored + im.report.kind(place).Updated }
	if err := im.db.analyze(ctx, written(kindSubmissions)+written(kindTickers)+written(kindIndexes), analyzeFilings); err != nil {
		return err
	}
	return im.db.analyze(ctx, written(kindCompanyFacts), analyzeFacts)
}

// clock starts to measure the time spent on a kind of files; what it returns ends it.
func (im *importer) clock(k *KindReport) func() {
	started := im.options.Now()
	return func() { k.Elapsed += im.options.Now().Sub(started) }
}

// verdict is the error of an import that reached its end.
func (im *importer) verdict() error {
	incomplete := im.failed
	if im.options.Strict {
		for _, k := range im.report.Kinds {
			incomplete.Rejected += k.Rejected
		}
	}
	if incomplete.Files == 0 && incomplete.Rejected == 0 {
		return nil
	}
	return &incomplete
}

// fail judges an error that ended the import of a document: the document's fault is reported and the import goes on
// (nil), any other ends it.
func (im *importer) fail(ctx context.Context, name string, kind edgar.Kind, err error) error {
	if ended := ctx.Err(); ended != nil { // whatever was made of it on the way
		return fmt.Errorf("import %s: %w", name, ended)
	}
	err = fmt.Errorf("import %s: %w", name, err)
	if !isFault(err) {
		return err
	}
	im.failed.Files++
	if im.failed.First == nil {
		im.failed.First = err
	}
	*im.report.failures(kind)++
	return im.tell(name, "failed", errors.Unwrap(err).Error())
}

// reject names records of a document that were not taken.
func (im *importer) reject(name string, rejections ...edgar.Rejection) error {
	for _, r := range rejections {
		if im.named.seen++; im.named.seen <= im.named.told {
			continue
		}
		im.named.told++
		if err := im.tell(name, r.Position, r.Reason); err != nil {
			return err
		}
	}
	return nil
}

func (im *importer) tell(name, position, reason string) error {
	im.progress.clear()
	if _, err := fmt.Fprintf(im.options.Rejections, "%s: %s: %s\n", printable(name), printable(position), printable(reason)); err != nil {
		return fmt.Errorf("report a rejection: %w", err)
	}
	return nil
}

func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
