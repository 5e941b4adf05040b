#include "cli/probe/count_progress.h"

#include "cli/render/format.h"

namespace cactus::cli {

void CountProgress::update(std::int64_t done, std::int64_t total) {
  const Clock::time_point now = Clock::now();
  const auto pause =
      terminal_.err_tty() ? std::chrono::milliseconds(200) : std::chrono::seconds(30);
  if (now - said_ < pause) return;
  said_ = now;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const double rate = static_cast<double>(done) / seconds;
  std::string line =
      label_ + " " + std::to_string(done) + " of " + std::to_string(total) + " " + unit_;
  if (rate > 0)
    line += " · " + format_rate(rate) + "/s · " +
            format_seconds(static_cast<double>(total - done) / rate) + " left";
  if (terminal_.err_tty()) {
    spinner_.start(line);
  } else {
    terminal_.note(line);
  }
}

}  // namespace cactus::cli
