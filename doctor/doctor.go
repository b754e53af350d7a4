// Package doctor looks at a database as an experienced administrator would: what it runs on, whether it is migrated,
// whether what works in the background does, and whether what is derived agrees with what it is derived from.
//
// A check is an entry of checks: a statement or two, and a judgement in words. Checks only read, each in a transaction of its
// own; one that may not read says which grant is missing, and the others go on.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/migrations"
)

// Status says how a check ended.
type Status string

// The statuses, from good to bad.
const (
	OK   Status = "ok"
	Warn Status = "warn" // it works, but somebody should do something
	Fail Status = "fail" // answers are wrong, or nothing works
)

// Finding is what a check found.
type Finding struct {
	Check  string `json:"check"` // name of the check; several findings may have the same
	Status Status `json:"status"`
	What   string `json:"what"`             // what is the case
	Advice string `json:"advice,omitempty"` // what to do, a sentence; "" for nothing
}

// Options are what the checks need beside the database.
type Options struct {
	// Migrations are the steps that the program and the database know, as migrations.Status returns them.
	Migrations []migrations.Migration
	// Unknown is the error where the server did not let them be looked at; see Refused. Then Migrations are not looked at.
	Unknown error
	Now     func() time.Time // nil: time.Now
	// PoolSize is how many connections each server has for requests; 0: 10.
	PoolSize int
	// Slowest adds the statements that took the most time.
	Slowest bool
}

// defaultPool is the pool of a server that nobody told otherwise.
const defaultPool = 10

// check is one thing to look at.
type check struct {
	name string
	// timescale says that there is something to look at only where metrics is a hypertable.
	timescale bool
	look      func(context.Context, *patient) ([]Finding, error)
}

// checks are all checks, in the order of their findings.
func checks(o Options) []check {
	all := []check{
		{"mode", false, mode},
		{"chunks", true, chunks},
		{"compression", true, compression},
		{"policies", true, policies},
		{"roll-up lag", true, rollupLag},
		{"outbox", false, outbox},
		{"roll-up sample", false, rollupSample},
		{"indexes", false, indexes},
		{"unused indexes", false, unused},
		{"whole tables", false, scans},
		{"vacuum", false, vacuum},
		{"wraparound", false, wraparound},
		{"buffer cache", false, bufferCache},
		{"jit", false, jit},
		{"connections", false, connections},
		{"replication", false, replication},
	}
	if o.Slowest {
		all = append(all, check{"slowest", false, slowest})
	}
	return all
}

// patient is the database that is looked at, within the transaction of a check.
type patient struct {
	tx       pgx.Tx
	now      time.Time
	poolSize int
}

// Examine runs all checks and returns their findings, in a fixed order. Where migrations are pending it returns only that,
// for the others would stumble over it. An error means that the database could not be asked.
func Examine(ctx context.Context, pool *pgxpool.Pool, o Options) ([]Finding, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.PoolSize <= 0 {
		o.PoolSize = defaultPool
	}
	first, isUnknown := Refused("migrations", o.Unknown)
	if !isUnknown {
		first = migrated(o.Migrations)
	}
	findings := []Finding{first}
	if findings[0].Status == Fail {
		return findings, nil
	}
	hypertable, err := isHypertable(ctx, pool)
	if f, ok := Refused("mode", err); ok {
		return append(findings, f), nil
	}
	if err != nil {
		return findings, fmt.Errorf("look whether metrics is a hypertable: %w", err)
	}
	for _, c := range checks(o) {
		if c.timescale && !hypertable {
			continue
		}
		found, err := run(ctx, pool, c, o)
		if err != nil {
			return findings, fmt.Errorf("check %s: %w", c.name, err)
		}
		findings = append(findings, found...)
	}
	return findings, nil
}

const metricsAreHypertable = `-- name: MetricsAreHypertable
select metrics_are_hypertable()`

func isHypertable(ctx context.Context, pool *pgxpool.Pool) (is bool, err error) {
	err = pool.QueryRow(ctx, metricsAreHypertable).Scan(&is)
	return is, err
}

// Refused returns the finding of a check that was not let look, and whether err says that it was not.
func Refused(check string, err error) (Finding, bool) {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return Finding{}, false
	}
	f := refused(pgErr)
	f.Check = check
	return f, true
}

// checkTimeout bounds a statement of a check: the database may be busy with better things.
const checkTimeout = `-- name: CheckTimeout
set local statement_timeout = '30s'`

// run runs a check. What the server refuses is a finding.
func run(ctx context.Context, pool *pgxpool.Pool, c check, o Options) (found []Finding, err error) {
	err = pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, checkTimeout); err != nil {
			return err
		}
		found, err = c.look(ctx, &patient{tx, o.Now(), o.PoolSize})
		return err
	})
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		found, err = []Finding{refused(pgErr)}, nil
	}
	for i := range found {
		found[i].Check = c.name
	}
	return found, err
}

// refusal is how PostgreSQL says what it does not let somebody read.
var refusal = regexp.MustCompile(`^permission denied for (\w+) (\S+)$`)

// membership is how PostgreSQL says which role of its own somebody would have to be a member of.
var membership = regexp.MustCompile(`privileges of (?:the )?"?(pg_\w+)`)

// refused is the finding of a check that the server did not let look.
func refused(err *pgconn.PgError) Finding {
	const insufficientPrivilege, queryCanceled, notReady = "42501", "57014", "55000"
	const noDatabase, wrongPassword, notAdmitted = "3D000", "28P01", "28000"
	switch err.Code {
	case insufficientPrivilege:
		advice := "Run the doctor as the role that owns the database."
		if m := refusal.FindStringSubmatch(err.Message); m != nil {
			right := map[string]string{"schema": "usage", "function": "execute"}[m[1]]
			object := m[2]
			switch {
			case right != "":
				object = m[1] + " " + object
			default:
				right = "select"
			}
			advice = fmt.Sprintf("Run the doctor as the role that owns the database, or grant %s on %s to this one.", right, object)
		}
		if m := membership.FindStringSubmatch(err.Message); m != nil {
			advice = fmt.Sprintf("Grant %s to this role.", m[1])
		}
		return Finding{Status: Warn, What: "not looked at: " + err.Message, Advice: advice}
	case queryCanceled:
		return Finding{Status: Warn, What: "not looked at: it took too long", Advice: "Run the doctor again when the server has less to do."}
	case notReady: // an extension without its library
		return Finding{Status: Warn, What: "not looked at: " + err.Message, Advice: absent}
	case noDatabase, wrongPassword, notAdmitted:
		return Finding{
			Status: Fail, What: "the server lets nobody in by this URL: " + err.Message,
			Advice: "Correct the role, the password or the database in DATABASE_URL or DATABASE_DIRECT_URL, or let the role in by pg_hba.conf.",
		}
	default:
		return Finding{
			Status: Fail, What: "the server refuses to tell: " + err.Message,
			Advice: "Something was changed by hand, or the extension is of another version than the server's libraries; see the server's log.",
		}
	}
}

// migrated judges the state of the migrations.
func migrated(all []migrations.Migration) Finding {
	f := Finding{Check: "migrations", Status: OK}
	var pending, unknown int
	for _, m := range all {
		switch {
		case m.Name == "":
			unknown++
		case !m.Applied():
			pending++
		}
	}
	switch {
	case unknown > 0:
		f.Status = Fail
		f.What = count(unknown, "migration") + " of a newer release applied"
		f.Advice = "Use the release that migrated this database, or a later one."
	case pending > 0:
		f.Status = Fail
		f.What = fmt.Sprintf("%d of %s not applied", pending, count(len(all), "migration"))
		f.Advice = "Run corpintel migrate up; nothing else was looked at."
	default:
		f.What = fmt.Sprintf("all %d applied", len(all))
	}
	return f
}

// Worst returns the worst status among findings, OK for none.
func Worst(findings []Finding) Status {
	worst := OK
	for _, f := range findings {
		if f.Status == Fail || f.Status == Warn && worst == OK {
			worst = f.Status
		}
	}
	return worst
}

// count writes a number with its noun: "1 chunk", "2 chunks".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
