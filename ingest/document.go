package ingest

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/corpintel/corpintel/edgar"
)

// document is one file, or one member of an archive, ready to be read.
type document struct {
	name     string // as it is shown: the path, for a member followed by its name
	path     string // its own name with the folders it is in, separated by slashes
	kind     edgar.Kind
	modified time.Time
	body     io.Reader // decompressed
}

// maxDocumentBytes bounds a document after decompression. Real ones have at most some 30 MB; an archive made to
// explode ends here.
const maxDocumentBytes = 1 << 30

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
func (im *importer) importFile(ctx context.Context, f file) error {
	r, err := os.Open(f.path)
	if err != nil {
		return im.fail(ctx, f.path, edgar.KindUnknown, fault(err))
	}
	defer func() { _ = r.Close() }() // it was only read
	info, err := r.Stat()
	if err != nil {
		return im.fail(ctx, f.path, edgar.KindUnknown, fault(err))
	}
	magic := make([]byte, len(zipMagic))
	if n, _ := r.ReadAt(magic, 0); string(magic[:n]) == zipMagic {
		return im.importArchive(ctx, f, r, info.Size())
	}
	d := document{name: f.path, path: filepath.ToSlash(f.path), modified: info.ModTime()}
	_, err = im.importDocument(ctx, d, metered(ctx, r, im.progress.add), f.named)
	return err
}

// importArchive imports the members of a zip archive, each as a file of its own. Nothing is unpacked to disk, so the
// names of members lead nowhere.
func (im *importer) importArchive(ctx context.Context, f file, r io.ReaderAt, size int64) error {
	failed := im.failed.Files
	var known bool
	var fatal error
	err := readArchive(r, size, func(m member) error {
		if strings.HasSuffix(m.name, "/") { // a folder
			return nil
		}
		var kind edgar.Kind
		kind, fatal = im.importMember(ctx, f, r, m)
		known = known || kind != edgar.KindUnknown
		im.progress.add(m.compressed)
		return fatal
	})
	switch {
	case fatal != nil:
		return fatal
	case err != nil:
		return im.fail(ctx, f.path, edgar.KindUnknown, fault(err))
	case f.named && !known && im.failed.Files == failed:
		return im.fail(ctx, f.path, edgar.KindUnknown, fault(errors.New("no EDGAR file is in this archive")))
	default:
		return nil
	}
}

func (im *importer) importMember(ctx context.Context, f file, r io.ReaderAt, m member) (edgar.Kind, error) {
	d := document{name: f.path + ": " + m.name, path: m.name, modified: m.modified}
	content, err := m.open(r)
	if err != nil {
		return edgar.KindUnknown, im.fail(ctx, d.name, edgar.KindUnknown, fault(err))
	}
	return im.importDocument(ctx, d, metered(ctx, content, func(int64) {}), false)
}

// importDocument imports what r contains, when it is of a kind that is imported, and returns the kind. named documents
// must be of EDGAR.
func (im *importer) importDocument(ctx context.Context, d document, r io.Reader, named bool) (edgar.Kind, error) {
	head, err := d.open(r)
	if err != nil {
		return d.kind, im.fail(ctx, d.name, d.kind, fault(err))
	}
	d.kind = edgar.DetectKind(d.path, head)
	if im.report.of(d.kind) != nil {
		return d.kind, im.importRecords(ctx, d)
	}
	if d.kind == edgar.KindUnknown && (named || dataFileName.MatchString(path.Base(d.path))) {
		return d.kind, im.fail(ctx, d.name, d.kind, fault(notEDGAR(head)))
	}
	im.report.skippedFile(d.kind)
	return d.kind, nil
}

// open makes d readable and returns its first bytes.
func (d *document) open(r io.Reader) (head []byte, err error) {
	body := bufio.NewReaderSize(r, bufferBytes)
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
	d.body = &bounded{r: body, left: maxDocumentBytes}
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
func (im *importer) importRecords(ctx context.Context, d document) error {
	report := im.report.of(d.kind)
	if report == im.report.kind(kindSubmissions) {
		return im.importSubmissions(ctx, d)
	}
	if err := im.flush(ctx); err != nil {
		return err
	}
	defer im.clock(report)()
	importAs := im.importCompanyFacts
	switch report {
	case im.report.kind(kindTickers):
		importAs = im.importTickers
	case im.report.kind(kindIndexes):
		importAs = im.importIndex
	}
	count, err := importAs(ctx, d)
	if err != nil {
		return im.fail(ctx, d.name, d.kind, err)
	}
	report.Files++
	report.add(count)
	im.progress.records += count.Read
	return nil
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
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("larger than %d MB", maxDocumentBytes>>20)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
