package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.New(t), store.Options{MaxConns: 1})
	plan := func(sql string, args ...any) (string, error) { return s.Plan(t.Context(), sql, args, 5*time.Second) }

	// The plan is the one for all values, with what the call did; each comes again on the same connection.
	for range 2 {
		got, err := plan("-- name: Two\nselect cik from companies where id = $1 and name = any($2)", int64(1), []string{`a'b\"c`, "d"})
		if err != nil || !strings.Contains(got, "id = $1") || !strings.Contains(got, "actual") || !strings.Contains(got, "Buffers") {
			t.Errorf("%v\n%s", err, got)
		}
	}
	for what, test := range map[string]struct {
		sql  string
		args []any
		want string
	}{
		"a fault":             {"-- name: Wrong\nselect 1/$1::int", []any{0}, "division by zero"},
		"no statement":        {"-- name: None\nselekt", nil, "syntax error"},
		"a write":             {"-- name: Write\ninsert into companies default values", nil, "read-only"},
		"too few arguments":   {"-- name: Few\nselect $1::int", nil, "0 arguments, want 1"},
		"of the wrong type":   {"-- name: Type\nselect $1::date", []any{"'); drop table companies; --"}, "invalid input syntax"},
		"what takes too long": {"-- name: Long\nselect pg_sleep($1::int)", []any{60}, "statement timeout"},
	} {
		if _, err := s.Plan(t.Context(), test.sql, test.args, 300*time.Millisecond); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := plan("-- name: After\nselect $1::int", nil); err != nil {
			t.Errorf("after %s: %v", what, err)
		}
	}
}
