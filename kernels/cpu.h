// What this CPU and its operating system can run.
#pragma once

namespace cactus::kernels {

// Each flag means: every instruction the folder of that name is compiled with, usable by programs
// (the operating system saves those registers).
struct CpuFeatures {
  bool avx2 = false;        // AVX2, FMA, F16C
  bool avxvnni = false;     // avx2 and AVX-VNNI
  bool avx512vnni = false;  // avx2 and AVX-512 F, BW, DQ, VL, VNNI
  bool neon = false;        // ARMv8.0
  bool dotprod = false;     // SDOT, UDOT
  bool i8mm = false;        // dotprod and SMMLA
};

CpuFeatures detect_cpu();

}  // namespace cactus::kernels
