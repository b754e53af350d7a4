package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/migrations"
)

// Tables that something else takes the place of (metrics_month is a view on TimescaleDB) need no indexes, and the constraint
// on symbols is there where its extension is.
const indexesOf = `-- name: IndexesOf
select e.name, i.indexrelid is not null as there, coalesce(i.indisvalid, false) as valid
from unnest($1::text[], $2::text[]) as e(name, tbl)
join pg_class t on t.relname = e.tbl and t.relnamespace = current_schema::regnamespace and t.relkind = 'r'
left join pg_class c on c.relname = e.name and c.relnamespace = t.relnamespace
left join pg_index i on i.indexrelid = c.oid and i.indrelid = t.oid
where (e.name <> 'securities_one_holder' or exists (select from pg_extension where extname = 'btree_gist'))
  and not coalesce(i.indisvalid, false)
order by e.name`

// indexes looks for indexes of the migrations that are not there or were not built to the end.
func indexes(ctx context.Context, p *patient) ([]Finding, error) {
	expected := migrations.Indexes()
	byName := map[string]migrations.Index{}
	names, tables := make([]string, len(expected)), make([]string, len(expected))
	for i, x := range expected {
		names[i], tables[i], byName[x.Name] = x.Name, x.Table, x
	}
	rows, _ := p.tx.Query(ctx, indexesOf, names, tables) // CollectRows reports the error
	faulty, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
		Name         string
		There, Valid bool
	}])
	if err != nil {
		return nil, err
	}
	if len(faulty) == 0 {
		return []Finding{{Status: OK, What: "all indexes of the migrations are there"}}, nil
	}
	findings := make([]Finding, len(faulty))
	for i, f := range faulty {
		findings[i] = missing(byName[f.Name], f.There)
	}
	return findings, nil
}

// missing is the finding of an index that is not there, or is and is not valid.
func missing(x migrations.Index, there bool) Finding {
	switch {
	case there:
		return Finding{
			Status: Warn, What: fmt.Sprintf("%s on %s was not built to the end: it is kept up and never read", x.Name, x.Table),
			Advice: "Build it anew: reindex index concurrently " + x.Name + ".",
		}
	case x.Unique:
		return Finding{
			Status: Fail, What: fmt.Sprintf("%s on %s is missing, without which rows may be there twice", x.Name, x.Table),
			Advice: "Stop imports and run: " + x.SQL + ".",
		}
	default:
		return Finding{
			Status: Warn, What: fmt.Sprintf("%s on %s is missing, without which statements read the whole table", x.Name, x.Table),
			Advice: "Run: " + strings.Replace(x.SQL, "CREATE INDEX ", "CREATE INDEX CONCURRENTLY ", 1) + ".",
		}
	}
}

// Of indexes that nobody reads only those count that are not small, and do not keep anything unique.
const unusedOf = `-- name: UnusedOf
select s.indexrelname as name, s.relname as table, pg_relation_size(s.indexrelid) as size,
  s.indexrelname = any($1::text[]) as ours
from pg_stat_user_indexes s
join pg_index i using (indexrelid)
where s.schemaname = current_schema and s.idx_scan = 0 and not i.indisunique and not i.indisexclusion
  and pg_relation_size(s.indexrelid) >= $2
order by size desc, name
limit 20`

const statisticsSince = `-- name: StatisticsSince
select coalesce(stats_reset, pg_postmaster_start_time()) from pg_stat_database where datname = current_database()`

const (
	unusedAfter = 7 * 24 * time.Hour // as long, statistics may not have seen each kind of request
	unusedBytes = 1 << 20
)

// unused looks for indexes that nothing has read since statistics were kept.
func unused(ctx context.Context, p *patient) ([]Finding, error) {
	var since time.Time
	if err := p.tx.QueryRow(ctx, statisticsSince).Scan(&since); err != nil {
		return nil, err
	}
	if p.now.Sub(since) < unusedAfter {
		return []Finding{{Status: OK, What: fmt.Sprintf("statistics are kept since %s, which is too short to tell", date(since))}}, nil
	}
	var names []string
	for _, x := range migrations.Indexes() {
		names = append(names, x.Name)
	}
	rows, _ := p.tx.Query(ctx, unusedOf, names, unusedBytes) // CollectRows reports the error
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
		Name, Table string
		Size        int64
		Ours        bool
	}])
	if err != nil {
		return nil, err
	}
	findings := []Finding{{Status: OK, What: "of those of the migrations none is unused since " + date(since)}}
	var ours []string
	for _, x := range found {
		if x.Ours {
			ours = append(ours, fmt.Sprintf("%s (%s)", x.Name, bytes(x.Size)))
			continue
		}
		findings = append(findings, Finding{
			Status: Warn, What: fmt.Sprintf("%s on %s, which no migration made, takes %s and was not read since %s", x.Name, x.Table, bytes(x.Size), date(since)),
			Advice: "It costs every import: drop index concurrently " + pgx.Identifier{x.Name}.Sanitize() + ".",
		})
	}
	if len(ours) > 0 {
		findings[0].What = "not read since " + date(since) + ", as nobody asked what they are for: " + strings.Join(ours, ", ")
	}
	return findings, nil
}

// date writes a day for people.
func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }
