#!/usr/bin/env bash
# Installs what is missing, builds with warnings as errors, and passes the tests.
#   packaging/test.sh [arguments for ctest]
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/lib/dependencies.sh
need_dependencies build test

build=${CACTUS_BUILD:-build/dev}
cmake --preset dev -B "$build" "${CMAKE_ARGUMENTS[@]+"${CMAKE_ARGUMENTS[@]}"}" >/dev/null
cmake --build "$build"
ctest --test-dir "$build" --output-on-failure "$@"
