#!/usr/bin/env bash
# The card's table: the committed held-out set, answered by cactus itself.
#   evaluate_engine.sh [CACTUS [MODEL]]     default: cactus on the PATH, ./model
# MODEL is a checkpoint, converted anew for each row. LIMIT=N takes the first N cases of each split.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cactus=${1:-cactus} model=${2:-$here/model}
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gzip -dc "$here/held_out.jsonl.gz" | "$python" -c '
import json, sys
from collections import Counter
limit, seen = int(sys.argv[1] or 0), Counter()
for line in sys.stdin:
    split = json.loads(line)["split"]
    seen[split] += 1
    if not limit or seen[split] <= limit:
        sys.stdout.write(line)
' "${LIMIT:-}" >"$work/cases.jsonl"

# $1 what it is called, then arguments of `cactus debug calls`.
row() {
  local name=$1
  shift
  "$cactus" debug calls "$model" --in "$work/cases.jsonl" --out "$work/calls.jsonl" "$@"
  printf '\n%s\n' "$name"
  "$python" "$here/evaluate.py" "$work/cases.jsonl" --outputs "$work/calls.jsonl"
}
row "f32, free" --bits f32 --act f32 --kv f32 --free
row "f32, constrained" --bits f32 --act f32 --kv f32
row "int8, free" --bits 8 --free
row "int8, constrained" --bits 8
row "int4, free" --bits 4 --free
row "int4, constrained" --bits 4
