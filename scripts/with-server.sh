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

source scripts/server.sh
(cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --silent)
build_program
start_server
cd "$folder"
GRAPHQL_URL="$url" PROGRAM="$work/corpintel" "$@"
