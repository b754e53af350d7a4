package store_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// keyOf returns a key that is new.
func keyOf(prefix string) *store.ClientKey {
	k := &store.ClientKey{Prefix: prefix}
	copy(k.Hash[:], prefix+" is 32 bytes, all of them, at last")
	return k
}

// createClient makes a client with a key.
func createClient(t *testing.T, s *store.Store, name, prefix string) *store.Client {
	t.Helper()
	c := &store.Client{Name: name, Role: "partner", Mode: "id_only"}
	if err := s.CreateClient(t.Context(), c, keyOf(prefix)); err != nil {
		t.Fatal(err)
	}
	return c
}

// rotate gives a client a key, and returns those before it.
func rotate(t *testing.T, s *store.Store, name, prefix string, grace time.Duration) []*store.ClientKey {
	t.Helper()
	old, err := s.RotateKey(t.Context(), name, keyOf(prefix), grace)
	if err != nil {
		t.Fatal(err)
	}
	return old
}

// registry is all that is stored of clients.
type registry struct {
	version   int64
	clients   []*store.Client
	keys      []*store.ClientKey
	documents []*store.Document
}

func readRegistry(t *testing.T, s *store.Store) registry {
	t.Helper()
	b := s.Batch()
	version, clients, keys, documents := b.RegistryVersion(), b.Clients(), b.ClientKeys(), b.Documents()
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return registry{*version, *clients, *keys, *documents}
}

// said returns keys with how long each is valid from now on, in whole minutes.
func said(keys []*store.ClientKey) string {
	var all []string
	for _, k := range keys {
		text := k.Prefix
		switch {
		case !k.Valid:
			text += " ended"
		case k.ExpiresAt != nil:
			text += " " + time.Until(*k.ExpiresAt).Round(time.Minute).String()
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestClients(t *testing.T) {
	t.Parallel()
	eachExecMode(t, func(t *testing.T, s *store.Store) {
		t.Helper()
		// All modes share the database.
		name, prefix := strings.ToLower(strings.ReplaceAll(t.Name(), "/", ".")), t.Name()[len("TestClients/"):]
		budget := int64(1) << 40
		c := &store.Client{Name: name, Role: "analyst", Mode: "log_only", Budget: &budget}
		k := keyOf(prefix)
		if err := s.CreateClient(t.Context(), c, k); err != nil {
			t.Fatal(err)
		}
		if c.ID == 0 || time.Since(c.CreatedAt).Abs() > time.Hour || c.RevokedAt != nil || k.ClientID != c.ID || !k.Valid {
			t.Errorf("client %+v, key %+v", c, k)
		}
		if err := s.CreateClient(t.Context(), &store.Client{Name: name, Role: "admin", Mode: "open"}, keyOf("x")); !errors.Is(err, store.ErrTaken) {
			t.Errorf("the same name again: error %v, want ErrTaken", err)
		}
		if err := s.CreateClient(t.Context(), &store.Client{Name: name + "2", Role: "admin", Mode: "open"}, keyOf(prefix)); !errors.Is(err, store.ErrTaken) {
			t.Errorf("the same prefix again: error %v, want ErrTaken", err)
		}
		got, err := s.ClientByName(t.Context(), name)
		if diff := cmp.Diff(c, got); diff != "" || err != nil {
			t.Errorf("client (-want +got): %v\n%s", err, diff)
		}
		if _, err := s.ClientByName(t.Context(), name+"2"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a client that was not made: error %v, want ErrNotFound", err)
		}

		if old := said(rotate(t, s, name, prefix+"2", time.Hour)); old != prefix+" 1h0m0s" {
			t.Errorf("old keys: %s", old)
		}
		if _, revoked, err := s.RevokeKey(t.Context(), prefix); !revoked || err != nil {
			t.Errorf("revoke the key: %v, %v", revoked, err)
		}
		all := readRegistry(t, s)
		i := slices.IndexFunc(all.clients, func(other *store.Client) bool { return other.ID == c.ID })
		mine := slices.DeleteFunc(all.keys, func(k *store.ClientKey) bool { return k.ClientID != c.ID })
		if i < 0 || !cmp.Equal(c, all.clients[i]) || said(mine) != prefix+"2, "+prefix+" ended" || mine[0].Hash != keyOf(prefix+"2").Hash {
			t.Errorf("read: client %d, keys %s", i, said(mine))
		}
		gone, revoked, err := s.RevokeClient(t.Context(), name)
		if err != nil || !revoked || gone.RevokedAt == nil || gone.ID != c.ID {
			t.Errorf("revoke: %+v, %v, %v", gone, revoked, err)
		}
	})
}

func TestChangeClient(t *testing.T) {
	t.Parallel()
	million, two := int64(1_000_000), int64(2_000_000)
	eachExecMode(t, func(t *testing.T, s *store.Store) {
		t.Helper()
		name, prefix := strings.ToLower(strings.ReplaceAll(t.Name(), "/", ".")), t.Name()[len("TestChangeClient/"):]
		want := *createClient(t, s, name, prefix)
		for _, step := range []struct {
			change store.ClientChange
			then   func()
		}{
			{store.ClientChange{}, func() {}},
			{store.ClientChange{Mode: "open"}, func() { want.Mode = "open" }},
			{store.ClientChange{Role: "admin"}, func() { want.Role = "admin" }},
			{store.ClientChange{NewBudget: true, Budget: &million}, func() { want.Budget = &million }},
			{store.ClientChange{Budget: &two}, func() {}}, // not meant
			{store.ClientChange{NewBudget: true, Budget: &two, Mode: "log_only", Role: "analyst"}, func() {
				want.Budget, want.Mode, want.Role = &two, "log_only", "analyst"
			}},
			{store.ClientChange{NewBudget: true}, func() { want.Budget = nil }},
		} {
			old := want
			step.then()
			before, after, err := s.ChangeClient(t.Context(), name, step.change)
			if err != nil || !cmp.Equal(before, &old) || !cmp.Equal(after, &want) {
				t.Errorf("%+v: %+v became %+v, want %+v: %v", step.change, before, after, want, err)
			}
		}
		if _, _, err := s.RevokeClient(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.ChangeClient(t.Context(), name, store.ClientChange{Mode: "open"}); !errors.Is(err, store.ErrRevoked) {
			t.Errorf("a revoked client: error %v, want ErrRevoked", err)
		}
		if _, _, err := s.ChangeClient(t.Context(), name+"2", store.ClientChange{Mode: "open"}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no client: error %v, want ErrNotFound", err)
		}
	})
}

// TestRotation checks that a client never has more than two valid keys, and that the grace of a key is never made longer.
func TestRotation(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	createClient(t, s, "acme", "first")
	createClient(t, s, "other", "theirs")
	for _, step := range []struct {
		name      string
		grace     time.Duration
		old, keys string
	}{
		{"second", time.Hour, "first 1h0m0s", "second, first 1h0m0s"},
		{"third", 2 * time.Hour, "second 2h0m0s, first ended", "third, second 2h0m0s, first ended"},
		{"fourth", 0, "third ended, second ended", "fourth, third ended, second ended, first ended"},
		{"fifth", time.Hour, "fourth 1h0m0s", "fifth, fourth 1h0m0s, third ended, second ended, first ended"},
	} {
		if got := said(rotate(t, s, "acme", step.name, step.grace)); got != step.old {
			t.Errorf("%s: old keys %s, want %s", step.name, got, step.old)
		}
		if got := said(readRegistry(t, s).keys); got != step.keys+", theirs" {
			t.Errorf("%s: keys %s, want %s", step.name, got, step.keys)
		}
	}
	// Of the newest key, which is revoked, nothing is left; that before it stays as long as it had.
	if _, revoked, err := s.RevokeKey(t.Context(), "fifth"); !revoked || err != nil {
		t.Errorf("revoke: %v, %v", revoked, err)
	}
	if got := said(rotate(t, s, "acme", "sixth", 24*time.Hour)); got != "fourth 1h0m0s" {
		t.Errorf("old keys %s: the grace of a key was made longer", got)
	}
	// What ended long ago is forgotten, of this client only.
	execute(t, s, "update client_keys set expires_at = now() - interval '91 days' where not coalesce(expires_at, 'infinity') > now() or prefix = 'theirs'")
	rotate(t, s, "acme", "seventh", time.Minute)
	if got := said(readRegistry(t, s).keys); got != "seventh, sixth 1m0s, fourth ended, theirs ended" {
		t.Errorf("keys %s", got)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	createClient(t, s, "acme", "first")
	createClient(t, s, "other", "theirs")
	rotate(t, s, "acme", "second", time.Hour)

	c, revoked, err := s.RevokeClient(t.Context(), "acme")
	if err != nil || !revoked || c.Name != "acme" || c.RevokedAt == nil {
		t.Errorf("revoke: %+v, %v, %v", c, revoked, err)
	}
	before := readRegistry(t, s)
	if got := said(before.keys); got != "second ended, first ended, theirs" {
		t.Errorf("keys %s", got)
	}
	again, revoked, err := s.RevokeClient(t.Context(), "acme")
	if diff := cmp.Diff(c, again); diff != "" || revoked || err != nil {
		t.Errorf("revoke again: %v, %v\n%s", revoked, err, diff)
	}
	if c, revoked, err := s.RevokeKey(t.Context(), "first"); revoked || err != nil || c.Name != "acme" {
		t.Errorf("revoke a key that has ended: %+v, %v, %v", c, revoked, err)
	}
	if _, err := s.RotateKey(t.Context(), "acme", keyOf("third"), 0); !errors.Is(err, store.ErrRevoked) {
		t.Errorf("rotate: error %v, want ErrRevoked", err)
	}
	if err := s.CreateClient(t.Context(), &store.Client{Name: "acme", Role: "admin", Mode: "open"}, keyOf("third")); !errors.Is(err, store.ErrTaken) {
		t.Errorf("create: error %v, want ErrTaken", err)
	}
	for what, err := range map[string]error{
		"revoke": func() error { _, _, err := s.RevokeClient(t.Context(), "nobody"); return err }(),
		"rotate": func() error { _, err := s.RotateKey(t.Context(), "nobody", keyOf("third"), 0); return err }(),
		"key":    func() error { _, _, err := s.RevokeKey(t.Context(), "nothing"); return err }(),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: error %v, want ErrNotFound", what, err)
		}
	}
	if _, _, err := s.ChangeClient(t.Context(), "other", store.ClientChange{Role: "partner"}); err != nil {
		t.Error(err)
	}
	// None of it was a change that servers would have to load.
	if after := readRegistry(t, s); after.version != before.version {
		t.Errorf("version %d after no change, %d before", after.version, before.version)
	}
}

// TestRegistryVersion checks that every change has a number of its own, also when many happen at once.
func TestRegistryVersion(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.New(t), store.Options{MaxConns: 8})
	createClient(t, s, "acme", "first")
	before := readRegistry(t, s).version
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			if _, err := s.RotateKey(t.Context(), "acme", keyOf("key"+strconv.Itoa(i)), time.Hour); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	after := readRegistry(t, s)
	if after.version != before+20 {
		t.Errorf("version %d after 20 changes, %d before", after.version, before)
	}
	valid := slices.DeleteFunc(after.keys, func(k *store.ClientKey) bool { return !k.Valid })
	if len(valid) != 2 || valid[0].ExpiresAt != nil || valid[1].ExpiresAt == nil {
		t.Errorf("valid keys: %s, want two", said(valid))
	}
}

// TestChangeRegistryFails checks that what fails leaves nothing behind.
func TestChangeRegistryFails(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	before := readRegistry(t, s)
	broken := errors.New("broken")
	err := s.ChangeRegistry(t.Context(), func(*store.Tx) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if after := readRegistry(t, s); after.version != before.version {
		t.Errorf("version %d, want %d", after.version, before.version)
	}
	for name, c := range map[string]*store.Client{
		"no name":   {Role: "admin", Mode: "open"},
		"bad name":  {Name: "Acme", Role: "admin", Mode: "open"},
		"bad role":  {Name: "acme", Role: "root", Mode: "open"},
		"bad mode":  {Name: "acme", Role: "admin", Mode: "closed"},
		"no budget": {Name: "acme", Role: "admin", Mode: "open", Budget: new(int64)},
	} {
		if err := s.CreateClient(t.Context(), c, keyOf("first")); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestRegistryAway checks that a transaction on a database that is away says so.
func TestRegistryAway(t *testing.T) {
	t.Parallel()
	server := storetest.NewCluster(t)
	s := open(t, server.URL(), store.Options{MaxConns: 1, AcquireTimeout: time.Second})
	server.Stop(embedded.Fast)
	err := s.CreateClient(t.Context(), &store.Client{Name: "acme", Role: "admin", Mode: "open"}, keyOf("first"))
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := s.ChangeRegistry(ended, func(*store.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}
