package command

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/store/storetest"
)

// TestNamespace gives servers of one database the same, and those of others another, even of a copy.
func TestNamespace(t *testing.T) {
	t.Parallel()
	of := func(url string) string {
		t.Helper()
		pool, err := pgxpool.New(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		return namespace(t.Context(), pool, &database{place: "PostgreSQL somewhere"})
	}
	url := storetest.New(t)
	one, again, other := of(url), of(url), of(storetest.New(t))
	if one != again {
		t.Errorf("one database has two namespaces, %s and %s", one, again)
	}
	if one == other {
		t.Errorf("two databases have one namespace: %s", one)
	}
	unreachable := of("postgres://127.0.0.1:1/none")
	if unreachable == "" || unreachable == one {
		t.Errorf("without an answer: %q", unreachable)
	}
}
