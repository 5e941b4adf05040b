#!/bin/sh
# Makes DIR (default build/arm64-sysroot) an unpacked tree of Debian's own arm64 libraries: what the
# toolchain file packaging/cmake/arm64-linux.cmake compiles against and qemu-user loads from.
# Needs no root and leaves the host's packages alone. Installing the :arm64 packages beside the
# host's would tie the host's versions to the archive's, and a library that is not Multi-Arch: same
# would replace the host's.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:-$root/build/arm64-sysroot}

# Every library the project needs (tools are the host's), and what a linker wants besides.
libraries=$(awk '($1 == "build" || $1 == "test") && $2 ~ /-dev$|^catch2$/ { print $2 }' \
  "$root/packaging/dependencies.txt")
packages="libc6-dev libstdc++-12-dev $libraries"

stamp=$dir/.packages
want=$(echo $packages)
[ "$(cat "$stamp" 2>/dev/null || true)" != "$want" ] || exit 0

# An apt of its own: no installed packages, one architecture, the host's sources and keys.
apt=$dir.apt
rm -rf "$dir" "$apt"
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$dir/usr/bin" "$dir/usr/lib"
: >"$apt/status"
cat >"$apt/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
APT::Get::AllowUnauthenticated "false";
APT::Sandbox::User "";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Debug::NoLocking "true";
Acquire::Languages "none";
CONF
export APT_CONFIG=$apt/apt.conf
apt-get -q update
# shellcheck disable=SC2086
apt-get -q -y --download-only install $packages

# The merged /usr that Debian's installer would have made.
ln -s usr/lib "$dir/lib"
ln -s usr/bin "$dir/bin"
for deb in "$apt"/cache/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --keep-directory-symlink --no-same-owner \
    --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale --exclude=./dev
done
# Links to absolute paths would leave the tree.
find "$dir" -type l -lname '/*' | while read -r link; do
  ln -sfn --relative "$dir$(readlink "$link")" "$link"
done
rm -rf "$apt"
echo "$want" >"$stamp"
