package command_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/store/storetest"
)

// manifests are what clients' tools made of operations on our schema.
const manifests = "../graph/persisted/testdata/"

// Ids of documents in them.
const (
	companyPage = "59da172c903352e5aebc95e0f30eff008dfe567921ea97345961c94a0f50b5d7"
	prices      = "462f88dc7801fd9dd4b830b18a9e258334a1ac12a32d3599b956fe2d69a915a3"
	search      = "f2df8bc932561a326224142918cf3bfdb0b966ed7e0a4ff2ab98712ce2e66c86"
	filings     = "7c18055ca11ee593e5b148f266078a707d7634b2461b71a9d031d1ba2d6e6059"
)

// newClients returns the URL of a database with clients: acme, a partner, and ana, an analyst.
func newClients(t *testing.T) (url string, conn *pgx.Conn) {
	t.Helper()
	url = storetest.New(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	execute(t, conn, `insert into clients (name, role, mode) values ('acme', 'partner', 'id_only'), ('ana', 'analyst', 'open')`)
	return url, conn
}

func execute(t *testing.T, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func version(t *testing.T, conn *pgx.Conn) (n int64) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "select version from registry_version").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// write writes a file of the test and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// mustFail runs a command that must fail, and returns what it says.
func mustFail(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	code, stdout, stderr := run(t, environ, args...)
	if code != 1 {
		t.Fatalf("%v: exit code %d, want 1\n%s\n%s", args, code, stdout, stderr)
	}
	return stdout + stderr
}

// TestDocuments goes through the life of documents.
func TestDocuments(t *testing.T) {
	t.Parallel()
	url, conn := newClients(t)
	environ := []string{"DATABASE_URL=" + url}
	publish := func(args ...string) []string {
		return append([]string{"documents", "publish", "--client=acme"}, args...)
	}
	wantOutput := func(want string, args ...string) {
		t.Helper()
		if got := mustRun(t, environ, args...); got != want {
			t.Errorf("%v: %q, want %q", args, got, want)
		}
	}
	all := []string{manifests + "apollo.json", manifests + "relay.json", manifests + "filings.graphql"}
	wantOutput("CLIENT  ID  OPERATIONS  PUBLISHED  STATE\n", "documents", "list")
	wantOutput("acme: 3 documents: 3 new, 0 unchanged, 0 active again\n", publish(all[0])...)
	wantOutput("acme: 6 documents: 3 new, 3 unchanged, 0 active again\n", publish(append(all, all[0])...)...)
	before := version(t, conn)
	wantOutput("acme: 6 documents: 0 new, 6 unchanged, 0 active again\n", publish(all...)...)
	if after := version(t, conn); after != before {
		t.Errorf("nothing changed, and the version of the registry went from %d to %d", before, after)
	}
	wantContains(t, mustRun(t, environ, "documents", "list", "--client=acme"),
		companyPage+"  CompanyPage", "cb7a1f9839a86779243ba0976949e786  ", "  pageCompanyQuery  ", filings+"  Filings ", "  active\n")
	wantOutput("CLIENT  ID  OPERATIONS  PUBLISHED  STATE\n", "documents", "list", "--client=ana")

	wantOutput("acme: 2 documents are refused from 9999-12-31 on\n", "documents", "retire", "--client=acme", "--on=9999-12-31", companyPage, "sha256:"+prices)
	wantOutput("acme: 1 document is refused from now on\n", "documents", "retire", "--client=acme", "--on=2026-07-30", prices)
	wantOutput("acme: 1 document is refused from now on (1 before)\n", "documents", "retire", "--client=acme", "--on=2026-07-30", prices)
	wantOutput("acme: 1 document is revoked\n", "documents", "revoke", "--client=acme", search, search)
	wantOutput("acme: 2 documents are revoked (1 before)\n", "documents", "revoke", "--client=acme", search, filings)
	wantContains(t, mustRun(t, environ, "documents", "list"), "retiring on 9999-12-31", "retired on 2026-07-30", "revoked at 2")

	before = version(t, conn)
	wantContains(t, mustFail(t, environ, publish(all...)...),
		"apollo.json:11: document 462f88dc7801… (Prices): it was retired on 2026-07-30: take it out of the file, or make it active again with --reactivate\n",
		"apollo.json:17: document f2df8bc93256… (Search): it was revoked at 2",
		"filings.graphql: document 7c18055ca11e… (Filings): it was revoked at 2",
		"corpintel: nothing was published: there are 3 faults, see above\n")
	wantContains(t, mustFail(t, environ, "documents", "retire", "--client=acme", "--on=2026-07-30", companyPage, search),
		search+" is revoked already, since 2", "nothing was changed: 1 document is revoked already")
	for _, command := range [][]string{{"revoke"}, {"retire", "--on=2026-07-30"}} {
		args := append([]string{"documents"}, append(command, "--client=acme", companyPage, "nobody's")...)
		wantContains(t, mustFail(t, environ, args...), `acme has not registered "nobody's"`, "nothing was changed: 1 of the ids are not registered for acme")
	}
	if after := version(t, conn); after != before {
		t.Errorf("nothing changed, and the version of the registry went from %d to %d", before, after)
	}
	code, stdout, stderr := run(t, environ, publish(all[1], all[0], "--reactivate")...)
	if want := "acme: 5 documents: 0 new, 2 unchanged, 3 active again\n"; code != 0 || stdout != want || stderr != "" {
		t.Errorf("reactivated: %d %q %q, want %q", code, stdout, stderr, want)
	}
	wantOutput("acme: 1 document is refused from 9999-12-31 on\n", "documents", "retire", "--client=acme", "--on=9999-12-31", companyPage)
	_, _, stderr = run(t, environ, publish(all[0])...)
	wantContains(t, stderr, "note: document 59da172c9033… (CompanyPage) will be refused from 9999-12-31 on\n")
}

// TestUsageList lists what was used.
func TestUsageList(t *testing.T) {
	t.Parallel()
	url, conn := newClients(t)
	environ := []string{"DATABASE_URL=" + url}
	mustRun(t, environ, "documents", "publish", "--client=acme", manifests+"apollo.json")
	mustRun(t, environ, "documents", "publish", "--client=ana", manifests+"filings.graphql")
	execute(t, conn, `update documents set published_at = '2026-01-01T00:00:00Z' where id <> $1`, search)
	execute(t, conn, `insert into document_usage (client_id, document_id, count, first_used_at, last_used_at)
		values (1, $1, 12345, '2026-01-02T03:04:05Z', '2026-07-30T00:00:00Z'), (2, $2, 1, '2026-07-29T23:59:59.5Z', '2026-07-29T23:59:59.5Z')`,
		companyPage, filings)
	if got := mustRun(t, environ, "documents", "usage"); !strings.Contains(got, "acme    "+companyPage+"  CompanyPage  12,345  2026-07-30T00:00:00Z  active\n") ||
		!strings.Contains(got, "acme    "+prices+"  Prices       0       never                 active\n") {
		t.Errorf("usage:\n%s", got)
	}
	ids := func(args ...string) (found []string) {
		t.Helper()
		var rows []map[string]any
		if err := json.Unmarshal([]byte(mustRun(t, environ, append([]string{"documents", "usage", "--json"}, args...)...)), &rows); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			found = append(found, row["id"].(string))
		}
		return found
	}
	for _, test := range []struct{ args, want []string }{
		{nil, []string{prices, companyPage, search, filings}},
		{[]string{"--client=ana"}, []string{filings}},
		{[]string{"--unused-since=2026-07-30"}, []string{prices, filings}}, // search was published later
		{[]string{"--unused-since=2026-07-31", "--client=acme"}, []string{prices, companyPage}},
		{[]string{"--unused-since=2026-07-29", "--client=ana"}, nil},
	} {
		if diff := cmp.Diff(test.want, ids(test.args...)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.args, diff)
		}
	}
	mustRun(t, environ, "documents", "revoke", "--client=acme", prices)
	if diff := cmp.Diff([]string{filings}, ids("--unused-since=2026-07-30")); diff != "" {
		t.Errorf("without what is revoked (-want +got):\n%s", diff)
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(mustRun(t, environ, "documents", "list", "--client=ana", "--json")), &rows); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{
		"client": "ana", "id": filings, "sha256": filings, "operations": []any{"Filings"}, "state": "active",
		"publishedAt": "2026-01-01T00:00:00Z", "retireOn": nil, "revokedAt": nil, "count": 1.0,
		"firstUsedAt": "2026-07-29T23:59:59Z", "lastUsedAt": "2026-07-29T23:59:59Z",
	}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if got := mustRun(t, environ, "documents", "list", "--client=ana", "--json"); strings.HasPrefix(got, "null") {
		t.Errorf("no list: %s", got)
	}
}

// TestPublishRefused checks what is said of documents that cannot be registered, and that nothing is.
func TestPublishRefused(t *testing.T) { //nolint:tparallel // what is after the group of subtests looks at what they leave
	t.Parallel()
	url, conn := newClients(t)
	environ := []string{"DATABASE_URL=" + url}
	before := version(t, conn)
	deep := `query Dear { companies(first: 200) { nodes { filings(first: 200) { nodes { form a: companies { ...A } b: companies { ...A } } } } } }
		fragment A on Company { name cik sector tickers { symbol exchange } }`
	manifest := func(name, kind, body string) string {
		hash := persisted.Hash(body)
		operation, err := json.Marshal(map[string]string{"id": hex.EncodeToString(hash[:]), "name": name, "type": kind, "body": body})
		if err != nil {
			t.Fatal(err)
		}
		return "{\"format\": \"apollo-persisted-query-manifest\", \"version\": 1, \"operations\": [\n" + string(operation) + "]}"
	}
	tests := map[string]struct {
		file, content string
		want          string // parts of what is said after the name of the file, with | between them
	}{
		"no GraphQL": {"a.graphql", "query A {\n  company(", ":2:11: document "},
		"unknown fields": {
			"a.graphql", "query A {\n  compny { a }\n  company(ticker: \"X\") { name, nam }\n}",
			`:2:3: document 9e32ef1930c6… (A): Cannot query field "compny" on type "Query". Did you mean "company"?|` +
				`:3:32: document 9e32ef1930c6… (A): Cannot query field "nam" on type "Company". Did you mean "name"?`,
		},
		"in a map": {
			"a.json", "{\n  \"page\": \"query A {\\n  compny { a }\\n}\"\n}",
			`:2: document page (A): at 2:3 of its text: Cannot query field "compny" on type "Query".`,
		},
		"in a manifest":  {"a.json", manifest("A", "query", "query A { compny }"), `: at 1:11 of its text: Cannot query field "compny"`},
		"another name":   {"a.json", manifest("B", "query", "query A { __typename }"), `the file says that its operation is called B, in its text it is "A"`},
		"another type":   {"a.json", manifest("A", "mutation", "query A { __typename }"), "the file says that it is a mutation, its text has a query"},
		"a mutation":     {"a.graphql", "mutation A { importAll }", ":1:1: document "},
		"a subscription": {"a.graphql", "subscription A { prices }", ":1:1: document "},
		"no operation":   {"a.graphql", "fragment A on Company { name }", "no operation provided"},
		"a cycle":        {"a.graphql", "{ ...A } fragment A on Query { ...A }", `Cannot spread fragment "A" within itself.`},
		"too deep":       {"a.graphql", "query A " + strings.Repeat("{ a", 40) + strings.Repeat("}", 40), "the document has more than 30 levels"},
		"@defer":         {"a.graphql", "{ ... @defer { __typename } }", `Unknown directive "@defer"`},
		"too dear":       {"a.graphql", deep, ":1:1: document d4dbd4fdf97b… (Dear): the operation costs 1720402 even if every page"},
		"introspection":  {"a.graphql", "query A { ...F } fragment F on Query { __schema { types { name } } }", "it asks for __schema or __type, which the role of acme may not"},
		"a type":         {"a.graphql", `query A { ... on Query { __type(name: "Company") { name } } }`, "it asks for __schema or __type"},
	}
	t.Run("all", func(t *testing.T) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				file := write(t, test.file, test.content)
				said := mustFail(t, environ, "documents", "publish", "--client=acme", manifests+"apollo.json", file)
				for part := range strings.SplitSeq(test.want, "|") {
					wantContains(t, said, file, part, "corpintel: nothing was published: there ")
				}
			})
		}
	})
	if after := version(t, conn); after != before {
		t.Errorf("nothing was published, and the version of the registry went from %d to %d", before, after)
	}
}

// TestPublishFiles checks what is said of files and clients.
func TestPublishFiles(t *testing.T) {
	t.Parallel()
	url, conn := newClients(t)
	environ := []string{"DATABASE_URL=" + url}
	execute(t, conn, "insert into clients (name, role, mode, revoked_at) values ('gone', 'partner', 'id_only', now())")
	good := manifests + "apollo.json"
	one, two := write(t, "one.json", "{\n\"a\": \"{ __typename }\"}"), write(t, "two.json", `{"a": "{ t: __typename }"}`)
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no file":           {[]string{"acme", "nowhere.json"}, "nowhere.json: no such file or directory\n"},
		"a folder":          {[]string{"acme", "testdata"}, "testdata: this is a folder: name the files\n"},
		"an empty file":     {[]string{"acme", write(t, "a.json", "")}, "a.json: the file is empty\n"},
		"one id, two texts": {[]string{"acme", one, two}, two + ":1: document a: the id has another text in " + one + ", line 2\n"},
		"no client":         {[]string{"nobody", good}, `corpintel: no client is called "nobody": see corpintel client list`},
		"a revoked client":  {[]string{"gone", good}, "corpintel: the client gone is revoked: its documents stay as they are"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"documents", "publish", "--client"}, test.args...)
			wantContains(t, mustFail(t, environ, args...), test.want)
		})
	}
	mustRun(t, environ, "documents", "publish", "--client=ana", one)
	wantContains(t, mustFail(t, environ, "documents", "publish", "--client=ana", good, two),
		two+":1: document a: another text is registered under the id, and callers rely on it: publish this one under another id\n",
		"corpintel: nothing was published: there is a fault, see above\n")
	wantContains(t, mustRun(t, environ, "documents", "publish", "--client=acme", two), "1 document: 1 new") // the id belongs to each
	introspection := write(t, "schema.graphql", "query Schema { __schema { queryType { name } } }")
	mustRun(t, environ, "documents", "publish", "--client=ana", introspection)

	empty := []string{"DATABASE_URL=" + storetest.NewEmpty(t)}
	wantContains(t, mustFail(t, empty, "documents", "list"), "run corpintel migrate up")
}

// TestPublishCost registers what may cost too much, and says so; what must is refused.
func TestPublishCost(t *testing.T) {
	t.Parallel()
	url, _ := newClients(t)
	environ := []string{"DATABASE_URL=" + url}
	file := write(t, "a.graphql", `query Pages($first: Int, $deep: Boolean!) {
		companies(first: $first) { nodes { filings(first: 100) { nodes { title companies @include(if: $deep) { name } } } } } }`)
	code, stdout, stderr := run(t, environ, "documents", "publish", "--client=acme", "--max-cost=10000", file)
	if code != 0 {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	wantContains(t, stderr, "note: with the largest pages that their variables allow 1 document is dearer than 10,000, and such calls are refused: document ")
	wantContains(t, mustFail(t, append(environ, "CORPINTEL_MAX_COST=50"), "documents", "publish", "--client=ana", file),
		"even if every page that a variable sizes has one element, more than 50 is not given")
}

// TestManyFaults checks that not more is said than anybody reads.
func TestManyFaults(t *testing.T) {
	t.Parallel()
	url, _ := newClients(t)
	var members []string
	for i := range 200 {
		members = append(members, fmt.Sprintf("%q: \"{ nothing }\"", strconv.Itoa(i)))
	}
	file := write(t, "a.json", "{"+strings.Join(members, ",\n")+"}")
	said := mustFail(t, []string{"DATABASE_URL=" + url}, "documents", "publish", "--client=acme", file)
	if n := strings.Count(said, "\n"); n != 51 {
		t.Errorf("%d lines, want 50 faults and the last word:\n%s", n, said)
	}
	wantContains(t, said, "there are 50 faults and perhaps more")
}

// TestCheck holds documents against schemas.
func TestCheck(t *testing.T) {
	t.Parallel()
	url, conn := newClients(t)
	environ := []string{"DATABASE_URL=" + url}
	check := func(args ...string) []string { return append([]string{"documents", "check", "--schema"}, args...) }
	if got, want := mustRun(t, environ, check("../schema")...), "0 documents broken, 0 texts checked\n"; got != want {
		t.Errorf("nothing registered: %q, want %q", got, want)
	}
	mustRun(t, environ, "documents", "publish", "--client=acme", manifests+"apollo.json")
	mustRun(t, environ, "documents", "publish", "--client=ana", manifests+"apollo.json", manifests+"relay.json")
	if got, want := mustRun(t, environ, check("../schema")...), "0 documents broken, 5 texts checked\n"; got != want {
		t.Errorf("the same schema: %q, want %q", got, want)
	}
	execute(t, conn, `insert into document_usage (client_id, document_id, count, first_used_at, last_used_at)
		values (2, $1, 7, '2026-07-01', '2026-07-30T01:02:03Z'), (1, $2, 1234, '2026-01-01', '2026-02-03T04:05:06Z')`, companyPage, search)

	changed := changedSchema(t, map[string]string{"accessionNumber: AccessionNumber!\n": "number: AccessionNumber!\n", "symbol: String!": "sign: String!"})
	want := `ana  59da172c903352e5aebc95e0f30eff008dfe567921ea97345961c94a0f50b5d7  CompanyPage  used 7 times, last at 2026-07-30T01:02:03Z
    6:9: Cannot query field "accessionNumber" on type "Filing".
    27:5: Cannot query field "symbol" on type "Ticker".
acme  f2df8bc932561a326224142918cf3bfdb0b966ed7e0a4ff2ab98712ce2e66c86  Search  used 1,234 times, last at 2026-02-03T04:05:06Z
    16:5: Cannot query field "symbol" on type "Ticker".
acme  59da172c903352e5aebc95e0f30eff008dfe567921ea97345961c94a0f50b5d7  CompanyPage  never used
    6:9: Cannot query field "accessionNumber" on type "Filing".
    27:5: Cannot query field "symbol" on type "Ticker".
ana  cb7a1f9839a86779243ba0976949e786  pageCompanyQuery  never used
    14:7: Cannot query field "accessionNumber" on type "Filing".
ana  f2df8bc932561a326224142918cf3bfdb0b966ed7e0a4ff2ab98712ce2e66c86  Search  never used
    16:5: Cannot query field "symbol" on type "Ticker".
5 documents broken, 5 texts checked
corpintel: the schema breaks 5 documents
`
	if diff := cmp.Diff(want, mustFail(t, environ, check(changed...)...)); diff != "" {
		t.Errorf("the changed schema (-want +got):\n%s", diff)
	}
	mustRun(t, environ, "documents", "revoke", "--client=ana", companyPage, search)
	mustRun(t, environ, "documents", "retire", "--client=ana", "--on="+edgar.DateOf(time.Now()).String(), "cb7a1f9839a86779243ba0976949e786")
	execute(t, conn, "update clients set revoked_at = now() where name = 'acme'")
	wantContains(t, mustRun(t, environ, check(changed...)...), "0 documents broken, 2 texts checked\n")
	execute(t, conn, "update clients set revoked_at = null")

	code, stdout, _ := run(t, environ, append(check(changed...), "--json")...)
	var result struct {
		Texts  int
		Broken []struct {
			Client, ID string
			Count      int
			Problems   []struct {
				Line, Column int
				Reason       string
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &result); err != nil || code != 1 {
		t.Fatalf("exit code %d, error %v", code, err)
	}
	if result.Texts != 4 || len(result.Broken) != 2 || result.Broken[0].ID != search || result.Broken[0].Count != 1234 ||
		result.Broken[1].Problems[0].Line != 6 || result.Broken[1].Problems[0].Column != 9 {
		t.Errorf("JSON: %s", stdout)
	}
	wantContains(t, mustFail(t, environ, check(write(t, "a.graphqls", "type Query { a: B }"))...), "a.graphqls:1:17: Undefined type B")
	wantContains(t, mustFail(t, environ, check(write(t, "a.graphqls", "type A { a: Int }"))...), "schema: it has no type Query")
	wantContains(t, mustFail(t, environ, check("testdata")...), "has no .graphqls, .graphql or .gql files")
	wantContains(t, mustFail(t, environ, check("nowhere")...), "nowhere: no such file or directory")
}

// changedSchema returns the files of the schema with parts of them replaced.
func changedSchema(t *testing.T, parts map[string]string) []string {
	t.Helper()
	names, err := filepath.Glob("../schema/*.graphqls")
	if err != nil || len(names) == 0 {
		t.Fatalf("schema: %v", err)
	}
	var files []string
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(content)
		for old, changed := range parts {
			text = strings.ReplaceAll(text, old, changed)
		}
		files = append(files, write(t, filepath.Base(name), text))
	}
	return files
}
