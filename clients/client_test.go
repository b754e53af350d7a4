package clients_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/store/storetest"
)

func hexHash(text string) string {
	hash := persisted.Hash(text)
	return hex.EncodeToString(hash[:])
}

// idOf returns the id of a document, empty for none.
func idOf(d *clients.Document) string {
	if d == nil {
		return ""
	}
	return d.ID
}

func TestDocument(t *testing.T) {
	t.Parallel()
	const companies, filings, spread = `{companies{totalCount}}`, `{filings{totalCount}}`, "{\n  filings { totalCount }\n}"
	s := open(t, storetest.New(t), store.Options{MaxConns: 1})
	create(t, s, "acme", auth.RolePartner)
	create(t, s, "bolt", auth.RolePartner)
	publish(t, s, "acme", map[string]string{hexHash(companies): companies, "filings": filings})
	publish(t, s, "bolt", map[string]string{hexHash(spread): spread, "filings": companies})
	r := load(t, clients.Options{Store: s})
	acme, bolt := r.Client("acme"), r.Client("bolt")

	for name, test := range map[string]struct {
		client   *clients.Client
		id, want string
	}{
		"hash":                  {acme, hexHash(companies), hexHash(companies)},
		"hash with its name":    {acme, "sha256:" + hexHash(companies), hexHash(companies)},
		"name":                  {acme, "filings", "filings"},
		"hash of a named one":   {acme, hexHash(filings), "filings"},
		"and with its name":     {acme, "sha256:" + hexHash(filings), "filings"},
		"name, other client":    {bolt, "filings", "filings"},
		"of another client":     {acme, hexHash(spread), ""},
		"unknown":               {acme, hexHash("{x}"), ""},
		"upper case":            {acme, strings.ToUpper(hexHash(companies)), ""},
		"name as a hash":        {acme, "sha256:filings", ""},
		"hash twice":            {acme, "sha256:sha256:" + hexHash(companies), ""},
		"other hash":            {acme, "md5:" + hexHash(companies), ""},
		"part of it":            {acme, hexHash(companies)[:63], ""},
		"no hexadecimal digits": {acme, strings.Repeat("g", 64), ""},
		"empty":                 {acme, "", ""},
		"only the name of it":   {acme, "sha256:", ""},
		"nobody in particular":  {&clients.Client{Viewer: *auth.Anonymous()}, "filings", ""},
		"nobody, by hash":       {&clients.Client{Viewer: *auth.Anonymous()}, hexHash(companies), ""},
	} {
		got := test.client.Document(test.id)
		if idOf(got) != test.want || got != nil && got.ClientID != test.client.Viewer.ClientID {
			t.Errorf("%s: %+v, want %q", name, got, test.want)
		}
	}
	shape, err := persisted.Shape(spread)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ got, want string }{
		"text":                {idOf(acme.DocumentByText(filings)), "filings"},
		"text, spread":        {idOf(acme.DocumentByText(spread)), ""},
		"text of nobody":      {idOf((&clients.Client{}).DocumentByText(filings)), ""},
		"shape":               {idOf(acme.DocumentByShape(shape)), "filings"},
		"shape, other client": {idOf(bolt.DocumentByShape(shape)), hexHash(spread)},
		"no shape":            {idOf(acme.DocumentByShape([32]byte{})), ""},
		"shape of nobody":     {idOf((&clients.Client{}).DocumentByShape(shape)), ""},
	} {
		if test.got != test.want {
			t.Errorf("%s: %q, want %q", name, test.got, test.want)
		}
	}
}

// TestSameText registers a text under several ids: by its hash the one is meant that is executed longest.
func TestSameText(t *testing.T) {
	t.Parallel()
	const text = `{companies{totalCount}}`
	s := open(t, storetest.New(t), store.Options{MaxConns: 1})
	create(t, s, "acme", auth.RolePartner)
	publish(t, s, "acme", map[string]string{"a": text, "b": text, "c": text, "d": text, "e": text})
	if _, err := s.RevokeDocuments(t.Context(), "acme", []string{"a"}); err != nil {
		t.Fatal(err)
	}
	for id, on := range map[string]edgar.Date{"b": edgar.NewDate(2030, 1, 1), "c": edgar.NewDate(2031, 1, 1)} {
		if _, err := s.RetireDocuments(t.Context(), "acme", []string{id}, on); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"d", "e", "c", "b", "a"} {
		c := load(t, clients.Options{Store: s}).Client("acme")
		if got := idOf(c.DocumentByText(text)); got != want {
			t.Errorf("by its text %s is meant, want %s", got, want)
		}
		if got := idOf(c.Document(want)); got != want {
			t.Errorf("by the id %s %s is meant", want, got)
		}
		if want != "a" {
			if _, err := s.RevokeDocuments(t.Context(), "acme", []string{want}); err != nil {
				t.Fatal(err)
			}
		}
		// All of them are revoked at last: the smallest id is meant, and "a" is.
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		document *clients.Document
		now      time.Time
		want     clients.State
		text     string
	}{
		"active":              {&clients.Document{}, midnight, clients.Active, "active"},
		"the evening before":  {&clients.Document{RetireOn: &midnight}, midnight.Add(-1), clients.Retiring, "retiring"},
		"the day":             {&clients.Document{RetireOn: &midnight}, midnight, clients.Retired, "retired"},
		"the day, in the far": {&clients.Document{RetireOn: &midnight}, midnight.In(time.FixedZone("", -36000)), clients.Retired, "retired"},
		"revoked":             {&clients.Document{Revoked: true}, midnight, clients.Revoked, "revoked"},
		"retired and revoked": {&clients.Document{RetireOn: &midnight, Revoked: true}, midnight.Add(-1), clients.Revoked, "revoked"},
	} {
		if got := test.document.State(test.now); got != test.want || got.String() != test.text {
			t.Errorf("%s: %v, want %s", name, got, test.text)
		}
	}
}

// TestDocumentsStay checks that documents that nobody changed are the same after the registry was loaded anew, and that
// those that were are others.
func TestDocumentsStay(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	s := open(t, url, store.Options{MaxConns: 1})
	create(t, s, "acme", auth.RolePartner)
	publish(t, s, "acme", map[string]string{"kept": `{companies{totalCount}}`, "retired": `{filings{totalCount}}`, "revoked": `{node(id:"x"){id}}`})
	r := load(t, clients.Options{Store: open(t, url, store.Options{MaxConns: 1}), Poll: time.Millisecond})
	follow(t, r)
	before := r.Client("acme")
	change := func(do func() error) {
		t.Helper()
		changed := r.Changed()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		await(t, "the change", changed)
	}
	change(func() error {
		_, err := s.RetireDocuments(t.Context(), "acme", []string{"retired"}, edgar.NewDate(2027, 3, 1))
		return err
	})
	change(func() error {
		_, err := s.RevokeDocuments(t.Context(), "acme", []string{"revoked"})
		return err
	})
	after := r.Client("acme")
	if after == before || after.Document("kept") != before.Document("kept") {
		t.Error("a document that was not changed is another one")
	}
	midnight := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	if d := after.Document("retired"); d == before.Document("retired") || d.RetireOn == nil || !d.RetireOn.Equal(midnight) {
		t.Errorf("retired: %+v", d)
	}
	if d := after.Document("revoked"); d == before.Document("revoked") || !d.Revoked {
		t.Errorf("revoked: %+v", d)
	}
}

func TestDocumentAllocatesNothing(t *testing.T) { // counts allocations: not with others
	const text = `{companies{totalCount}}`
	s := open(t, storetest.New(t), store.Options{MaxConns: 1})
	create(t, s, "acme", auth.RolePartner)
	publish(t, s, "acme", map[string]string{"companies": text})
	c := load(t, clients.Options{Store: s}).Client("acme")
	id := "sha256:" + hexHash(text)
	if n := testing.AllocsPerRun(100, func() {
		if c.Document("companies") == nil || c.Document(id) == nil || c.Document(id[7:]) == nil {
			t.Error("no document")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
