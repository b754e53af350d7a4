#!/usr/bin/env bash
# Builds the explorer and the landing page in a temporary folder, and fails if what is committed holds anything else. What the
# files hold is compared, not how they were compressed: that differs with the version of zlib in Node.
set -euo pipefail
cd "$(dirname "$0")/.."

# Installs Node where that needs no asking.
install() {
  command -v apt-get >/dev/null || return 1
  local sudo=()
  [[ "$(id -u)" == 0 ]] || sudo=(sudo -n)
  "${sudo[@]}" apt-get update -qq >&2 &&
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >&2
}

if ! { command -v node && command -v npm; } >/dev/null && ! install; then
  echo "Node is missing: install version 20.19 or later with npm, such as by sudo apt install nodejs npm" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd web/ui
npm ci --ignore-scripts --no-audit --no-fund --silent
npx tsc
OUT_DIR="$work/dist" npx vite build --logLevel warn
node scripts/compare.mjs "$work/dist" dist || { echo "web/ui/dist is not up to date: run make ui" >&2; exit 1; }
