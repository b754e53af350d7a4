#!/usr/bin/env bash
# Runs a command of an npm project against a server with demo data on a database of its own:
#
#   scripts/with-server.sh FOLDER COMMAND...
#
# installs what the lock file of FOLDER names, and runs COMMAND there. GRAPHQL_URL is the server's URL, PROGRAM the
# server's program, which works on the same database. CORPINTEL_AUTH is the server's. Needs Node 20.19 or later with npm.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1
shift

source scripts/node.sh
need_node

work=$(mktemp -d)
chmod 755 "$work" # as root the database runs as another account
: >"$work/out"
server=
cleanup() {
  if [[ -n "$server" ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

(cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --silent)
go build -o "$work/corpintel" .
unset DATABASE_URL DATABASE_DIRECT_URL REDIS_URL
export CORPINTEL_DATA_DIR="$work/data"
CORPINTEL_ADDR=127.0.0.1:0 CORPINTEL_ADMIN_ADDR=127.0.0.1:0 "$work/corpintel" serve >"$work/out" 2>"$work/log" &
server=$!

url=
for ((i = 0; i < 1200; i++)); do
  url=$(sed -nE 's/^ *GraphQL +(http[^ ]+)$/\1/p' "$work/out")
  [[ -n "$url" ]] && break
  if ! kill -0 "$server" 2>/dev/null; then break; fi
  sleep 0.1
done
if [[ -z "$url" ]]; then
  echo "the server did not start:" >&2
  cat "$work/out" "$work/log" >&2
  exit 1
fi
cd "$folder"
GRAPHQL_URL="$url" PROGRAM="$work/corpintel" "$@"
