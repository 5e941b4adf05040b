#!/usr/bin/env bash
# From nothing to an exported, evaluated model: build_model.sh FOLDER [CASES [JOBS [ARGUMENTS OF train.py…]]]
# Corpus and packing use JOBS processes. PYTHON names the interpreter. Run again, it goes on: finished parts stay, training resumes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mkdir -p "$1" && cd "$1" && pwd)
cases=${2:-1000000} jobs=${3:-2}
shift $(($# < 3 ? $# : 3))
python=${PYTHON:-python3}
cd "$here"

# $1 split, $2 first case, $3 number of cases, $4 file; written aside, so that a part is whole or absent.
part() {
  [ -e "$4" ] || { "$python" -m data --split "$1" --first "$2" --count "$3" >"$4.new" && mv "$4.new" "$4"; }
}
# $1 file, $2 folder
pack() {
  [ -e "$2/done" ] || { "$python" pack.py "$work/tokenizer" "$2" <"$1" && touch "$2/done"; }
}
# Waits for the processes named, and fails when one of them did.
all() { for pid in "$@"; do wait "$pid"; done; }

mkdir -p "$work/data"
each=$(((cases + jobs - 1) / jobs)) pids=()
for ((i = 0; i < jobs; ++i)); do
  part train $((i * each)) "$each" "$work/data/train-$i.jsonl" & pids+=($!)
done
for split in valid test_seen test_unseen test_unserviceable test_typos test_multi; do
  part $split 0 2000 "$work/data/$split.jsonl" & pids+=($!)
done
all "${pids[@]}"

if [ ! -e "$work/tokenizer/tokenizer.json" ]; then
  head -n 200000 "$work/data/train-0.jsonl" | "$python" tokenizer.py "$work/tokenizer"
fi
pids=() parts=()
for ((i = 0; i < jobs; ++i)); do
  pack "$work/data/train-$i.jsonl" "$work/train-$i" & pids+=($!)
  parts+=("$work/train-$i")
done
pack "$work/data/valid.jsonl" "$work/valid" & pids+=($!)
all "${pids[@]}"

"$python" train.py "${parts[@]}" --out "$work/run" --valid "$work/valid" "$@"
"$python" export.py "$work/run/checkpoint.pt" "$work/tokenizer" "$work/model"
"$python" evaluate.py "$work"/data/test_*.jsonl --model "$work/model" ${LIMIT:+--limit "$LIMIT"} | tee "$work/table.md"
