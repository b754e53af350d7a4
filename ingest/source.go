package ingest

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/corpintel/corpintel/edgar"
)

// source is an open file.
type source struct {
	file
	*os.File
	info os.FileInfo // when it was opened
}

// changed reports whether the file was written to since it was opened.
func (s *source) changed() bool {
	now, err := s.Stat()
	return err != nil || now.Size() != s.info.Size() || !now.ModTime().Equal(s.info.ModTime())
}

// Documents are asked for in groups whether they were imported before: one statement each would be a million for the
// SEC's bulk archive. The bounds are on open files, on memory, and on what is read before the import shows.
const (
	maxGroupFiles   = 64
	maxGroupMembers = 1000
	maxGroupBytes   = 16 << 20
)

// group are documents whose digests are known.
type group struct {
	documents []*document
	bytes     int64
}

func (g *group) add(d *document) {
	g.documents = append(g.documents, d)
	if !d.archive {
		g.bytes += d.raw.Size()
	}
}

func (g *group) full(most int) bool { return len(g.documents) >= most || g.bytes >= maxGroupBytes }

// handler takes the documents of a group.
type handler struct {
	take func(context.Context, *document) error // one that may be new; an error ends the whole import
	pass func(imported)                         // one that was imported before, and is counted already
}

// importFiles gives the files to h, but for those of companies that are not selected.
func (im *importer) importFiles(ctx context.Context, files []file, h handler) error {
	var g group
	defer g.close()
	for _, f := range files {
		if im.only.leavesOut(f.path) {
			im.report.LeftOut++
			im.progress.file(f)
			continue
		}
		d, err := im.openFile(ctx, f)
		if err != nil {
			im.progress.file(f)
			if err := im.fail(ctx, f.path, edgar.KindUnknown, fault(err)); err != nil {
				return err
			}
			continue
		}
		if g.add(d); g.full(maxGroupFiles) {
			if err := im.importGroup(ctx, &g, h); err != nil {
				return err
			}
			g.close()
		}
	}
	return im.importGroup(ctx, &g, h)
}

// importGroup gives the documents of g to h.
func (im *importer) importGroup(ctx context.Context, g *group, h handler) error {
	if len(g.documents) == 0 {
		return nil
	}
	known, err := im.recall(ctx, g.documents)
	if err != nil {
		return im.fail(ctx, g.documents[0].name, edgar.KindUnknown, err)
	}
	for _, d := range g.documents {
		if d.member == nil {
			im.progress.file(d.source.file)
		}
		if i, ok := im.pass(d, known); ok {
			h.pass(i)
		} else if err := h.take(ctx, d); err != nil {
			return err
		}
		if d.member != nil {
			im.progress.add(d.raw.Size())
		}
	}
	return nil
}

// close closes the files of g and empties it.
func (g *group) close() {
	for _, d := range g.documents {
		if d.member == nil {
			_ = d.source.Close() // it was only read
		}
	}
	*g = group{documents: g.documents[:0]}
}

// openFile opens a file and takes its digest; an archive's members have theirs.
func (im *importer) openFile(ctx context.Context, f file) (*document, error) {
	r, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	d, err := im.examine(ctx, f, r)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return d, nil
}

func (im *importer) examine(ctx context.Context, f file, r *os.File) (*document, error) {
	info, err := r.Stat()
	if err != nil {
		return nil, err
	}
	d := &document{
		name: f.path, path: filepath.ToSlash(f.path), named: f.named, modified: info.ModTime(),
		source: &source{f, r, info}, raw: io.NewSectionReader(r, 0, info.Size()),
	}
	magic := make([]byte, len(zipMagic))
	if n, _ := r.ReadAt(magic, 0); string(magic[:n]) == zipMagic {
		d.archive = true
		return d, nil
	}
	return d, im.digest(ctx, d)
}

// digest takes the digest of d.
func (im *importer) digest(ctx context.Context, d *document) error {
	if im.hashing == nil {
		im.hashing = make([]byte, 64<<10)
	}
	sum := sha256.New()
	n, err := io.CopyBuffer(sum, metered(ctx, d.raw, func(int64) {}), im.hashing)
	if err == nil && n < d.raw.Size() {
		err = cutOff(io.ErrUnexpectedEOF)
	}
	sum.Sum(d.digest[:0])
	return err
}

// importArchive imports the members of a zip archive, each as a file of its own. Nothing is unpacked to disk, so the
// names of members lead nowhere.
func (im *importer) importArchive(ctx context.Context, archive *document) error {
	var (
		failed = im.failed.Files
		known  bool
		fatal  error
		g      group
	)
	h := handler{
		take: func(ctx context.Context, d *document) error {
			err := im.importDocument(ctx, d)
			known = known || d.kind != edgar.KindUnknown
			return err
		},
		pass: func(imported) { known = true },
	}
	err := readArchive(archive.raw, archive.raw.Size(), func(m member) error {
		if strings.HasSuffix(m.name, "/") { // a folder
			return nil
		}
		if im.only.leavesOut(m.name) {
			im.report.LeftOut++
			im.progress.add(m.compressed)
			known = true
			return nil
		}
		d, err := im.examineMember(ctx, archive, m)
		if err != nil {
			fatal = im.fail(ctx, d.name, edgar.KindUnknown, fault(err))
			return fatal
		}
		if g.add(d); g.full(maxGroupMembers) {
			fatal = im.importGroup(ctx, &g, h)
			g = group{documents: g.documents[:0]}
		}
		return fatal
	})
	if fatal == nil {
		fatal = im.importGroup(ctx, &g, h)
	}
	switch {
	case fatal != nil:
		return fatal
	case err != nil:
		return im.fail(ctx, archive.name, edgar.KindUnknown, fault(err))
	case archive.named && !known && im.failed.Files == failed:
		return im.fail(ctx, archive.name, edgar.KindUnknown, fault(errors.New("no EDGAR file is in this archive")))
	default:
		return nil
	}
}

// examineMember returns a member of an archive with its digest. The document has its name, even when there is an error.
func (im *importer) examineMember(ctx context.Context, archive *document, m member) (d *document, err error) {
	d = &document{
		name: archive.name + ": " + m.name, path: m.name, modified: m.modified,
		source: archive.source, member: &m, deflated: m.method == deflated,
	}
	if d.raw, err = m.stored(archive.raw); err != nil {
		return d, err
	}
	return d, im.digest(ctx, d)
}
