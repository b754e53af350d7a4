package command

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// byteCount is a positive number of bytes.
type byteCount int64

// UnmarshalText reads a whole number with or without a unit: KiB, MiB, GiB or TiB.
func (b *byteCount) UnmarshalText(text []byte) error {
	number, shift := string(text), 0
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if digits, ok := strings.CutSuffix(number, unit); ok {
			number, shift = digits, 10*(i+1)
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64>>shift {
		return fmt.Errorf("want a positive number of bytes, such as 65536, 100KiB or 2GiB, at most %d", math.MaxInt64)
	}
	*b = byteCount(n << shift)
	return nil
}

// cacheSize is a number of bytes, 0 for a cache that is off.
type cacheSize int64

// UnmarshalText reads off, or what a byteCount is read from.
func (c *cacheSize) UnmarshalText(text []byte) error {
	if string(text) == "off" {
		*c = 0
		return nil
	}
	var n byteCount
	if err := n.UnmarshalText(text); err != nil {
		return fmt.Errorf("want off, or a positive number of bytes, such as 64MiB, at most %d", math.MaxInt64)
	}
	*c = cacheSize(n)
	return nil
}
