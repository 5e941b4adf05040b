// The figures of a bench run as a table for people and as JSON for scripts.
#pragma once
#include <string>

#include "cli/bench/child.h"
#include "cli/bench/measure.h"
#include "engine/base/json.h"

namespace cactus::cli {

struct BenchConditions {
  std::string model;    // name or shape
  std::string weights;  // "int4, 2.9 GB"
  std::string kv;       // "int8"
  std::string isa;
  int threads = 0;
  int runs = 0;
  bool random_weights = false;
  std::string version;
};

std::string bench_table(const BenchConditions& conditions, const BenchResult& result,
                        const StartFigures& start);
Json bench_json(const BenchConditions& conditions, const BenchResult& result,
                const StartFigures& start);

}  // namespace cactus::cli
