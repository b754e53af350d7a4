package cursor

import (
	"errors"
	"testing"
)

// FuzzDecode reads any text as a cursor, and as the position of a true one. Whatever is taken is what Encode returns.
func FuzzDecode(f *testing.F) {
	list := Of("Query.companies")
	f.Add("Query.companies", list.Encode(Position{}.Int(1).Text("AAPL").Float(2.5)), "ntf")
	f.Add("Query.companies", list.Encode(Position{})+"\n", "")
	f.Add("", "", "ff")
	f.Add("a", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "nt")
	f.Add("a", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "t")
	f.Add("a", "AAAAAAAAAAA", "f")
	f.Fuzz(func(t *testing.T, binding, text, reads string) {
		list := Of(binding)
		for _, cursor := range []string{text, list.Encode(Position(text))} {
			r, err := list.Decode(cursor)
			if err != nil {
				if !errors.Is(err, ErrInvalid) {
					t.Errorf("%q: error %v", cursor, err)
				}
				continue
			}
			if again := list.Encode(r.rest); again != cursor {
				t.Errorf("%q is the position of %q", cursor, again)
			}
			for _, read := range reads {
				switch read {
				case 'n':
					r.Int()
				case 'f':
					r.Float()
				default:
					r.Text()
				}
			}
			if err := r.Done(); err != nil && !errors.Is(err, ErrInvalid) {
				t.Errorf("%q: error %v", cursor, err)
			}
		}
	})
}
