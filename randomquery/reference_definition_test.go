package randomquery_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corpintel/corpintel/store"
)

const definitionColumns = `
select d.id::bigint as "_id", d.period as "_period", k.taxonomy || ':' || k.concept as name, k.taxonomy, k.concept, d.unit,
  (array['INSTANT', 'DAILY', 'QUARTER', 'HALF', 'NINE_MONTHS', 'YEAR'])[d.period] as period, k.label, k.description
from definitions d join concepts k on k.id = d.concept_id`

func newDefinitions(rows []row) []row {
	for _, d := range rows {
		d["__typename"] = "MetricDefinition"
		d["id"] = store.NodeID(store.NodeMetricDefinition, d["_id"].(int64))
	}
	return rows
}

// definitionOf is the definition of a value or series.
func (r *reference) definitionOf(of row, _ arguments) (any, error) {
	return found(newDefinitions(r.rows(definitionColumns+`
		where k.taxonomy || ':' || k.concept = $1 and d.unit = $2 and d.period = $3`, of["_name"], of["_unit"], of["_period"]))), nil
}

func (r *reference) allDefinitions(_ row, args arguments) (any, error) {
	rows := r.rows(definitionColumns + `
		where exists (select from series s where s.definition_id = d.id and s.company_id is not null)`)
	return r.definitions("Query.metricDefinitions", rows, args)
}

func (r *reference) definitionsOfCompany(company row, args arguments) (any, error) {
	rows := r.rows(definitionColumns+` where d.id in (select definition_id from series where company_id = $1)`, company["_id"])
	return r.definitions("Company.metricDefinitions", rows, args)
}

func (r *reference) definitions(field string, rows []row, args arguments) (any, error) {
	filter := args.object("filter")
	if err := checkDefinitionFilter(filter); err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(slices.Clone(newDefinitions(rows)), func(d row) bool {
		if filter["names"] != nil && !contains(filter["names"], d["name"]) ||
			filter["taxonomy"] != nil && filter["taxonomy"] != d["taxonomy"] {
			return true
		}
		label, _ := d["label"].(string)
		search, _ := filter["search"].(string)
		return !hasWords(strings.ToLower(d["name"].(string)+" "+label), fold(search))
	})
	return r.page(connection{
		list: binding(field, filter), nodes: rows, key: "id", compare: compareBy("name", "unit", "_period"),
	}, args)
}

func checkDefinitionFilter(filter arguments) error {
	if err := checkList(filter["names"], 200); err != nil {
		return err
	}
	names, _ := filter["names"].([]any)
	for _, name := range names {
		if err := checkName(name.(string)); err != nil {
			return err
		}
	}
	if search, ok := filter["search"].(string); ok && (!hasRun(fold(search)) || len([]rune(search)) > 100) {
		return fmt.Errorf("search for %q: %w", search, errInput)
	}
	return checkText(filter["taxonomy"])
}

// checkName checks that a name is taxonomy:concept.
func checkName(name string) error {
	taxonomy, concept, _ := strings.Cut(name, ":")
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	for _, part := range []string{taxonomy, concept} {
		if part == "" || strings.Trim(part, letters) != "" || len(name) > 200 {
			return fmt.Errorf("name %q: %w", name, errInput)
		}
	}
	return nil
}
