package bench

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"time"
)

// The functions of this file append columns in PostgreSQL's binary form as JSON.

func appendText(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	b = append(b, '"')
	start := 0
	for i, c := range raw {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, raw[start:i]...)
		start = i + 1
		if c < 0x20 {
			b = append(b, `\u00`...)
			b = append(b, "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		} else {
			b = append(b, '\\', c)
		}
	}
	return append(append(b, raw[start:]...), '"')
}

func int64Of(raw []byte) int64 { return int64(binary.BigEndian.Uint64(raw)) } //nolint:gosec // two's complement on the wire
func int32Of(raw []byte) int32 { return int32(binary.BigEndian.Uint32(raw)) } //nolint:gosec // two's complement on the wire

func appendFloat(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, math.Float64frombits(binary.BigEndian.Uint64(raw)), 'f', -1, 64)
}

// appendDate counts from 2000-01-01, as PostgreSQL does.
func appendDate(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	day := time.Unix((int64(int32Of(raw))+10957)*24*60*60, 0).UTC()
	return append(day.AppendFormat(append(b, '"'), time.DateOnly), '"')
}

// appendID appends a global id.
func appendID(b []byte, kind string, raw []byte) []byte {
	var buf [40]byte
	id := strconv.AppendInt(append(append(buf[:0], kind...), ':'), int64Of(raw), 10)
	return append(base64.RawURLEncoding.AppendEncode(append(b, '"'), id), '"')
}

func appendCIK(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	b = append(b, '"')
	digits := strconv.AppendInt(nil, 10_000_000_000+int64Of(raw), 10)
	return append(append(b, digits[1:]...), '"')
}
