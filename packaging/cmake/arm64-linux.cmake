# 64-bit ARM Linux from another Debian machine: Debian's cross compiler, the libraries that
# packaging/ci/arm64-sysroot.sh unpacked, tests under qemu-user. See packaging/ci/arm64.sh.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

# CMake runs this file again for each of its compiler checks, in other folders.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CACTUS_ARM64_SYSROOT)
get_filename_component(_cactus_root "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
if(NOT CACTUS_ARM64_SYSROOT)
  set(CACTUS_ARM64_SYSROOT "${_cactus_root}/build/arm64-sysroot" CACHE PATH "Debian arm64 tree")
endif()
if(NOT EXISTS "${CACTUS_ARM64_SYSROOT}/.packages")
  message(FATAL_ERROR "no arm64 libraries in ${CACTUS_ARM64_SYSROOT}: run packaging/ci/arm64-sysroot.sh")
endif()

set(CMAKE_SYSROOT "${CACTUS_ARM64_SYSROOT}")
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

# Headers, libraries and packages only from the sysroot, programs only from this machine.
set(CMAKE_FIND_ROOT_PATH "${CACTUS_ARM64_SYSROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_DIR} "")
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${CACTUS_ARM64_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR}
    "${CACTUS_ARM64_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CACTUS_ARM64_SYSROOT}/usr/share/pkgconfig")

# Which CPU qemu plays is its own variable, QEMU_CPU (cortex-a72, neoverse-n1, max).
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-aarch64-static;-L;${CACTUS_ARM64_SYSROOT}")
