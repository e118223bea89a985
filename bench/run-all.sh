#!/usr/bin/env bash
# Measures everything that docs/why-flat.md tells, and keeps the raw data in bench/results/.
# For a quiet machine; about 40 minutes. Each run is a file of its own: every repeat, the machine, the
# versions, the commit, the command.
# Usage: bench/run-all.sh [folder]
set -euo pipefail
cd "$(dirname "$0")/.."

results="${1:-bench/results}"
name="$(date -u +%Y-%m-%d)-$(uname -m)-node$(node -p 'process.versions.node')"
mkdir -p "$results"

# A cell that fails is told and does not end the rest.
lab() {
  local what="$1"
  shift
  echo "== $what: fibril-lab $*"
  node packages/lab/dist/cli.js "$@" --out "$results/$name-$what.json" || echo "$what ended with code $?"
}

npm run --silent build
lab memory memory --repeats 5
lab ring ring --repeats 7
lab resume resume --repeats 7
lab scale scale --repeats 7
lab counters counters --repeats 5
lab create create --repeats 5 --profile "$results/$name-profiles"
lab depth depth --repeats 7
lab gc gc --repeats 5
lab empty empty --repeats 5
lab overhead compare generator fibril --fibers 64,30000,1048576 --repeats 12

# Raw recordings are large; their stacks stand in the results.
rm -rf "$results/$name-profiles"
node packages/lab/dist/cli.js history "$results"
