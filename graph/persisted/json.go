package persisted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// What an Apollo manifest says of itself.
const (
	apolloFormat  = "apollo-persisted-query-manifest"
	apolloVersion = "1"
)

const wanted = `want a persisted query manifest of Apollo ({"format": "` + apolloFormat + `", "version": 1, "operations": [...]})` +
	` or a map of Relay ({"id": "text", ...})`

// maxDepth is how deep values that are passed over may lie within each other.
const maxDepth = 64

// errEnough ends the reading of a file whose further faults would not be shown.
var errEnough = errors.New("too many faults")

// file is a JSON file that is read.
type file struct {
	name    string
	data    []byte
	decoder *json.Decoder
	counted int // bytes whose lines were counted
	line    int // of counted

	faults   FileErrors // of the file, whatever it is
	mapped   collection // what it has if it is a map
	listed   collection // what it has if it is a manifest
	manifest manifest
}

// collection is a part of a file.
type collection struct {
	entries []Entry
	faults  FileErrors
}

// manifest is what a file has of an Apollo manifest beside its operations.
type manifest struct {
	format, version string // for people
	operations      bool
}

// is reports whether there is anything of one.
func (m manifest) is() bool { return m.format != "" || m.version != "" || m.operations }

func parseJSON(name string, data []byte) ([]Entry, error) {
	f := &file{name: name, data: data, line: 1}
	f.decoder = json.NewDecoder(bytes.NewReader(data))
	f.decoder.UseNumber()
	err := f.read()
	var last *FileError
	switch {
	case err == nil, errors.Is(err, errEnough):
	case errors.As(err, &last):
		f.faults = append(f.faults, last)
	default:
		f.faults = append(f.faults, f.broken(err))
	}
	found := &f.mapped
	if f.manifest.is() {
		found = &f.listed
	}
	if err == nil {
		found.check(!f.manifest.is())
	}
	faults := slices.Concat(f.faults, found.faults)
	if len(faults) == 0 {
		return found.entries, nil
	}
	slices.SortStableFunc(faults, func(a, b *FileError) int { return a.Line - b.Line })
	return found.entries, faults[:min(len(faults), maxFaults)]
}

// broken returns what is wrong with a text that is no JSON. The decoder's message tells a character at most.
func (f *file) broken(err error) *FileError {
	reason := "no JSON: " + err.Error()
	offset := int(f.decoder.InputOffset())
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		reason, offset = "no JSON: it ends too early", len(f.data)
	case errors.As(err, &syntax) && syntax.Offset > f.decoder.InputOffset(): // within a value; it counts the character itself
		offset = int(syntax.Offset) - 1
	}
	before := f.data[:min(offset, len(f.data))]
	return &FileError{
		File: f.name, Line: 1 + bytes.Count(before, []byte("\n")),
		Column: offset - bytes.LastIndexByte(before, '\n'), Reason: reason,
	}
}

// here returns the line of what was read last.
func (f *file) here() int {
	at := int(f.decoder.InputOffset())
	f.line += bytes.Count(f.data[f.counted:at], []byte("\n"))
	f.counted = at
	return f.line
}

// fault returns a fault at the place of what was read last, which ends the reading.
func (f *file) fault(format string, args ...any) *FileError {
	return &FileError{File: f.name, Line: f.here(), Reason: fmt.Sprintf(format, args...)}
}

// add notes a fault that does not end the reading, unless there are enough.
func (f *file) add(to *FileErrors, fault *FileError) error {
	*to = append(*to, fault)
	if len(*to) >= maxFaults {
		return errEnough
	}
	return nil
}

// read reads the whole file.
func (f *file) read() error {
	opening, err := f.decoder.Token()
	if err != nil {
		return err
	}
	if opening != json.Delim('{') {
		return f.fault("%s", wanted)
	}
	if err := f.members(f.member); err != nil {
		return err
	}
	if _, err := f.decoder.Token(); !errors.Is(err, io.EOF) {
		return f.fault("something stands after the value")
	}
	if f.manifest.is() {
		return f.judgeManifest()
	}
	if len(f.mapped.entries) == 0 && len(f.mapped.faults) == 0 {
		return f.fault("the file has no documents")
	}
	return nil
}

// members reads an object up to its end, whose beginning was read: it calls member after each name, to read the value.
func (f *file) members(member func(name string) error) error {
	lines := make(map[string]int)
	for f.decoder.More() {
		name, err := f.text()
		if err != nil {
			return err
		}
		line := f.here()
		if first, again := lines[name]; again {
			fault := f.fault("the member %s is there a second time, the first is in line %d", quoted(name), first)
			if err := f.add(&f.faults, fault); err != nil {
				return err
			}
		} else {
			lines[name] = line
		}
		if err := member(name); err != nil {
			return err
		}
	}
	_, err := f.decoder.Token()
	return err
}

// text reads a string or the name of a member.
func (f *file) text() (string, error) {
	value, err := f.value()
	if err != nil {
		return "", err
	}
	text, ok := value.(string)
	if !ok {
		return "", f.fault("want a text here")
	}
	return text, nil
}

// value reads a token.
func (f *file) value() (json.Token, error) {
	from := f.decoder.InputOffset()
	token, err := f.decoder.Token()
	if err != nil {
		return nil, err
	}
	if _, isText := token.(string); isText && hasHalves(f.data[from:f.decoder.InputOffset()]) {
		return nil, f.fault(`an escape is half a character: \ud800 to \udfff go in pairs`)
	}
	return token, nil
}

// hasHalves reports whether a string, as JSON has it, has a surrogate without its partner.
func hasHalves(raw []byte) bool {
	for {
		at := bytes.IndexByte(raw, '\\')
		if at < 0 || at+1 >= len(raw) {
			return false
		}
		unit, ok := codeUnit(raw[at:])
		switch {
		case !ok: // another escape
			raw = raw[at+2:]
		case unit < 0xd800 || unit > 0xdfff:
			raw = raw[at+6:]
		default:
			low, ok := codeUnit(raw[at+6:])
			if unit > 0xdbff || !ok || low < 0xdc00 || low > 0xdfff {
				return true
			}
			raw = raw[at+12:]
		}
	}
}

// codeUnit returns what an escape at the beginning of raw stands for, if there is one like \u0041.
func codeUnit(raw []byte) (uint64, bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
	return unit, err == nil
}

// member reads the value of a member of the outermost object.
func (f *file) member(name string) error {
	line := f.here()
	value, err := f.value()
	if err != nil {
		return err
	}
	text, isText := value.(string)
	switch {
	case name == "format":
		f.manifest.format = described(value)
	case name == "version" && !isText:
		f.manifest.version = described(value)
	case name == "operations" && value == json.Delim('['):
		f.manifest.operations = true
		return f.operations()
	case isText:
		return f.keep(&f.mapped, Entry{ID: name, Text: text, File: f.name, Line: line})
	default:
		fault := &FileError{File: f.name, Line: line, Reason: "the value of " + quoted(name) + " is no text: " + wanted}
		if err := f.add(&f.mapped.faults, fault); err != nil && !f.manifest.is() {
			return err
		}
	}
	return f.skip(value)
}

// keep adds an entry.
func (f *file) keep(to *collection, e Entry) error {
	if len(to.entries) == MaxDocuments {
		return &FileError{File: e.File, Line: e.Line, Reason: fmt.Sprintf("the file has more than %d documents: divide it", MaxDocuments)}
	}
	to.entries = append(to.entries, e)
	return nil
}

// skip reads the rest of a value whose first token was read.
func (f *file) skip(value json.Token) error {
	depth := 0
	for {
		switch value {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > maxDepth {
			return f.fault("values lie more than %d deep in each other", maxDepth)
		}
		if depth == 0 {
			return nil
		}
		var err error
		if value, err = f.value(); err != nil {
			return err
		}
	}
}

// described returns a value for a message.
func described(value json.Token) string {
	switch value := value.(type) {
	case string:
		return quoted(value)
	case json.Delim:
		return value.String()
	case nil:
		return "null"
	default:
		return fmt.Sprint(value)
	}
}

// quoted returns a text for a message, shortened.
func quoted(text string) string {
	const most = 80
	if len(text) > most {
		return strconv.QuoteToASCII(text[:most]) + "…"
	}
	return strconv.QuoteToASCII(text)
}
