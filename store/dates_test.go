package store_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// execModes are the ways in which pgx can send a statement: the first three in binary form, the others as text, for
// servers behind a pooler.
var execModes = []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"}

// eachExecMode runs a test on one database, which is empty, in every mode.
func eachExecMode(t *testing.T, test func(*testing.T, *store.Store)) {
	t.Helper()
	database := storetest.New(t)
	for _, mode := range execModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, withParameter(t, database, "default_query_exec_mode", mode), store.Options{MaxConns: 1}))
		})
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	dates := []edgar.Date{
		edgar.MinDate, edgar.NewDate(1600, 2, 29), edgar.NewDate(1969, 12, 31), 0, edgar.NewDate(1999, 12, 31),
		edgar.NewDate(2000, 1, 1), edgar.NewDate(2024, 2, 29), edgar.MaxDate,
	}
	eachExecMode(t, func(t *testing.T, s *store.Store) {
		t.Helper()
		for _, d := range dates {
			var back edgar.Date
			var optional *edgar.Date
			var text string
			row := s.Pool().QueryRow(t.Context(), "select $1::date, $1::date, $1::date::text", d)
			if err := row.Scan(&back, &optional, &text); err != nil {
				t.Fatalf("%s: %v", d, err)
			}
			if back != d || optional == nil || *optional != d || text != d.String() {
				t.Errorf("%s comes back as %s, %v, and is %s for PostgreSQL", d, back, optional, text)
			}
		}
		for _, list := range [][]edgar.Date{dates, dates[:1], {}} {
			var back []edgar.Date
			var texts []string
			if err := s.Pool().QueryRow(t.Context(), "select $1::date[], $1::date[]::text[]", list).Scan(&back, &texts); err != nil {
				t.Fatal(err)
			}
			want := make([]string, len(list))
			for i, d := range list {
				want[i] = d.String()
			}
			if diff := cmp.Diff(list, back); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if diff := cmp.Diff(want, texts); diff != "" {
				t.Errorf("want -, for PostgreSQL +:\n%s", diff)
			}
		}
	})
}

func TestNullDates(t *testing.T) {
	t.Parallel()
	eachExecMode(t, func(t *testing.T, s *store.Store) {
		t.Helper()
		var absent *edgar.Date
		optional, list := new(edgar.Date), []edgar.Date{1}
		if err := s.Pool().QueryRow(t.Context(), "select $1::date, null::date[]", absent).Scan(&optional, &list); err != nil {
			t.Fatal(err)
		}
		if optional != nil || list != nil {
			t.Errorf("NULL is read as %v and %v", optional, list)
		}
		d := edgar.Date(7)
		for column, reason := range map[string]string{
			"null::date":              "cannot scan NULL into *edgar.Date",
			"'infinity'::date":        "date",
			"'-infinity'::date":       "date",
			"'0001-01-01 BC'::date":   "date",
			"'10000-01-01'::date":     "date",
			"'5874897-12-31'::date":   "date",
			"array[null]::date[]":     "NULL",
			"array['infinity'::date]": "date",
		} {
			var err error
			if strings.HasPrefix(column, "array") {
				err = s.Pool().QueryRow(t.Context(), "select "+column).Scan(&list)
			} else {
				err = s.Pool().QueryRow(t.Context(), "select "+column).Scan(&d)
			}
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%s is read as %s or %v, error %v; want one with %q", column, d, list, err, reason)
			}
		}
	})
}
