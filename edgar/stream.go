package edgar

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	maxValueBytes = 1 << 20 // of one value that is decoded at once: a fact, a key, a description
	maxNesting    = 64
)

var errValueTooLong = fmt.Errorf("a value is longer than %d bytes", maxValueBytes)

// stream reads one JSON object value by value, in memory for one value.
type stream struct {
	kind Kind
	in   *meter
	dec  *json.Decoder
}

// newStream returns a stream over the document r. Errors: *FormatError when it is no JSON object, or r's.
func newStream(kind Kind, r io.Reader) (*stream, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	in := &meter{r: buffered}
	s := &stream{kind: kind, in: in, dec: json.NewDecoder(in)}
	head, err := buffered.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		in.err = err
		return nil, s.fail("", err)
	}
	if reason := notAnObject(head); reason != "" {
		return nil, &FormatError{Kind: kind, Reason: reason}
	}
	return s, nil
}

// object reads the next value and calls member with each of its keys; member must read the key's value. When the value
// is no object it is skipped, and wrong names what it is.
func (s *stream) object(position string, member func(key string) error) (wrong string, err error) {
	wrong, err = s.open(position, '{')
	if wrong != "" || err != nil {
		return wrong, err
	}
	for s.dec.More() {
		key, err := s.token(position)
		if err != nil {
			return "", err
		}
		name, _ := key.(string) // the decoder gives nothing else in the place of a key
		if err := member(name); err != nil {
			return "", err
		}
	}
	_, err = s.token(position)
	return "", err
}

// array reads the next value and calls element for each element, which it must read. When the value is no array it is
// skipped, and wrong names what it is.
func (s *stream) array(position string, element func(i int) error) (wrong string, err error) {
	wrong, err = s.open(position, '[')
	if wrong != "" || err != nil {
		return wrong, err
	}
	for i := 0; s.dec.More(); i++ {
		if err := element(i); err != nil {
			return "", err
		}
	}
	_, err = s.token(position)
	return "", err
}

// decode reads the next value into v. Errors: *json.UnmarshalTypeError when it does not fit, after which the stream can
// be read on; else as fail.
func (s *stream) decode(position string, v any) error {
	s.in.used = 0
	err := s.dec.Decode(v)
	var wrong *json.UnmarshalTypeError
	if err == nil || errors.As(err, &wrong) {
		return err
	}
	return s.fail(position, err)
}

// skip reads over the next value.
func (s *stream) skip(position string) error {
	first, err := s.token(position)
	if err != nil {
		return err
	}
	return s.skipRest(position, first)
}

// end reads what follows the document: nothing.
func (s *stream) end() error {
	s.in.used = 0
	if _, err := s.dec.Token(); err != io.EOF || s.in.err != nil {
		return s.fault("", "more follows the end of the document")
	}
	return nil
}

// open reads the beginning of an object or array. When the value is something else it is skipped, and wrong names it.
func (s *stream) open(position string, want json.Delim) (wrong string, err error) {
	first, err := s.token(position)
	if err != nil || first == want {
		return "", err
	}
	return tokenType(first), s.skipRest(position, first)
}

// skipRest reads over the rest of a value that begins with first.
func (s *stream) skipRest(position string, first json.Token) error {
	depth := 0
	for token := first; ; {
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		if depth > maxNesting {
			return s.fault(position, fmt.Sprintf("nested more than %d deep", maxNesting))
		}
		var err error
		if token, err = s.token(position); err != nil {
			return err
		}
	}
}

func (s *stream) token(position string) (json.Token, error) {
	s.in.used = 0
	t, err := s.dec.Token()
	if err != nil {
		return nil, s.fail(position, err)
	}
	return t, nil
}

// fault is a FormatError at the place that has been reached.
func (s *stream) fault(position, reason string) error {
	return &FormatError{Kind: s.kind, Position: position, Offset: s.dec.InputOffset(), Reason: reason}
}

// fail makes a FormatError of an error of the decoder; errors of the reader below it stay what they are.
func (s *stream) fail(position string, err error) error {
	if s.in.err != nil {
		err = s.in.err
	}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return s.fault(position, reasonTruncated)
	case errors.Is(err, errValueTooLong), errors.As(err, &syntax):
		return s.fault(position, err.Error())
	default:
		return err
	}
}

// meter is a reader that fails once more than maxValueBytes were read since used was set to zero. The decoder reads
// ahead by no more than the size of its buffer, which is that of the longest value before.
type meter struct {
	r    io.Reader
	used int
	err  error // that ended the reading, other than io.EOF
}

func (m *meter) Read(p []byte) (int, error) {
	if m.used > maxValueBytes {
		m.err = errValueTooLong
		return 0, m.err
	}
	n, err := m.r.Read(p)
	m.used += n
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// tokenType names the type of the value that begins with t for a message.
func tokenType(t json.Token) string {
	switch t {
	case json.Delim('{'):
		return "an object"
	case json.Delim('['):
		return "an array"
	case nil:
		return "null"
	}
	switch t.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	default:
		return "a number"
	}
}
