#!/usr/bin/env bash
# Runs the tests of the explorer and the landing page in Debian's Chromium, against a server with demo data on a database
# of its own. Needs Node 20.19 or later with npm, and Chromium. Arguments are test files; without any all of them run.
set -euo pipefail
cd "$(dirname "$0")/.."

source scripts/node.sh
need_node
export CHROMIUM="${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}"
if [[ -z "$CHROMIUM" ]]; then
  if ! install chromium; then
    echo "Chromium is missing: install it, such as by sudo apt install chromium; CHROMIUM can name its program" >&2
    exit 1
  fi
  CHROMIUM=$(command -v chromium)
fi

work=$(mktemp -d)
chmod 755 "$work" # as root the database runs as another account
trap 'rm -rf "$work"' EXIT

(cd web/ui && npm ci --ignore-scripts --no-audit --no-fund --silent)
go build -o "$work/corpintel" .
export CORPINTEL_BINARY="$work/corpintel" CORPINTEL_TEST_DIR="$work/data"
cd web/ui
if (($#)); then files=("$@"); else files=(test/*.test.mjs); fi
node --test --test-concurrency=1 "${files[@]}"
