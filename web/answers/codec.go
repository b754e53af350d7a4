package answers

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"slices"
	"time"

	"github.com/corpintel/corpintel/store"
)

// entry is an answer with all that it is the answer to, as it stands in Redis:
//
//	magic       4 bytes, the last of them the version
//	sum         16 bytes of the SHA-256 of all that follows
//	question    format, source, text, operation, variables, scope: of each the length and the bytes
//	point       xmin
//	made        Unix time in milliseconds
//	header      the number of its members; of each name and value
//	tags        their number; each of them
//	body        to the end
//
// Numbers and lengths are uvarints.
type entry struct {
	key    Key
	format string
	point  store.OutboxPoint // without Xmax
	answer *Answer
}

const (
	magic    = "cia\x01"
	sumBytes = 16
	// maxNumber is the longest number.
	maxNumber = binary.MaxVarintLen64
	// maxList is how many members and tags an entry has at most.
	maxList = 1 << 16
)

// headerNames are those that may belong to a body, beside its length.
func headerNames() []string {
	return []string{"Cache-Control", "Content-Encoding", "Content-Type", "Etag", "Surrogate-Key"}
}

func appendPart(b []byte, part string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}

// appendQuestion appends what the answer is to.
func (e *entry) appendQuestion(b []byte) []byte {
	for _, part := range []string{e.format, e.point.Source, e.key.Text, e.key.Operation, e.key.Variables, e.key.Scope} {
		b = appendPart(b, part)
	}
	return b
}

// bytes returns how long the entry is at most.
func (e *entry) bytes() int {
	n := len(magic) + sumBytes + len(e.format) + len(e.point.Source) + e.key.bytes() + len(e.answer.Body) + 10*maxNumber
	for name, value := range e.answer.Header {
		n += len(name) + len(value[0]) + 2*maxNumber
	}
	for _, tag := range e.answer.tags {
		n += len(tag) + maxNumber
	}
	return n
}

func (e *entry) encode() []byte {
	b := make([]byte, len(magic)+sumBytes, e.bytes())
	copy(b, magic)
	b = e.appendQuestion(b)
	b = binary.AppendUvarint(b, e.point.Xmin)
	b = binary.AppendUvarint(b, uint64(max(0, e.answer.made.UnixMilli())))
	b = e.appendHeader(b)
	b = binary.AppendUvarint(b, uint64(len(e.answer.tags)))
	for _, tag := range e.answer.tags {
		b = appendPart(b, tag)
	}
	return seal(append(b, e.answer.Body...))
}

// seal sets the sum of an entry.
func seal(b []byte) []byte {
	sum := sha256.Sum256(b[len(magic)+sumBytes:])
	copy(b[len(magic):], sum[:sumBytes])
	return b
}

// appendHeader appends the members of the header in the same order each time.
func (e *entry) appendHeader(b []byte) []byte {
	names := slices.DeleteFunc(headerNames(), func(name string) bool { return e.answer.Header[name] == nil })
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range names {
		b = appendPart(appendPart(b, name), e.answer.Header[name][0])
	}
	return b
}

// reader takes an entry apart.
type reader struct {
	rest   []byte
	faulty bool
}

func (r *reader) number() uint64 {
	n, read := binary.Uvarint(r.rest)
	if read <= 0 {
		r.faulty, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[read:]
	return n
}

func (r *reader) part() string {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.faulty, r.rest = true, nil
		return ""
	}
	part := string(r.rest[:n])
	r.rest = r.rest[n:]
	return part
}

// count reads how many there are of something that takes a byte at least.
func (r *reader) count() int {
	n := r.number()
	if n > maxList || n > uint64(len(r.rest)) {
		r.faulty, r.rest = true, nil
		return 0
	}
	return int(n)
}

// decode reads an entry, which it does not keep. Error: errEntry.
func decode(text []byte) (*entry, error) {
	if len(text) < len(magic)+sumBytes || len(text) > maxSharedEntry || string(text[:len(magic)]) != magic {
		return nil, errEntry
	}
	r := reader{rest: text[len(magic)+sumBytes:]}
	if sum := sha256.Sum256(r.rest); !bytes.Equal(sum[:sumBytes], text[len(magic):len(magic)+sumBytes]) {
		return nil, errEntry
	}
	e := &entry{answer: &Answer{}}
	for _, part := range []*string{&e.format, &e.point.Source, &e.key.Text, &e.key.Operation, &e.key.Variables, &e.key.Scope} {
		*part = r.part()
	}
	e.point.Xmin = r.number()
	e.answer.made = time.UnixMilli(int64(min(r.number(), 1<<48)))
	r.header(e.answer)
	e.answer.tags = make([]string, r.count())
	for i := range e.answer.tags {
		e.answer.tags[i] = r.part()
	}
	if r.faulty || len(r.rest) < len("{}") || len(e.answer.tags) == 0 {
		return nil, errEntry
	}
	e.answer.Body = bytes.Clone(r.rest) // the text is longer
	return e, nil
}

func (r *reader) header(a *Answer) {
	n := r.count()
	a.Header = make(http.Header, len(headerNames())+1)
	for range n {
		name, value := r.part(), r.part()
		if _, twice := a.Header[name]; twice || value == "" || !slices.Contains(headerNames(), name) {
			r.faulty = true
			return
		}
		a.Header[name] = []string{value}
	}
}
