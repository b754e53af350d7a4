package edgar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
)

// FormatError says that a file is not what its kind of file must be, so nothing more of it can be read. A record that
// is wrong by itself is a Rejection instead. Its message is fit for a user.
type FormatError struct {
	Kind     Kind   // the kind of file that was read
	Position string // where in the document, for example "filings.recent.form"; "" when unknown
	Offset   int64  // bytes read up to the fault; 0 when unknown
	Reason   string
}

func (e *FormatError) Error() string {
	s := e.Kind.String()
	if e.Position != "" {
		s += ": " + e.Position
	}
	if e.Offset > 0 {
		s += " (byte " + strconv.FormatInt(e.Offset, 10) + ")"
	}
	return s + ": " + e.Reason
}

const (
	reasonEmpty     = "the file is empty"
	reasonTruncated = "the file ends in the middle: it is cut off"
)

// maxDocumentBytes bounds the documents that are read as a whole. The largest real ones have 2 MB.
const maxDocumentBytes = 32 << 20

// readDocument reads a whole JSON object. Errors: *FormatError, or r's.
func readDocument(kind Kind, r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxDocumentBytes+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF): // a compressed file that is cut off
		return nil, &FormatError{Kind: kind, Offset: int64(len(data)), Reason: reasonTruncated}
	case err != nil:
		return nil, err
	case len(data) > maxDocumentBytes:
		return nil, &FormatError{Kind: kind, Reason: fmt.Sprintf("the file is larger than %d MB", maxDocumentBytes>>20)}
	}
	if reason := notAnObject(data); reason != "" {
		return nil, &FormatError{Kind: kind, Reason: reason}
	}
	return data, nil
}

// notAnObject says why a file that begins with head cannot be a JSON object; "" when it may be one.
func notAnObject(head []byte) string {
	head = bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(head) == 0:
		return reasonEmpty
	case head[0] != '{':
		return "not a JSON object: it begins with " + quote(string(head[:min(len(head), 20)]))
	default:
		return ""
	}
}

// unmarshal decodes data into v. Error: *FormatError.
func unmarshal(kind Kind, data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var (
		syntax *json.SyntaxError
		typ    *json.UnmarshalTypeError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax) && syntax.Offset >= int64(len(data)):
		return &FormatError{Kind: kind, Offset: int64(len(data)), Reason: reasonTruncated}
	case errors.As(err, &syntax):
		return &FormatError{Kind: kind, Offset: syntax.Offset, Reason: syntax.Error()}
	case errors.As(err, &typ):
		return &FormatError{Kind: kind, Position: typ.Field, Offset: typ.Offset, Reason: typeFault(typ).Error()}
	default:
		return &FormatError{Kind: kind, Reason: err.Error()}
	}
}

// typeFault says what e found and what was wanted.
func typeFault(e *json.UnmarshalTypeError) error {
	got, want := "a "+e.Value, "a string"
	switch e.Value {
	case "array", "object":
		got = "an " + e.Value
	case "bool":
		got = "a boolean"
	}
	switch e.Type.Kind() {
	case reflect.Map, reflect.Struct:
		want = "an object"
	case reflect.Slice:
		want = "an array"
	default:
	}
	return wrongType(got, want)
}

func wrongType(got, want string) error { return fmt.Errorf("%s where %s is wanted", got, want) }
