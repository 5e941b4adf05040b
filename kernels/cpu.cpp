#include "kernels/cpu.h"

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#include <sys/types.h>
#endif

namespace cactus::kernels {

#if defined(__x86_64__)

namespace {

struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf) {
  Registers r;
  if (__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return {};
  return r;
}

// Which register files the operating system saves (XCR0).
std::uint64_t saved_state() {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
}

bool bit(unsigned word, int n) {
  return (word >> n & 1U) != 0;
}

}  // namespace

// Bits from Intel's Software Developer's Manual, volume 2, CPUID.
CpuFeatures detect_cpu() {
  CpuFeatures f;
  const Registers one = cpuid(1, 0);
  if (!bit(one.ecx, 27)) return f;  // OSXSAVE: xgetbv exists
  const std::uint64_t state = saved_state();
  const bool ymm = (state & 0x6) == 0x6;
  const bool zmm = (state & 0xe6) == 0xe6;
  const Registers seven = cpuid(7, 0);
  const Registers seven_one = seven.eax >= 1 ? cpuid(7, 1) : Registers{};
  const bool fma = bit(one.ecx, 12);
  const bool f16c = bit(one.ecx, 29);
  f.avx2 = ymm && bit(one.ecx, 28) && fma && f16c && bit(seven.ebx, 5);
  f.avxvnni = f.avx2 && bit(seven_one.eax, 4);
  const bool avx512 =
      bit(seven.ebx, 16) && bit(seven.ebx, 17) && bit(seven.ebx, 30) && bit(seven.ebx, 31);
  f.avx512vnni = f.avx2 && zmm && avx512 && bit(seven.ecx, 11);
  return f;
}

#elif defined(__aarch64__)

// NEON is part of every AArch64 system we build for.
CpuFeatures detect_cpu() {
  CpuFeatures f;
  f.neon = true;
#if defined(__linux__)
  // Bit numbers from Linux, arch/arm64/include/uapi/asm/hwcap.h: older headers lack the names.
  constexpr unsigned long kAsimdDp = 1UL << 20;
  constexpr unsigned long kI8mm = 1UL << 13;
  constexpr unsigned long kHwcap2 = 26;
  f.dotprod = (getauxval(AT_HWCAP) & kAsimdDp) != 0;
  f.i8mm = f.dotprod && (getauxval(kHwcap2) & kI8mm) != 0;
#elif defined(__APPLE__)
  const auto has = [](const char* name) {
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
  };
  f.dotprod = has("hw.optional.arm.FEAT_DotProd");
  f.i8mm = f.dotprod && has("hw.optional.arm.FEAT_I8MM");
#endif
  return f;
}

#else

CpuFeatures detect_cpu() {
  return {};
}

#endif

}  // namespace cactus::kernels
