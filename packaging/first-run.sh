#!/usr/bin/env bash
# The main jobs on a machine that has just installed cactus: the model inside the program answers
# offline; a checkpoint in Hugging Face layout becomes a 4-bit bundle, and the bundle answers.
#   packaging/first-run.sh CACTUS
set -euo pipefail
cactus=$1
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "cactus: the model inside the program, asked: what is 18% of 249.90?" >&2
"$cactus" run builtin "what is 18% of 249.90?"
echo "cactus: a tiny Gemma-4-shaped checkpoint, converted to 4 bits and asked a question." >&2
echo "        Its weights are RANDOM: what it answers is noise. It shows that the machinery runs here." >&2
"$cactus" convert tests/fixtures/gemma4_text "$work/tiny" --bits 4
"$cactus" run "$work/tiny" --temp 0 --max-tokens 24 "Write a short poem about the sea."
