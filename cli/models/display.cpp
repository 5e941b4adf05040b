#include "cli/models/display.h"

namespace cactus::cli {
namespace {

const char* label_of(hub::Step step) {
  switch (step) {
    case hub::Step::waiting:
      return "waiting";
    case hub::Step::fetching:
      return "downloading";
    case hub::Step::converting:
      return "converting";
    case hub::Step::testing:
      return "testing";
  }
  return "";
}

}  // namespace

InstallDisplay::InstallDisplay(Terminal& terminal, bool bars)
    : terminal_(terminal), bars_(bars), thread_([this] { loop(); }) {}

void InstallDisplay::update(const hub::InstallProgress& progress) {
  const std::lock_guard lock(mutex_);
  if (progress.done != done_ || progress.step != step_) notice_.clear();
  step_ = progress.step;
  done_ = progress.done;
  total_ = progress.total;
  detail_ = progress.detail;
  fresh_ = true;
}

void InstallDisplay::notice(std::string_view text) {
  const std::lock_guard lock(mutex_);
  notice_ = text;
}

void InstallDisplay::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!running_) return;
    running_ = false;
  }
  wake_.notify_all();
  thread_.join();
  bar_.reset();
}

void InstallDisplay::loop() {
  std::unique_lock lock(mutex_);
  while (running_) {
    draw();
    wake_.wait_for(lock, std::chrono::milliseconds(100), [this] { return !running_; });
  }
}

void InstallDisplay::draw() {
  const bool waiting = step_ == hub::Step::waiting;
  const std::string& said = notice_.empty() && waiting ? detail_ : notice_;
  // Where there is no bar what holds things up is said once, when it changes.
  if ((!terminal_.err_tty() || total_ == 0) && !said.empty() && said != told_) {
    terminal_.note(waiting ? "waiting for " + said : said);
    told_ = said;
  }
  if (!fresh_ || !bars_ || total_ == 0) return;
  if (bar_ == nullptr || shown_ != step_) {
    bar_.reset();
    bar_ = std::make_unique<ProgressBar>(terminal_, label_of(step_));
    shown_ = step_;
  }
  bar_->update(done_, total_, notice_.empty() ? detail_ : notice_);
}

}  // namespace cactus::cli
