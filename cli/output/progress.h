// What moves while nothing else happens: a spinner, and a bar with rate and time left. On a
// terminal they are drawn on standard error at most ten times a second and leave no trace; off a
// terminal a bar is one line every five seconds, a spinner nothing.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "cli/terminal.h"

namespace cactus::cli {

class Spinner {
 public:
  explicit Spinner(Terminal& terminal) : terminal_(terminal) {}
  ~Spinner() { stop(); }
  Spinner(const Spinner&) = delete;
  Spinner& operator=(const Spinner&) = delete;

  // Shows `text` after a short while (so that fast things flash nothing); replaces an earlier text.
  void start(std::string text);
  // Takes the line away; cheap when nothing is shown.
  void stop();

 private:
  void loop();

  Terminal& terminal_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread thread_;
  std::string text_;
  bool running_ = false;
};

// One thread at a time.
class ProgressBar {
 public:
  ProgressBar(Terminal& terminal, std::string label);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `detail` is what is being worked on. Bytes that were there before (a resumed run) do not count
  // towards the rate.
  void update(std::uint64_t done, std::uint64_t total, const std::string& detail);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::string line(std::uint64_t done, std::uint64_t total, const std::string& detail,
                   int width) const;

  Terminal& terminal_;
  std::string label_;
  Clock::time_point begin_, drawn_{};
  std::uint64_t first_ = 0;
  bool started_ = false, shown_ = false;
};

}  // namespace cactus::cli
