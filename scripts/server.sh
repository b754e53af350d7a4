# To be sourced: a server with a database of its own, for as long as the script runs. Sets work, a folder that is removed at the end.

work=$(mktemp -d)
chmod 755 "$work" # as root the database runs as another account
: >"$work/out"
server=
cleanup() {
  if [[ -n "$server" ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

# Builds the program, "$work/corpintel", which works from now on in a folder: without one that is one in $work.
build_program() { # [FOLDER]
  go build -o "$work/corpintel" .
  unset DATABASE_URL DATABASE_DIRECT_URL REDIS_URL
  CORPINTEL_DATA_DIR=$(realpath -m "${1:-$work/data}")
  export CORPINTEL_DATA_DIR
}

# Loads demo data of a number of companies.
load_demo() { # COMPANIES
  "$work/corpintel" demo --companies "$1" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
}

# Starts a server on free ports and waits for it: server is its process, url where it is asked, "$work/out" and "$work/log" what it says.
start_server() { # FLAGS...
  "$work/corpintel" serve --addr=127.0.0.1:0 --admin-addr=127.0.0.1:0 "$@" >"$work/out" 2>"$work/log" &
  server=$!
  url=
  for ((i = 0; i < 1200; i++)); do
    url=$(sed -nE 's/^ *GraphQL +(http[^ ]+)$/\1/p' "$work/out")
    [[ -n "$url" ]] && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  echo "the server did not start:" >&2
  cat "$work/out" "$work/log" >&2
  exit 1
}
