package csvfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLineBytes bounds a line with its end.
const maxLineBytes = 64 << 10

// lines reads a text line by line.
type lines struct {
	in     *bufio.Reader
	number int // of the line that was read last, counted from 1
}

func newLines(r io.Reader) *lines { return &lines{in: bufio.NewReaderSize(r, maxLineBytes)} }

// nextFilled returns the next line that is not empty, without its end. Errors: io.EOF, *FormatError, or the file's.
func (l *lines) nextFilled() (string, error) {
	for {
		line, err := l.next()
		if line != "" || err != nil {
			return line, err
		}
	}
}

func (l *lines) next() (string, error) {
	line, err := l.in.ReadSlice('\n')
	l.number++
	switch {
	case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
		line = bytes.TrimSuffix(line, []byte("\n"))
		return string(bytes.TrimSuffix(line, []byte("\r"))), nil
	case errors.Is(err, bufio.ErrBufferFull):
		return "", &FormatError{Line: l.number, Reason: fmt.Sprintf("longer than %d kB", maxLineBytes>>10)}
	case errors.Is(err, io.ErrUnexpectedEOF): // a compressed file that is cut off
		return "", &FormatError{Line: l.number, Reason: "the file ends in the middle: it is cut off"}
	default:
		return "", err
	}
}
