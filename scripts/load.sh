#!/usr/bin/env bash
# Loads a server on this machine, with demo data on a database of its own, by k6 (loadtest/):
#
#   scripts/load.sh baseline|normal|peak|stress...
#
# DURATION is how long each of them lasts (60s), COMPANIES how many there are (5000), ANSWERS=off has no answer kept, so that the
# database is asked for everything, SERVE has more flags of serve, REPORTS is the folder of the reports (loadtest/reports), and
# DATA_DIR one for the database that is kept for the next time. Ends with 1 if a threshold is not held.
set -euo pipefail
cd "$(dirname "$0")/.."

k6_version=v1.8.1
reports=${REPORTS:-loadtest/reports}
connections=20000 # files that each program may have open: 5,000 users have two of them together

(($#)) || set -- baseline
for scenario; do
  case $scenario in
    baseline | normal | peak | stress) ;;
    *) echo "there is no scenario $scenario: want baseline, normal, peak or stress" >&2; exit 2 ;;
  esac
done

scripts/setup.sh run
tools=${XDG_CACHE_HOME:-$HOME/.cache}/corpintel
k6=${K6:-$tools/k6-$k6_version/k6}
if [[ ! -x "$k6" ]]; then
  echo "Installing k6 $k6_version into $(dirname "$k6") ..." >&2
  if ! GOBIN="$(dirname "$k6")" GOFLAGS=-mod=mod go install "go.k6.io/k6@$k6_version"; then
    echo "NOT RUN: k6 $k6_version cannot be installed; K6 can name its program" >&2
    exit 1
  fi
fi
ulimit -n "$connections" 2>/dev/null || ulimit -n "$(ulimit -Hn)"
if (($(ulimit -n) < connections)); then
  echo "only $(ulimit -n) files may be open: more users than half of that cannot connect (ulimit -Hn)" >&2
fi

source scripts/server.sh
build_program "${DATA_DIR:-}"
go build -o "$work/watch" ./loadtest
load_demo "${COMPANIES:-5000}"

serve=(--auth=required)
[[ "${ANSWERS:-on}" == on ]] || serve+=(--answer-cache=off)
# shellcheck disable=SC2206 # several flags
serve+=(${SERVE:-})
start_server "${serve[@]}"
admin=$(sed -nE 's|^ *Health +(http://[^/]+)/.*|\1|p' "$work/out")

client="load-$(date +%s)"
CLIENT_KEY=$("$work/corpintel" client create --name "$client" --role dashboard --budget 50000000000 2>>"$work/log")
export CLIENT_KEY GRAPHQL_URL=$url SUBJECTS=$work/subjects.json
"$work/corpintel" documents publish --client "$client" loadtest/documents/*.graphql >/dev/null 2>>"$work/log"
sleep 1 # until it counts, and the documents do
export K6_NO_USAGE_REPORT=true
"$k6" run --quiet --log-output=stderr loadtest/subjects.js >"$work/subjects.log" 2>&1 || { cat "$work/subjects.log" >&2; exit 1; }

# run runs a scenario, with a look at the processes each second, and adds to its report.
run() { # NAME FLAGS-OF-REPORT...
  local name=$1 loader status=0
  shift
  SCENARIO=${name%-after} SUMMARY="$work/$name.json" "$k6" run --quiet --log-output=stderr loadtest/users.js >"$work/$name.log" 2>&1 &
  loader=$!
  "$work/watch" usage --server "$server" --k6 "$loader" --data "$CORPINTEL_DATA_DIR" --admin "$admin" --out "$work/$name.usage.json"
  wait "$loader" || status=$?
  if [[ ! -s "$work/$name.json" ]]; then
    cat "$work/$name.log" >&2
    return 1
  fi
  return "$status"
}

mkdir -p "$reports"
held=0
for scenario; do
  echo "== $scenario, ${DURATION:-60s}, answers ${ANSWERS:-on}"
  run "$scenario" || held=1
  more=()
  if [[ "$scenario" == stress ]]; then
    # Afterwards it must be as before, at once.
    DURATION=20s USERS=100 run baseline-after || held=1
    more=(--after "$work/baseline-after.json" --after-usage "$work/baseline-after.usage.json")
  fi
  "$work/watch" report --summary "$work/$scenario.json" --usage "$work/$scenario.usage.json" "${more[@]}" \
    --html "$reports/$scenario-answers-${ANSWERS:-on}.html"
done
if grep -qE 'level=ERROR|"level":"ERROR"' "$work/log"; then
  echo "the server logged faults:" >&2
  grep -E 'level=ERROR|"level":"ERROR"' "$work/log" | head -n 5 >&2
  held=1
fi
exit "$held"
