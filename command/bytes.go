package command

import (
	"errors"
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
		return errors.New("want a positive number of bytes, such as 65536, 100KiB or 2GiB")
	}
	*b = byteCount(n << shift)
	return nil
}
