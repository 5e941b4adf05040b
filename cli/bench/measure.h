// Prefill and decode in tokens a second, with the machine's limits read before, between and after:
// on shared machines they move.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/models/decoder.h"
#include "kernels/ops.h"

namespace cactus::cli {

struct BenchPlan {
  std::vector<std::int64_t> prompts = {128, 512, 1024, 4096};  // tokens to prefill
  std::vector<std::int64_t> contexts = {0, 1024, 4096};        // tokens held while decoding
  std::int64_t decoded = 32;                                   // tokens generated at each context
  int runs = 3;
  kernels::Type kv = kernels::Type::q8;
  std::uint64_t seed = 1;  // of the random token ids
};

// What the machine gave just then, at the threads of the run.
struct Limits {
  double read_gbs = 0;    // 10^9 bytes a second read from memory
  double int8_gmacs = 0;  // 10^9 int8 multiply-adds a second in registers
};

// One of "prefill 512" or "decode at 1024", over all runs.
struct BenchCase {
  std::string what;         // "prefill" or "decode"
  std::int64_t size = 0;    // prompt tokens, or context
  std::int64_t tokens = 0;  // timed in each run
  double needed = 0;        // per token: multiply-adds (prefill) or bytes read (decode)
  std::vector<double> tokens_per_second;  // one for each run
  std::vector<double> share;              // of the limit read before and after (their mean)
};

struct BenchResult {
  std::vector<BenchCase> cases;
  std::vector<Limits> limits;  // in the order they were read
  std::int64_t kv_bytes = 0;   // of the largest context
};

// Called before each part with what it is, and how many of how many parts are done.
using BenchProgress = std::function<void(const std::string& what, int done, int total)>;

// Errors: as Decoder::forward; cancelled.
Result<BenchResult> measure(const Decoder& decoder, kernels::Exec& exec, const BenchPlan& plan,
                            const BenchProgress& progress, const std::atomic<bool>* cancel);

struct Spread {
  double median = 0, low = 0, high = 0;
};
Spread spread_of(std::vector<double> values);

}  // namespace cactus::cli
