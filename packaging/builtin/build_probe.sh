#!/usr/bin/env bash
# The built-in model's probe, its table and its decision, from generated cases the model was not
# trained on:
#   CACTUS=build/release/cli/cactus packaging/builtin/build_probe.sh MODEL WORK [CASES] [BITS]
# MODEL is what export.py wrote, WORK a folder to fill: probe.cactus, report.json, report.html,
# card.md. CASES of each set (2000), BITS of the bundle that ships (8). Run again, it goes on; for
# other weights, another WORK. With MODEL = packaging/builtin/model the card becomes PROBE_CARD.md,
# and the probe ships (bundle/probe.cactus) when every goal is met, else none does.
# PYTHON names the interpreter (3.11, no packages). JOBS: processes that write cases (2).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
model=$(cd "$1" && pwd) cases=${3:-2000} bits=${4:-8}
work=$(mkdir -p "$2" && cd "$2" && pwd)
python=${PYTHON:-python3} cactus=$(realpath "$(command -v "${CACTUS:-cactus}")")
seed=${SEED:-7006}  # the corpus has others, and with 7001 to 7005 the method was worked out
cd "$here"

# $1 split of the generator, $2 how many: its cases in a file, whole or absent
generate() {
  local file=$work/cases-$1.jsonl
  [ -e "$file" ] && return
  "$python" -m data --split "$1" --seed $seed --count "$2" >"$file.new"
  mv "$file.new" "$file"
}
# $1 set, $2 split of the generator, then options of probe_prompts.py
prompts() {
  "$python" probe_prompts.py --set "$1" "${@:3}" <"$work/cases-$2.jsonl" >"$work/prompts-$1.jsonl"
}
# Learnt from: ways to ask that training had (mixed: requests of every kind, served or not) and had
# not (seen), tool families that it had not (new), and a few that no tool serves (unserviceable). Unseen,
# all of it test: the other families that it had not, typos, several calls.
few=$((cases * 3 / 5)) fewer=$((cases * 9 / 25))
export -f generate
export work seed python here
printf '%s\n' "valid $cases" "test_seen $cases" "test_unseen $cases" "test_unserviceable $fewer" \
  "test_typos $few" "test_multi $few" |
  xargs -P "${JOBS:-2}" -L 1 bash -c 'set -euo pipefail; generate "$@"' -
prompts mixed valid
prompts seen test_seen
prompts new test_unseen --half 0
prompts families test_unseen --half 1 --unseen
prompts unserviceable test_unserviceable --thirds
prompts typos test_typos --unseen
prompts multi test_multi --unseen
sets=(mixed seen new unserviceable families typos multi)
for set in "${sets[@]}"; do cat "$work/prompts-$set.jsonl"; done >"$work/prompts.jsonl.new"
cmp -s "$work/prompts.jsonl.new" "$work/prompts.jsonl" 2>/dev/null || {
  mv "$work/prompts.jsonl.new" "$work/prompts.jsonl"
  rm -rf "$work"/features*
}
# A few of each set tell how other weights do.
for set in "${sets[@]}"; do
  grep '"split":"test"' "$work/prompts-$set.jsonl" | sed -n "1,$((cases / 8))p"
done >"$work/prompts-few.jsonl"

for b in 4 8 16; do
  [ -e "$work/bundle-$b/cactus.json" ] || "$cactus" convert -q "$model" "$work/bundle-$b" --bits $b
  rm -f "$work/bundle-$b/probe.cactus"
done
"$cactus" probe collect -q "$work/bundle-$bits" --in "$work/prompts.jsonl" --out "$work/features" \
  --layers "${LAYERS:-all}" --max-tokens 128
"$cactus" probe train -q "$work/features" --out "$work/probe.cactus" --seeds "${SEEDS:-3}" \
  --name "packaging/builtin, seed $seed"
"$cactus" probe calibrate "$work/probe.cactus" --features "$work/features" --share "${SHARE:-0.25}"
"$cactus" probe eval -q "$work/probe.cactus" --features "$work/features" --leave-one-out \
  --seeds 1 --report "$work/report" >/dev/null
"$cactus" probe info "$work/probe.cactus" --json >"$work/info.json"

# The same probe on the other weights, the same prompts for all.
layer=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["layer"])' "$work/info.json")
names=([4]=int4 [8]=int8 [16]=16-bit) others=()
for b in "$bits" 4 8 16; do
  [ "$b" = "$bits" ] && [ ${#others[@]} -gt 0 ] && continue
  "$cactus" probe collect -q "$work/bundle-$b" --in "$work/prompts-few.jsonl" \
    --out "$work/features-$b" --layers "$layer" --max-tokens 128
  "$cactus" probe eval -q "$work/probe.cactus" --features "$work/features-$b" --quick \
    --report "$work/report-$b" >/dev/null
  others+=("$work/report-$b.json:${names[$b]}")
done
status=0
"$python" probe_card.py "$work/report.json" "$work/info.json" "${others[@]}" >"$work/card.md" ||
  status=$?
[ $status = 0 ] || [ $status = 3 ] || exit $status # 3: a goal is not met
cat "$work/card.md"
[ "$model" = "$here/model" ] || exit 0
cp "$work/card.md" PROBE_CARD.md
# Only where the bundle has these very weights.
if [ $status = 0 ] && "$cactus" probe info "$work/probe.cactus" --model "$here/bundle" >/dev/null; then
  cp "$work/probe.cactus" bundle/probe.cactus
  echo "every goal is met: bundle/probe.cactus ships with the next build" >&2
else
  rm -f bundle/probe.cactus
  echo "no probe ships" >&2
fi
