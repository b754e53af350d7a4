package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// conceptList are the concepts of a document, each once, numbered in their order. They are the only part of company
// facts that is held in memory: a company reports about a thousand.
type conceptList struct {
	concepts []edgar.ConceptRecord
	numbers  map[string]int32 // by taxonomy:name
	bytes    int
}

const maxConceptBytes = 64 << 20

// add returns the number of c.
func (l *conceptList) add(c edgar.ConceptRecord) (int32, error) {
	name := c.Taxonomy + ":" + c.Name
	if n, ok := l.numbers[name]; ok {
		return n, nil
	}
	l.bytes += 2*len(name) + len(c.Label) + len(c.Description)
	if l.bytes > maxConceptBytes {
		return 0, errors.New("names and descriptions of concepts are larger than 64 MB")
	}
	if l.numbers == nil {
		l.numbers = make(map[string]int32)
	}
	n := int32(len(l.concepts)) //nolint:gosec // bounded by maxConceptBytes
	l.numbers[name] = n
	l.concepts = append(l.concepts, c)
	return n, nil
}

// name returns taxonomy:name of the concept with the number n.
func (l *conceptList) name(n int32) string { return l.concepts[n].Taxonomy + ":" + l.concepts[n].Name }

// importConcepts brings the concepts of a snapshot into the database; stage_concepts then tells their ids. The texts
// of a concept are from the newest snapshot that has one, of one day the greater.
func (t *transaction) importConcepts(ctx context.Context, l *conceptList, asOf edgar.Date) error {
	row := make([]any, 5)
	i := 0
	_, err := t.tx.CopyFrom(ctx, pgx.Identifier{"stage_concepts"}, []string{"n", "taxonomy", "concept", "label", "description"},
		pgx.CopyFromFunc(func() ([]any, error) {
			if i == len(l.concepts) {
				return nil, nil
			}
			c := &l.concepts[i]
			row[0], row[1], row[2], row[3], row[4] = int32(i), c.Taxonomy, c.Name, text(c.Label), text(c.Description) //nolint:gosec // as in add
			i++
			return row, nil
		}))
	if err != nil {
		return fmt.Errorf("stage concepts: %w", err)
	}
	for _, sql := range []string{describeConcepts, addConcepts} {
		if _, err := t.exec(ctx, sql, asOf.Time()); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, findConcepts)
	return err
}

const describeConcepts = `-- name: describeConcepts
with described as (
  update concepts c
  set label = s.label, description = s.description, as_of = $1
  from stage_concepts s
  where c.name = s.taxonomy || ':' || s.concept
    and (s.label is not null or s.description is not null)
    and ($1 > c.as_of
      or $1 = c.as_of
        and row(s.label, s.description)::record > row(c.label collate "C", c.description collate "C")::record)
  returning c.id, c.label, c.description
)
insert into noted_changes (kind)
select 'definitions'
from described d
join concepts before on before.id = d.id
where (d.label, d.description) is distinct from (before.label, before.description)
limit 1`

// addConcepts does not use "on conflict": that takes an identity value for each row that is there, and they are few
// enough to run out.
const addConcepts = `-- name: addConcepts
insert into concepts (taxonomy, concept, label, description, as_of)
select s.taxonomy, s.concept, s.label, s.description,
  case when s.label is null and s.description is null then date '0001-01-01' else $1 end
from stage_concepts s
where not exists (select from concepts c where c.name = s.taxonomy || ':' || s.concept)
order by s.taxonomy, s.concept`

const findConcepts = `-- name: findConcepts
update stage_concepts s
set id = c.id
from concepts c
where c.name = s.taxonomy || ':' || s.concept`
