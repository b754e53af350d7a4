package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

const definitionColumns = `d.id, d.name, k.taxonomy, k.concept, d.unit, d.period, k.label, k.description`

func (d *MetricDefinition) targets() []any {
	return []any{&d.ID, &d.Name, &d.Taxonomy, &d.Concept, &d.Unit, &d.Period, &d.Label, &d.Description}
}

// The limits in the laterals of this file keep them look-ups by key: as plain joins they may become scans.
const conceptOfDefinition = `
cross join lateral (select * from concepts k where k.id = d.concept_id limit 1) k`

const definitionsByID = `-- name: DefinitionsByID
select ` + definitionColumns + `
from definitions d` + conceptOfDefinition + `
where d.id = any($1::int[])`

// DefinitionsByID asks for definitions; unknown ids will be absent from the map.
func (b *Batch) DefinitionsByID(ids []int32) map[int32]*MetricDefinition {
	found := make(map[int32]*MetricDefinition, len(ids))
	b.add(query{sql: definitionsByID, args: []any{ids}, scan: func(rows pgx.Rows) error {
		clear(found)
		definitions, err := scanAll(rows, (*MetricDefinition).targets)
		for _, d := range definitions {
			found[d.ID] = d
		}
		return err
	}})
	return found
}

// DefinitionPosition is the place of a definition in every list of definitions.
type DefinitionPosition struct {
	Name   string
	Unit   string
	Period edgar.Period
}

// Position returns the place of d in every list of definitions.
func (d *MetricDefinition) Position() DefinitionPosition {
	return DefinitionPosition{d.Name, d.Unit, d.Period}
}

// DefinitionsRequest asks for a page of definitions, by name, unit and period.
type DefinitionsRequest struct {
	Filter *MetricDefinitionFilter // canonical: never nil
	Page   Page
	From   DefinitionPosition // after or before it, when Page.Bounded
}

// DefinitionPage is a part of a list of definitions; More says whether the list goes on in the direction of the page.
type DefinitionPage struct {
	Nodes []*MetricDefinition
	More  bool
}

// A list of definitions is found by the range of names of a taxonomy (or of all), by names, or by words.
type definitionShape struct {
	by       definitionIndex
	backward bool
}

type definitionIndex int

const (
	byRange definitionIndex = iota
	byName
	byWords
)

// afterAll is greater than every name, unit and period.
var afterAll = DefinitionPosition{Name: "\U0010ffff", Period: 1000}

// apostrophes divide words: the text of a concept keeps those that FoldSearch drops.
var apostrophes = strings.NewReplacer("'", " ", "’", " ", "‘", " ", "`", " ")

// shape returns how the list is read, and the parameters that say what is in it: the range of names, and the names or
// patterns. A condition that the shape does not use as an index is in the range or the patterns all the same.
func (f *MetricDefinitionFilter) shape() (by definitionIndex, args []any) {
	low, high := "", afterAll.Name
	if f.Taxonomy != nil {
		low, high = *f.Taxonomy+":", *f.Taxonomy+";" // the character after the colon
	}
	args = []any{low, high}
	var longest string
	patterns := []string{}
	if f.Search != nil {
		longest, patterns = likePatterns(FoldSearch(apostrophes.Replace(*f.Search)))
	}
	switch {
	case f.Names != nil:
		names := slices.Clone(f.Names)
		slices.Sort(names)
		return byName, append(args, slices.Compact(names), patterns)
	case f.Search != nil:
		return byWords, append(args, longest, patterns)
	default:
		return byRange, args
	}
}

// args are those of a shape, then position and number of rows.
func (r *DefinitionsRequest) args() (definitionShape, []any) {
	by, args := r.Filter.shape()
	at := r.From
	if !r.Page.Bounded {
		at = DefinitionPosition{}
		if r.Page.Backward {
			at = afterAll
		}
	}
	return definitionShape{by, r.Page.Backward}, append(args, at.Name, at.Unit, at.Period, r.Page.Limit+1)
}

// composeDefinitions makes the statement of every shape from one text. @gt is the comparison with the position, @dir the
// direction of the order; parameters are counted from the last one of the shape, @1 being the first after it.
func composeDefinitions(name string, texts map[definitionIndex]string, offset int) map[definitionShape]string {
	suffix := map[definitionIndex]string{byRange: "", byName: "ByName", byWords: "ByWords"}
	params := map[definitionIndex]int{byRange: 2, byName: 4, byWords: 4}
	out := make(map[definitionShape]string, 2*len(texts))
	for by, text := range texts {
		pairs := []string{}
		for i := 1; i <= 4; i++ {
			pairs = append(pairs, fmt.Sprintf("@%d", i), fmt.Sprintf("$%d", offset+params[by]+i))
		}
		for _, backward := range []bool{false, true} {
			words, turn := []string{"@gt", ">", "@dir", "asc"}, ""
			if backward {
				words, turn = []string{"@gt", "<", "@dir", "desc"}, "Backward"
			}
			r := strings.NewReplacer(append(words, pairs...)...)
			out[definitionShape{by, backward}] = "-- name: " + name + suffix[by] + turn + "\n" + r.Replace(text)
		}
	}
	return out
}

const (
	definitionsInRange = `
from definitions d
where d.name >= $1 and d.name < $2`

	definitionsWithNames = `
from definitions d
join lateral (select * from concepts k where k.id = d.concept_id limit 1) w on w.search_text like all($4::text[])
where d.name = any($3::text[]) and d.name >= $1 and d.name < $2`

	// Matches are found first, by the index of the words.
	definitionsWithWords = `
from (select w.id from concepts w where w.search_text like $3 and w.search_text like all($4::text[]) offset 0) w
join definitions d on d.concept_id = w.id
where d.name >= $1 and d.name < $2`

	definitionsPageEnd = `
  and (d.name, d.unit, d.period) @gt (@1::text, @2::text, @3::smallint)
order by d.name @dir, d.unit @dir, d.period @dir
limit @4`
)

func definitionsPageText(from string) string {
	return "select " + definitionColumns + "\nfrom (select d.*" + from + definitionsPageEnd + "\n) d" + conceptOfDefinition +
		"\norder by d.name @dir, d.unit @dir, d.period @dir"
}

var (
	definitionsPage = composeDefinitions("DefinitionsPage", map[definitionIndex]string{
		byRange: definitionsPageText(definitionsInRange),
		byName:  definitionsPageText(definitionsWithNames),
		byWords: definitionsPageText(definitionsWithWords),
	}, 0)

	definitionCount = map[definitionIndex]string{
		byRange: "-- name: DefinitionCount\nselect count(*)" + definitionsInRange,
		byName:  "-- name: DefinitionCountByName\nselect count(*)" + definitionsWithNames,
		byWords: "-- name: DefinitionCountByWords\nselect count(*)" + definitionsWithWords,
	}
)

// DefinitionsPage returns a page of all definitions.
func (s *Store) DefinitionsPage(ctx context.Context, r *DefinitionsRequest) (*DefinitionPage, error) {
	shape, args := r.args()
	var rows []*MetricDefinition
	q := query{sql: definitionsPage[shape], args: args, scan: func(read pgx.Rows) (err error) {
		rows, err = scanAll(read, (*MetricDefinition).targets)
		return err
	}}
	if err := s.run(ctx, q); err != nil {
		return nil, fmt.Errorf("page of metric definitions: %w", err)
	}
	nodes, more := cut(rows, r.Page)
	return &DefinitionPage{nodes, more}, nil
}

// DefinitionCount asks for the number of definitions that satisfy the filter.
func (b *Batch) DefinitionCount(f *MetricDefinitionFilter) *int {
	by, args := f.shape()
	return b.count(query{sql: definitionCount[by], args: args})
}
