#!/bin/sh
# The arm64 job of CI, on a Debian 12 machine of any architecture: cross-compiles what the chosen
# tests need and runs them under qemu-user as three CPUs. Tests are chosen where they are declared
# (`set(emulated ON)` in their folder, see tests/CMakeLists.txt): emulation costs a factor of ten or
# more, so only those that could differ on ARM run here.
#   packaging/ci/arm64.sh [ctest arguments, for example -R attention]
set -eu
cd "$(dirname "$0")/../.."

missing=
for package in g++-aarch64-linux-gnu qemu-user-static cmake ninja-build; do
  dpkg-query -W -f '${Status}' $package 2>/dev/null | grep -q 'install ok' || missing="$missing $package"
done
if [ -n "$missing" ]; then
  as_root=
  [ "$(id -u)" = 0 ] || as_root=sudo
  $as_root apt-get -q update
  # shellcheck disable=SC2086
  $as_root apt-get -q -y install --no-install-recommends $missing
fi
packaging/ci/arm64-sysroot.sh

launcher=
! command -v ccache >/dev/null || launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache
# shellcheck disable=SC2086
cmake --preset arm64 $launcher >build/arm64-configure.log || { cat build/arm64-configure.log; exit 1; }
cmake --build --preset arm64 --target emulated_tests

# No dot product (a Raspberry Pi 4); dot product; dot product and 8-bit matrix multiply.
for cpu in cortex-a72 neoverse-n1 max; do
  echo "== arm64 tests as $cpu"
  QEMU_CPU=$cpu ctest --preset arm64 -L emulated -j 2 --no-tests=error "$@"
done
