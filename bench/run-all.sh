#!/usr/bin/env bash
# Measures everything that docs/why-flat.md and docs/performance.md tell, and keeps the raw data in
# bench/results/. For a quiet machine; about 30 minutes with three repeats. Each run is a file of its own:
# every repeat, the machine, the versions, the commit, the command.
# Usage: [NODE=path] [REPEATS=3] bench/run-all.sh [folder] [experiment …]
set -euo pipefail
cd "$(dirname "$0")/.."

node="${NODE:-node}"
repeats="${REPEATS:-3}"
results="${1:-bench/results}"
shift || true
wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(ring scale create depth overhead memory resume counters gc empty tasks)
name="$(date -u +%Y-%m-%d)-$(uname -m)-node$("$node" -p 'process.versions.node')"
mkdir -p "$results"

# A cell that fails is told and does not end the rest.
lab() {
  local what="$1"
  shift
  echo "== $what: fibril-lab $*"
  "$node" packages/lab/dist/cli.js "$@" --out "$results/$name-$what.json" || echo "$what ended with code $?"
}

npm run --silent build
for what in "${wanted[@]}"; do
  case "$what" in
    overhead) lab overhead compare generator fibril --fibers 64,30000,1048576 --repeats $((repeats * 3)) ;;
    create) lab create create --repeats "$repeats" --profile "$results/$name-profiles" ;;
    tasks) lab tasks tasks --repeats 1 ;;
    *) lab "$what" "$what" --repeats "$repeats" ;;
  esac
done

# Raw recordings are large; their stacks stand in the results.
rm -rf "$results/$name-profiles"
"$node" packages/lab/dist/cli.js history "$results"
