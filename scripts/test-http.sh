#!/usr/bin/env bash
# Runs the GraphQL-over-HTTP audit of the npm package graphql-http against the server.
set -euo pipefail
export NODE_NEEDED=18.0
exec "$(dirname "$0")/with-server.sh" web/audit bash -c 'node audit.mjs "$GRAPHQL_URL"'
