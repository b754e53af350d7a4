#!/usr/bin/env bash
# Runs the golden operations, kept answers and imports through PgBouncer in transaction mode, and says so; where it is not
# installed and cannot be without asking, it says that.
set -euo pipefail
cd "$(dirname "$0")/.."

find_pgbouncer() { command -v pgbouncer || command -v /usr/sbin/pgbouncer; }

install() {
  command -v apt-get >/dev/null || return 1
  local sudo=()
  [[ "$(id -u)" == 0 ]] || sudo=(sudo -n)
  "${sudo[@]}" true 2>/dev/null || return 1
  "${sudo[@]}" apt-get update -qq >&2 &&
    # Its service is not to be started.
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends pgbouncer >&2
}

if ! find_pgbouncer >/dev/null && ! { install && find_pgbouncer >/dev/null; }; then
  echo "PgBouncer is not installed: NOTHING RAN through it, the tests ran on direct connections only"
  exit 0
fi
echo "through $("$(find_pgbouncer)" --version | head -n 1):"
export CORPINTEL_TEST_PGBOUNCER=1
go test -count=1 ./store -run 'Pooler'
go test -count=1 ./resolvers -run 'TestGolden|TestEDGAR|TestKept'
go test -count=1 ./command -run 'PgBouncer'
