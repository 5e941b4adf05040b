// When to stop sharing cores with a busy process, and when to try again.
#pragma once
#include <cstdint>

namespace cactus::kernels {

// Chooses how many threads a pool uses, from how long regions take and how much of that time the
// caller stood waiting for a worker that had lost its core inside a piece. Times in nanoseconds
// of one monotonic clock. Not thread-safe: the caller's own.
//
// The rule: w threads that stall a share s of the time do the work of (1 - s)·w threads, w - 1
// undisturbed ones do w - 1, so the last thread costs more than it brings when s > 1/w.
class Backoff {
 public:
  explicit Backoff(int threads) : threads_(threads), width_(threads) {}

  // Threads to use for a region that begins at `now`.
  int width(std::int64_t now) {
    if (width_ < threads_ && now >= retry_at_) raise(now);
    return width_;
  }
  int width() const { return width_; }

  // A region on width() threads ended at `now`: it took `elapsed`, of which the caller waited
  // `wait` for the last pieces (and for workers to wake); the caller's own pieces took `piece` on
  // average.
  void record(std::int64_t now, std::int64_t elapsed, std::int64_t wait, std::int64_t piece) {
    const std::int64_t expected = 2 * piece + kSlack;
    elapsed_ += elapsed;
    if (wait > expected) stalled_ += wait - expected;
    if (stalled_ >= kMinStall && 5 * stalled_ * width_ > 4 * elapsed_) {
      lower(now);
    } else if (elapsed_ > kMemory) {
      // Forget slowly: a stall on a quiet machine must not add up with one of minutes ago.
      elapsed_ /= 2;
      stalled_ /= 2;
      if (width_ == threads_ && now - raised_at_ > hold_) hold_ = kFirstHold;
    }
  }

 private:
  static constexpr std::int64_t kSlack = 30'000;
  static constexpr std::int64_t kMinStall = 1'500'000;  // less than one time slice
  static constexpr std::int64_t kMemory = 20'000'000;
  static constexpr std::int64_t kFirstHold = 50'000'000;
  static constexpr std::int64_t kLongestHold = 2'000'000'000;

  void lower(std::int64_t now) {
    width_ -= width_ > 4 ? width_ / 4 : 1;
    retry_at_ = now + hold_;
    hold_ = hold_ * 2 < kLongestHold ? hold_ * 2 : kLongestHold;
    elapsed_ = stalled_ = 0;
  }
  void raise(std::int64_t now) {
    ++width_;
    raised_at_ = now;
    retry_at_ = now + kFirstHold;
    elapsed_ = stalled_ = 0;
  }

  int threads_;
  int width_;
  std::int64_t hold_ = kFirstHold;
  std::int64_t retry_at_ = 0;
  std::int64_t raised_at_ = 0;
  std::int64_t elapsed_ = 0;
  std::int64_t stalled_ = 0;
};

}  // namespace cactus::kernels
