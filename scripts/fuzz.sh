#!/usr/bin/env bash
# Runs every fuzz target for the time that is given (go test's -fuzztime).
set -euo pipefail
cd "$(dirname "$0")/.."

grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | while IFS=: read -r file _ match; do
  target=${match#func }
  echo "== $(dirname "$file") $target"
  go test "$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$1" </dev/null
done
