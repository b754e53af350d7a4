package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

// today is when documents of these tests are published.
var today = edgar.NewDate(2026, time.July, 30)

// newDocument returns a document with a text.
func newDocument(id, text string, operations ...string) store.NewDocument {
	if operations == nil {
		operations = []string{""}
	}
	return store.NewDocument{ID: id, Hash: persisted.Hash(text), Shape: persisted.Hash("shape of " + text), Text: text, Operations: operations}
}

// publish registers documents for acme.
func publish(t *testing.T, s *store.Store, documents ...store.NewDocument) store.Publication {
	t.Helper()
	done, err := s.PublishDocuments(t.Context(), "acme", documents, today, false)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// TestPublish registers documents, again, together with others, and under another client.
func TestPublish(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	acme, other := createClient(t, s, "acme", "a"), createClient(t, s, "other", "b")
	a, b := newDocument("a", "{ a }"), newDocument("b", "query B { b } query C { c }", "B", "C")
	if diff := cmp.Diff(store.Publication{Added: 2}, publish(t, s, a, b)); diff != "" {
		t.Errorf("two (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(store.Publication{Added: 1, Unchanged: 2}, publish(t, s, newDocument("again", "{ a }"), b, a)); diff != "" {
		t.Errorf("one of three is new (-want +got):\n%s", diff)
	}
	before := readRegistry(t, s)
	if diff := cmp.Diff(store.Publication{Unchanged: 2}, publish(t, s, a, b)); diff != "" {
		t.Errorf("none is new (-want +got):\n%s", diff)
	}
	if after := readRegistry(t, s); after.version != before.version {
		t.Errorf("nothing changed but the version, from %d to %d", before.version, after.version)
	}
	if _, err := s.PublishDocuments(t.Context(), "other", []store.NewDocument{newDocument("a", "{ other }")}, today, false); err != nil {
		t.Error(err) // ids belong to clients
	}
	after := readRegistry(t, s)
	if after.version <= before.version {
		t.Errorf("the version is still %d", after.version)
	}
	got := make(map[string][]string)
	for _, d := range after.documents {
		text, err := s.DocumentText(t.Context(), d.Hash)
		if err != nil {
			t.Error(err)
		}
		if d.Shape != persisted.Hash("shape of "+text) || d.RetireOn != nil || d.RevokedAt != nil {
			t.Errorf("document %+v of %q", d, text)
		}
		got[fmt.Sprint(d.ClientID, " ", d.ID, " ", text)] = d.Operations
	}
	want := map[string][]string{
		fmt.Sprint(acme.ID, " a { a }"): {""}, fmt.Sprint(acme.ID, " again { a }"): {""}, fmt.Sprint(other.ID, " a { other }"): {""},
		fmt.Sprint(acme.ID, " b query B { b } query C { c }"): {"B", "C"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	if _, err := s.DocumentText(t.Context(), persisted.Hash("nothing")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no text: error %v, want ErrNotFound", err)
	}
}

// TestPublishIsWhole publishes what is refused together with what is new: nothing of it is stored.
func TestPublishIsWhole(t *testing.T) {
	t.Parallel()
	s := openNew(t, "insert into clients (name, role, mode, revoked_at) values ('gone', 'partner', 'id_only', now())")
	createClient(t, s, "acme", "a")
	publish(t, s, newDocument("a", "{ a }"), newDocument("retired", "{ r }"), newDocument("revoked", "{ v }"), newDocument("later", "{ l }"))
	for id, on := range map[string]edgar.Date{"retired": today, "later": today + 1} {
		if _, err := s.RetireDocuments(t.Context(), "acme", []string{id}, on); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.RevokeDocuments(t.Context(), "acme", []string{"revoked"}); err != nil {
		t.Fatal(err)
	}
	before := readRegistry(t, s)
	for name, test := range map[string]struct {
		client        string
		document      store.NewDocument
		reactivate    bool
		differ, ended []string
		want          error
	}{
		"another text":           {"acme", newDocument("a", "{ A }"), false, []string{"a"}, nil, nil},
		"another text, revoked":  {"acme", newDocument("revoked", "{ A }"), true, []string{"revoked"}, nil, nil},
		"retired":                {"acme", newDocument("retired", "{ r }"), false, nil, []string{"retired"}, nil},
		"revoked":                {"acme", newDocument("revoked", "{ v }"), false, nil, []string{"revoked"}, nil},
		"a client that is gone":  {"gone", newDocument("a", "{ a }"), false, nil, nil, store.ErrRevoked},
		"a client that is not":   {"nobody", newDocument("a", "{ a }"), false, nil, nil, store.ErrNotFound},
		"PostgreSQL takes it no": {"acme", newDocument("a\x00b", "{ a }"), false, nil, nil, nil},
	} {
		documents := []store.NewDocument{newDocument("new", "{ new }"), test.document, newDocument("newer", "{ newer }")}
		_, err := s.PublishDocuments(t.Context(), test.client, documents, today, test.reactivate)
		var refused *store.DocumentsError
		switch {
		case err == nil || test.want != nil && !errors.Is(err, test.want):
			t.Errorf("%s: error %v, want %v", name, err, test.want)
		case (test.differ != nil || test.ended != nil) && !errors.As(err, &refused):
			t.Errorf("%s: error %v, want a DocumentsError", name, err)
		case refused != nil && (!slices.Equal(idsOf(refused.Differ), test.differ) || !slices.Equal(idsOf(refused.Ended), test.ended)):
			t.Errorf("%s: other texts %v, ended %v", name, idsOf(refused.Differ), idsOf(refused.Ended))
		}
	}
	if diff := cmp.Diff(before, readRegistry(t, s), cmp.AllowUnexported(registry{}), byDocument); diff != "" {
		t.Errorf("something was stored (-before +after):\n%s", diff)
	}
	if n := mustNumber(t, s, "select count(*) from document_texts"); n != 4 {
		t.Errorf("%d texts, want 4", n)
	}

	done := publish(t, s, newDocument("later", "{ l }"))
	if done.Unchanged != 1 || len(done.Retiring) != 1 || *done.Retiring[0].RetireOn != today+1 {
		t.Errorf("what will be retired: %+v", done)
	}
	all := []store.NewDocument{newDocument("a", "{ a }"), newDocument("retired", "{ r }"), newDocument("revoked", "{ v }"), newDocument("later", "{ l }")}
	done, err := s.PublishDocuments(t.Context(), "acme", all, today, true)
	if diff := cmp.Diff(store.Publication{Unchanged: 1, Reactivated: 3}, done); diff != "" || err != nil {
		t.Errorf("active again (-want +got): %v\n%s", err, diff)
	}
	if diff := cmp.Diff(store.Publication{Unchanged: 4}, publish(t, s, all...)); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}
}

// byDocument compares documents as sets.
var byDocument = cmp.Transformer("byDocument", func(documents []*store.Document) map[string]store.Document {
	set := make(map[string]store.Document)
	for _, d := range documents {
		set[fmt.Sprint(d.ClientID, d.ID)] = *d
	}
	return set
})

func idsOf(documents []*store.KnownDocument) (ids []string) {
	for _, d := range documents {
		ids = append(ids, d.ID)
	}
	return ids
}

// TestEndDocuments retires and revokes: all of the documents or none.
func TestEndDocuments(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	createClient(t, s, "acme", "a")
	createClient(t, s, "other", "b")
	publish(t, s, newDocument("a", "{ a }"), newDocument("b", "{ b }"), newDocument("c", "{ c }"))
	retire := func(on edgar.Date, ids ...string) (int, error) {
		return s.RetireDocuments(t.Context(), "acme", ids, on)
	}
	revoke := func(_ edgar.Date, ids ...string) (int, error) { return s.RevokeDocuments(t.Context(), "acme", ids) }
	for i, step := range []struct {
		end  func(edgar.Date, ...string) (int, error)
		on   edgar.Date
		ids  []string
		want int
		says string // of the error
	}{
		{retire, today, []string{"a", "b"}, 2, ""},
		{retire, today, []string{"a", "b"}, 0, ""},
		{retire, today + 1, []string{"a", "c"}, 2, ""},
		{retire, today, []string{"a", "x", "y"}, 0, "retire documents of acme: documents that are not registered: 2"},
		{revoke, 0, []string{"a", "x"}, 0, "revoke documents of acme: documents that are not registered: 1"},
		{revoke, 0, []string{"a", "b"}, 2, ""},
		{revoke, 0, []string{"a", "b", "c"}, 1, ""},
		{revoke, 0, []string{"c"}, 0, ""},
		{retire, today, []string{"c"}, 0, "retire documents of acme: documents that are retired or revoked: 1"},
	} {
		version := readRegistry(t, s).version
		n, err := step.end(step.on, step.ids...)
		if n != step.want || (err == nil) != (step.says == "") || err != nil && err.Error() != step.says {
			t.Errorf("step %d: %d changed, want %d; error %v, want %s", i, n, step.want, err, step.says)
		}
		if changed := readRegistry(t, s).version > version; changed != (step.want > 0) {
			t.Errorf("step %d: changed the version: %t", i, changed)
		}
	}
	if _, err := s.RevokeDocuments(t.Context(), "other", []string{"a"}); err == nil {
		t.Error("another client's document was revoked")
	}
}

// counter counts statements and what is copied.
type counter struct{ n atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestPublishStatements counts the statements of a publication: they do not depend on the number of documents.
func TestPublishStatements(t *testing.T) {
	t.Parallel()
	sent := &counter{}
	s := open(t, storetest.New(t), store.Options{MaxConns: 1, Tracer: sent})
	createClient(t, s, "acme", "a")
	var counts []int64
	for _, n := range []int{1, 20_000} {
		documents := make([]store.NewDocument, n)
		for i := range documents {
			documents[i] = newDocument(fmt.Sprint(n, "-", i), fmt.Sprintf("query Q%d { company(cik: %d) { name } }", i, n), fmt.Sprint("Q", i))
		}
		before := sent.n.Load()
		if done := publish(t, s, documents...); done.Added != n {
			t.Errorf("%d documents: %+v", n, done)
		}
		counts = append(counts, sent.n.Load()-before)
	}
	// begin, ChangeRegistry, ClientByName, KnownDocuments, AddDocumentTexts, AddDocuments, PublishChanges,
	// commit
	if diff := cmp.Diff([]int64{8, 8}, counts); diff != "" {
		t.Errorf("statements for 1 and 20,000 documents (-want +got):\n%s", diff)
	}
}

// TestPublishTogether publishes the same ids with differing texts at the same time: one wins with all of them.
func TestPublishTogether(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.New(t), store.Options{MaxConns: 4})
	createClient(t, s, "acme", "a")
	var wait sync.WaitGroup
	var won atomic.Int64
	for writer := range 4 {
		wait.Go(func() {
			var documents []store.NewDocument
			for i := range 50 {
				documents = append(documents, newDocument(strconv.Itoa((i*7+writer)%50), fmt.Sprintf("{ a%d }", writer)))
			}
			_, err := s.PublishDocuments(t.Context(), "acme", documents, today, false)
			var refused *store.DocumentsError
			switch {
			case err == nil:
				won.Add(1)
			case !errors.As(err, &refused) || len(refused.Differ) != 50:
				t.Errorf("writer %d: %v", writer, err)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 {
		t.Errorf("%d have published, want 1", won.Load())
	}
	if n := mustNumber(t, s, "select count(distinct hash) from documents"); n != 1 {
		t.Errorf("documents of %d writers, want 1", n)
	}
}

// TestDocumentUsage adds to the usage, and passes over what is not there.
func TestDocumentUsage(t *testing.T) {
	t.Parallel()
	s := openNew(t, "")
	acme := createClient(t, s, "acme", "a")
	publish(t, s, newDocument("a", "{ a }"), newDocument("b", "{ b }"))
	at := func(second int) time.Time { return time.Date(2026, 7, 30, 12, 0, second, 0, time.UTC) }
	for _, uses := range [][]store.DocumentUse{
		nil,
		{{acme.ID, "a", 3, at(10), at(20)}},
		{{acme.ID, "a", 4, at(5), at(15)}, {acme.ID, "b", 1, at(7), at(7)}, {acme.ID, "none", 1, at(1), at(1)}, {acme.ID + 99, "a", 1, at(1), at(1)}},
	} {
		if err := s.AddDocumentUsage(t.Context(), uses); err != nil {
			t.Fatal(err)
		}
	}
	documents, err := s.DocumentsOfClient(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	type use struct {
		ID          string
		Count       int64
		First, Last time.Time
	}
	var got []use
	for _, d := range documents {
		got = append(got, use{d.ID, d.Count, *d.FirstUsedAt, *d.LastUsedAt})
	}
	if diff := cmp.Diff([]use{{"a", 7, at(5), at(20)}, {"b", 1, at(7), at(7)}}, got); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	if n := mustNumber(t, s, "select count(*) from document_usage"); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
}

// TestExecutedTexts reads the texts that are executed in parts, each once.
func TestExecutedTexts(t *testing.T) {
	t.Parallel()
	s := openNew(t, "insert into clients (name, role, mode) values ('acme', 'partner', 'id_only'), ('other', 'partner', 'id_only'), ('gone', 'partner', 'id_only')")
	var want []string
	for i := range 7 {
		want = append(want, fmt.Sprintf("{ a%d }", i))
		publish(t, s, newDocument(strconv.Itoa(i), want[i]), newDocument(fmt.Sprint("again", i), want[i]))
	}
	publish(t, s, newDocument("retired", "{ r }"), newDocument("revoked", "{ v }"), newDocument("later", "{ l }"))
	want = append(want, "{ l }")
	for client, text := range map[string]string{"other": "{ v }", "gone": "{ g }"} {
		if _, err := s.PublishDocuments(t.Context(), client, []store.NewDocument{newDocument("x", text)}, today, false); err != nil {
			t.Fatal(err)
		}
	}
	execute(t, s, `update documents set retire_on = '2026-07-30' where id = 'retired';
		update documents set retire_on = '2026-07-31' where id = 'later';
		update documents set revoked_at = now() where id in ('revoked', '3');
		update clients set revoked_at = now() where name = 'gone'`)
	want = append(want, "{ v }") // for the other client
	found := make(map[string]int)
	for after := []byte{}; after != nil; {
		texts, last, err := s.ExecutedTexts(t.Context(), after, today, 3)
		if err != nil {
			t.Fatal(err)
		}
		after = last
		for _, text := range texts {
			if text.Hash != persisted.Hash(text.Text) {
				t.Errorf("%s has another hash", text.Text)
			}
			found[text.Text]++
		}
	}
	once := make(map[string]int)
	for _, text := range want {
		once[text] = 1
	}
	if diff := cmp.Diff(once, found); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	three, v := persisted.Hash("{ a3 }"), persisted.Hash("{ v }")
	documents, err := s.ExecutedDocuments(t.Context(), [][]byte{v[:], three[:]}, today)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range documents {
		ids = append(ids, d.Client+" "+d.ID)
	}
	if diff := cmp.Diff([]string{"acme again3", "other x"}, ids); diff != "" {
		t.Errorf("documents of the texts (-want +got):\n%s", diff)
	}
}

// TestDocumentStatements explains the statements on documents where there are many, as they were sent: they read by index.
func TestDocumentStatements(t *testing.T) {
	t.Parallel()
	sent := &sentStatements{seen: map[string]pgx.TraceQueryStartData{}}
	s := open(t, storetest.New(t), store.Options{MaxConns: 1, Tracer: sent})
	execute(t, s, manyClients+`
		insert into document_usage select client_id, id, 1, now(), now() from documents;
		analyze`)
	var documents []store.NewDocument
	ids := make([]string, 20)
	for i := range ids {
		ids[i] = fmt.Sprint("new", i)
		documents = append(documents, newDocument(ids[i], fmt.Sprintf("{ a%d }", i)))
	}
	day := edgar.NewDate(2026, time.January, 1)
	hash := persisted.Hash("{ a1 }")
	for name, do := range map[string]func() error{
		"publish": func() error {
			if _, err := s.PublishDocuments(t.Context(), "client7", documents, day, false); err != nil {
				return err
			}
			if _, err := s.RetireDocuments(t.Context(), "client7", ids[:3], day); err != nil {
				return err
			}
			if _, err := s.PublishDocuments(t.Context(), "client7", documents, day, true); err != nil {
				return err
			}
			_, err := s.RevokeDocuments(t.Context(), "client7", ids[:3])
			return err
		},
		"usage": func() error {
			return s.AddDocumentUsage(t.Context(), []store.DocumentUse{{7, "6", 1, time.Now(), time.Now()}, {8, "7", 1, time.Now(), time.Now()}})
		},
		"read": func() error {
			_, errText := s.DocumentText(t.Context(), persisted.Hash("1"))
			_, errList := s.DocumentsOfClient(t.Context(), "client9")
			_, _, errTexts := s.ExecutedTexts(t.Context(), hash[:], day, 200)
			_, errDocuments := s.ExecutedDocuments(t.Context(), [][]byte{hash[:]}, day)
			return errors.Join(errText, errList, errTexts, errDocuments)
		},
	} {
		if err := do(); err != nil && !strings.Contains(err.Error(), "not found") {
			t.Fatalf("%s: %v", name, err)
		}
	}
	want := []string{
		"AddDocumentTexts", "AddDocumentUsage", "AddDocuments", "ChangeRegistry", "ClientByName", "DocumentText", "DocumentsOfClient",
		"ExecutedDocuments", "ExecutedTexts", "KnownDocuments", "PublishChanges", "ReactivateDocuments", "RetireDocuments",
		"RevokeDocuments",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(sent.seen))); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
	for _, name := range want {
		if strings.HasPrefix(name, "AddDocuments") || name == "AddDocumentTexts" || name == "PublishChanges" {
			continue // they are there now, and the last one only adds
		}
		if plan, scans := explainSent(t, s, sent.seen[name]); scans != "" {
			t.Errorf("%s reads all of %s:\n%s", name, scans, plan)
		}
	}
}
