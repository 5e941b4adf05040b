#include "kernels/dispatch.h"

#include "kernels/cpu.h"

namespace cactus::kernels {
namespace {

// An instruction set this build contains. Tables are filled once, from the least to the best, each
// over the one named by `base`.
struct Isa {
  Table table = {};
  bool runs_here = false;
};

#if defined(CACTUS_KERNELS_X86)
constexpr int kIsas = 4;
#elif defined(CACTUS_KERNELS_ARM)
constexpr int kIsas = 4;
#else
constexpr int kIsas = 1;
#endif

struct Registry {
  Isa isas[kIsas];

  Registry() {
    const CpuFeatures cpu = detect_cpu();
    fill_scalar(isas[0].table);
    isas[0].runs_here = true;
#if defined(CACTUS_KERNELS_X86)
    add(1, 0, fill_avx2, "avx2", cpu.avx2);
    add(2, 1, fill_avxvnni, "avxvnni", cpu.avxvnni);
    // Over avx2: CPUs with AVX-512 VNNI need not have AVX-VNNI.
    add(3, 1, fill_avx512vnni, "avx512vnni", cpu.avx512vnni);
#elif defined(CACTUS_KERNELS_ARM)
    add(1, 0, fill_neon, "neon", cpu.neon);
    add(2, 1, fill_dotprod, "dotprod", cpu.dotprod);
    add(3, 2, fill_i8mm, "i8mm", cpu.i8mm);
#else
    static_cast<void>(cpu);
#endif
  }

  void add(int at, int base, void (*fill)(Table&), const char* name, bool runs_here) {
    isas[at].table = isas[base].table;
    isas[at].table.name = name;
    fill(isas[at].table);
    isas[at].runs_here = runs_here;
  }
};

const Registry& registry() {
  static const Registry r;
  return r;
}

}  // namespace

std::vector<std::string_view> available_isas() {
  std::vector<std::string_view> names;
  for (const Isa& isa : registry().isas)
    if (isa.runs_here) names.emplace_back(isa.table.name);
  return names;
}

Selection select_table(std::string_view forced) {
  Selection out;
  for (const Isa& isa : registry().isas) {
    const bool wanted = forced.empty() || forced == isa.table.name;
    if (!wanted) continue;
    if (isa.runs_here) {
      out.table = &isa.table;
    } else if (!forced.empty()) {
      out.error = "CACTUS_FORCE_ISA=" + std::string(forced) + ", but this CPU has no " +
                  std::string(forced);
    }
  }
  if (out.table != nullptr) return out;
  if (out.error.empty())
    out.error = "CACTUS_FORCE_ISA=" + std::string(forced) + " is no instruction set of this build";
  out.error += "; it can run";
  const char* separator = " ";
  for (const std::string_view name : available_isas()) {
    out.error += separator;
    out.error += name;
    separator = ", ";
  }
  return out;
}

}  // namespace cactus::kernels
