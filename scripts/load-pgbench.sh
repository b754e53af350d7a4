#!/usr/bin/env bash
# Runs the statements that servers send most (loadtest/pgbench/) by pgbench, each alone, on a database of its own with demo data:
# how fast PostgreSQL alone is, as a server's connections have it set. DURATION is in seconds for each (10), CLIENTS how many
# connections there are (10, as in a server's pool), COMPANIES and DATA_DIR are those of scripts/load.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh run
program=
for dir in "$(dirname "$(command -v pgbench 2>/dev/null || true)")" "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin; do
  if [[ -n "$dir" && -x "$dir/pgbench" ]]; then program=$dir/pgbench; fi
done
if [[ -z "$program" ]]; then
  echo "NOT RUN: pgbench is missing; it comes with PostgreSQL (Debian: postgresql, or postgresql-contrib)" >&2
  exit 1
fi

source scripts/server.sh
companies=${COMPANIES:-5000}
build_program "${DATA_DIR:-}"
load_demo "$companies"
start_server --redis-url=off --pool-size=1 # the embedded PostgreSQL runs as long as it does

# Its socket is named in the fifth line of the file of its process, its port in the fourth.
mapfile -t postmaster <"$CORPINTEL_DATA_DIR/postgres/postmaster.pid"
export PGHOST=${postmaster[4]} PGPORT=${postmaster[3]} PGUSER=corpintel PGDATABASE=corpintel
export PGOPTIONS="-c jit=off -c plan_cache_mode=force_generic_plan -c enable_memoize=off"
printf '| statement | a second | mean latency |\n|---|---|---|\n'
for script in loadtest/pgbench/*.sql; do
  "$program" --no-vacuum --protocol=prepared --client="${CLIENTS:-10}" --time="${DURATION:-10}" --define="companies=$companies" \
    --report-per-command --file="$script" >"$work/bench" 2>"$work/bench.log" || { cat "$work/bench.log" >&2; exit 1; }
  # Of the commands the last one is the statement; the others choose what it is asked about.
  awk -v name="$(basename "$script" .sql)" '/^tps/ { tps = $3 } /^ +[0-9.]+ +[0-9]+ / { last = $1 }
    END { printf "| %s | %.0f | %.3f ms |\n", name, tps, last }' "$work/bench"
done
