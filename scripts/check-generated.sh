#!/usr/bin/env bash
# Generates everything in a copy of the tree, and fails with the difference if the tree is not up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --ignore-failed-read -cf - | tar -xf - -C "$copy"
(cd "$copy" && go generate ./...)
for folder in graph resolvers; do
  diff -ru "$folder" "$copy/$folder" || { echo "$folder is not up to date: run make generate" >&2; exit 1; }
done
