-- +goose Up

-- What was changed, for servers to forget what they keep of it. A row is written by the transaction that changes what it tells
-- of. Ids are not in the order of commits: a reader asks for what its last snapshot did not show, not for what comes after the
-- last id.
create table outbox (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  kind text collate "C" not null, -- company, sector, companies, form, filings, definitions, registry, everything
  keys text[] not null default '{}' -- of a kind that has keys; '*': all
);

create index outbox_xid on outbox (xid);

create index outbox_at on outbox (at);

-- One row: what was committed when rows were last noted as fit to be deleted, and the time before. A row's age says when it
-- was written; only what a snapshot shows that is old itself was also committed long ago.
create table outbox_trim (
  only_row boolean primary key default true check (only_row),
  before pg_snapshot, -- half the age of what is deleted older than noted, at least
  noted pg_snapshot not null,
  noted_at timestamptz not null
);

insert into outbox_trim (noted, noted_at) values (pg_current_snapshot(), clock_timestamp());

-- Tells all servers to forget whatever they keep, when the transaction commits. For who changes data by hand.
-- +goose StatementBegin
create function everything_changed() returns void
language sql as $$
  insert into outbox (kind) values ('everything');
  select pg_notify('corpintel_outbox', '');
$$;
-- +goose StatementEnd

-- forget_prices tells of what it does.
alter function forget_prices(date) rename to forget_prices_untold;

-- +goose StatementBegin
create function forget_prices(before date) returns bigint
language plpgsql as $$
declare
  forgotten bigint := forget_prices_untold(before);
begin
  if forgotten > 0 then
    perform everything_changed();
  end if;
  return forgotten;
end
$$;
-- +goose StatementEnd

-- +goose Down

drop function forget_prices(date);
alter function forget_prices_untold(date) rename to forget_prices;
drop function everything_changed();
drop table outbox, outbox_trim;
