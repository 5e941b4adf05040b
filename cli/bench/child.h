// What only a process of its own can tell: the time from its start to the first token, and its peak
// memory. The parent runs this same binary again (`cactus bench FOLDER --child …`).
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/bench/measure.h"
#include "engine/base/result.h"

namespace cactus::cli {

struct StartFigures {
  Spread open_ms;         // opening the bundle, tokenizer and template, inside the process
  Spread first_token_ms;  // from before the process is made to its first token, 5-token prompt
  std::int64_t peak_bytes = 0;  // resident, after a prompt of peak_context tokens and 16 more
  std::int64_t peak_context = 0;
};

struct ChildRequest {
  std::filesystem::path folder;
  std::string isa;  // forced, or empty
  int threads = 0;
  std::string kv;            // as --kv takes it
  std::int64_t context = 5;  // prompt tokens
  std::int64_t decoded = 1;
};

// The child's work; the line of JSON it prints as soon as the first token is there and the one at
// the end.
Result<int> run_child(const ChildRequest& request);

// Starts `runs` children with a short prompt and one with `peak_context` tokens.
Result<StartFigures> measure_start(const std::string& executable, const ChildRequest& request,
                                   int runs, std::int64_t peak_context);

}  // namespace cactus::cli
