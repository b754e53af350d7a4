#!/usr/bin/env bash
# Makes sure that Go, PostgreSQL, Redis and what tests need are there: ps, to look at processes, and curl, to follow the
# README. What is missing is installed where that can be done without asking; otherwise one message says what to do. Where
# everything is there, nothing is done or said. With the argument "run" only what the server cannot do without is looked for.
set -euo pipefail

oldest=15 # major version of PostgreSQL

# Succeeds if a folder holds a server that is new enough, with the programs that come with it.
usable() {
  [[ -x "$1/postgres" && -x "$1/initdb" ]] || return 1
  local version
  version=$("$1/postgres" --version 2>/dev/null | sed -E 's/[^0-9]*([0-9]+).*/\1/')
  [[ -n "$version" && "$version" -ge "$oldest" ]]
}

# Succeeds if there is a server in one of the places where the program looks.
have_postgres() {
  local dir
  for dir in "$(dirname "$(readlink -f "$(command -v postgres)" 2>/dev/null)" 2>/dev/null || true)" \
    "$(pg_config --bindir 2>/dev/null || true)" \
    /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
    /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
    /Applications/Postgres.app/Contents/Versions/*/bin; do
    if [[ -n "$dir" ]] && usable "$dir"; then return 0; fi
  done
  return 1
}

# Succeeds if there is a Redis, or what goes for one, where the program looks.
have_redis() {
  local dir
  for dir in ${PATH//:/ } /usr/bin /usr/local/bin /opt/homebrew/bin /home/linuxbrew/.linuxbrew/bin; do
    if [[ -x "$dir/redis-server" || -x "$dir/valkey-server" ]]; then return 0; fi
  done
  return 1
}

# Runs a command as root, if that needs no password.
as_root() {
  if [[ "$(id -u)" == 0 ]]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

install() {
  command -v apt-get >/dev/null || return 1
  as_root true 2>/dev/null || return 1
  echo "Installing $* ..." >&2
  as_root apt-get update -qq >&2 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

if ! command -v go >/dev/null; then
  echo "Go is missing: install it from https://go.dev/dl (the version is in go.mod)." >&2
  exit 1
fi
missing=()
if [[ -n "${CORPINTEL_POSTGRES_BIN:-}" ]]; then
  if ! usable "$CORPINTEL_POSTGRES_BIN"; then
    echo "CORPINTEL_POSTGRES_BIN is set to a folder without PostgreSQL $oldest or later." >&2
    exit 1
  fi
elif ! have_postgres; then
  missing+=(postgresql)
fi
if [[ "${1:-}" != run ]]; then
  command -v ps >/dev/null || missing+=(procps)
  command -v curl >/dev/null || missing+=(curl)
  have_redis || missing+=(redis-server)
fi
if ((${#missing[@]})) && ! { install "${missing[@]}" && { [[ -n "${CORPINTEL_POSTGRES_BIN:-}" ]] || have_postgres; }; }; then
  echo "Missing, and not to be installed without asking: ${missing[*]}. Install them, such as by" >&2
  echo "  sudo apt install ${missing[*]}" >&2
  echo "PostgreSQL must be $oldest or later, Redis 6.2; CORPINTEL_POSTGRES_BIN can name the folder of PostgreSQL's programs." >&2
  exit 1
fi
