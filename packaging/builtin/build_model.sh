#!/usr/bin/env bash
# From nothing to an exported, evaluated model: build_model.sh FOLDER [GROUPS [JOBS [ARGUMENTS OF train.py…]]]
# Corpus and packing use JOBS processes. PYTHON names the interpreter. Run again, it goes on: finished
# parts stay, training resumes. EACH groups make a part, DRILL steps the exercise in copying. START names
# an exported model to go on from, with its vocabulary and without the drill (START=model: what ships).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
start=${START:+$(cd "$START" && pwd)}
work=$(mkdir -p "$1" && cd "$1" && pwd)
groups=${2:-108000} jobs=${3:-2}
shift $(($# < 3 ? $# : 3))
python=${PYTHON:-/usr/bin/python3} each=${EACH:-12000} drill=${DRILL:-430}
cd "$here"
# Debian's OpenBLAS takes its slowest kernels on processors younger than itself, and its own threads
# beside PyTorch's only wait for one another.
if grep -q avx512f /proc/cpuinfo 2>/dev/null; then export OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-SKYLAKEX}; fi
export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}

# $1 split, $2 first group, $3 number of groups, $4 file; written aside, so that a part is whole or absent.
part() {
  [ -e "$4" ] || {
    "$python" -m data --groups --split "$1" --first "$2" --count "$3" >"$4.new" && mv "$4.new" "$4"
  }
}
# $1 file, $2 folder
pack() {
  [ -e "$2" ] || { "$python" pack.py "$work/tokenizer" "$2.new" <"$1" && mv "$2.new" "$2"; }
}
# Parts of one number modulo the number of jobs.
parts_of() {
  local i
  for ((i = $1; i * each < groups; i += jobs)); do
    part train $((i * each)) $each "$work/data/train-$i.jsonl"
    pack "$work/data/train-$i.jsonl" "$work/packed/train-$i"
  done
}

mkdir -p "$work/data" "$work/packed"
part train 0 $each "$work/data/train-0.jsonl"
[ -z "$start" ] || {
  mkdir -p "$work/tokenizer"
  cp "$start/tokenizer.json" "$start/tokenizer_config.json" "$work/tokenizer"
}
[ -e "$work/tokenizer/tokenizer.json" ] ||
  "$python" tokenizer.py "$work/tokenizer" <"$work/data/train-0.jsonl"
part valid 0 500 "$work/data/valid.jsonl"
pack "$work/data/valid.jsonl" "$work/packed/valid"
pids=()
for ((job = 0; job < jobs; ++job)); do
  parts_of $job &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done

packed=()
for ((i = 0; i * each < groups; ++i)); do packed+=("$work/packed/train-$i"); done
first=$start
[ -n "$start" ] || {
  [ -e "$work/packed/drill" ] || "$python" drill.py "$work/tokenizer" "$work/packed/drill"
  preset=mini
  for ((i = 1; i < $#; ++i)); do
    [ "${!i}" != --preset ] || { next=$((i + 1)) && preset=${!next}; }
  done
  "$python" train.py "$work/packed/drill" --out "$work/drill" --preset "$preset" --tokens 4096 \
    --steps "$drill" --lr 0.005
  first=$work/drill/checkpoint.pt
}
"$python" train.py "${packed[@]}" --out "$work/run" --init "$first" \
  --valid "$work/packed/valid" "$@"
"$python" export.py "$work/run/checkpoint.pt" "$work/tokenizer" "$work/model"
gzip -dc held_out.jsonl.gz >"$work/held_out.jsonl"
"$python" evaluate.py "$work/held_out.jsonl" --model "$work/model" ${LIMIT:+--limit "$LIMIT"} | tee "$work/table.md"
