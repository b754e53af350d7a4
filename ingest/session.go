package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// session is the connection that an import works on. It has the temporary tables and holds the lock, and both end with
// it: when it is lost, another one is opened.
type session struct {
	pool  *pgxpool.Pool
	setup []string      // statements that prepare it
	wait  time.Duration // as Options.Wait
	tell  func(string)  // progress

	conn   *pgx.Conn
	opened int // times
}

// Every statement is planned for its parameters and the present size of the tables, which grow from nothing to
// millions of rows within a session; what is there of a file is looked up by key.
const prepareSession = `-- name: prepareSession
set statement_timeout = 0;
set lock_timeout = 0;
set idle_in_transaction_session_timeout = 0;
set tcp_keepalives_idle = 15; -- an importer that vanishes gives the lock up soon
set tcp_keepalives_interval = 5;
set tcp_keepalives_count = 4;
set plan_cache_mode = force_custom_plan;
set jit = off;
set random_page_cost = 1.1;
set work_mem = '32MB';
set temp_buffers = '32MB';

-- What the files say.
create temporary table stage_companies (
  cik bigint,
  as_of date,
  name text collate "C",
  former_names text[],
  search_text text collate "C",
  sic text,
  sic_sector text collate "C",
  sic_industry text collate "C",
  country text,
  fiscal_year_end text
) on commit delete rows;

create temporary table stage_filings (
  cik bigint,
  as_of date,
  id bigint,
  form text collate "C",
  filed_on date,
  accepted_at timestamptz,
  period_end date,
  title text collate "C",
  primary_document text collate "C",
  detailed boolean
) on commit delete rows;

create temporary table stage_index (
  cik bigint,
  name text collate "C",
  search_text text collate "C",
  id bigint,
  form text collate "C",
  filed_on date
) on commit delete rows;

create temporary table stage_classifications (
  line integer,
  cik bigint,
  symbol text collate "C",
  sector text collate "C",
  industry text collate "C"
) on commit delete rows;

create temporary table stage_concepts (
  n integer,
  taxonomy text collate "C",
  concept text collate "C",
  label text collate "C",
  description text collate "C",
  id integer
) on commit delete rows;

create temporary table stage_facts (
  n integer, -- in the order of the file
  concept integer, -- stage_concepts.n
  unit text collate "C",
  period_start date,
  period_end date,
  value double precision,
  accession bigint,
  filed_on date,
  fiscal_year integer,
  fiscal_period text collate "C",
  form text collate "C"
) on commit delete rows;

create temporary table stage_listings (
  company_id bigint,
  as_of date,
  symbol text collate "C",
  exchange text collate "C",
  position integer
) on commit delete rows;

-- The companies whose symbols are listed, also those without one.
create temporary table listed_companies (company_id bigint, cik bigint, as_of date) on commit delete rows;

-- What of it is there already, and what it changes; what follows from that.
create temporary table best_filings (like stage_filings) on commit delete rows;

create temporary table known_filings (id bigint, changed boolean, confirmed boolean) on commit delete rows;

create temporary table changed_companies (company_id bigint) on commit delete rows;

create temporary table known_facts (
  n integer, -- stage_facts.n
  id bigint,
  changed boolean,
  contradicted boolean,
  confirmed boolean
) on commit delete rows;

create temporary table changed_units (
  n bigint generated always as identity,
  concept_id integer,
  unit text collate "C",
  primary key (concept_id, unit)
) on commit delete rows;

-- A series that need not exist yet is 8 * changed_units.n + its period class.
create temporary table chosen_points (
  series bigint,
  date date,
  known_from date,
  value double precision,
  fact_id bigint,
  primary key (series, date)
) on commit delete rows;

create temporary table chosen_versions (
  series bigint,
  date date,
  known_from date,
  known_to date,
  value double precision,
  primary key (series, date, known_from)
) on commit delete rows;

-- Those that are new have no points yet.
create temporary table changed_series (series bigint, id bigint, is_new boolean) on commit delete rows;`

// analyzeEmpty tells PostgreSQL that the temporary tables are empty: from then on it takes them for as large as they are.
// It takes a table that was never analyzed for ten pages, some thousand rows, and then reads tables of some thousand
// companies as a whole for a file of one. Tables that are made later have files of thousands of rows.
const analyzeEmpty = `-- name: analyzeEmpty
do $$
declare
  name text;
begin
  for name in select relname from pg_class where relnamespace = pg_my_temp_schema() and relkind = 'r' loop
    execute format('analyze pg_temp.%I', name);
  end loop;
end
$$`

// importLock is the key of the advisory lock that one import at a time holds: "corpint" in ASCII.
const importLock = 0x636f7270696e74

const tryLock = `-- name: tryLock
select pg_try_advisory_lock($1)`

const awaitLock = `-- name: awaitLock
select pg_advisory_lock($1)`

// connectTimeout bounds one attempt to connect.
const connectTimeout = 10 * time.Second

// openSession takes a connection out of the pool and prepares it for an import, with the statements of setup too. When
// another import runs it says so to tell, and waits for the other's end.
func openSession(ctx context.Context, pool *pgxpool.Pool, wait time.Duration, tell func(string), setup ...string) (*session, error) {
	s := &session{
		pool: pool, wait: wait, tell: tell,
		setup: append([]string{prepareSession, prepareHolders, prepareRollup, prepareChanges, analyzeEmpty}, setup...),
	}
	err := s.open(ctx)
	if err != nil && ctx.Err() == nil && isAway(err) {
		err = s.reconnect(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *session) open(ctx context.Context) error {
	connecting, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	pooled, err := s.pool.Acquire(connecting)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	s.conn = pooled.Hijack()
	s.opened++
	if err := s.prepare(ctx); err != nil {
		s.close(ctx)
		return err
	}
	return nil
}

func (s *session) prepare(ctx context.Context) error {
	for _, sql := range s.setup {
		if _, err := s.conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("prepare the connection: %w", err)
		}
	}
	var locked bool
	if err := s.conn.QueryRow(ctx, tryLock, int64(importLock)).Scan(&locked); err != nil {
		return fmt.Errorf("lock the import: %w", err)
	}
	if locked {
		return nil
	}
	s.tell("another import is running on this database: waiting for its end")
	if _, err := s.conn.Exec(ctx, awaitLock, int64(importLock)); err != nil {
		return fmt.Errorf("wait for another import: %w", err)
	}
	return nil
}

// close ends the session, also after ctx was cancelled.
func (s *session) close(ctx context.Context) {
	if s.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = s.conn.Close(ctx) // nothing is open on it: what it did was committed or reported
}

// inTx runs f in a transaction, which is committed when f returns nil and what follows from all it did was settled. When
// the answer to the commit is lost, it opens the session again and finds out whether it was committed.
func (s *session) inTx(ctx context.Context, f func(*transaction) error) error {
	var id string
	err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		t := &transaction{tx: tx}
		if err := f(t); err != nil {
			return err
		}
		if err := t.settle(ctx); err != nil {
			return err
		}
		return tx.QueryRow(ctx, transactionID).Scan(&id)
	})
	if err == nil || id == "" || ctx.Err() != nil || !isAway(err) {
		return err
	}
	if err := s.reconnect(ctx, err); err != nil {
		return err
	}
	var status string
	err = s.conn.QueryRow(ctx, transactionStatus, id).Scan(&status)
	if err == nil && status == "committed" {
		return nil
	}
	return fmt.Errorf("%w, and transaction %s is not known to be committed", errRepeat, id)
}

const transactionID = `-- name: transactionID
select coalesce(pg_current_xact_id_if_assigned()::text, '')`

// transactionStatus fails when the server does not know the transaction, as after a change to one that had not got it.
const transactionStatus = `-- name: transactionStatus
select coalesce(pg_xact_status($1::text::xid8), '')`

// transaction is the import of one file.
type transaction struct {
	tx            pgx.Tx
	monthsChanged bool // changed_months has rows
}

// exec runs a statement and returns the number of rows it changed.
func (t *transaction) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	tag, err := t.tx.Exec(ctx, sql, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", statementName(sql), err)
	}
	return tag.RowsAffected(), nil
}

// planned makes PostgreSQL plan a query anew: the plan of a prepared one without parameters would stay, made when the
// tables were empty.
const planned = pgx.QueryExecModeDescribeExec

// count runs a statement that answers with one number.
func (t *transaction) count(ctx context.Context, sql string, args ...any) (int64, error) {
	var n int64
	if err := t.tx.QueryRow(ctx, sql, slices.Concat([]any{planned}, args)...).Scan(&n); err != nil {
		return 0, fmt.Errorf("%s: %w", statementName(sql), err)
	}
	return n, nil
}

// statementName returns the name in the first line of a statement.
func statementName(sql string) string {
	line, _, _ := strings.Cut(sql, "\n")
	return strings.TrimPrefix(line, "-- name: ")
}

// grown is the number of written records from which on statistics are renewed at the end of an import: plans must fit
// at once, not when autovacuum comes by.
const grown = 1000

const analyzeFilings = `-- name: analyzeFilings
analyze companies, securities, filings, filing_companies, company_forms`

const analyzeFacts = `-- name: analyzeFacts
analyze companies, concepts, definitions, facts, concept_units, series, metrics, point_versions`

// analyze renews the statistics of tables into which so many records were written.
func (s *session) analyze(ctx context.Context, written int64, sql string) error {
	if written < grown {
		return nil
	}
	err := s.persist(ctx, func(bool) error {
		_, err := s.conn.Exec(ctx, sql)
		return err
	})
	if err != nil {
		return fmt.Errorf("renew the statistics: %w", err)
	}
	return nil
}
