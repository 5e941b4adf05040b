// Shows how an install gets on, from a thread of its own, so that a connection that is silent does
// not freeze the display.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "cli/output/progress.h"
#include "hub/install/install.h"

namespace cactus::cli {

class InstallDisplay {
 public:
  InstallDisplay(Terminal& terminal, bool bars);
  ~InstallDisplay() { stop(); }
  InstallDisplay(const InstallDisplay&) = delete;
  InstallDisplay& operator=(const InstallDisplay&) = delete;

  // From any thread.
  void update(const hub::InstallProgress& progress);
  void notice(std::string_view text);  // "paused, again in 4 s (429)"; shown until bytes come
  // Clears what is shown.
  void stop();

 private:
  void loop();
  void draw();

  Terminal& terminal_;
  const bool bars_;
  std::mutex mutex_;
  std::condition_variable wake_;
  hub::Step step_ = hub::Step::fetching;
  std::uint64_t done_ = 0, total_ = 0;
  std::string detail_, notice_;
  bool fresh_ = false, running_ = true;
  std::unique_ptr<ProgressBar> bar_;  // of the drawing thread
  hub::Step shown_ = hub::Step::fetching;
  std::string told_;  // the last notice or owner that was said off a terminal
  std::thread thread_;
};

}  // namespace cactus::cli
