package persisted

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"
)

// Parse reads a file of documents. What it is its content says:
//
//   - a persisted query manifest of Apollo: an object with format, version and operations;
//   - a map of Relay: an object with an id and a text in each member;
//   - the text of one document, in a file whose name ends in .graphql or .gql: its id is the SHA-256 of its bytes.
//
// JSON is read strictly: no member twice, no half characters, nothing after the value. What the manifest has beyond the members
// that are known is passed over. Entries are in the order of the file.
// Error: FileErrors, at most 50 of them; the entries are then those without one. An error of r is one too.
func Parse(name string, r io.Reader) ([]Entry, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return nil, FileErrors{{File: name, Reason: err.Error()}}
	}
	if fault := unreadable(name, data); fault != nil {
		return nil, FileErrors{fault}
	}
	if isDocument(name) {
		return parseDocument(name, string(data))
	}
	return parseJSON(name, data)
}

// unreadable returns what is wrong with a file whatever it is meant to be.
func unreadable(name string, data []byte) *FileError {
	fault := &FileError{File: name}
	switch {
	case len(data) > MaxFileBytes:
		fault.Reason = fmt.Sprintf("the file is larger than %d MiB: divide it", MaxFileBytes>>20)
	case len(bytes.TrimSpace(data)) == 0:
		fault.Reason = "the file is empty"
	case bytes.HasPrefix(data, []byte("\ufeff")):
		fault.Reason = "the file begins with a byte order mark, which would be a part of it: save it as UTF-8 without one"
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		fault.Reason = "the file is UTF-16: save it as UTF-8"
	case !utf8.Valid(data):
		valid := validPrefix(data)
		fault.Line = 1 + bytes.Count(data[:valid], []byte("\n"))
		fault.Reason = "bytes that are no UTF-8"
	default:
		return nil
	}
	return fault
}

// validPrefix returns how many bytes are UTF-8.
func validPrefix(data []byte) int {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// isDocument reports whether a file is the text of a document, by its name.
func isDocument(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".graphql", ".gql":
		return true
	default:
		return false
	}
}

func parseDocument(name, text string) ([]Entry, error) {
	entry := Entry{ID: hexHash(text), Text: text, File: name, Line: 1, Whole: true}
	if fault := entry.unusableText(); fault != nil {
		fault.Document = ""
		return nil, FileErrors{fault}
	}
	return []Entry{entry}, nil
}

// unusableText returns what is wrong with the text of an entry that can be known without reading it.
func (e Entry) unusableText() *FileError {
	switch {
	case len(e.Text) > MaxTextBytes:
		return e.fault("the text has %d bytes, more than %d are not taken", len(e.Text), MaxTextBytes)
	case strings.TrimSpace(e.Text) == "":
		return e.fault("the text is empty")
	case strings.ContainsRune(e.Text, 0):
		return e.fault("the text has a character NUL")
	default:
		return nil
	}
}
