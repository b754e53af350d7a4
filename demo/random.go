package demo

import "math/bits"

// subject separates the random numbers of a company by what they decide, so that one decision more in one subject
// changes nothing in the others.
type subject uint64

const (
	aboutIdentity subject = iota + 1
	aboutBusiness
	aboutFilings
	aboutFacts
	aboutPrices
	aboutSecondClass
)

// random is the generator splitmix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators").
type random struct{ state uint64 }

const goldenGamma = 0x9e3779b97f4a7c15

func newRandom(company int, about subject) *random {
	r := &random{state: uint64(company)<<8 | uint64(about)}
	r.state = r.next() // neighbouring seeds would run through the same states
	return r
}

func (r *random) next() uint64 {
	r.state += goldenGamma
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1.
func (r *random) below(n int64) int64 {
	high, _ := bits.Mul64(r.next(), uint64(n))
	return int64(high)
}

// between returns a number from low to high, both included.
func (r *random) between(low, high int64) int64 { return low + r.below(high-low+1) }

// chance is true in percent of 100 cases.
func (r *random) chance(percent int64) bool { return r.below(100) < percent }

// bell returns a number around zero with the given standard deviation, never more than three of it away.
func (r *random) bell(deviation int64) int64 {
	return r.between(-deviation, deviation) + r.between(-deviation, deviation) + r.between(-deviation, deviation)
}

// doublings returns n doubled once for every toss of a coin that is won in a row, at most limit times: few are large.
func (r *random) doublings(n int64, limit int) int64 {
	for range limit {
		if r.next()>>63 == 0 {
			break
		}
		n *= 2
	}
	return n
}

func pick[T any](r *random, from []T) T { return from[r.below(int64(len(from)))] }
