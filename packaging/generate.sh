#!/bin/sh
# Writes again what is made from the command tree: packaging/generate.sh build/dev/cli/cactus
# (A test compares.)
set -e
cactus=$(realpath "$1")
cd "$(dirname "$0")/.."
mkdir -p docs packaging/man packaging/completions
"$cactus" help reference > docs/reference.md
"$cactus" help --man > packaging/man/cactus.1
"$cactus" completion bash > packaging/completions/cactus.bash
"$cactus" completion zsh > packaging/completions/_cactus
"$cactus" completion fish > packaging/completions/cactus.fish
