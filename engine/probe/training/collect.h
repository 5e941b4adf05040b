// Runs a model over prompts, grades its answers and keeps their hidden states.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "engine/base/result.h"
#include "engine/model.h"
#include "engine/probe/training/cases.h"
#include "engine/session.h"

namespace cactus::training {

struct CollectOptions {
  const kernels::Table* table = nullptr;  // required
  std::vector<std::int64_t> layers;       // whose outputs are kept; ascending, 1 … layers
  std::int64_t max_tokens = 512;
  int jobs = 1;     // sessions side by side
  int threads = 1;  // of each
  kernels::Type kv = kernels::Type::q8;
  std::string variant;       // "int4", for the folder's header
  std::string prompts_hash;  // of the file the cases are from
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(std::int64_t done, std::int64_t total)> progress;  // one at a time
};

struct CollectReport {
  std::int64_t collected = 0, before = 0;  // in this run; found in the folder
  std::int64_t right = 0;                  // of `collected`
  std::int64_t tokens = 0, prompt_tokens = 0;
  std::int64_t skipped = 0;  // prompts that the context does not hold
};

// Greedy answers to all cases that the folder does not hold yet. Errors: those of the session and
// of the file system; cancelled (what was finished stays).
Result<CollectReport> collect(std::shared_ptr<const Model> model, const std::vector<Case>& cases,
                              const std::filesystem::path& folder, const CollectOptions& options);

}  // namespace cactus::training
