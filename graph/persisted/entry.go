package persisted

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bounds of what is read.
const (
	MaxFileBytes = 64 << 20 // of a file
	MaxDocuments = 20_000   // in a file
	MaxTextBytes = 100 << 10
	MaxIDBytes   = 128
)

// maxFaults is how many faults of a file are looked for.
const maxFaults = 50

// Entry is a document as a file has it.
type Entry struct {
	ID   string // by which it will be called
	Text string
	Name string // of its operation, where the file says it
	Type string // of its operation: query, mutation or subscription, where the file says it
	File string
	Line int // where the entry begins, from 1
	// Whole says that the file is the text: places in one are places in the other.
	Whole bool
}

// String names the entry for people: by its id, a hash shortened, and its operation.
func (e Entry) String() string {
	if e.Name == "" {
		return "document " + legible(e.ID)
	}
	return fmt.Sprintf("document %s (%s)", legible(e.ID), e.Name)
}

// legible returns an id as people read it, whatever is in it.
func legible(id string) string {
	if len(id) > MaxIDBytes {
		id = id[:MaxIDBytes]
	}
	switch {
	case len(id) >= 32 && isHex(id):
		return id[:12] + "…"
	case plainID(id):
		return id
	default:
		return strconv.QuoteToASCII(id)
	}
}

// FileError is what is wrong with a file or a document in it.
type FileError struct {
	File     string
	Line     int    // in the file, from 1; 0 when it is the file as a whole
	Column   int    // in the file, from 1; 0 when it is not known
	Document string // as Entry.String has it; empty when no document is meant
	Reason   string
}

// Error says what is wrong and where, as compilers do.
func (f *FileError) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	if f.Column > 0 {
		fmt.Fprintf(&b, ":%d", f.Column)
	}
	b.WriteString(": ")
	if f.Document != "" {
		b.WriteString(f.Document + ": ")
	}
	b.WriteString(f.Reason)
	return b.String()
}

// FileErrors are what is wrong, in the order of the files.
type FileErrors []*FileError

// Error has a line for each fault.
func (f FileErrors) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// fault returns a fault of the entry.
func (e Entry) fault(format string, args ...any) *FileError {
	return &FileError{File: e.File, Line: e.Line, Document: e.String(), Reason: fmt.Sprintf(format, args...)}
}

// plainID reports whether a text can be an id.
func plainID(id string) bool {
	return id != "" && len(id) <= MaxIDBytes && !strings.HasPrefix(id, HashPrefix) && !strings.ContainsFunc(id, func(r rune) bool {
		isAlphanumeric := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !isAlphanumeric && !strings.ContainsRune("._:-", r)
	})
}

// isName reports whether a text is a name of GraphQL.
func isName(name string) bool {
	return name != "" && len(name) <= MaxIDBytes && !slices.ContainsFunc([]byte(name), func(c byte) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_'
	}) && (name[0] < '0' || name[0] > '9')
}

// isHex reports whether a text has hexadecimal digits only.
func isHex(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F')
	})
}
