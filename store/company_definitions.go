package store

import (
	"strings"

	"github.com/jackc/pgx/v5"
)

// The definitions of a company are those of its series: a few hundred to a few thousand, of which each is looked up by
// key. With names there are few, found first.
const (
	seriesInRange = `
  from (select distinct s.definition_id from series s where s.company_id = p.company_id) s
  cross join lateral (select * from definitions d where d.id = s.definition_id and d.name >= $2 and d.name < $3 limit 1) d
  where true`

	seriesWithNames = `
  from (
    select distinct s.definition_id
    from series s
    where s.company_id = p.company_id
      and s.definition_id = any(array(select d.id from definitions d where d.name = any($4::text[])))
  ) s
  cross join lateral (select * from definitions d where d.id = s.definition_id and d.name >= $2 and d.name < $3 limit 1) d
  cross join lateral (select * from concepts w where w.id = d.concept_id limit 1) w
  where w.search_text like all($5::text[])`

	seriesWithWords = `
  from (select distinct s.definition_id from series s where s.company_id = p.company_id) s
  cross join lateral (select * from definitions d where d.id = s.definition_id and d.name >= $2 and d.name < $3 limit 1) d
  cross join lateral (select * from concepts w where w.id = d.concept_id limit 1) w
  where w.search_text like $4 and w.search_text like all($5::text[])`
)

func definitionsOfCompaniesText(from string) string {
	return "select p.company_id, " + definitionColumns +
		"\nfrom unnest($1::bigint[]) with ordinality as p(company_id, n)\ncross join lateral (\n  select d.*" + from +
		strings.ReplaceAll(definitionsPageEnd, "\n", "\n  ") + "\n) d" + conceptOfDefinition +
		"\norder by p.n, d.name @dir, d.unit @dir, d.period @dir"
}

func definitionCountsText(name, from string) string {
	return "-- name: DefinitionCountsOfCompanies" + name +
		"\nselect p.company_id, k.n\nfrom unnest($1::bigint[]) as p(company_id)\ncross join lateral (\n  select count(*) as n" + from + "\n) k"
}

var (
	definitionsOfCompanies = composeDefinitions("DefinitionsOfCompanies", map[definitionIndex]string{
		byRange: definitionsOfCompaniesText(seriesInRange),
		byName:  definitionsOfCompaniesText(seriesWithNames),
		byWords: definitionsOfCompaniesText(seriesWithWords),
	}, 1)

	definitionCountsOfCompanies = map[definitionIndex]string{
		byRange: definitionCountsText("", seriesInRange),
		byName:  definitionCountsText("ByName", seriesWithNames),
		byWords: definitionCountsText("ByWords", seriesWithWords),
	}
)

// DefinitionsOfCompanies asks for the same page of what each of some companies reports, the prices of its securities
// included. Companies without any will be absent from the map.
func (b *Batch) DefinitionsOfCompanies(ids []int64, r *DefinitionsRequest) map[int64]*DefinitionPage {
	found := make(map[int64]*DefinitionPage, len(ids))
	shape, args := r.args()
	b.add(query{sql: definitionsOfCompanies[shape], args: append([]any{ids}, args...), scan: func(rows pgx.Rows) error {
		clear(found)
		for rows.Next() {
			var id int64
			d := new(MetricDefinition)
			if err := rows.Scan(append([]any{&id}, d.targets()...)...); err != nil {
				return err
			}
			page := found[id]
			if page == nil {
				page = new(DefinitionPage)
				found[id] = page
			}
			page.Nodes = append(page.Nodes, d)
		}
		for _, page := range found {
			page.Nodes, page.More = cut(page.Nodes, r.Page)
		}
		return rows.Err()
	}})
	return found
}

// DefinitionCountsOfCompanies asks for the number of definitions of each of some companies that satisfy the filter.
// Companies without one may be absent from the map.
func (b *Batch) DefinitionCountsOfCompanies(ids []int64, f *MetricDefinitionFilter) map[int64]int {
	by, args := f.shape()
	return b.counts(query{sql: definitionCountsOfCompanies[by], args: append([]any{ids}, args...)}, len(ids))
}
