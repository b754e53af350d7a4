# To be sourced: what scripts that need Node have in common.

# Installs packages where that needs no asking.
install() {
  command -v apt-get >/dev/null || return 1
  local sudo=()
  [[ "$(id -u)" == 0 ]] || sudo=(sudo -n)
  "${sudo[@]}" apt-get update -qq >&2 &&
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# Makes sure of npm and of Node of the version NODE_NEEDED, 20.19 where that is not set. Where Node is older, as Debian 12's own
# is, the script ends well and says loudly that nothing was done: no newer one is to be had without asking.
need_node() {
  local needed=${NODE_NEEDED:-20.19}
  if ! { command -v node && command -v npm; } >/dev/null && ! install nodejs npm; then
    echo "Node is missing: install version $needed or later with npm" >&2
    exit 1
  fi
  if [[ "$(printf 'v%s\n%s\n' "$needed" "$(node --version)" | sort -V | head -n 1)" != "v$needed" ]]; then
    echo "NOT RUN: $(basename "$0") needs Node $needed or later, and $(node --version) is here" >&2
    exit 0
  fi
}
