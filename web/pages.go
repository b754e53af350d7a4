package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/corpintel/corpintel/web/compress"
)

// built is the explorer and the landing page as web/ui builds them: every file twice, as .br and as .gz.
//
//go:embed all:ui/dist
var built embed.FS

const builtFolder = "ui/dist"

// How long browsers keep a file without asking: for ever where its name changes with its content, not at all otherwise.
const (
	keepForever = "public, max-age=31536000, immutable"
	keepAndAsk  = "no-cache"
)

// pagePolicy lets a page load its own files and ask this server, and nothing else: no other origin, nothing inline,
// nothing evaluated. The explorer's style sheet has pictures in it.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// builtFile is one file of the build.
type builtFile struct {
	brotli, gzip []byte
	header       http.Header // of every answer; not to be changed
	tag          string      // of the content, without quotation marks
}

// pages are the files of the build, by their paths within it.
type pages map[string]*builtFile

// newPages returns the files that are in the program.
func newPages() pages {
	found, err := readPages(built, builtFolder)
	if err != nil {
		panic(err) // the program was built so
	}
	return found
}

func readPages(from fs.FS, folder string) (pages, error) {
	files := make(pages)
	err := fs.WalkDir(from, folder, func(name string, entry fs.DirEntry, err error) error {
		plain, isGzip := strings.CutSuffix(name, ".gz")
		if err != nil || entry.IsDir() || !isGzip {
			return err
		}
		zipped, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		brotli, err := fs.ReadFile(from, plain+".br")
		if err != nil {
			return err
		}
		within := strings.TrimPrefix(plain, folder+"/")
		files[within] = newBuiltFile(within, brotli, zipped)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("built pages: %w", err)
	}
	return files, nil
}

func newBuiltFile(name string, brotli, zipped []byte) *builtFile {
	keep := keepAndAsk
	if strings.HasPrefix(name, "assets/") {
		keep = keepForever
	}
	header := http.Header{
		"Content-Type":    {contentType(name)},
		"Cache-Control":   {keep},
		"Vary":            {"Accept-Encoding"},
		"Referrer-Policy": {"no-referrer"},
	}
	if path.Ext(name) == ".html" {
		header.Set("Content-Security-Policy", pagePolicy)
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		header.Set("X-Frame-Options", "DENY")
	}
	sum := sha256.Sum256(zipped)
	return &builtFile{brotli: brotli, gzip: zipped, header: header, tag: hex.EncodeToString(sum[:8])}
}

// contentType returns the type of a file; the machine's own table is not asked, it differs.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	default:
		return "application/octet-stream"
	}
}

// page serves one file of the build.
func (p pages) page(name string) http.Handler {
	file, ok := p[name]
	if !ok {
		panic("the build has no " + name)
	}
	return file
}

// asset serves the files whose names change with their content.
func (p pages) asset(w http.ResponseWriter, r *http.Request) {
	file, ok := p["assets/"+r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	file.ServeHTTP(w, r)
}

// ServeHTTP answers with the file in the coding that the client likes best.
func (f *builtFile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	coding := compress.Choose(r.Header["Accept-Encoding"], compress.Gzip, compress.Brotli)
	header := w.Header()
	maps.Copy(header, f.header)
	tag := f.entityTag(coding)
	header["Etag"] = []string{tag}
	if matches(r.Header["If-None-Match"], tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, err := f.in(coding)
	if err != nil {
		panic(err) // the program was built so
	}
	if coding != compress.None {
		header["Content-Encoding"] = []string{string(coding)}
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // the client is gone if this fails; net/http leaves out the body of HEAD
}

// entityTag returns the tag of the file in a coding: each is an entity of its own.
func (f *builtFile) entityTag(c compress.Coding) string {
	if c == compress.None {
		return `"` + f.tag + `"`
	}
	return `"` + f.tag + "-" + string(c) + `"`
}

// in returns the file in a coding. Few clients want none: for them it is decompressed each time.
func (f *builtFile) in(c compress.Coding) ([]byte, error) {
	if c == compress.Brotli {
		return f.brotli, nil
	}
	if c == compress.Gzip {
		return f.gzip, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(f.gzip))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
