package ingest

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"time"

	"github.com/corpintel/corpintel/edgar"
)

// document is one file, or one member of an archive.
type document struct {
	name     string // as it is shown: the path, for a member followed by its name
	path     string // its own name with the folders it is in, separated by slashes
	named    bool   // by the user
	modified time.Time
	source   *source           // the file that it is, or is in
	raw      *io.SectionReader // its bytes as they are stored
	member   *member           // nil for a file
	archive  bool              // raw is a zip archive
	deflated bool
	digest   [sha256.Size]byte // of raw; not of an archive

	// Once it is begun.
	kind edgar.Kind
	body io.Reader // decompressed
}

// What a document may be after decompression. Real ones have at most some 30 MB, and become 30 times as large; an
// archive made to explode ends here.
const (
	maxDocumentBytes = 1 << 30
	maxInflation     = 200
	alwaysAllowed    = 64 << 20 // bytes, whatever the inflation
)

const (
	headBytes   = 4096 // what the kind of a document is told from
	bufferBytes = 8192
)

// The first bytes of compressed files.
const (
	zipMagic  = "PK\x03\x04"
	gzipMagic = "\x1f\x8b"
)

// dataFileName are names that only data files have: what is called so and is none is broken, not foreign.
var dataFileName = regexp.MustCompile(`(?i)^(CIK\d{10}(-submissions-\d+)?|company_tickers(_exchange)?)\.json(\.gz)?$|^(company|crawler|form|master)(\.\d+)?\.idx(\.gz)?$`)

// importFile imports a file or the members of an archive. An error ends the whole import.
func (im *importer) importFile(ctx context.Context, d *document) error {
	if d.archive {
		return im.importArchive(ctx, d)
	}
	return im.importDocument(ctx, d)
}

// importDocument imports d when it is of a kind that is imported. A document that the user names must be of EDGAR.
func (im *importer) importDocument(ctx context.Context, d *document) error {
	im.named = tally{}
	head, err := im.begin(ctx, d)
	if err != nil {
		return im.fail(ctx, d.name, d.kind, fault(err))
	}
	d.kind = edgar.DetectKind(d.path, head)
	if im.report.of(d.kind) != nil {
		return im.importRecords(ctx, d)
	}
	if d.kind == edgar.KindUnknown && (d.named || dataFileName.MatchString(path.Base(d.path))) {
		return im.fail(ctx, d.name, d.kind, fault(notEDGAR(head)))
	}
	im.report.skippedFile(d.kind)
	return nil
}

// begin makes d readable from its start, also when it was read before, and returns its first bytes.
func (im *importer) begin(ctx context.Context, d *document) (head []byte, err error) {
	if d.archive {
		return nil, errors.New("a zip archive: only files of EDGAR are read out of one")
	}
	if _, err := d.raw.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r, read := io.Reader(d.raw), im.progress.add
	if d.member != nil { // which is counted as a whole
		r, read = d.member.content(d.raw), func(int64) {}
	}
	body := bufio.NewReaderSize(metered(ctx, r, read), bufferBytes)
	if magic, _ := body.Peek(len(gzipMagic)); string(magic) == gzipMagic {
		unzip, err := gzip.NewReader(body)
		if err != nil {
			return nil, cutOff(err)
		}
		body = bufio.NewReaderSize(unzip, bufferBytes)
	}
	if head, err = body.Peek(headBytes); err != nil && !errors.Is(err, io.EOF) {
		return nil, cutOff(err)
	}
	d.body = newBounded(body, d.raw.Size())
	return head, nil
}

// cutOff explains the error of a compressed file that ends too early.
func cutOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends in the middle: it is cut off")
	}
	return err
}

// notEDGAR says what is wrong with a file that begins with head and should be of EDGAR.
func notEDGAR(head []byte) error {
	if len(head) == 0 {
		return errors.New("the file is empty")
	}
	return fmt.Errorf("not an EDGAR file: it begins with %.40q", head)
}

// importRecords imports a document of a known kind.
func (im *importer) importRecords(ctx context.Context, d *document) error {
	report := im.report.of(d.kind)
	if report.Kind == submissionsName {
		return im.importSubmissions(ctx, d)
	}
	if err := im.flush(ctx); err != nil {
		return err
	}
	importAs := im.importCompanyFacts
	switch report.Kind {
	case tickersName:
		importAs = im.importTickers
	case indexesName:
		importAs = im.importIndex
	}
	return im.importCounted(ctx, d, report, importAs)
}

// importCounted imports a document, again when the database was away meanwhile, and counts what importAs returns.
func (im *importer) importCounted(
	ctx context.Context, d *document, report *KindReport, importAs func(context.Context, *document) (Count, error),
) error {
	defer im.clock(report)()
	var count Count
	err := im.persist(ctx, d, func() (err error) {
		count, err = importAs(ctx, d)
		return err
	})
	if errors.Is(err, errLeftOut) {
		im.report.LeftOut++
		return nil
	}
	if err != nil {
		return im.fail(ctx, d.name, d.kind, err)
	}
	report.Files++
	report.add(count)
	im.progress.records += count.Read
	return nil
}

// persist is session.persist for work that reads d, which has begun.
func (im *importer) persist(ctx context.Context, d *document, work func() error) error {
	return im.db.persist(ctx, func(repeated bool) error {
		if repeated {
			im.named.seen = 0
			if _, err := im.begin(ctx, d); err != nil {
				return fault(err)
			}
		}
		return work()
	})
}

// metered returns a reader of r that tells what it read, and ends with ctx.
func metered(ctx context.Context, r io.Reader, read func(int64)) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, err := r.Read(p)
		read(int64(n))
		return n, err
	})
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// bounded is an io.LimitedReader for which more than the limit is an error, not the end.
type bounded struct {
	r    io.Reader
	left int64
	why  error
}

// newBounded bounds what so many stored bytes become.
func newBounded(r io.Reader, stored int64) *bounded {
	if limit := max(alwaysAllowed, stored*maxInflation); limit < maxDocumentBytes && stored < maxDocumentBytes {
		return &bounded{r, limit, fmt.Errorf("inflates to more than %d times its size: no real file does", maxInflation)}
	}
	return &bounded{r, maxDocumentBytes, fmt.Errorf("larger than %d MB", maxDocumentBytes>>20)}
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, b.why
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
