package ingest

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"time"
)

// member is a file in a zip archive.
type member struct {
	name       string
	modified   time.Time // UTC; as the archive has no time zone, that of its maker
	flags      uint16
	method     uint16
	checksum   uint32
	compressed int64 // bytes
	size       int64 // bytes
	header     int64 // offset of the local header
}

var errArchive = errors.New("damaged or cut off zip archive")

// The records of a zip archive (APPNOTE.TXT 4.3): signature and length of their fixed part.
const (
	localSignature, localLength         = 0x04034b50, 30
	directorySignature, directoryLength = 0x02014b50, 46
	endSignature, endLength             = 0x06054b50, 22
	end64Signature, end64Length         = 0x06064b50, 56
	locator64Signature, locator64Length = 0x07064b50, 20
	maxEndComment                       = 1<<16 - 1
	extra64                             = 1 // id of the extra field with sizes that need 64 bits
)

// readArchive calls visit for each member of the archive in r, in the order of its directory. In contrast to
// archive/zip it holds one directory entry at a time: the SEC's bulk archive has a million, which took 680 MB.
func readArchive(r io.ReaderAt, size int64, visit func(member) error) error {
	offset, length, err := findDirectory(r, size)
	if err != nil {
		return err
	}
	directory := bufio.NewReaderSize(io.NewSectionReader(r, offset, length), 64<<10)
	for {
		m, err := readMember(directory)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := visit(m); err != nil {
			return err
		}
	}
}

// findDirectory reads the record at the end of the archive, which may be followed by a comment.
func findDirectory(r io.ReaderAt, size int64) (offset, length int64, err error) {
	tail := make([]byte, min(size, locator64Length+endLength+maxEndComment))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, err
	}
	at := bytes.LastIndex(tail, binary.LittleEndian.AppendUint32(nil, endSignature))
	if at < 0 || len(tail)-at < endLength {
		return 0, 0, errArchive
	}
	end := tail[at:]
	length, offset = int64(le32(end[12:])), int64(le32(end[16:]))
	if at >= locator64Length && le32(tail[at-locator64Length:]) == locator64Signature {
		offset, length, err = findDirectory64(r, le64(tail[at-locator64Length+8:]))
	}
	if err != nil || offset < 0 || length < 0 || offset > size || length > size-offset {
		return 0, 0, errArchive
	}
	return offset, length, nil
}

func findDirectory64(r io.ReaderAt, at int64) (offset, length int64, err error) {
	var end [end64Length]byte
	if at < 0 {
		return 0, 0, errArchive
	}
	if _, err := r.ReadAt(end[:], at); err != nil || le32(end[:]) != end64Signature {
		return 0, 0, errArchive
	}
	return le64(end[48:]), le64(end[40:]), nil
}

// readMember reads an entry of the directory. Error: io.EOF after the last.
func readMember(directory io.Reader) (member, error) {
	var h [directoryLength]byte
	if _, err := io.ReadFull(directory, h[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return member{}, err
		}
		return member{}, errArchive
	}
	name, extra, comment := int(le16(h[28:])), int(le16(h[30:])), int(le16(h[32:]))
	variable := make([]byte, name+extra+comment)
	if _, err := io.ReadFull(directory, variable); err != nil || le32(h[:]) != directorySignature {
		return member{}, errArchive
	}
	m := member{
		name:       string(variable[:name]),
		modified:   dosTime(le16(h[14:]), le16(h[12:])),
		flags:      le16(h[8:]),
		method:     le16(h[10:]),
		checksum:   le32(h[16:]),
		compressed: int64(le32(h[20:])),
		size:       int64(le32(h[24:])),
		header:     int64(le32(h[42:])),
	}
	if !m.widen(variable[name : name+extra]) {
		return member{}, errArchive
	}
	return m, nil
}

// widen replaces what did not fit into 32 bits by its value in the extra fields.
func (m *member) widen(extra []byte) bool {
	const tooWide = 1<<32 - 1
	var wide []byte
	for len(extra) >= 4 {
		id, length := le16(extra), int(le16(extra[2:]))
		if extra = extra[4:]; length > len(extra) {
			return false
		}
		if id == extra64 {
			wide = extra[:length]
		}
		extra = extra[length:]
	}
	for _, field := range []*int64{&m.size, &m.compressed, &m.header} {
		if *field != tooWide {
			continue
		}
		if len(wide) < 8 {
			return false
		}
		*field, wide = le64(wide), wide[8:]
	}
	return m.size >= 0 && m.compressed >= 0 && m.header >= 0
}

const (
	encrypted = 1 // a bit of member.flags
	plain     = 0 // values of member.method
	deflated  = 8
)

// stored returns the bytes of m as they are in the archive r.
func (m *member) stored(r io.ReaderAt) (*io.SectionReader, error) {
	if m.flags&encrypted != 0 {
		return nil, errors.New("protected by a password")
	}
	if m.method != plain && m.method != deflated {
		return nil, fmt.Errorf("compressed by method %d: only stored and deflated members can be read", m.method)
	}
	var h [localLength]byte
	if _, err := r.ReadAt(h[:], m.header); err != nil || le32(h[:]) != localSignature {
		return nil, errArchive
	}
	return io.NewSectionReader(r, m.header+localLength+int64(le16(h[26:]))+int64(le16(h[28:])), m.compressed), nil
}

// content returns what the bytes of m mean. Its reader fails at the end when size or checksum are not those of the
// directory.
func (m *member) content(stored io.Reader) io.Reader {
	if m.method == deflated {
		stored = flate.NewReader(bufio.NewReader(stored))
	}
	return &checked{r: stored, left: m.size, want: m.checksum, sum: crc32.NewIEEE()}
}

// checked compares what is read with size and checksum.
type checked struct {
	r    io.Reader
	left int64
	want uint32
	sum  hash.Hash32
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	_, _ = c.sum.Write(p[:n]) // a hash does not fail
	c.left -= int64(n)
	if c.left < 0 || errors.Is(err, io.EOF) && (c.left > 0 || c.sum.Sum32() != c.want) {
		return n, errArchive
	}
	return n, err
}

// dosTime decodes the date and time of an entry.
func dosTime(date, clock uint16) time.Time {
	return time.Date(int(date>>9)+1980, time.Month(date>>5&15), int(date&31),
		int(clock>>11), int(clock>>5&63), int(clock&31)*2, 0, time.UTC)
}

func le16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func le64(b []byte) int64  { return int64(binary.LittleEndian.Uint64(b)) } //nolint:gosec // a negative result is refused by who uses it
