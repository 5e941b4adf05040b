// Progress of things that are counted: a spinner's line on a terminal, a note every half minute
// elsewhere.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "cli/output/progress.h"

namespace cactus::cli {

// One thread at a time.
class CountProgress {
 public:
  CountProgress(Terminal& terminal, std::string label, std::string unit)
      : terminal_(terminal), spinner_(terminal), label_(std::move(label)), unit_(std::move(unit)) {}

  void update(std::int64_t done, std::int64_t total);
  void stop() { spinner_.stop(); }

 private:
  using Clock = std::chrono::steady_clock;
  Terminal& terminal_;
  Spinner spinner_;
  std::string label_, unit_;
  Clock::time_point begin_ = Clock::now(), said_ = begin_;
};

}  // namespace cactus::cli
