-- +goose Up

-- The latest point of each series: a question for latest values reads one row a series, and none of metrics.
alter table series
  add column last_value double precision,
  add column last_fact_id bigint; -- null for prices

update series s
set (last_value, last_fact_id) = (
  select m.value, m.fact_id from metrics m where m.series_id = s.id and m.date = s.last_on
);

alter table series alter column last_value set not null;

-- +goose Down

alter table series
  drop column last_value,
  drop column last_fact_id;
