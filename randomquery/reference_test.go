package randomquery_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/vektah/gqlparser/v2/ast"
)

// row is an object: its fields by their names in the schema, and what others need to know of it under names with an
// underscore in front.
type row = map[string]any

// reference answers the fields of objects, each by a plain statement of its own. Answers to statements are kept: the
// database does not change.
type reference struct {
	t      *testing.T
	pool   *pgxpool.Pool
	schema *ast.Schema
	today  time.Time
	slots  *slots
	memo   map[string][]row
}

func newReference(t *testing.T, pool *pgxpool.Pool, schema *ast.Schema) *reference {
	t.Helper()
	return &reference{
		t: t, pool: pool, schema: schema, today: time.Now().UTC().Truncate(24 * time.Hour),
		slots: newSlots(), memo: map[string][]row{},
	}
}

// fieldFuncs answer the fields that are not simply there in the row of their object.
var fieldFuncs = map[string]func(*reference, row, arguments) (any, error){
	"Query.node":              (*reference).node,
	"Query.nodes":             (*reference).nodes,
	"Query.company":           (*reference).company,
	"Query.companies":         (*reference).companies,
	"Query.searchCompanies":   (*reference).searchCompanies,
	"Query.filing":            (*reference).filing,
	"Query.filings":           (*reference).allFilings,
	"Query.metricDefinitions": (*reference).allDefinitions,
	"Query.dataSet":           (*reference).dataSet,

	"Company.tickers":           (*reference).tickers,
	"Company.filings":           (*reference).filingsOfCompany,
	"Company.filingSummary":     (*reference).filingSummary,
	"Company.metric":            (*reference).metric,
	"Company.metrics":           (*reference).metrics,
	"Company.series":            (*reference).series,
	"Company.metricDefinitions": (*reference).definitionsOfCompany,

	"Filing.company":   (*reference).mainCompany,
	"Filing.companies": (*reference).companiesOfFiling,

	"MetricValue.definition":     (*reference).definitionOf,
	"MetricValue.filing":         (*reference).filingOfValue,
	"MetricValue.restatements":   (*reference).restatements,
	"MetricSeries.definition":    (*reference).definitionOf,
	"MetricSeries.buckets":       (*reference).buckets,
	"MetricSeries.bucketColumns": (*reference).bucketColumns,
}

func (r *reference) resolve(object, field string, parent row, args arguments) (any, error) {
	if f, ok := fieldFuncs[object+"."+field]; ok {
		return f(r, parent, args)
	}
	value, ok := parent[field]
	if !ok {
		return nil, fmt.Errorf("the reference does not know %s.%s", object, field)
	}
	return value, nil
}

// rows asks a statement; its columns are the fields of the rows.
func (r *reference) rows(sql string, args ...any) []row {
	r.t.Helper()
	key := sql + fmt.Sprint(args...)
	if known, ok := r.memo[key]; ok {
		return known
	}
	read, _ := r.pool.Query(r.t.Context(), sql, args...) // CollectRows reports the error
	found, err := pgx.CollectRows(read, pgx.RowToMap)
	if err != nil {
		r.t.Fatalf("%v in %s", err, sql)
	}
	r.memo[key] = found
	return found
}

// found returns the first of the rows, nil when there is none.
func found(rows []row) any {
	if len(rows) == 0 {
		return nil
	}
	return rows[0]
}

func list(rows []row) []any {
	out := make([]any, len(rows))
	for i, r := range rows {
		out[i] = r
	}
	return out
}

func column(rows []row, name string) []any {
	out := make([]any, len(rows))
	for i, r := range rows {
		out[i] = r[name]
	}
	return out
}

// contains reports whether a list of an argument has the value.
func contains(list any, value any) bool { return slices.Contains(list.([]any), value) }
