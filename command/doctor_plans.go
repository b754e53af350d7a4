package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/explain"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/resolvers"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web"
)

// planTimeout bounds one statement whose plan is asked for, and an operation that shows which statements there are.
const planTimeout = 10 * time.Second

// plan is how PostgreSQL executes one of our statements on the data that there is.
type plan struct {
	Statement string `json:"statement"`
	Plan      string `json:"plan"` // EXPLAIN (ANALYZE, BUFFERS), or why there is none
}

// subjectOperation finds what the others ask for: the largest company, and what it reports.
const subjectOperation = `{
  companies(first: 20, orderBy: {field: MARKET_CAP, direction: DESC}) { totalCount nodes {
    id name ticker sector tickers { symbol } filingSummary { count byForm { form count } }
    filings(first: 5) { totalCount nodes { accessionNumber company { name } companies { name } } }
    metricDefinitions(first: 3) { totalCount nodes { name } }
  } }
}`

// planOperations ask for all that a dashboard does, of the company that was found.
var planOperations = []string{
	`query ($id: ID!, $names: [String!]!, $metric: String!) { company(id: $id) {
    metrics(names: $names) { value filing { form } restatements { value } }
    series(metric: $metric) { points { date value } buckets(by: MONTH) { start last } }
  } }`,
	`query ($id: ID!, $names: [String!]!, $metric: String!, $asOf: Date!) { company(id: $id) {
    metrics(names: $names, asOf: $asOf) { value } series(metric: $metric, asOf: $asOf) { points { date value } }
  } }`,
	`query ($ticker: String, $name: String!, $sector: String) {
    company(ticker: $ticker) { name }
    searchCompanies(query: $name) { totalCount nodes { name } }
    companies(filter: {sector: $sector}) { totalCount nodes { name } }
    byTicker: companies(orderBy: {field: TICKER, direction: ASC}) { nodes { name } }
  }`,
	`query ($accession: AccessionNumber!) {
    filing(accessionNumber: $accession) { form }
    filings(first: 20) { totalCount nodes { form company { name } } }
    annual: filings(filter: {forms: ["10-K"]}, first: 20) { totalCount nodes { form } }
    metricDefinitions(first: 20) { totalCount nodes { name } }
    dataSet { companies filings values }
  }`,
}

// plans runs operations as a server would, and explains each statement that they sent, once. Everything is only read.
func plans(ctx context.Context, e *Environment, db *database, logger *slog.Logger) ([]plan, error) {
	s, err := store.Open(ctx, db.direct, store.Options{
		MaxConns: 2, StatementTimeout: planTimeout, Observer: explain.Observer{}, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	asked := &asked{recorder: explain.NewRecorder(), handler: web.New(web.Options{
		Resolvers: resolvers.New(s), Attach: loaders.New(s, e.Now).Attach, Extensions: []graphql.HandlerExtension{resolvers.NewRenderer()},
		RequestTimeout: planTimeout, Logger: slog.New(slog.DiscardHandler), Now: e.Now,
	})}
	variables, err := asked.subject(ctx)
	if err != nil {
		return nil, err
	}
	variables["asOf"] = e.Now().UTC().AddDate(-1, 0, 0).Format(time.DateOnly)
	for _, operation := range planOperations {
		if _, err := asked.ask(ctx, operation, variables); err != nil {
			return nil, err
		}
	}
	var found []plan
	for _, q := range asked.recorder.Queries() {
		if slices.ContainsFunc(found, func(p plan) bool { return p.Statement == q.Name }) {
			continue
		}
		text, err := s.Plan(ctx, q.SQL, q.Args, planTimeout)
		if err != nil {
			text = "no plan: " + err.Error()
		}
		found = append(found, plan{q.Name, text})
	}
	return found, ctx.Err()
}

// asked is a server that notes what it asks the database.
type asked struct {
	handler  http.Handler
	recorder *explain.Recorder
}

// subject returns the variables of planOperations. Of an empty database they are of nobody.
func (a *asked) subject(ctx context.Context) (map[string]any, error) {
	text, err := a.ask(ctx, subjectOperation, nil)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			Companies struct {
				Nodes []struct {
					ID, Name, Ticker, Sector string
					Filings                  struct {
						Nodes []struct{ AccessionNumber string }
					}
					MetricDefinitions struct{ Nodes []struct{ Name string } }
				}
			}
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("read an answer: %w", err)
	}
	found := map[string]any{
		"id": "Q29tcGFueTow", "name": "none", "ticker": "NONE", "sector": "none", "accession": "0000000000-00-000000",
		"metric": "none:None", "names": []string{"none:None"},
	}
	for _, c := range answer.Data.Companies.Nodes {
		if len(c.MetricDefinitions.Nodes) == 0 || len(c.Filings.Nodes) == 0 {
			continue
		}
		names := make([]string, 0, len(c.MetricDefinitions.Nodes))
		for _, d := range c.MetricDefinitions.Nodes {
			names = append(names, d.Name)
		}
		found["id"], found["name"], found["ticker"], found["sector"] = c.ID, c.Name, c.Ticker, c.Sector
		found["accession"], found["metric"], found["names"] = c.Filings.Nodes[0].AccessionNumber, names[0], names
		break
	}
	return found, nil
}

// ask returns the answer to an operation.
func (a *asked) ask(ctx context.Context, operation string, variables map[string]any) ([]byte, error) {
	body, err := json.Marshal(map[string]any{"query": operation, "variables": variables})
	if err != nil {
		return nil, fmt.Errorf("write an operation: %w", err)
	}
	ctx = explain.NewContext(ctx, a.recorder)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("write an operation: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	w := &inMemory{header: http.Header{}}
	a.handler.ServeHTTP(w, r)
	if w.status != http.StatusOK {
		return nil, fmt.Errorf("an operation was answered with %d: %s", w.status, w.body.Bytes())
	}
	return w.body.Bytes(), nil
}

// inMemory is where an answer goes that nobody sends.
type inMemory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *inMemory) Header() http.Header { return w.header }

func (w *inMemory) WriteHeader(status int) { w.status = status }

func (w *inMemory) Write(b []byte) (int, error) { return w.body.Write(b) }

// writePlans writes each plan under the name of its statement.
func writePlans(w io.Writer, all []plan) error {
	for _, p := range all {
		if _, err := fmt.Fprintf(w, "\n%s\n%s\n", p.Statement, p.Plan); err != nil {
			return err
		}
	}
	return nil
}
