package web_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var reference = regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`)

// TestBuiltPages checks that both pages and all that they name are served, in every coding and with the right headers.
func TestBuiltPages(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(answering())
	for _, page := range []string{"/", "/graphiql"} {
		w := send(t, h, "GET", page, "")
		if got := w.Header().Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: Cache-Control %q", page, got)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none';") || regexp.MustCompile(`unsafe|\*|https?:`).MatchString(policy) {
			t.Errorf("%s: policy %q", page, policy)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s %q, want %q", page, name, got, want)
			}
		}
		for _, forbidden := range []string{"<style", "style=", "onclick", "<script>", "//cdn"} {
			if strings.Contains(w.Body.String(), forbidden) {
				t.Errorf("%s has %q", page, forbidden)
			}
		}
		assets := reference.FindAllStringSubmatch(w.Body.String(), -1)
		if len(assets) < 3 {
			t.Fatalf("%s names %v, want scripts and styles", page, assets)
		}
		for _, asset := range assets {
			wantCodings(t, h, asset[1])
		}
	}
}

// wantCodings checks that a file is the same in all codings, and kept for ever.
func wantCodings(t *testing.T, h http.Handler, target string) {
	t.Helper()
	plain := send(t, h, "GET", target, "")
	if plain.Code != http.StatusOK || plain.Body.Len() == 0 {
		t.Fatalf("%s: status %d, %d bytes", target, plain.Code, plain.Body.Len())
	}
	tags := map[string]bool{plain.Header().Get("Etag"): true}
	for accepted, want := range map[string]string{"gzip": "gzip", "gzip, deflate, br, zstd": "br"} {
		w := send(t, h, "GET", target, "", "Accept-Encoding", accepted)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("%s for %q: coding %q, want %q", target, accepted, got, want)
		}
		if got := w.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", target, got)
		}
		if w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: Vary %q", target, w.Header().Get("Vary"))
		}
		if want == "gzip" && !bytes.Equal(unzip(t, w), plain.Body.Bytes()) {
			t.Errorf("%s: gzip holds something else", target)
		}
		tag := w.Header().Get("Etag")
		tags[tag] = true
		again := send(t, h, "GET", target, "", "Accept-Encoding", accepted, "If-None-Match", tag)
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s with its tag: status %d, %d bytes", target, again.Code, again.Body.Len())
		}
	}
	if len(tags) != 3 {
		t.Errorf("%s: codings share a tag: %v", target, tags)
	}
}

func unzip(t *testing.T, w *httptest.ResponseRecorder) []byte {
	t.Helper()
	reader, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestBuild checks that the build has every file in both codings and is small.
func TestBuild(t *testing.T) {
	t.Parallel()
	var total int64
	err := filepath.WalkDir("ui/dist", func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		switch plain := strings.TrimSuffix(name, filepath.Ext(name)); filepath.Ext(name) {
		case ".br":
			total += info.Size()
			if _, err := os.Stat(plain + ".gz"); err != nil {
				t.Error(err)
			}
		case ".gz":
			if _, err := os.Stat(plain + ".br"); err != nil {
				t.Error(err)
			}
		default:
			t.Errorf("%s is not packed", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const most = 600_000
	if total > most {
		t.Errorf("%d bytes in brotli, at most %d are wanted", total, most)
	}
}

// BenchmarkPage serves the explorer as browsers ask for it.
func BenchmarkPage(b *testing.B) {
	h, _ := newHandler(answering())
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/graphiql", nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != "br" {
			b.Fatal(w.Code)
		}
	}
}
