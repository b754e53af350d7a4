package auth

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// The parts of a key: ci_live_, the prefix, _, the secret, and a checksum that tells a misspelt key from a wrong one, and a
// program that looks for lost secrets that it has found one.
const (
	keyStart     = "ci_live_"
	prefixLength = 10 // 59 bits: names the key
	secretLength = 43 // 256 bits
	sumLength    = 6  // CRC-32 of what is before, in base 62

	prefixEnd = len(keyStart) + prefixLength
	secretEnd = prefixEnd + 1 + secretLength

	// KeyLength is the number of bytes of every key.
	KeyLength = secretEnd + sumLength
)

// alphabet is that of prefix, secret and checksum.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// fairBytes are the values of a byte that make every character of the alphabet equally likely.
const fairBytes = 256 / len(alphabet) * len(alphabet)

// ErrMalformedKey says that a text cannot be a key, whoever's it is said to be.
var ErrMalformedKey = errors.New("malformed key")

// Key is a new key. It is shown once; what is kept is its prefix and its hash.
type Key struct {
	Text   string   // the whole of it: a secret
	Prefix string   // names it
	Hash   [32]byte // SHA-256 of Text
}

// GenerateKey makes a key of random, which is crypto/rand.Reader outside of tests.
func GenerateKey(random io.Reader) (Key, error) {
	text := make([]byte, 0, KeyLength)
	text = append(text, keyStart...)
	source := bufio.NewReaderSize(random, 2*KeyLength)
	for len(text) < secretEnd {
		if len(text) == prefixEnd {
			text = append(text, '_')
			continue
		}
		b, err := source.ReadByte()
		if err != nil {
			return Key{}, fmt.Errorf("random bytes of a key: %w", err)
		}
		if int(b) < fairBytes {
			text = append(text, alphabet[int(b)%len(alphabet)])
		}
	}
	sum := checksum(text)
	text = append(text, sum[:]...)
	return Key{Text: string(text), Prefix: string(text[len(keyStart):prefixEnd]), Hash: sha256.Sum256(text)}, nil
}

// ParseKey returns the prefix and the hash of a key. Error: ErrMalformedKey. It allocates nothing.
func ParseKey(text string) (prefix string, hash [32]byte, err error) {
	if len(text) != KeyLength || text[:len(keyStart)] != keyStart || text[prefixEnd] != '_' {
		return "", hash, ErrMalformedKey
	}
	for i := len(keyStart); i < secretEnd; i++ {
		if i != prefixEnd && !inAlphabet(text[i]) {
			return "", hash, ErrMalformedKey
		}
	}
	if sum := checksum(text[:secretEnd]); string(sum[:]) != text[secretEnd:] {
		return "", hash, ErrMalformedKey
	}
	var key [KeyLength]byte // the conversion of a string may allocate
	copy(key[:], text)
	return text[len(keyStart):prefixEnd], sha256.Sum256(key[:]), nil
}

func inAlphabet(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// checksum returns the last characters of a key that begins with text: its CRC-32. That of the standard library makes its
// argument escape.
func checksum[T string | []byte](text T) (digits [sumLength]byte) {
	sum := ^uint32(0)
	for i := range len(text) {
		sum = crc32.IEEETable[sum&0xff^uint32(text[i])] ^ sum>>8
	}
	sum = ^sum
	for i := sumLength - 1; i >= 0; i-- {
		digits[i] = alphabet[sum%uint32(len(alphabet))]
		sum /= uint32(len(alphabet))
	}
	return digits
}

// ParsePrefix returns the prefix that a text names, for people: a prefix, also as keys begin with it, or a whole key. Error:
// ErrMalformedKey.
func ParsePrefix(text string) (string, error) {
	if prefix, _, err := ParseKey(text); err == nil {
		return prefix, nil
	}
	prefix := strings.TrimPrefix(text, keyStart)
	if len(prefix) != prefixLength {
		return "", ErrMalformedKey
	}
	for i := range prefixLength {
		if !inAlphabet(prefix[i]) {
			return "", ErrMalformedKey
		}
	}
	return prefix, nil
}
