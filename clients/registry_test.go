package clients_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.New(t), store.Options{MaxConns: 2})
	first := create(t, s, "acme", auth.RolePartner)
	other := create(t, s, "other", auth.RoleAdmin)
	revoked := create(t, s, "revoked", auth.RoleAdmin)
	ended := create(t, s, "rotated", auth.RoleAnalyst)
	fresh := rotate(t, s, "rotated", 0)
	second := rotate(t, s, "acme", time.Hour)
	if _, _, err := s.RevokeClient(t.Context(), "revoked"); err != nil {
		t.Fatal(err)
	}
	never, _ := newKey(t)
	now := time.Now()
	r := load(t, clients.Options{Store: s, Now: func() time.Time { return now }})

	forged := first[:20] + other[20:] // the prefix of one client, the secret of another, and the checksum of neither
	for name, test := range map[string]struct{ key, want string }{
		"the newest key":          {second, "acme"},
		"the one before":          {first, "acme"},
		"another client":          {other, "other"},
		"rotated without a grace": {fresh, "rotated"},
		"ended":                   {ended, ""},
		"revoked client":          {revoked, ""},
		"never stored":            {never.Text, ""},
		"forged":                  {forged, ""},
		"empty":                   {"", ""},
		"no key":                  {"Bearer x", ""},
		"a prefix":                {first[8:18], ""},
		"huge":                    {strings.Repeat(first, 1000), ""},
	} {
		if got := asks(t, r, test.key); got != test.want {
			t.Errorf("%s: %q asks, want %q", name, got, test.want)
		}
	}
	now = now.Add(time.Hour + time.Minute)
	if first, second := asks(t, r, first), asks(t, r, second); first != "" || second != "acme" {
		t.Errorf("after the grace: %q asks with the old key, %q with the new one", first, second)
	}
}

// TestWrongSecret has the prefix and the form of a valid key: only the hash tells.
func TestWrongSecret(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.New(t), store.Options{MaxConns: 1})
	key, row := newKey(t)
	row.Hash[31] ^= 1
	c := &store.Client{Name: "acme", Role: "admin", Mode: "open"}
	if err := s.CreateClient(t.Context(), c, row); err != nil {
		t.Fatal(err)
	}
	if got := asks(t, load(t, clients.Options{Store: s}), key.Text); got != "" {
		t.Errorf("%q asks with a wrong secret", got)
	}
}

func TestViewers(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.New(t), store.Options{MaxConns: 1})
	_, own := newKey(t)
	_, theirs := newKey(t)
	budget := int64(1) << 40
	a := &store.Client{Name: "acme", Role: "dashboard", Mode: "log_only", Budget: &budget}
	b := &store.Client{Name: "bolt", Role: "partner", Mode: "id_only"}
	for client, key := range map[*store.Client]*store.ClientKey{a: own, b: theirs} {
		if err := s.CreateClient(t.Context(), client, key); err != nil {
			t.Fatal(err)
		}
	}
	r := load(t, clients.Options{Store: s})
	want := []auth.Viewer{
		{ClientID: a.ID, Client: "acme", Role: auth.RoleDashboard, Mode: auth.ModeLogOnly, Budget: budget},
		{ClientID: b.ID, Client: "bolt", Role: auth.RolePartner, Mode: auth.ModeIDOnly, Budget: 5_000_000},
	}
	if diff := cmp.Diff(want, []auth.Viewer{r.Client("acme").Viewer, r.Client("bolt").Viewer}); diff != "" {
		t.Errorf("viewers (-want +got):\n%s", diff)
	}
	if r.Client("") != nil || r.Client("Acme") != nil {
		t.Error("there is a client that was not made")
	}
}

// TestNewerRelease has a client of a role that this program does not know: it is not let in, the others are.
func TestNewerRelease(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.New(t), store.Options{MaxConns: 1})
	known, unknown := create(t, s, "acme", auth.RoleAdmin), create(t, s, "bolt", auth.RoleAdmin)
	const sql = `alter table clients drop constraint clients_role_check; update clients set role = 'auditor' where name = 'bolt'`
	if _, err := s.Pool().Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	log := newDiary()
	r := load(t, clients.Options{Store: s, Logger: log.logger()})
	if known, unknown := asks(t, r, known), asks(t, r, unknown); known != "acme" || unknown != "" {
		t.Errorf("%q and %q ask", known, unknown)
	}
	if n, _ := log.count("client=bolt"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, &log.text)
	}
}

// TestChangesEverywhere changes clients through one server's database connection: another server, which has registries of its
// own, sees each change.
func TestChangesEverywhere(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s := open(t, url, store.Options{MaxConns: 2})
	var servers []*clients.Registry
	for range 2 {
		r := load(t, clients.Options{Store: open(t, url, store.Options{MaxConns: 1}), Poll: time.Millisecond})
		follow(t, r)
		servers = append(servers, r)
	}
	// everywhere makes a change and returns when all servers have loaded it.
	everywhere := func(change func()) {
		t.Helper()
		var changed []<-chan struct{}
		for _, r := range servers {
			changed = append(changed, r.Changed())
		}
		change()
		for _, signal := range changed {
			await(t, "a change", signal)
		}
	}
	check := func(what, key, want string) {
		t.Helper()
		for i, r := range servers {
			if got := asks(t, r, key); got != want {
				t.Errorf("%s: server %d takes the key for that of %q, want %q", what, i, got, want)
			}
		}
	}
	var first, second string
	everywhere(func() { first = create(t, s, "acme", auth.RolePartner) })
	check("created", first, "acme")
	everywhere(func() { second = rotate(t, s, "acme", time.Hour) })
	check("rotated, the new key", second, "acme")
	check("rotated, the old key", first, "acme")
	everywhere(func() {
		if _, _, err := s.RevokeKey(t.Context(), first[8:18]); err != nil {
			t.Error(err)
		}
	})
	check("key revoked, that key", first, "")
	check("key revoked, the other key", second, "acme")
	everywhere(func() {
		if _, _, err := s.RevokeClient(t.Context(), "acme"); err != nil {
			t.Error(err)
		}
	})
	check("client revoked", second, "")
}

// TestChangesWhileBusy keeps all connections of the requests busy: a revocation counts all the same.
func TestChangesWhileBusy(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s, busy := open(t, url, store.Options{MaxConns: 1}), open(t, url, store.Options{MaxConns: 1})
	key := create(t, s, "acme", auth.RolePartner)
	r := load(t, clients.Options{Store: busy, Watch: open(t, url, store.Options{MaxConns: 1}), Poll: time.Millisecond})
	follow(t, r)
	conn, err := busy.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	changed := r.Changed()
	if _, _, err := s.RevokeClient(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	await(t, "the revocation", changed)
	if got := asks(t, r, key); got != "" {
		t.Errorf("%q asks with a revoked key", got)
	}
}

// TestDatabaseAway stops the database: clients stay as they were, it is logged once, and what changes after the restart is
// seen.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	server := storetest.NewCluster(t)
	s := open(t, server.URL(), store.Options{MaxConns: 2})
	key := create(t, s, "acme", auth.RolePartner)
	log := newDiary()
	watch := open(t, server.URL(), store.Options{MaxConns: 1, RetryFor: time.Millisecond})
	r := load(t, clients.Options{Store: s, Watch: watch, Logger: log.logger(), Poll: time.Millisecond})
	follow(t, r)

	const away, back = "stay as they are", "are seen again"
	server.Stop(embedded.Fast)
	log.await(t, away)
	for range 100 {
		if got := asks(t, r, key); got != "acme" {
			t.Fatalf("away: %q asks, want acme", got)
		}
	}
	server.Start()
	log.await(t, back)
	changed := r.Changed()
	if _, _, err := s.RevokeClient(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	await(t, "the revocation", changed)
	if got := asks(t, r, key); got != "" {
		t.Errorf("back: %q asks with a revoked key", got)
	}
	if gone, _ := log.count(away); gone != 1 {
		t.Errorf("logged %d times:\n%s", gone, &log.text)
	}
}

// TestOpenAway checks that there is no registry without a database.
func TestOpenAway(t *testing.T) {
	t.Parallel()
	server := storetest.NewCluster(t)
	s := open(t, server.URL(), store.Options{MaxConns: 1, RetryFor: time.Millisecond})
	server.Stop(embedded.Fast)
	if r, err := clients.Open(t.Context(), clients.Options{Store: s, Now: time.Now}); err == nil || r != nil {
		t.Errorf("registry %v, error %v", r, err)
	}
}

// TestWake has a registry that looks once an hour look now.
func TestWake(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s := open(t, url, store.Options{MaxConns: 1})
	r := load(t, clients.Options{Store: s, Poll: time.Hour})
	r.Wake() // before it follows
	r.Wake()
	follow(t, r)
	for _, name := range []string{"acme", "bolts"} {
		changed := r.Changed()
		key := create(t, s, name, auth.RolePartner)
		r.Wake()
		await(t, name, changed)
		if got := asks(t, r, key); got != name {
			t.Errorf("%q asks, want %q", got, name)
		}
	}
}

// TestStatements counts what a registry asks the database for: one statement for each look, whatever requests come.
func TestStatements(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s := open(t, url, store.Options{MaxConns: 1})
	keys := make([]string, 20)
	for i := range keys {
		keys[i] = create(t, s, "client"+strconv.Itoa(i), auth.RolePartner)
	}
	statements := newCounter()
	traced := open(t, url, store.Options{MaxConns: 1, Tracer: statements})
	r := load(t, clients.Options{Store: traced, Poll: time.Millisecond})
	want := map[string]int{"RegistryVersion": 1, "Clients": 1, "ValidClientKeys": 1, "Documents": 1}
	check := func(when string) {
		t.Helper()
		got, _ := statements.counts()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("statements %s (-want +got):\n%s", when, diff)
		}
	}
	check("of Open")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for _, key := range keys {
				if got, none := asks(t, r, key), asks(t, r, key[:60]); got == "" || none != "" {
					t.Errorf("%q and %q ask", got, none)
				}
			}
		})
	}
	group.Wait()
	check("after requests")

	follow(t, r)
	for {
		got, more := statements.counts()
		if got["RegistryVersion"] >= 20 {
			want["RegistryVersion"] = got["RegistryVersion"]
			break
		}
		await(t, "looks for changes", more)
	}
	got, _ := statements.counts()
	got["RegistryVersion"] = want["RegistryVersion"] // more may have come
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statements without a change (-want +got):\n%s", diff)
	}
}

func TestAuthenticateAllocatesNothing(t *testing.T) { // counts allocations: not with others
	s := open(t, storetest.New(t), store.Options{MaxConns: 1})
	key := create(t, s, "acme", auth.RolePartner)
	rotate(t, s, "acme", time.Hour) // the first one has a time to be looked at
	never, _ := newKey(t)
	r := load(t, clients.Options{Store: s})
	for name, text := range map[string]string{"right": key, "unknown": never.Text, "malformed": key[:67] + "-", "huge": strings.Repeat(key, 100)} {
		if n := testing.AllocsPerRun(100, func() { _, _ = r.Authenticate(text) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// BenchmarkAuthenticate checks keys among those of 1,000 clients.
func BenchmarkAuthenticate(b *testing.B) {
	s := open(b, storetest.New(b), store.Options{MaxConns: 1})
	var key string
	for i := range 1000 {
		key = create(b, s, "client"+strconv.Itoa(i), auth.RolePartner)
	}
	r := load(b, clients.Options{Store: s})
	never, _ := newKey(b)
	for name, text := range map[string]string{"right": key, "unknown": never.Text, "malformed": key[:67] + "-"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Authenticate(text); (err == nil) != (name == "right") {
					b.Fatal(err)
				}
			}
		})
	}
}
