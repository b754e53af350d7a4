// Package compress chooses a content coding that a client accepts, and applies it to a whole answer at once.
package compress

import (
	"bytes"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Least is from how many bytes on compressing is worth it: less fits into one packet either way.
const Least = 1500

// gzipLevel is the level of gzip, measured on answers of 47 and 400 kB (docs/adr/0009-transport-and-guard.md).
const gzipLevel = 1

// Coding is a content coding as HTTP names it; empty for none.
type Coding string

// The codings.
const (
	None   Coding = ""
	Gzip   Coding = "gzip"
	Zstd   Coding = "zstd"
	Brotli Coding = "br" // of files that were compressed beforehand: Append has none of it
)

// Negotiate returns the coding that the values of Accept-Encoding rate highest, zstd before gzip where they rate the
// same. A client that accepts nothing, not even what is not encoded, gets that.
func Negotiate(accepted []string) Coding {
	if len(accepted) == 0 {
		return None
	}
	if accepted[0] == "gzip" && len(accepted) == 1 {
		return Gzip
	}
	return Choose(accepted, Gzip, Zstd)
}

// Choose returns that of the codings on offer which the values of Accept-Encoding rate highest, a later one before an earlier
// one where they rate the same.
func Choose(accepted []string, offered ...Coding) Coding {
	ratings := rate(accepted)
	best, coding := ratings.identity(), None
	for _, candidate := range offered {
		if rating := ratings.of(candidate); rating > 0 && rating >= best {
			best, coding = rating, candidate
		}
	}
	return coding
}

// ratings are what a client says of codings; negative for nothing.
type ratings struct{ gzip, zstd, brotli, none, others float64 }

func rate(accepted []string) ratings {
	r := ratings{-1, -1, -1, -1, -1}
	for _, value := range accepted {
		for part := range strings.SplitSeq(value, ",") {
			name, parameter, _ := strings.Cut(part, ";")
			rating := quality(parameter)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "gzip", "x-gzip":
				r.gzip = max(r.gzip, rating)
			case "zstd":
				r.zstd = max(r.zstd, rating)
			case "br":
				r.brotli = max(r.brotli, rating)
			case "identity":
				r.none = max(r.none, rating)
			case "*":
				r.others = max(r.others, rating)
			}
		}
	}
	return r
}

// of returns how high a coding is rated. zstd and brotli are for those who name them: not everybody who says * can read them.
func (r ratings) of(c Coding) float64 {
	switch c {
	case Zstd:
		return r.zstd
	case Brotli:
		return r.brotli
	default:
		if r.gzip >= 0 {
			return r.gzip
		}
		return r.others
	}
}

// identity returns how high no coding is rated: as something that is accepted, and nothing better, unless it is named.
func (r ratings) identity() float64 {
	if r.none >= 0 {
		return r.none
	}
	return 0
}

// quality reads the parameter q; without one it is 1, and 0 where it makes no sense.
func quality(parameter string) float64 {
	parameter = strings.TrimSpace(parameter)
	if parameter == "" {
		return 1
	}
	name, value, _ := strings.Cut(parameter, "=")
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if !strings.EqualFold(strings.TrimSpace(name), "q") || err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

// Compressor compresses. It keeps what compressing needs for the next time, and is safe for concurrent use.
type Compressor struct {
	gzip sync.Pool // of *gzip.Writer
	zstd *zstd.Encoder
}

// New returns a Compressor.
func New() (*Compressor, error) {
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, err
	}
	return &Compressor{zstd: encoder}, nil
}

// Append appends body in a coding to b.
func (c *Compressor) Append(b []byte, coding Coding, body []byte) ([]byte, error) {
	switch coding {
	case Gzip:
		return c.appendGzip(b, body)
	case Zstd:
		return c.zstd.EncodeAll(body, b), nil
	default:
		return append(b, body...), nil
	}
}

func (c *Compressor) appendGzip(b, body []byte) ([]byte, error) {
	to := bytes.NewBuffer(b)
	writer, kept := c.gzip.Get().(*gzip.Writer)
	if kept {
		writer.Reset(to)
	} else {
		var err error
		if writer, err = gzip.NewWriterLevel(to, gzipLevel); err != nil {
			return nil, err
		}
	}
	if _, err := writer.Write(body); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	c.gzip.Put(writer)
	return to.Bytes(), nil
}
