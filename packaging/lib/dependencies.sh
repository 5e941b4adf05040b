# Sourced by install.sh and test.sh: puts what is missing on the machine and says how to use it.
#
#   need_dependencies build [test]
#
# Debian and its kin: with apt-get as root or through sudo; with neither, the packages are fetched
# and unpacked into a folder of the user's own (nothing outside it changes) and the build is pointed
# there. macOS: Homebrew. Sets the array CMAKE_ARGUMENTS, to be given to the first cmake call.

CMAKE_ARGUMENTS=()
dependencies_file="$(dirname "${BASH_SOURCE[0]}")/../dependencies.txt"

say() { printf '%s\n' "cactus: $*" >&2; }
fail() {
  printf 'error: %s\n' "$1" >&2
  [ -n "${2:-}" ] && printf '  why: %s\n' "$2" >&2
  [ -n "${3:-}" ] && printf '  try: %s\n' "$3" >&2
  exit "${4:-1}"
}

# Names in column $1 (2 Debian, 3 Homebrew) of the rows whose use is one of the other arguments.
dependency_names() {
  local column=$1 use
  shift
  for use in "$@"; do
    awk -v u="$use" -v c="$column" '$1 == u && $c != "-" { print $c }' "$dependencies_file"
  done
}

need_homebrew() {
  command -v brew >/dev/null || fail "Homebrew is not installed" \
    "cactus takes its libraries from Homebrew on macOS" "https://brew.sh"
  xcode-select -p >/dev/null 2>&1 || fail "the compiler is not installed" \
    "Apple's command line tools are missing" "xcode-select --install"
  local missing
  missing=$(comm -23 <(dependency_names 3 "$@" | sort -u) <(brew list --formula -1 | sort -u))
  [ -z "$missing" ] && return
  say "installing with Homebrew:" $missing
  # shellcheck disable=SC2086
  brew install --quiet $missing || fail "Homebrew could not install what cactus needs" \
    "see its messages above" "brew doctor" 5
  CMAKE_ARGUMENTS+=("-DCMAKE_PREFIX_PATH=$(brew --prefix)")
}

missing_debian() {
  local name
  for name in $(dependency_names 2 "$@"); do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q ' installed$' || echo "$name"
  done
}

need_apt() {
  local missing as_root=()
  missing=$(missing_debian "$@")
  [ -z "$missing" ] && return
  if [ "$(id -u)" != 0 ]; then
    # sudo is used only where it asks nothing, or where a person is there to answer.
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=(sudo)
    else
      need_private_root "$@"
      return
    fi
  fi
  say "installing with apt-get:" $missing
  "${as_root[@]}" apt-get update -qq || fail "the package lists could not be fetched" "" "apt-get update" 5
  # shellcheck disable=SC2086
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    $missing >/dev/null || fail "apt-get could not install what cactus needs" "see above" "" 5
}

# Without root: every package of the closure, unpacked into one folder that serves as sysroot.
need_private_root() {
  local root=${CACTUS_DEPENDENCIES:-${XDG_CACHE_HOME:-$HOME/.cache}/cactus/debian} multiarch names
  local stamp names_sum
  names=$(dependency_names 2 "$@")
  names_sum=$(printf '%s' "$names" | cksum | cut -d ' ' -f 1)
  stamp="$root/.complete-$names_sum"
  if [ ! -e "$stamp" ]; then
    say "no root here: unpacking Debian's packages into $root"
    mkdir -p "$root" "$root.apt/lists/partial" "$root.apt/cache/archives/partial"
    : >"$root.apt/status"
    local apt=(apt-get -qq -o "Dir::State=$root.apt" -o "Dir::State::lists=$root.apt/lists"
      -o "Dir::State::status=$root.apt/status" -o "Dir::Cache=$root.apt/cache"
      -o Debug::NoLocking=1 -o APT::Install-Recommends=false -o APT::Sandbox::User=)
    "${apt[@]}" update || fail "the package lists could not be fetched" "" "apt-get update" 5
    # An empty status file makes apt name the whole closure, whatever the machine already has.
    # shellcheck disable=SC2086
    "${apt[@]}" -y --download-only install $names >/dev/null ||
      fail "the packages could not be fetched" "" "" 5
    local package
    for package in "$root.apt"/cache/archives/*.deb; do
      dpkg-deb -x "$package" "$root" || fail "$package could not be unpacked" "" "" 7
    done
    rm -rf "$root.apt"
    touch "$stamp"
  fi
  multiarch=$(ls -d "$root"/usr/lib/*-linux-gnu | head -n 1)
  multiarch=$(basename "$multiarch")
  # Only tools that are missing come from the private root: its own loader and libc are the
  # sysroot of what is built, the machine's run the tools.
  local libraries="$root/usr/lib/$multiarch:$root/lib/$multiarch"
  local compiler="$root/usr/bin/g++-12" tool
  mkdir -p "$root/bin"
  for tool in cmake ctest ninja pkg-config git as ld ar ranlib "$multiarch-as" "$multiarch-ld" \
    "$multiarch-ar" "$multiarch-ranlib" g++-12; do
    [ -x "$root/usr/bin/$tool" ] || continue
    printf '#!/bin/sh\nLD_LIBRARY_PATH="%s${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" PATH="%s:$PATH" exec "%s" "$@"\n' \
      "$libraries" "$root/bin" "$root/usr/bin/$tool" >"$root/bin/$tool"
    chmod +x "$root/bin/$tool"
  done
  PATH="$root/bin:$PATH"
  export PATH
  [ -x "$compiler" ] || fail "no compiler in $root" "the download is incomplete" "rm -rf $root" 5
  # Old-style run paths: they also serve the libraries' own dependencies.
  local search="-L$root/usr/lib/$multiarch -L$root/lib/$multiarch"
  CMAKE_ARGUMENTS+=("-DCMAKE_CXX_COMPILER=$root/bin/g++-12" "-DCMAKE_SYSROOT=$root"
    "-DCMAKE_AR=$root/bin/ar" "-DCMAKE_RANLIB=$root/bin/ranlib"
    "-DCMAKE_LIBRARY_ARCHITECTURE=$multiarch" "-DCMAKE_FIND_ROOT_PATH=$root"
    "-DCMAKE_CXX_FLAGS=-B$root/bin"
    "-DCMAKE_EXE_LINKER_FLAGS=$search -Wl,--disable-new-dtags,-rpath,$libraries -Wl,-rpath-link,$libraries"
    "-DCMAKE_INSTALL_RPATH=${libraries//:/;}")
}

need_dependencies() {
  case "$(uname -s)" in
    Darwin) need_homebrew "$@" ;;
    Linux)
      command -v apt-get >/dev/null || {
        say "no apt-get here: install these yourself if the build misses them:" $(dependency_names 2 "$@")
        return
      }
      need_apt "$@"
      ;;
    *) fail "$(uname -s) is not supported" "cactus runs on Linux and macOS" "" 7 ;;
  esac
}
