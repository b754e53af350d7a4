package store

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store/storetest"
)

// everyType has a column of each type that a rowReader reads, as $1 and $2 say: null or not.
const everyType = `-- name: EveryType
select 42::bigint, -7::int, 1.5::float8, true, date '2024-02-29', timestamptz '2023-11-02 22:08:27.25+00', 'text €', array['a', '', 'c,"d']::text[],
  '{}'::text[], null::bigint, null::text, null::date, 'there', date '1969-12-31', 5::smallint, 6.25::real`

type row struct {
	Long      int64
	Int       int32
	Float     float64
	Bool      bool
	Date      edgar.Date
	Time      time.Time
	Text      string
	List      []string
	Empty     []string
	NoLong    *int64
	NoText    *string
	NoDate    *edgar.Date
	There     *string
	ThereDate *edgar.Date
	Small     int32
	Real      float64
}

// TestRowReader reads every type in every form that statements have, narrower types included, which pgx reads.
func TestRowReader(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	there, day := "there", edgar.NewDate(1969, 12, 31)
	want := row{
		42, -7, 1.5, true, edgar.NewDate(2024, 2, 29), time.Date(2023, 11, 2, 22, 8, 27, 250_000_000, time.UTC), "text €",
		[]string{"a", "", `c,"d`},
		[]string{},
		nil, nil, nil, &there, &day, 5, 6.25,
	}
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := openMode(t, database, mode)
			var got row
			read(t, s, everyType, func(r *rowReader) {
				got = row{
					r.int64(), r.int32(), r.float(), r.bool(), r.date(), r.time().UTC(), r.text(), r.list(), r.list(),
					optional(r, (*rowReader).int64, new(int64)), r.optionalText(new(string)), optional(r, (*rowReader).date, new(edgar.Date)),
					r.optionalText(new(string)), optional(r, (*rowReader).date, new(edgar.Date)), r.int32(), r.float(),
				}
			}, "")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			for sql, use := range map[string]func(*rowReader){
				"select null::bigint":            func(r *rowReader) { r.int64() },
				"select null::text":              func(r *rowReader) { r.text() },
				"select 'x'::text as wrong":      func(r *rowReader) { r.int64() },
				"select date 'infinity'":         func(r *rowReader) { r.date() },
				"select timestamptz '-infinity'": func(r *rowReader) { r.time() },
				"select 5000000000::bigint":      func(r *rowReader) { r.int32() },
				"select array['a', null]":        func(r *rowReader) { r.list() },
			} {
				read(t, s, sql, use, "column ")
			}
		})
	}
}

func openMode(t *testing.T, database, mode string) *Store {
	t.Helper()
	separator := "?"
	if strings.Contains(database, "?") {
		separator = "&"
	}
	s, err := Open(t.Context(), database+separator+"default_query_exec_mode="+mode, Options{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// read reads one row of a statement. fault is in the error that must occur, empty for none.
func read(t *testing.T, s *Store, sql string, use func(*rowReader), fault string) {
	t.Helper()
	rows := 0
	err := s.run(t.Context(), query{sql: sql, scan: func(from pgx.Rows) error {
		r := newRowReader(from)
		for r.next() {
			use(r)
			rows++
		}
		return r.done()
	}})
	switch {
	case fault == "" && (err != nil || rows != 1):
		t.Errorf("%s: %d rows, error %v", sql, rows, err)
	case fault != "" && (err == nil || !strings.Contains(err.Error(), fault)):
		t.Errorf("%s: error %v, want one with %q", sql, err, fault)
	}
}

// TestSlabs takes more than fits into one part: what was handed out before stays as it is.
func TestSlabs(t *testing.T) {
	t.Parallel()
	var numbers slab[int]
	var texts textSlab
	var ints []*int
	var strs []string
	for i := range 3000 {
		n := numbers.next()
		*n = i
		ints = append(ints, n)
		strs = append(strs, texts.add([]byte(strings.Repeat(string(rune('a'+i%26)), i%700))))
	}
	for i := range ints {
		if want := strings.Repeat(string(rune('a'+i%26)), i%700); *ints[i] != i || strs[i] != want {
			t.Fatalf("value %d: %d, a text of %d bytes", i, *ints[i], len(strs[i]))
		}
	}
}

// FuzzElements reads arrays of texts, well-formed or not: it never panics, and what it reads it could have been given.
func FuzzElements(f *testing.F) {
	f.Add(encodeTexts("a", "", "longer text"))
	f.Add(encodeTexts())
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1})
	f.Add(append(encodeTexts("a"), 0))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, ok := new(rowReader).elements(raw)
		if !ok || len(list) == 0 {
			return
		}
		again := encodeTexts(list...)
		copy(again[8:12], raw[8:12])   // the type of the elements
		copy(again[16:20], raw[16:20]) // the lower bound
		if !slices.Equal(raw, again) {
			t.Errorf("%x is read as %q", raw, list)
		}
	})
}

// encodeTexts is a one-dimensional array in PostgreSQL's binary form.
func encodeTexts(list ...string) []byte {
	if len(list) == 0 {
		return make([]byte, 12)
	}
	b := []byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25}
	b = binary.BigEndian.AppendUint32(b, uint32(len(list))) //nolint:gosec // small
	b = binary.BigEndian.AppendUint32(b, 1)
	for _, s := range list {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...) //nolint:gosec // small
	}
	return b
}
