#!/usr/bin/env bash
# Cycles of the ARM inner loops as llvm-mca predicts them, beside the least the arithmetic allows.
#   packaging/ci/arm-mca.sh [--check]     --check: fails where a required ratio exceeds 1.25
# Needs g++-aarch64-linux-gnu and llvm-19 (Debian 12; older versions lack the model of Neoverse V2).
# docs/performance-arm.md explains the columns and keeps a copy of the table.
set -euo pipefail
cd "$(dirname "$0")/../.."
check=${1:-}
mca=${LLVM_MCA:-$(command -v llvm-mca-19 || command -v llvm-mca)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# assemble FOLDER FILE FLAG...: the flags of kernels/CMakeLists.txt, with the loops marked.
assemble() {
  local folder=$1 file=$2
  shift 2
  aarch64-linux-gnu-g++ -std=c++20 -O3 -ffp-contract=off "$@" -DCACTUS_MCA_MARKS -I. \
    -S "kernels/$folder/$file.cpp" -o "$work/$folder-$file.s"
}
assemble neon matmul_int8 -march=armv8-a -fno-schedule-insns
assemble neon attention -march=armv8-a -fno-schedule-insns
assemble dotprod matmul_int8 -march=armv8.2-a+dotprod -fno-schedule-insns
assemble dotprod attention -march=armv8.2-a+dotprod -fno-schedule-insns
assemble i8mm matmul_int8 -march=armv8.2-a+dotprod+i8mm
assemble i8mm attention -march=armv8.2-a+dotprod+i8mm

# One line a loop: folder, loop, cycles of an iteration.
cycles() {
  "$mca" -mtriple=aarch64 -mcpu="$1" -iterations=1000 "$2" 2>/dev/null |
    awk '/Code Region/ { name = $NF } /Total Cycles/ { if (!seen[name]++) print name, $3 / 1000 }'
}

# cpu, vector pipes and load pipes (of the model; the sources are in docs/performance-arm.md).
report() {
  local cpu=$1 pipes=$2 loads=$3 required=$4
  shift 4
  local source loops  # FOLDER-FILE, or FOLDER-FILE:loops
  for source in "$@"; do
    case $source in *:*) loops=${source#*:} ;; *) loops= ;; esac
    cycles "$cpu" "$work/${source%:*}.s" | sed -n "/^${loops}/ s/^/${source%%-*} /p"
  done | awk -v cpu="$cpu" -v pipes="$pipes" -v loads="$loads" -v required="$required" '
    {
      # LOOP_wBITS_TOKENSxROWS; bits 0: expanded operands, 32: floats.
      split($2, part, "_"); loop = part[1]; bits = substr(part[2], 2) + 0
      split(part[3], shape, "x"); tokens = shape[1]; rows = shape[2]
      if (loop == "qk") { macs = tokens * rows * 16; bytes = (tokens + rows) * 16 }
      else if (loop == "pv" && bits == 8) { macs = tokens * rows * 8; bytes = (tokens + rows / 2) * 16 }
      else if (loop == "pv") { macs = tokens * rows * 4; bytes = (rows + tokens) * 16 }
      else {
        macs = tokens * rows * 32
        bytes = tokens * 36 + rows * (bits == 4 ? 18 : bits == 8 ? 34 : 36)
      }
      # Instructions, and how many pipes take them (widening multiplies: one on N1 and A72).
      widening = 0
      if (loop == "pv" && bits == 32) products = macs / 4
      else if ($1 == "i8mm") products = macs / 32
      else if ($1 == "dotprod") products = macs / 16
      else { widening = macs / 8; products = widening + macs / 16 }
      if (loop == "pv" && bits == 8) products *= 2  # the high and the low bytes of the weights
      other = 0
      if (loop != "qk" && loop != "pv") other += tokens * rows / 4 * 3  # subtract, scale, add
      if (bits == 4) other += rows * 32 / 32 * 4                       # and, shift, two look-ups
      if (loop != "qk" && loop != "pv" && (bits == 4 || bits == 8)) other += rows / 4   # bf16 scales
      ideal = (products + other) / pipes
      if (bytes / 16 / loads > ideal) ideal = bytes / 16 / loads
      if (widening > ideal) ideal = widening
      ratio = $3 / ideal
      late = required == "yes" && ratio > 1.25
      printf "%-12s %-8s %-18s %6d %8.1f %8.1f %8.1f %6.2f %9.4f%s\n", cpu, $1, $2, macs,
        products / pipes, ideal, $3, ratio, $3 / macs, late ? "  > 1.25" : ""
      if (late) failed = 1
    }
    END { exit failed }'
}

printf "%-12s %-8s %-18s %6s %8s %8s %8s %6s %9s\n" cpu kernels loop MACs products ideal cycles ratio cycles/MAC
status=0
report neoverse-n1 2 2 yes dotprod-matmul_int8 dotprod-attention neon-attention:pv || status=1
report neoverse-v2 4 3 yes dotprod-matmul_int8 i8mm-matmul_int8 dotprod-attention i8mm-attention \
  neon-attention:pv || status=1
report apple-m1 3 2 yes dotprod-matmul_int8 dotprod-attention neon-attention:pv || status=1
report cortex-a72 2 1 no neon-matmul_int8 neon-attention || status=1
[ "$check" != --check ] || exit $status
