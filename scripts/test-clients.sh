#!/usr/bin/env bash
# Asks the server, which requires keys, with Apollo Client, urql, graphql-request and Relay.
set -euo pipefail
export CORPINTEL_AUTH=required
exec "$(dirname "$0")/with-server.sh" web/clients npm test --silent
