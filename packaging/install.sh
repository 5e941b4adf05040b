#!/usr/bin/env bash
# Installs what is missing, builds cactus, installs it for the user, and runs its main job.
#   PREFIX=/somewhere packaging/install.sh     (default: /usr/local for root, else ~/.local)
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/lib/dependencies.sh

prefix=${PREFIX:-}
[ -n "$prefix" ] || { [ "$(id -u)" = 0 ] && prefix=/usr/local || prefix=$HOME/.local; }
need_dependencies build

build=${CACTUS_BUILD:-build/install}
say "building (a few minutes on a small machine)"
# -O2 is what the figures of docs/performance.md are measured with, and GCC 12 warns falsely at -O3.
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG" -DCACTUS_TESTS=OFF \
  "-DCMAKE_INSTALL_PREFIX=$prefix" "${CMAKE_ARGUMENTS[@]+"${CMAKE_ARGUMENTS[@]}"}" >/dev/null
cmake --build "$build"
cmake --install "$build" >/dev/null
say "installed $prefix/bin/cactus"

packaging/first-run.sh "$prefix/bin/cactus"
case ":$PATH:" in
  *":$prefix/bin:"*) ;;
  *) say "$prefix/bin is not on your PATH: add it, or call $prefix/bin/cactus" ;;
esac
