#!/usr/bin/env bash
# Has a real Prometheus scrape the server, and reads back what it has: Debian's package is installed where it is missing and that
# needs no asking; where it cannot be had, this says so.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() {
  if [[ "$(id -u)" == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

if ! command -v prometheus >/dev/null && command -v apt-get >/dev/null && as_root true 2>/dev/null; then
  echo "Installing prometheus ..." >&2
  { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends prometheus; } >&2 || true
fi
if ! command -v prometheus >/dev/null; then
  echo "Prometheus is not installed: NOT RUN, nothing was scraped by a real one"
  exit 0
fi
CORPINTEL_TEST_PROMETHEUS=$(command -v prometheus) go test -count=1 ./command -run '^(TestPrometheus|TestServiceLevels)$' -v
