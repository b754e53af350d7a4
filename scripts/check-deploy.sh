#!/usr/bin/env bash
# Checks what stands in deploy/: rules with promtool (Debian's package prometheus is installed where it is missing and that needs no
# asking), the unit with systemd-analyze, compose.yaml with Docker, and the image's program alone in an empty folder. It says
# what could not be run.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() {
  if [[ "$(id -u)" == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

missing() { echo "NOT RUN: $*"; }

if ! command -v promtool >/dev/null && command -v apt-get >/dev/null && as_root true 2>/dev/null; then
  echo "Installing prometheus ..." >&2
  { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends prometheus; } >&2 || true
fi
if command -v promtool >/dev/null; then
  promtool check config deploy/prometheus/prometheus.yml
  promtool test rules deploy/prometheus/tests/*_test.yml
else
  missing "promtool is not installed; rules and alerts are not tested"
fi

if command -v systemd-analyze >/dev/null; then
  unit=$(mktemp -d)
  trap 'rm -rf "$unit"' EXIT
  # It looks for the program, which need not be installed here.
  sed 's#^ExecStart=[^ ]*#ExecStart=/bin/true#' deploy/corpintel.service >"$unit/corpintel.service"
  systemd-analyze verify "$unit/corpintel.service"
  # In tenths: what is beyond has lost some of its hardening.
  systemd-analyze security --offline=yes --threshold=15 --no-pager "$unit/corpintel.service" | tail -n 1
else
  missing "systemd-analyze is not installed; corpintel.service is not checked"
fi

if docker compose version >/dev/null 2>&1; then
  env POSTGRES_PASSWORD=x CORPINTEL_DB_PASSWORD=x REDIS_PASSWORD=x GRAFANA_PASSWORD=x \
    docker compose --file deploy/compose.yaml config --quiet
else
  missing "docker compose is not installed; compose.yaml is checked by our own test only"
fi
if docker info >/dev/null 2>&1; then
  docker build --quiet --file deploy/Dockerfile .
else
  missing "there is no Docker; the image is not built, its program is tested without it"
fi

CORPINTEL_TEST_IMAGE=1 go test -count=1 -v -run '^TestImage$' ./deploy
go test -count=1 ./deploy
