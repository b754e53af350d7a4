package explain_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/txtar"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/explain"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden is an operation and how it is executed.
type golden struct {
	archive   *txtar.Archive
	query     string
	variables any
	explain   string
}

func readGolden(t testing.TB, file string) golden {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g := golden{archive: archive}
	for _, f := range archive.Files {
		switch f.Name {
		case "query.graphql":
			g.query = string(f.Data)
		case "variables.json":
			if err := json.Unmarshal(f.Data, &g.variables); err != nil {
				t.Fatal(err)
			}
		case "explain.json":
			g.explain = string(f.Data)
		}
	}
	return g
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("nothing matches %s (%v)", pattern, err)
	}
	return found
}

// TestGolden compares what is told of operations, without the times.
func TestGolden(t *testing.T) {
	t.Parallel()
	s := start(t, options{})
	for _, file := range files(t, "testdata/*.txtar") {
		g := readGolden(t, file)
		report := s.explain(t, g.query, g.variables)
		mask(t, report)
		got, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			rewrite(t, file, g, string(got)+"\n")
			continue
		}
		if diff := cmp.Diff(g.explain, string(got)+"\n"); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func rewrite(t *testing.T, file string, g golden, explained string) {
	t.Helper()
	kept := g.archive.Files[:0]
	for _, f := range g.archive.Files {
		if f.Name != "explain.json" {
			kept = append(kept, f)
		}
	}
	g.archive.Files = append(kept, txtar.File{Name: "explain.json", Data: []byte(explained)})
	writeFile(t, file, txtar.Format(g.archive))
}

// TestEverything explains all golden operations of the resolvers: the answer is the same one, nothing was loaded that nobody had
// looked ahead for, each loader says which statements were its own, and each of these has a plan.
func TestEverything(t *testing.T) {
	t.Parallel()
	s := start(t, options{})
	for _, file := range files(t, "../resolvers/testdata/golden/*.txtar") {
		g := readGolden(t, file)
		plain := s.ask(t, auth.RoleAdmin, g.query, g.variables)
		answer := s.ask(t, auth.RoleAdmin, g.query, g.variables, "Corpintel-Explain", "1")
		if diff := cmp.Diff(string(plain.Data), string(answer.Data)); diff != "" {
			t.Errorf("%s: explained it is another answer:\n%s", file, diff)
		}
		report := answer.Extensions.Explain
		if report == nil {
			if len(answer.Errors) == 0 || plain.Data != nil {
				t.Errorf("%s is not explained", file)
			}
			continue // it was not executed
		}
		for _, statement := range report.Statements {
			if statement.Text == nil || !strings.Contains(*statement.Text, "-- name: "+statement.Name) || statement.Failed {
				t.Errorf("%s: text of %s: %v", file, statement.Name, statement.Text)
			}
			if statement.Plan == nil || !strings.Contains(*statement.Plan, "actual") {
				t.Errorf("%s: plan of %s: %v", file, statement.Name, *statement.Plan)
			}
		}
		owned := map[int]bool{}
		for _, f := range report.Fields {
			each(f, func(f explain.Field) {
				for _, l := range f.Loaders {
					if l.Unprimed || l.Keys == 0 || len(l.Statements) == 0 || l.CacheHits > 0 {
						t.Errorf("%s: %v has %+v", file, f.Path, l)
					}
					for _, i := range l.Statements {
						owned[i] = true
					}
				}
			})
		}
		if len(owned) != len(report.Statements) {
			t.Errorf("%s: %d statements, %d belong to fields", file, len(report.Statements), len(owned))
		}
	}
}

// each calls visit for a field and all below it.
func each(f explain.Field, visit func(explain.Field)) {
	visit(f)
	for _, child := range f.Children {
		each(child, visit)
	}
}

const someOperation = `{ companies(first: 3) { nodes { name filings(first: 2) { nodes { form } } } } }`

// TestRoles checks who is told what.
func TestRoles(t *testing.T) {
	t.Parallel()
	s := start(t, options{})
	for role, want := range map[auth.Role]struct{ explained, texts bool }{
		auth.RoleDashboard: {}, auth.RolePartner: {}, auth.RoleAnalyst: {true, false}, auth.RoleAdmin: {true, true},
	} {
		answer := s.ask(t, role, someOperation, nil, "Corpintel-Explain", "1")
		if len(answer.Errors) > 0 || (answer.Extensions.Explain != nil) != want.explained {
			t.Errorf("%s: %+v", role, answer)
			continue
		}
		if !want.explained {
			continue
		}
		for _, statement := range answer.Extensions.Explain.Statements {
			if (statement.Text != nil) != want.texts || (statement.Plan != nil) != want.texts {
				t.Errorf("%s is told %+v", role, statement)
			}
		}
		if without := s.ask(t, role, someOperation, nil); without.Extensions.Explain != nil {
			t.Errorf("%s is told without asking", role)
		}
	}
}

// TestTogether explains different operations at the same time: what is told of one is what is told of it alone.
func TestTogether(t *testing.T) {
	t.Parallel()
	s := start(t, options{})
	var together sync.WaitGroup
	for _, file := range files(t, "testdata/*.txtar") {
		g := readGolden(t, file)
		var want explain.Report
		if err := json.Unmarshal([]byte(g.explain), &want); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			together.Go(func() {
				got := s.explain(t, g.query, g.variables)
				mask(t, got)
				if diff := cmp.Diff(fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", *got)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", file, diff)
				}
			})
		}
	}
	together.Wait()
}

// TestTimeout checks that an operation is explained that ran out of time.
func TestTimeout(t *testing.T) {
	t.Parallel()
	s := start(t, options{timeout: 300 * time.Millisecond})
	release := s.lock(t, "filings")
	defer release()
	answer := s.ask(t, auth.RoleAdmin, `{ company(cik: 320193) { name } filings { nodes { form } } }`, nil, "Corpintel-Explain", "1")
	if len(answer.Errors) == 0 || answer.Errors[0].Extensions.Code != "TIMEOUT" {
		t.Errorf("errors %+v in %s", answer.Errors, answer.Data)
	}
	report := reportOf(t, answer)
	for _, statement := range report.Statements {
		isLocked := statement.Name == "FilingsPage"
		if statement.Failed != isLocked || strings.Contains(*statement.Plan, "actual") == isLocked {
			t.Errorf("%s: failed %v, plan %s", statement.Name, statement.Failed, *statement.Plan)
		}
	}
	if len(report.Statements) != 2 || len(report.Fields) != 2 {
		t.Errorf("%+v", report)
	}
}

// TestRetried checks that what was tried again is told too.
func TestRetried(t *testing.T) {
	t.Parallel()
	s := start(t, options{})
	var report *explain.Report
	last := 0
	for range 20 { // the pool finds out by itself what was idle for a second
		s.disconnect(t)
		report = s.explain(t, `{ company(cik: 320193) { name } }`, nil)
		if last = len(report.Statements) - 1; last > 0 {
			break
		}
	}
	if last < 1 || report.RoundTrips != last+1 {
		t.Fatalf("%d statements in %d round trips, want one more", last+1, report.RoundTrips)
	}
	for i, statement := range report.Statements {
		if statement.Name != "CompanyByCIK" || statement.Failed != (i < last) || statement.RoundTrip != i {
			t.Errorf("statement %d: %+v", i, statement)
		}
	}
}

// TestEntities checks that what is kept in memory is told.
func TestEntities(t *testing.T) {
	t.Parallel()
	s := start(t, options{entities: loaders.NewEntities(loaders.EntitiesOptions{Bytes: 1 << 20, Fresh: func() bool { return true }})})
	const query = `query ($names: [String!]!) { companies(first: 3) { nodes { tickers { symbol } metrics(names: $names) { value } } } }`
	for _, want := range []explain.Loader{
		{Name: "CompanyByTicker", Keys: 1, Rows: 1, Statements: []int{0}},
		{Name: "CompanyByTicker", Keys: 1, Rows: 1, CacheHits: 1, Statements: []int{}},
	} {
		if diff := cmp.Diff([]explain.Loader{want}, s.explain(t, `{ company(ticker: "ACME") { name } }`, nil).Fields[0].Loaders); diff != "" {
			t.Errorf("one company (-want +got):\n%s", diff)
		}
	}
	hits := func(names ...string) map[string][3]int {
		report := s.explain(t, query, map[string]any{"names": names})
		found := map[string][3]int{}
		for _, f := range report.Fields {
			each(f, func(f explain.Field) {
				for _, l := range f.Loaders {
					found[l.Name] = [3]int{l.Keys, l.CacheHits, len(l.Statements)}
				}
			})
		}
		return found
	}
	for _, step := range []struct {
		names []string
		want  map[string][3]int
	}{
		{[]string{"us-gaap:Assets"}, map[string][3]int{"CompaniesPageByName": {1, 0, 1}, "Tickers": {3, 0, 1}, "Latest": {3, 0, 1}}},
		{[]string{"us-gaap:Assets"}, map[string][3]int{"CompaniesPageByName": {1, 0, 1}, "Tickers": {3, 3, 0}, "Latest": {3, 3, 0}}},
		{
			[]string{"us-gaap:Assets", "price:close"},
			map[string][3]int{"CompaniesPageByName": {1, 0, 1}, "Tickers": {3, 3, 0}, "Latest": {6, 3, 1}},
		},
	} {
		if diff := cmp.Diff(step.want, hits(step.names...)); diff != "" {
			t.Errorf("%v: keys, hits and statements (-want +got):\n%s", step.names, diff)
		}
	}
}

// TestStray checks that what nobody looked ahead for is told.
func TestStray(t *testing.T) {
	t.Parallel()
	s := start(t, options{})
	recorder := explain.NewRecorder()
	ctx := loaders.New(s.store, time.Now).Attach(explain.NewContext(t.Context(), recorder))
	field := func(name string) graphql.CollectedField {
		return graphql.CollectedField{Field: &ast.Field{Name: name, Alias: name}}
	}
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Query", Field: field("company")})
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Company", Field: field("tickers")})
	if _, err := loaders.From(ctx).Tickers.Load(ctx, 1); err != nil {
		t.Fatal(err)
	}
	op := &graphql.OperationContext{Operation: &ast.OperationDefinition{SelectionSet: ast.SelectionSet{field("company").Field}}}
	report := recorder.Report(op, time.Second)
	if len(report.Fields) != 1 || len(report.Fields[0].Children) != 1 || len(report.Fields[0].Children[0].Loaders) != 1 {
		t.Fatalf("%+v", report)
	}
	l := report.Fields[0].Children[0].Loaders[0]
	if l.Rows == 0 || !cmp.Equal(l, explain.Loader{Name: "Tickers", Keys: 1, Rows: l.Rows, Unprimed: true, Statements: []int{0}}) {
		t.Errorf("%+v", l)
	}
}

// TestNobodyAsks checks that an operation that is not explained pays nothing.
func TestNobodyAsks(t *testing.T) {
	ctx := t.Context()
	var observer store.Observer = explain.Observer{}
	if n := testing.AllocsPerRun(100, func() { observer.Observe(ctx, store.RoundTrip{}) }); n != 0 {
		t.Errorf("%v allocations for a round trip", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		if explain.From(ctx) != nil {
			t.Error("somebody asks")
		}
	}); n != 0 {
		t.Errorf("%v allocations for a look at the context", n)
	}
}
