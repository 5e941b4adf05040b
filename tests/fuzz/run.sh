#!/usr/bin/env bash
# run.sh BUILD SECONDS [TARGET…]: each fuzz target in turn, from the seeds of the fixtures. The corpus stays in
# BUILD/corpus. Ends with the first finding; a line for each target says how many inputs were run.
set -euo pipefail
build=$1 seconds=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
corpus=$build/corpus
python3 "$here/seeds.py" "$corpus"
[ $# -gt 0 ] || set -- $(grep -o 'cactus_fuzz(fuzz_[a-z_]*' "$here/CMakeLists.txt" | cut -d'(' -f2)
for target in "$@"; do
  log=$build/$target.log
  if ! "$build/tests/fuzz/$target" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=3000 -print_final_stats=1 \
      -artifact_prefix="$build/$target-" "$corpus/$target" > "$log" 2>&1; then
    tail -40 "$log"
    echo "$target: FINDING, see $log"
    exit 1
  fi
  echo "$target: $(awk '/number_of_executed_units/ {print $2}' "$log") runs, $(grep -c . <(ls "$corpus/$target")) inputs kept"
done
