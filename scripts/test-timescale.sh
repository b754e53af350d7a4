#!/usr/bin/env bash
# Runs the tests that touch the database on TimescaleDB, and says so; where the extension is not installed it says that.
set -euo pipefail
cd "$(dirname "$0")/.."

found=
for dir in "$(pg_config --sharedir 2>/dev/null || true)" /usr/share/postgresql/*; do
  if [[ -e "$dir/extension/timescaledb.control" ]]; then found=$dir; fi
done
if [[ -z "$found" ]]; then
  echo "TimescaleDB is not installed: NOTHING RAN on it, the tests ran on plain PostgreSQL only"
  exit 0
fi
echo "on TimescaleDB ($found):"
CORPINTEL_TEST_FLAVOUR=timescaledb go test -count=1 ./migrations ./store ./loaders ./resolvers ./demo ./doctor ./ingest
