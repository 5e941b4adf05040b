// Which instruction set runs: the best this CPU has, or the one CACTUS_FORCE_ISA names.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "kernels/table.h"

namespace cactus::kernels {

struct Selection {
  const Table* table = nullptr;  // null: see `error`
  std::string error;             // "CACTUS_FORCE_ISA=i8mm, but this CPU has no i8mm"
};

// The table for `forced` (scalar, avx2, avxvnni, avx512vnni, neon, dotprod, i8mm), or the best one
// when it is empty. Does not read the environment: cli hands CACTUS_FORCE_ISA down.
Selection select_table(std::string_view forced);

// Names of all instruction sets compiled in that this CPU can run, the best last.
std::vector<std::string_view> available_isas();

}  // namespace cactus::kernels
