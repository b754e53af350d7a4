-- +goose Up

-- The daily series by calendar month. On plain PostgreSQL it is kept by the transaction that writes metrics; where
-- TimescaleDB is fit to be used it is a continuous aggregate (metrics_to_timescale).
create table metrics_month (
  series_id bigint not null,
  bucket date not null, -- first day of the month
  n bigint not null,
  sum double precision not null,
  min double precision not null,
  max double precision not null,
  first double precision not null,
  last double precision not null,
  primary key (series_id, bucket) include (n, sum, min, max, first, last)
);

-- The months of series of which metrics_month does not tell the truth yet: a continuous aggregate follows later. Empty
-- on plain PostgreSQL. Every transaction that writes daily points leaves a mark of its own, which is taken away after
-- a refresh that has seen what the transaction wrote.
create table metrics_stale (
  series_id bigint not null,
  month date not null,
  marked_by xid8 not null default pg_current_xact_id(),
  primary key (series_id, month, marked_by)
);

-- Null where TimescaleDB can be used, else the reason. Continuous aggregates and compression are not in its Apache
-- edition, and both want the library to be preloaded.
-- +goose StatementBegin
create function why_not_timescale() returns text
language plpgsql stable as $$
declare
  version int[] := (
    select string_to_array(regexp_replace(extversion, '[^0-9.].*', ''), '.')::int[] from pg_extension where extname = 'timescaledb'
  );
begin
  if version is null then
    return 'the extension timescaledb is not installed in this database';
  elsif version < array[2, 14] then
    return format('timescaledb is %s, and 2.14 or later is needed', array_to_string(version, '.'));
  elsif current_setting('timescaledb.license', true) is null then
    return 'timescaledb is not in shared_preload_libraries';
  elsif current_setting('timescaledb.license') <> 'timescale' then
    return format('timescaledb.license is %s, and timescale is needed', current_setting('timescaledb.license'));
  end if;
  return null;
end
$$;

create function metrics_are_hypertable() returns boolean
language sql stable as $$
  select relkind = 'v' from pg_class where oid = 'metrics_month'::regclass
$$;

-- Computes the whole roll-up anew, after metrics was written by other means than the importers.
create function rebuild_metrics_month() returns void
language plpgsql as $$
begin
  if metrics_are_hypertable() then
    insert into metrics_stale (series_id, month)
    select series_id, date_trunc('month', date::timestamp)::date from metrics where fact_id is null
    union
    select series_id, bucket from metrics_month
    on conflict do nothing;
    return;
  end if;
  delete from metrics_month;
  insert into metrics_month (series_id, bucket, n, sum, min, max, first, last)
  select series_id, bucket, count(*), sum(value), min(value), max(value), (array_agg(value))[1], (array_agg(value))[count(*)]
  from (
    select series_id, date_trunc('month', date::timestamp)::date as bucket, value
    from metrics
    where fact_id is null
    order by series_id, date
  ) m
  group by series_id, bucket
  order by series_id, bucket;
end
$$;

-- Brings the continuous aggregate up to date and takes the marks away. TimescaleDB refreshes what it has seen written, and
-- forgets the last month of a write that ends on a month's first day (up to 2.28.3 at least); so each stale month is written to in
-- its middle before, by a row that nobody ever sees. A mark goes when the transaction that left it had
-- ended before the refresh began, so the refresh has seen its rows; or, in a database restored from a dump, when its number is
-- one that this server has not given out yet. It commits in between: call it outside of transactions. It is also the
-- body of a job of TimescaleDB's scheduler, which comes by where an import was killed before it called it.
create procedure refresh_metrics_month(job_id integer default 0, config jsonb default null)
language plpgsql as $$
declare
  before pg_snapshot;
begin
  if not metrics_are_hypertable() then
    return;
  end if;
  before := pg_current_snapshot();
  insert into metrics (series_id, date, value, fact_id)
  select 0, month + 14, 0, 0 from (select distinct month from metrics_stale) s;
  delete from metrics where series_id = 0;
  commit;
  call refresh_continuous_aggregate('metrics_month', null, null);
  delete from metrics_stale
  where pg_visible_in_snapshot(marked_by, before) or marked_by >= pg_snapshot_xmax(pg_current_snapshot());
end
$$;

-- Retention, which nothing calls unless an operator does: forgets the daily points before the month of a day, and returns
-- their number. Fundamentals stay. It waits for the end of an import, with whose lock it keeps others away.
create function forget_prices(before date) returns bigint
language plpgsql as $$
declare
  cut date := date_trunc('month', before::timestamp)::date;
  forgotten bigint;
begin
  perform pg_advisory_xact_lock(27988559997267572);
  perform set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true);
  create temporary table forgotten_days on commit drop as
  select series_id, date from metrics where fact_id is null and date < cut;
  get diagnostics forgotten = row_count;
  delete from metrics where fact_id is null and date < cut;
  if metrics_are_hypertable() then
    insert into metrics_stale (series_id, month)
    select distinct series_id, date_trunc('month', date::timestamp)::date from forgotten_days
    on conflict do nothing;
  else
    delete from metrics_month where bucket < cut;
  end if;
  update series s
  set points = s.points - f.n, first_on = coalesce((select min(m.date) from metrics m where m.series_id = s.id), s.first_on)
  from (select series_id, count(*) as n from forgotten_days group by series_id) f
  where s.id = f.series_id;
  delete from series where points = 0;
  delete from securities y
  where company_id is null and last_seen is null and not exists (select from series s where s.security_id = y.id);
  drop table forgotten_days;
  return forgotten;
end
$$;

-- Turns metrics of plain PostgreSQL into a hypertable with chunks of a year, and metrics_month into a continuous aggregate
-- that is empty at first: all its months are stale until the next refresh. False when that was done before. It keeps everybody
-- else away from metrics until it is committed.
create function metrics_to_timescale() returns boolean
language plpgsql as $$
begin
  if metrics_are_hypertable() then
    return false;
  elsif why_not_timescale() is not null then
    raise exception '%', why_not_timescale() using errcode = 'feature_not_supported';
  end if;
  lock table metrics, metrics_month in access exclusive mode;
  drop table metrics_month;
  perform create_hypertable('metrics', 'date', chunk_time_interval => interval '365 days',
    create_default_indexes => false, migrate_data => true);
  alter table metrics set (
    timescaledb.compress, timescaledb.compress_segmentby = 'series_id', timescaledb.compress_orderby = 'date desc'
  );
  perform add_compression_policy('metrics', interval '18 months');
  create materialized view metrics_month
  with (timescaledb.continuous, timescaledb.materialized_only = true, timescaledb.create_group_indexes = false) as
  select series_id, time_bucket(interval '1 month', date) as bucket, count(*) as n, sum(value) as sum,
    min(value) as min, max(value) as max, first(value, date) as first, last(value, date) as last
  from metrics
  where fact_id is null
  group by series_id, time_bucket(interval '1 month', date)
  with no data;
  create index on metrics_month (series_id, bucket);
  perform add_job('refresh_metrics_month', interval '1 hour');
  perform rebuild_metrics_month();
  return true;
end
$$;

-- Takes metrics_to_timescale back. False when there is nothing to take back.
create function metrics_to_plain() returns boolean
language plpgsql as $$
begin
  if not metrics_are_hypertable() then
    return false;
  end if;
  lock table metrics in access exclusive mode;
  perform delete_job(job_id) from timescaledb_information.jobs where proc_name = 'refresh_metrics_month';
  drop materialized view metrics_month;
  alter table metrics rename to metrics_hypertable;
  alter index metrics_pkey rename to metrics_hypertable_pkey;
  create table metrics (
    series_id bigint not null,
    date date not null,
    as_of date,
    value double precision not null,
    fact_id bigint
  );
  insert into metrics (series_id, date, as_of, value, fact_id)
  select series_id, date, as_of, value, fact_id from metrics_hypertable order by series_id, date;
  alter table metrics add primary key (series_id, date) include (value);
  drop table metrics_hypertable;
  create table metrics_month (
    series_id bigint not null,
    bucket date not null,
    n bigint not null,
    sum double precision not null,
    min double precision not null,
    max double precision not null,
    first double precision not null,
    last double precision not null,
    primary key (series_id, bucket) include (n, sum, min, max, first, last)
  );
  truncate metrics_stale;
  perform rebuild_metrics_month();
  return true;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
do $$
begin
  if why_not_timescale() is null then
    perform metrics_to_timescale();
  else
    perform rebuild_metrics_month();
  end if;
end
$$;
-- +goose StatementEnd

-- +goose Down

select metrics_to_plain();
drop procedure refresh_metrics_month;
drop function metrics_to_plain, metrics_to_timescale, forget_prices, rebuild_metrics_month, metrics_are_hypertable, why_not_timescale;
drop table metrics_month, metrics_stale;
