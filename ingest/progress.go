package ingest

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress tells how far an import is: a bar over the bytes of all files on a terminal, a line now and then elsewhere.
type progress struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil where it is no terminal
	now   func() time.Time
	files int
	bytes int64

	begun   int   // files
	read    int64 // bytes, with those that were passed over
	ended   int64 // bytes at the end of the present file
	records int64
	told    time.Time // when the last line was written
}

// linePause is the time between two lines.
const linePause = 5 * time.Second

func newProgress(w io.Writer, terminal bool, now func() time.Time, files []file) *progress {
	p := &progress{w: w, now: now, files: len(files), told: now()}
	for _, f := range files {
		p.bytes += f.size
	}
	if !terminal {
		p.line(fmt.Sprintf("importing %d %s, %s", p.files, plural(p.files, "file", "files"), megabytes(p.bytes)))
		return p
	}
	p.bar = progressbar.NewOptions64(p.bytes,
		progressbar.OptionSetWriter(w),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
	return p
}

// file tells that the next file begins. What was not read of the one before counts as passed over.
func (p *progress) file(f file) {
	p.begun++
	p.read = p.ended
	p.ended += f.size
	if p.bar != nil {
		p.bar.Describe(printable(filepath.Base(f.path)))
	}
	p.add(0)
}

// add tells that n more bytes of the file were read.
func (p *progress) add(n int64) {
	p.read = min(p.read+n, p.ended) // the file may have grown
	if p.bar != nil {
		_ = p.bar.Set64(p.read) // a bar that fails is no fault
		return
	}
	if now := p.now(); now.Sub(p.told) >= linePause {
		p.told = now
		p.line(fmt.Sprintf("file %d of %d, %s of %s, %d records", p.begun, p.files, megabytes(p.read), megabytes(p.bytes), p.records))
	}
}

// line writes a line; a bar is drawn again below it.
func (p *progress) line(s string) {
	p.clear()
	_, _ = fmt.Fprintln(p.w, s) // who does not read the progress does not stop the import
}

// clear takes the bar off the screen, so that a line can be written.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// finish takes the bar off the screen for good.
func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Exit()
		_ = p.bar.Clear()
	}
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
