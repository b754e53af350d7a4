package auth_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"hash/crc32"
	"io"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/corpintel/corpintel/auth"
)

// shape is what a key looks like.
var shape = regexp.MustCompile(`\Aci_live_([0-9A-Za-z]{10})_[0-9A-Za-z]{43}[0-9A-Za-z]{6}\z`)

// example is a key of a source of bytes that anybody can count.
const example = "ci_live_0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq2Yod7H"

func generate(t testing.TB, random io.Reader) auth.Key {
	t.Helper()
	key, err := auth.GenerateKey(random)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestGenerateKey(t *testing.T) {
	t.Parallel()
	counting := make([]byte, 256)
	for i := range counting {
		counting[i] = byte(i)
	}
	if got := generate(t, bytes.NewReader(counting)); got.Text != example || got.Prefix != "0123456789" || got.Hash != sha256.Sum256([]byte(example)) {
		t.Errorf("key %+v, want %s", got, example)
	}

	seen := map[string]bool{}
	for range 1000 {
		key := generate(t, rand.Reader)
		found := shape.FindStringSubmatch(key.Text)
		if found == nil || found[1] != key.Prefix || seen[key.Text] || seen[key.Prefix] {
			t.Fatalf("key %+v", key)
		}
		seen[key.Text], seen[key.Prefix] = true, true
		if prefix, hash, err := auth.ParseKey(key.Text); prefix != key.Prefix || hash != key.Hash || err != nil {
			t.Errorf("ParseKey(%s) = %s, %x, %v", key.Text, prefix, hash, err)
		}
	}
}

// TestKeyIsFair checks that bytes that would make some characters likelier than others are passed over.
func TestKeyIsFair(t *testing.T) {
	t.Parallel()
	random := io.MultiReader(bytes.NewReader(bytes.Repeat([]byte{248, 250, 255}, 40)), bytes.NewReader(bytes.Repeat([]byte{247}, 200)))
	if got, want := generate(t, random).Text[:62], "ci_live_"+strings.Repeat("z", 10)+"_"+strings.Repeat("z", 43); got != want {
		t.Errorf("key %s, want %s", got, want)
	}
	// 43 characters of 62 hold 256 bits.
	if values := new(big.Int).Exp(big.NewInt(62), big.NewInt(43), nil); values.BitLen() <= 256 {
		t.Errorf("a secret has %d bits", values.BitLen()-1)
	}
}

func TestGenerateKeyWithoutRandom(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, random := range map[string]io.Reader{
		"at once":       iotest.ErrReader(broken),
		"in the middle": io.MultiReader(bytes.NewReader(make([]byte, 20)), iotest.ErrReader(broken)),
	} {
		if key, err := auth.GenerateKey(random); !errors.Is(err, broken) || key != (auth.Key{}) {
			t.Errorf("%s: key %+v, error %v", name, key, err)
		}
	}
}

func TestMalformedKeys(t *testing.T) {
	t.Parallel()
	if _, _, err := auth.ParseKey(example); err != nil {
		t.Fatal(err)
	}
	malformed := map[string]string{
		"empty":           "",
		"prefix":          "0123456789",
		"start only":      "ci_live_",
		"too short":       example[:len(example)-1],
		"too long":        example + "0",
		"space":           " " + example[:len(example)-1],
		"upper case":      strings.ToUpper(example),
		"another start":   strings.Replace(example, "live", "test", 1),
		"no underscore":   strings.Replace(example, "9_A", "99A", 1),
		"underscore":      strings.Replace(example, "5", "_", 1),
		"not ASCII":       strings.Replace(example, "ab", "ä", 1),
		"NUL":             strings.Replace(example, "a", "\x00", 1),
		"a megabyte":      strings.Repeat(example, 15_000),
		"hyphen at last":  example[:len(example)-1] + "-",
		"dot for another": strings.Replace(example, "k", ".", 1),
	}
	for i := len("ci_live_"); i < len(example); i++ {
		if example[i] != '_' && example[i] != '0' {
			malformed["misspelt at "+example[:i]] = example[:i] + "0" + example[i+1:]
		}
	}
	for name, text := range malformed {
		if text == example {
			t.Fatalf("%s: no change", name)
		}
		prefix, hash, err := auth.ParseKey(text)
		if !errors.Is(err, auth.ErrMalformedKey) || prefix != "" || hash != [32]byte{} {
			t.Errorf("%s: %q, %x, error %v", name, prefix, hash, err)
		}
		if err != nil && len(text) > 10 && strings.Contains(err.Error(), text[8:]) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

func TestParsePrefix(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0123456789":            "0123456789",
		"ci_live_0123456789":    "0123456789",
		example:                 "0123456789",
		"":                      "",
		"ci_live_":              "",
		"012345678":             "",
		"01234567890":           "",
		"012345678-":            "",
		"012345678é":            "",
		"0123456789_":           "",
		"ci_live_ci_live_01":    "",
		example[:67]:            "",
		example[:67] + "0":      "",
		"ci_test_0123456789":    "",
		" 0123456789":           "",
		example + example:       "",
		"ci_live_0123456789_AB": "",
	} {
		got, err := auth.ParsePrefix(text)
		if got != want || errors.Is(err, auth.ErrMalformedKey) != (want == "") {
			t.Errorf("ParsePrefix(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
}

// FuzzParseKey compares ParseKey with a description of keys that is slow and easy to read.
func FuzzParseKey(f *testing.F) {
	f.Add(example)
	f.Add(example[:67] + "0")
	f.Add("ci_live_0123456789_")
	f.Add(strings.Replace(example, "_A", "é", 1))
	f.Fuzz(func(t *testing.T, text string) {
		prefix, hash, err := auth.ParseKey(text)
		found := shape.FindStringSubmatch(text)
		if right := found != nil && text[62:] == base62(crc32.ChecksumIEEE([]byte(text[:62]))); right != (err == nil) {
			t.Fatalf("%q: error %v, want a key: %v", text, err, right)
		}
		if err == nil && (prefix != found[1] || hash != sha256.Sum256([]byte(text))) {
			t.Errorf("%q: prefix %q, hash %x", text, prefix, hash)
		}
		// With the right checksum the fuzzer gets beyond it.
		if len(text) >= 62 {
			whole := text[:62] + base62(crc32.ChecksumIEEE([]byte(text[:62])))
			if _, _, err := auth.ParseKey(whole); (err == nil) != shape.MatchString(whole) {
				t.Errorf("%q: error %v", whole, err)
			}
		}
	})
}

// base62 returns six digits.
func base62(n uint32) string {
	text := new(big.Int).SetUint64(uint64(n)).Text(62) // its digits are 0-9a-zA-Z
	text = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		default:
			return r
		}
	}, text)
	return strings.Repeat("0", 6-len(text)) + text
}

func TestParseKeyAllocatesNothing(t *testing.T) {
	wrong := example[:67] + "0"
	if n := testing.AllocsPerRun(100, func() {
		_, _, _ = auth.ParseKey(example)
		_, _, _ = auth.ParseKey(wrong)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkParseKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := auth.ParseKey(example); err != nil {
			b.Fatal(err)
		}
	}
}
