package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const wraparoundOf = `-- name: WraparoundOf
select datname, age(datfrozenxid)::bigint as xids, mxid_age(datminmxid)::bigint as multixacts
from pg_database
order by greatest(age(datfrozenxid), mxid_age(datminmxid)) desc
limit 1`

const (
	oldXIDs   = 600_000_000   // three times what autovacuum waits for by default
	worstXIDs = 1_600_000_000 // PostgreSQL takes no more writes at 2^31
)

// wraparound looks how far the oldest transaction that is not frozen is away.
func wraparound(ctx context.Context, p *patient) ([]Finding, error) {
	var database string
	var xids, multixacts int64
	if err := p.tx.QueryRow(ctx, wraparoundOf).Scan(&database, &xids, &multixacts); err != nil {
		return nil, err
	}
	return []Finding{ageFinding(database, max(xids, multixacts))}, nil
}

// ageFinding judges the age of the oldest transaction of a database.
func ageFinding(database string, age int64) Finding {
	f := Finding{Status: OK, What: fmt.Sprintf("the oldest transaction, of database %s, is %d ago; writes would end at 2,147,483,648", database, age)}
	if age > oldXIDs {
		f.Status = Warn
		f.Advice = "Run vacuum (freeze) in " + database + ", and end what keeps it from its work: old transactions, prepared ones, abandoned replication slots."
	}
	if age > worstXIDs {
		f.Status = Fail
	}
	return f
}

const cacheOf = `-- name: CacheOf
select blks_hit, blks_read, current_setting('shared_buffers'), pg_database_size(datid)
from pg_stat_database
where datname = current_database()`

const (
	enoughReads = 1_000_000 // blocks, before a ratio says something
	leastRatio  = 0.95
)

// bufferCache tells how much of what is read was in PostgreSQL's memory.
func bufferCache(ctx context.Context, p *patient) ([]Finding, error) {
	var hit, read, size int64
	var buffers string
	if err := p.tx.QueryRow(ctx, cacheOf).Scan(&hit, &read, &buffers, &size); err != nil {
		return nil, err
	}
	return []Finding{ratioFinding(hit, read, size, buffers)}, nil
}

func ratioFinding(hit, read, size int64, buffers string) Finding {
	all := hit + read
	if all < enoughReads {
		return Finding{Status: OK, What: fmt.Sprintf("%d blocks were read, which is too few to tell", all)}
	}
	ratio := float64(hit) / float64(all)
	f := Finding{Status: OK, What: fmt.Sprintf("%.1f %% of the blocks read were in shared_buffers (%s, the database has %s)", 100*ratio, buffers, bytes(size))}
	if ratio < leastRatio {
		f.Status = Warn
		f.Advice = "Give shared_buffers a quarter of the machine's memory, if it has less; else the machine needs more."
	}
	return f
}

const jitOf = `-- name: JITOf
select reset_val from pg_settings where name = 'jit'`

// jit tells what connections get that do not set it themselves.
func jit(ctx context.Context, p *patient) ([]Finding, error) {
	var value string
	if err := p.tx.QueryRow(ctx, jitOf).Scan(&value); err != nil {
		return nil, err
	}
	f := Finding{Status: OK, What: "off for everybody"}
	if value != "off" {
		f.What = "on for others; corpintel switches it off on its own connections, where no pooler stands in between"
	}
	return []Finding{f}, nil
}

// Sessions that a role may not look into have no state, but a name.
const connectionsOf = `-- name: ConnectionsOf
select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0),
  count(*) filter (where backend_type = 'client backend' or backend_type is null),
  count(*) filter (where application_name = 'corpintel'),
  current_setting('max_connections')::int
from pg_stat_activity`

// ownConnections is how many a server has beside its pool: one looks for changes of clients, one for those of data.
const ownConnections = 2

// connections does the arithmetic of pools.
func connections(ctx context.Context, p *patient) ([]Finding, error) {
	var usable, used, ours, most int
	if err := p.tx.QueryRow(ctx, connectionsOf).Scan(&usable, &used, &ours, &most); err != nil {
		return nil, err
	}
	return []Finding{poolFinding(p.poolSize+ownConnections, usable, used, ours)}, nil
}

// poolFinding judges connections: how many a server takes, how many there are for everybody, are taken, and are taken by
// servers.
func poolFinding(each, usable, used, ours int) Finding {
	servers := (ours + each - 1) / each
	room := (usable - used) / each
	f := Finding{Status: OK, What: fmt.Sprintf("%d of %d connections are taken, %d of them by corpintel (%s of up to %d); there is room for %d more",
		used, usable, ours, count(servers, "server"), each, max(0, room))}
	switch {
	case each > usable:
		f.Status = Fail
		f.Advice = fmt.Sprintf("One server wants %d: lower CORPINTEL_POOL_SIZE or raise max_connections, which takes a restart.", each)
	case used*10 > usable*9:
		f.Status = Warn
		f.Advice = "Lower CORPINTEL_POOL_SIZE, put PgBouncer in between, or raise max_connections, which takes a restart."
	case room < servers:
		f.Status = Warn
		f.Advice = "A release that starts new servers before it ends the old ones does not fit: lower CORPINTEL_POOL_SIZE, put PgBouncer in between, or raise max_connections."
	}
	return f
}

const replicasOf = `-- name: ReplicasOf
select coalesce(nullif(application_name, ''), pid::text) as name, state,
  pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, replay_lsn)::bigint as behind,
  extract(epoch from replay_lag)::float8 as seconds
from pg_stat_replication
order by behind desc nulls last, name`

const slotsOf = `-- name: SlotsOf
select slot_name, pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, restart_lsn)::bigint
from pg_replication_slots
where not active and restart_lsn is not null
order by 2 desc nulls last
limit 1`

const (
	farBehind  = 256 << 20 // bytes
	longBehind = 30.0      // seconds
)

// replica is a standby as the server sees it; without the right to look, its name only.
type replica struct {
	Name    string
	State   *string
	Behind  *int64
	Seconds *float64
}

// replication tells how far standbys are behind, and what waits for those that are gone.
func replication(ctx context.Context, p *patient) ([]Finding, error) {
	rows, _ := p.tx.Query(ctx, replicasOf) // CollectRows reports the error
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[replica])
	if err != nil {
		return nil, err
	}
	findings := []Finding{}
	for _, r := range all {
		findings = append(findings, r.judge())
	}
	var slot string
	var kept int64
	switch err := p.tx.QueryRow(ctx, slotsOf).Scan(&slot, &kept); {
	case err == nil && kept > farBehind:
		findings = append(findings, Finding{
			Status: Warn, What: fmt.Sprintf("the replication slot %s, which nobody uses, keeps %s of WAL", slot, bytes(kept)),
			Advice: "If its standby is gone for good: select pg_drop_replication_slot('" + slot + "').",
		})
	case err != nil && !isNoRows(err):
		return nil, err
	}
	if len(findings) == 0 {
		findings = append(findings, Finding{Status: OK, What: "there are no standbys"})
	}
	return findings, nil
}

func (r replica) judge() Finding {
	if r.State == nil {
		return Finding{Status: Warn, What: "there is the standby " + r.Name + ", of which this role may not see more", Advice: grantMonitor}
	}
	f := Finding{Status: OK, What: fmt.Sprintf("%s is %s", r.Name, *r.State)}
	if r.Behind != nil {
		f.What += ", " + bytes(*r.Behind) + " behind"
	}
	if r.Seconds != nil {
		f.What += fmt.Sprintf(", %s", time.Duration(*r.Seconds*float64(time.Second)).Round(time.Millisecond))
	}
	if r.Behind != nil && *r.Behind > farBehind || r.Seconds != nil && *r.Seconds > longBehind {
		f.Status = Warn
		f.Advice = "What is read from it is old: see its machine and the network, and whether a long statement on it holds the replay up."
	}
	return f
}
