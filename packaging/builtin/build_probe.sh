#!/usr/bin/env bash
# The built-in model's probe and its table, from generated cases the model was not trained on:
#   CACTUS=build/release/cli/cactus packaging/builtin/build_probe.sh MODEL WORK [CASES] [BITS]
# MODEL is what export.py wrote, WORK a folder to fill: probe.cactus, report.json, report.html,
# card.md. CASES of each set (2000), BITS of the bundle that ships (8). Run again, it goes on.
# PYTHON names the interpreter (3.11, no packages).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
model=$(cd "$1" && pwd) cases=${3:-2000} bits=${4:-8}
work=$(mkdir -p "$2" && cd "$2" && pwd)
python=${PYTHON:-python3} cactus=$(realpath "$(command -v "${CACTUS:-cactus}")")
seed=7001  # the corpus has seed 1: none of these cases was made before
cd "$here"

# $1 set, $2 split of the generator, then options of probe_prompts.py; whole or absent
prompts() {
  local file=$work/prompts-$1.jsonl
  [ -e "$file" ] && return
  "$python" -m data --split "$2" --seed $seed --count "$cases" |
    "$python" probe_prompts.py --set "$1" "${@:3}" >"$file.new"
  mv "$file.new" "$file"
}
# Learnt from: arguments not seen in training, with ways to ask that were (mixed) and were not (seen),
# and requests that no tool serves. Unseen, all of it test: other families, typos, several calls.
prompts mixed valid
prompts seen test_seen
prompts unserviceable test_unserviceable
prompts families test_unseen --unseen
prompts typos test_typos --unseen
prompts multi test_multi --unseen
cat "$work"/prompts-{mixed,seen,unserviceable,families,typos,multi}.jsonl >"$work/prompts.jsonl"
grep '"split":"test"' "$work/prompts.jsonl" >"$work/prompts-test.jsonl"

for b in 4 8 16; do
  [ -e "$work/bundle-$b/cactus.json" ] || "$cactus" convert -q "$model" "$work/bundle-$b" --bits $b
  rm -f "$work/bundle-$b/probe.cactus"
done
"$cactus" probe collect "$work/bundle-$bits" --in "$work/prompts.jsonl" --out "$work/features" \
  --layers all --max-tokens 128
"$cactus" probe train "$work/features" --out "$work/probe.cactus" --name "packaging/builtin, seed $seed"
"$cactus" probe calibrate "$work/probe.cactus" --features "$work/features" --share "${SHARE:-0.25}"
"$cactus" probe eval "$work/probe.cactus" --features "$work/features" --sweep --leave-one-out \
  --report "$work/report"

# The same head on the other weights.
layer=$("$cactus" probe info "$work/probe.cactus" --json |
  "$python" -c 'import json, sys; print(json.load(sys.stdin)["layer"])')
names=([4]=int4 [8]=int8 [16]=16-bit) others=("$work/report.json:${names[$bits]}, shipped")
for b in 4 8 16; do
  [ "$b" = "$bits" ] && continue
  "$cactus" probe collect -q "$work/bundle-$b" --in "$work/prompts-test.jsonl" \
    --out "$work/features-$b" --layers "$layer" --max-tokens 128
  "$cactus" probe eval -q "$work/probe.cactus" --features "$work/features-$b" --quick \
    --report "$work/report-$b" >/dev/null
  others+=("$work/report-$b.json:${names[$b]}")
done
"$python" probe_card.py "$work/report.json" "${others[@]}" | tee "$work/card.md"
