#include "kernels/limits.h"

#include <algorithm>
#include <atomic>
#include <chrono>

namespace cactus::kernels {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr std::int64_t kLine = 1024;  // peak_read takes whole KiB

}  // namespace

double read_limit(Exec& e, const std::byte* p, std::int64_t bytes, int rounds) {
  const std::int64_t lines = bytes / kLine;
  double best = 0;
  std::atomic<std::uint64_t> sink{0};
  for (int i = 0; i < rounds; ++i) {
    const Clock::time_point start = Clock::now();
    e.pool.run(lines, 1024, [&](std::int64_t begin, std::int64_t end, int) {
      sink += e.table.peak_read(p + begin * kLine, (end - begin) * kLine);
    });
    best = std::max(best, static_cast<double>(lines * kLine) / seconds_since(start));
  }
  return best;
}

double int8_limit(Exec& e, double seconds, int rounds) {
  std::atomic<std::int32_t> sink{0};
  std::int32_t warm = 0;
  // How many rounds of the loop are a millisecond.
  const Clock::time_point start = Clock::now();
  std::int64_t n = 1 << 16;
  static_cast<void>(e.table.peak_int8(n, &warm));
  n = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(static_cast<double>(n) * 1e-3 / seconds_since(start)));
  const auto pieces = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(seconds * 1e3 * static_cast<double>(e.pool.threads())));
  double best = 0;
  for (int i = 0; i < rounds; ++i) {
    std::atomic<std::int64_t> done{0};
    const Clock::time_point begin = Clock::now();
    e.pool.run(pieces, 1, [&](std::int64_t first, std::int64_t last, int) {
      std::int32_t s = 0;
      for (; first < last; ++first) done += e.table.peak_int8(n, &s);
      sink += s;
    });
    best = std::max(best, static_cast<double>(done.load()) / seconds_since(begin));
  }
  return best;
}

}  // namespace cactus::kernels
