package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// manyClients makes 2,000 clients with 20 keys each, of which one is valid, and 10 documents each.
const manyClients = `
insert into clients (name, role, mode) select 'client' || i, 'partner', 'id_only' from generate_series(1, 2000) i;
insert into client_keys (prefix, client_id, hash, created_at, expires_at)
  select c.id || '.' || i, c.id, sha256(concat(c.id, '.', i)::bytea), now() - i * interval '1 day', case when i > 1 then now() - interval '1 hour' end
  from clients c, generate_series(1, 20) i;
insert into document_texts select sha256(i::text::bytea), sha256(concat('shape ', i)::bytea), repeat('x', 300) from generate_series(1, 20000) i;
insert into documents (client_id, id, hash, operations) select 1 + i % 2000, i, sha256(i::text::bytea), '{""}' from generate_series(1, 20000) i;
analyze;`

// sentStatements are what was sent, by name.
type sentStatements struct {
	mu   sync.Mutex
	seen map[string]pgx.TraceQueryStartData
}

func (s *sentStatements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name, ok := strings.CutPrefix(data.SQL, "-- name: "); ok {
		name, _, _ = strings.Cut(name, "\n")
		s.seen[name] = data
	}
	return ctx
}
func (*sentStatements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestClientStatements explains the statements on clients where there are many, as they were sent: they read by index.
func TestClientStatements(t *testing.T) {
	t.Parallel()
	sent := &sentStatements{seen: map[string]pgx.TraceQueryStartData{}}
	s := open(t, storetest.New(t), store.Options{MaxConns: 1, Tracer: sent})
	execute(t, s, manyClients)
	createClient(t, s, "acme", "first")
	rotate(t, s, "acme", "second", time.Hour)
	if _, _, err := s.ChangeClient(t.Context(), "acme", store.ClientChange{Mode: "open"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ClientByName(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.RevokeKey(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.RevokeClient(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	b := s.Batch()
	b.RegistryVersion()
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ChangeClient", "ChangeRegistry", "ClientByName", "ClientOfKey", "CreateClient", "CreateKey", "EndKey", "EndKeysOfClient", "ForgetKeys", "PublishChanges",
		"RegistryVersion", "RevokeClient", "ValidKeysOfClient",
	}
	for _, name := range want {
		data, ok := sent.seen[name]
		if !ok {
			t.Errorf("%s was not sent", name)
			continue
		}
		plan, scans := explainSent(t, s, data)
		if scans != "" {
			t.Errorf("%s reads all of %s:\n%s", name, scans, plan)
		}
	}
	if len(sent.seen) != len(want) {
		t.Errorf("%d statements were sent, %d are explained", len(sent.seen), len(want))
	}
}

// explainSent returns the plan of a statement, which is executed and rolled back, and the tables that it reads as a whole.
func explainSent(t *testing.T, s *store.Store, data pgx.TraceQueryStartData) (text, scans string) {
	t.Helper()
	tx, err := s.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if err := tx.QueryRow(t.Context(), "explain (analyze, buffers, format json) "+data.SQL, data.Args...).Scan(&text); err != nil {
		t.Fatalf("%s: %v", data.SQL, err)
	}
	var plans []struct{ Plan planNode }
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		t.Fatal(err)
	}
	return text, strings.Join(plans[0].Plan.scans(), ", ")
}

// planNode is a node of a plan in PostgreSQL's JSON form.
type planNode struct {
	Node     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Plans    []planNode
}

// scans returns the tables that are read as a whole, or of which many rows are read in vain.
func (p planNode) scans() (found []string) {
	const keysOfClient = 20
	if p.Node == "Seq Scan" && p.Relation != "registry_version" || p.Removed > keysOfClient {
		found = append(found, fmt.Sprintf("%s (%s, %v rows in vain)", p.Relation, p.Node, p.Removed))
	}
	for _, child := range p.Plans {
		found = append(found, child.scans()...)
	}
	return found
}

// BenchmarkLoadRegistry reads clients, keys and documents as a server does after a change.
func BenchmarkLoadRegistry(b *testing.B) {
	s := openNew(b, manyClients)
	b.ReportAllocs()
	for b.Loop() {
		batch := s.Batch()
		batch.RegistryVersion()
		clients, documents := batch.Clients(), batch.Documents()
		batch.ValidClientKeys()
		if err := batch.Run(b.Context()); err != nil || len(*clients) != 2000 || len(*documents) != 20_000 {
			b.Fatalf("%d clients, %d documents, error %v", len(*clients), len(*documents), err)
		}
	}
}
