package ingest

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// content is a member and what is in it.
type content struct {
	Name     string
	Text     string
	Modified time.Time
}

func contents(data []byte) (all []content, err error) {
	r := bytes.NewReader(data)
	err = readArchive(r, r.Size(), func(m member) error {
		raw, err := m.stored(r)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(io.LimitReader(m.content(raw), 1<<20))
		all = append(all, content{m.name, string(text), m.modified})
		return err
	})
	return all, err
}

// zipped makes an archive whose members are stored and deflated by turns.
func zipped(t testing.TB, comment string, members ...content) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, m := range members {
		method := zip.Store
		if i%2 == 1 {
			method = zip.Deflate
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.Name, Method: method, Modified: m.Modified})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, m.Text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.SetComment(comment); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadArchive(t *testing.T) {
	t.Parallel()
	day := time.Date(2025, 12, 31, 23, 59, 58, 0, time.UTC)
	many := make([]content, 70_000) // more than 16 bits count: a zip64 archive
	for i := range many {
		many[i] = content{fmt.Sprintf("CIK%010d.json", i), strings.Repeat("x", i%5), day}
	}
	for name, members := range map[string][]content{
		"empty": nil,
		"two":   {{"a.json", "{}", day}, {"folder/b.json", strings.Repeat("text ", 1000), day}},
		"zip64": many,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := contents(zipped(t, "a comment PK", members...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(members, got); diff != "" {
				t.Errorf("members (-want +got)\n%s", diff)
			}
		})
	}
}

// TestReadArchiveCutOff cuts an archive off at every byte: it is an error, not a shorter archive.
func TestReadArchiveCutOff(t *testing.T) {
	t.Parallel()
	data := zipped(t, "", content{Name: "a", Text: "some text"}, content{Name: "b", Text: strings.Repeat("text", 50)})
	for n := range data {
		if _, err := contents(data[:n]); !errors.Is(err, errArchive) {
			t.Fatalf("cut off after %d of %d bytes: got error %v", n, len(data), err)
		}
	}
}

// FuzzReadArchive holds the members of archives against those that archive/zip finds.
func FuzzReadArchive(f *testing.F) {
	f.Add(zipped(f, "", content{Name: "a", Text: "stored"}, content{Name: "b", Text: "deflated"}))
	f.Add(zipped(f, "comment"))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := contents(data)
		if err != nil {
			return
		}
		archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if errors.Is(err, zip.ErrInsecurePath) {
			err = nil
		}
		if err != nil {
			return // more is asked of what is not needed, such as the number of members
		}
		var names []string
		for _, m := range archive.File {
			names = append(names, m.Name)
		}
		for i, m := range got {
			if i >= len(names) || names[i] != m.Name {
				t.Fatalf("member %d is %q, archive/zip has %q", i, m.Name, names)
			}
		}
	})
}
