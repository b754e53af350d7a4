package edgar

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLineBytes bounds a line of an index with its end. Real ones have 150.
const maxLineBytes = 64 << 10

// indexLines reads an index line by line.
type indexLines struct {
	in     *bufio.Reader
	number int // of the line that was read last, counted from 1
}

func newIndexLines(r io.Reader) *indexLines {
	return &indexLines{in: bufio.NewReaderSize(r, maxLineBytes)}
}

// next returns the next line without its end. Errors: io.EOF, *FormatError, or the file's.
func (l *indexLines) next() (string, error) {
	line, err := l.in.ReadSlice('\n')
	l.number++
	switch {
	case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
		line = bytes.TrimSuffix(line, []byte("\n"))
		return string(bytes.TrimSuffix(line, []byte("\r"))), nil
	case errors.Is(err, bufio.ErrBufferFull):
		return "", l.fault(fmt.Sprintf("longer than %d kB", maxLineBytes>>10))
	case errors.Is(err, io.ErrUnexpectedEOF): // a compressed file that is cut off
		return "", l.fault(reasonTruncated)
	default:
		return "", err
	}
}

func (l *indexLines) position() string { return fmt.Sprintf("line %d", l.number) }

func (l *indexLines) fault(reason string) error {
	return &FormatError{Kind: KindDailyIndex, Position: l.position(), Reason: reason}
}
