-- +goose Up

-- What was known on a day.
--
-- A point of fundamentals is in its series with a value from the day on which that was filed, until another one is filed
-- for it, or a quarter or year that ends near it drops it. The last such state of a point is in metrics, with the day from
-- which it has been so without a break; those that went before are in point_versions: as of a day D a series has its
-- metrics with known_from <= D, and its point_versions with known_from <= D < known_to.
--
-- Null for prices, which are known on their day.
alter table metrics add column known_from date;

create table point_versions (
  series_id bigint not null,
  date date not null,
  known_from date not null,
  known_to date not null, -- the first day on which it was not so any more
  value double precision not null,
  primary key (series_id, date, known_from) include (known_to, value),
  check (known_from < known_to)
);

-- Computes point_versions and metrics.known_from anew, after facts and metrics were written by other means than the
-- importer, which keeps both.
--
-- Of the facts of one end that were filed on one day the one of the greatest rank counts (daily). A quarter or year is
-- dropped on the first day on which a fact of an end within a week of its own has a greater rank (dropped). Both change
-- what is known (changes; null: no point), and what does not differ from what was known before is no change (states).
-- +goose StatementBegin
create function rebuild_point_versions() returns void
language plpgsql set enable_nestloop = off as $$
begin
  perform set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true);
  delete from point_versions;
  with classed as (
    select f.company_id, f.concept_id, f.unit, f.period_start, f.period_end, f.filed_on, f.accession, f.value,
      case
        when f.period_start is null then 1
        when f.period_end - f.period_start + 1 between 80 and 120 then 3
        when f.period_end - f.period_start + 1 between 160 and 200 then 4
        when f.period_end - f.period_start + 1 between 245 and 290 then 5
        when f.period_end - f.period_start + 1 between 350 and 380 then 6
      end as class
    from facts f
    where f.filed_on >= f.period_end
  ), daily as materialized (
    select distinct on (s.id, f.period_end, f.filed_on)
      s.id as series_id, f.class, f.period_end as date, f.filed_on, f.accession, f.value
    from classed f
    join definitions d on d.concept_id = f.concept_id and d.unit = f.unit and d.period = f.class
    join series s on s.company_id = f.company_id and s.definition_id = d.id and s.security_id is null
    order by s.id, f.period_end, f.filed_on, f.accession desc, f.period_start desc
  ), close as (
    select series_id, date
    from (
      select series_id, date, lag(date) over ends as before, lead(date) over ends as after
      from (select distinct series_id, date from daily where class in (3, 6)) e
      window ends as (partition by series_id order by date)
    ) e
    where date - before <= 7 or after - date <= 7
  ), dropped as materialized (
    select d.series_id, d.date, d.filed_on, min(n.filed_on) as dropped_on
    from (
      select d.*, date + days as other from close join daily d using (series_id, date) cross join generate_series(-7, 7) as days
      where days <> 0
      offset 0
    ) d
    join daily n on n.series_id = d.series_id and n.date = d.other
      and (n.filed_on, n.accession, n.date) > (d.filed_on, d.accession, d.date)
    group by d.series_id, d.date, d.filed_on
  ), changes as (
    select d.series_id, d.date, d.filed_on as known_from, case when x.dropped_on = d.filed_on then null else d.value end as value
    from daily d
    left join dropped x using (series_id, date, filed_on)
    union all
    select x.series_id, x.date, x.dropped_on, null
    from dropped x
    where x.dropped_on > x.filed_on and not exists (
      select from daily d
      where d.series_id = x.series_id and d.date = x.date and d.filed_on > x.filed_on and d.filed_on <= x.dropped_on
    )
  ), states as materialized (
    select series_id, date, known_from, lead(known_from, 1, 'infinity') over versions as known_to, value
    from (
      select *, lag(value) over (partition by series_id, date order by known_from) as before from changes
    ) c
    where value is distinct from before
    window versions as (partition by series_id, date order by known_from)
  ), current as (
    update metrics m
    set known_from = s.known_from
    from states s
    where s.known_to = 'infinity' and s.value is not null
      and m.series_id = s.series_id and m.date = s.date and m.known_from is distinct from s.known_from
  )
  insert into point_versions (series_id, date, known_from, known_to, value)
  select series_id, date, known_from, known_to, value
  from states
  where known_to < 'infinity' and value is not null
  order by series_id, date, known_from;
end
$$;

-- It copies all columns that there are: a later one is not forgotten.
create or replace function metrics_to_plain() returns boolean
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
  create table metrics (like metrics_hypertable);
  insert into metrics select * from metrics_hypertable order by series_id, date;
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

select rebuild_point_versions();

-- +goose Down

-- metrics_to_plain stays as it is: it fits metrics without the column as well.
drop function rebuild_point_versions;
drop table point_versions;
alter table metrics drop column known_from;
