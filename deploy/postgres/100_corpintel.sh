#!/bin/sh
# Runs once, in an empty data folder: the role that serves owns the database and is no superuser.
set -eu

psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set=password="$CORPINTEL_DB_PASSWORD" --set=database="$POSTGRES_DB" <<'SQL'
create role corpintel login password :'password';
alter database :"database" owner to corpintel;
revoke all on database :"database" from public;
-- What corpintel doctor looks at.
grant pg_monitor to corpintel;
create extension if not exists pg_stat_statements;
-- Behind PgBouncer settings belong to the role: see docs/operating.md.
alter role corpintel in database :"database" set jit = off;
alter role corpintel in database :"database" set plan_cache_mode = force_generic_plan;
alter role corpintel in database :"database" set enable_memoize = off;
SQL
