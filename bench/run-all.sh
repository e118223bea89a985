#!/usr/bin/env bash
# Measures everything that docs/why-flat.md and docs/performance.md tell, and keeps the raw data in
# bench/results/. For a quiet machine; about 35 minutes. Each run is a file of its own: every repeat, the
# machine, the versions, the commit, the command.
# Usage: [NODE=path] bench/run-all.sh [folder] [what …]
set -euo pipefail
cd "$(dirname "$0")/.."

node="${NODE:-node}"
results="${1:-bench/results}"
shift || true
wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(floors ring resume scale counters create depth gc memory empty tasks peers)
name="$(date -u +%Y-%m-%d)-$(uname -m)-node$("$node" -p 'process.versions.node')"
mkdir -p "$results"

# A cell that fails is told and does not end the rest.
lab() {
  local what="$1"
  shift
  echo "== $what: fibril-lab $*"
  "$node" packages/lab/dist/cli.js "$@" --out "$results/$name-$what.json" || echo "$what ended with code $?"
}

# The table of docs/performance.md.
floors() {
  lab floor-scale scale --fibers 64,30000,1048576 --order sequential --count 5000000 --repeats 5 --runtime fibril,generator,ruby
  lab floor-ring ring --fibers 100,30000 --order sequential --repeats 9 --runtime fibril,generator,ruby
  lab floor-create create --fibers 1048576 --repeats 3 --runtime fibril,fibril-frames,generator
  lab floor-ten-million create --fibers 10000000 --repeats 1 --runtime fibril
  lab floor-depth depth --fibers 1,1000000 --repeats 3 --runtime fibril,fibril-frames
  lab floor-overhead compare generator fibril --fibers 64,1048576 --repeats 12
}

npm run --silent build
for what in "${wanted[@]}"; do
  case "$what" in
    floors) floors ;;
    create) lab create create --profile "$results/$name-profiles" ;;
    tasks) lab tasks tasks --repeats 1 ;;
    peers) lab peers scale --fibers 100,30000 --order sequential --repeats 2 --runtime fibril,fibril-frames,generator,async,go,lua,luajit,python,greenlet,erlang,crystal,cpp,boost ;;
    *) lab "$what" "$what" ;;
  esac
done

# Raw recordings are large; their stacks stand in the results.
rm -rf "$results/$name-profiles"
"$node" packages/lab/dist/cli.js history "$results"
