#!/usr/bin/env bash
# Builds the explorer and the landing page in a temporary folder, and fails if what is committed holds anything else. What the
# files hold is compared, not how they were compressed: that differs with the version of zlib in Node.
set -euo pipefail
cd "$(dirname "$0")/.."

source scripts/node.sh
need_node

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd web/ui
npm ci --ignore-scripts --no-audit --no-fund --silent
npx tsc
OUT_DIR="$work/dist" npx vite build --logLevel warn
node scripts/compare.mjs "$work/dist" dist || { echo "web/ui/dist is not up to date: run make ui" >&2; exit 1; }
