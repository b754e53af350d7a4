package store_test

import (
	"net/url"
	"testing"

	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// open returns a store on the database at url.
func open(t testing.TB, url string, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// openNew returns a store on a database of the test's own with the rows that the statements write.
func openNew(t testing.TB, statements string) *store.Store {
	t.Helper()
	s := open(t, storetest.New(t), store.Options{MaxConns: 2})
	execute(t, s, statements)
	return s
}

func execute(t testing.TB, s *store.Store, statements string) {
	t.Helper()
	if _, err := s.Pool().Exec(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// withParameter adds a parameter to the URL of a database.
func withParameter(t testing.TB, database, name, value string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}
