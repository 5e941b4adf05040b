#include "cli/output/progress.h"

#include <algorithm>
#include <array>

#include "cli/render/format.h"

namespace cactus::cli {
namespace {

using std::chrono::milliseconds;

// Synchronised update (mode 2026): terminals that know it show the line whole or not at all.
constexpr char kBegin[] = "\x1b[?2026h\x1b[?25l\r\x1b[K";
constexpr char kEnd[] = "\x1b[?2026l";
constexpr char kClear[] = "\r\x1b[K\x1b[?25h";
constexpr std::array<const char*, 10> kFrames = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
constexpr milliseconds kFrame{100}, kDelay{150};
constexpr milliseconds kPlainInterval{5000};

}  // namespace

void Spinner::start(std::string text) {
  if (!terminal_.err_tty() || terminal_.quiet()) return;
  const std::lock_guard lock(mutex_);
  text_ = std::move(text);
  if (running_) return;
  running_ = true;
  thread_ = std::thread([this] { loop(); });
}

void Spinner::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!running_) return;
    running_ = false;
  }
  wake_.notify_all();
  thread_.join();
}

void Spinner::loop() {
  std::unique_lock lock(mutex_);
  if (wake_.wait_for(lock, kDelay, [this] { return !running_; })) return;
  for (std::size_t frame = 0; running_; ++frame) {
    std::string line = std::string(kFrames[frame % kFrames.size()]) + " " + text_;
    terminal_.err(kBegin + terminal_.styled(Style::dim, line) + kEnd);
    wake_.wait_for(lock, kFrame, [this] { return !running_; });
  }
  terminal_.err(kClear);
}

ProgressBar::ProgressBar(Terminal& terminal, std::string label)
    : terminal_(terminal), label_(std::move(label)), begin_(Clock::now()) {}

void ProgressBar::update(std::uint64_t done, std::uint64_t total, const std::string& detail) {
  if (terminal_.quiet()) return;
  const auto now = Clock::now();
  if (!started_) {
    started_ = true;
    first_ = done;
    begin_ = now;
    if (!terminal_.err_tty()) drawn_ = now;
  }
  const bool tty = terminal_.err_tty();
  if (now - drawn_ < (tty ? kFrame : kPlainInterval)) return;
  drawn_ = now;
  if (!tty) {
    terminal_.err(line(done, total, detail, 1000) + "\n");
    return;
  }
  shown_ = true;
  terminal_.err(kBegin + line(done, total, detail, terminal_.width() - 1) + kEnd);
}

void ProgressBar::clear() {
  if (shown_) terminal_.err(kClear);
  shown_ = false;
}

std::string ProgressBar::line(std::uint64_t done, std::uint64_t total, const std::string& detail,
                              int width) const {
  const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0.0;
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  const double rate =
      seconds > 0.2 ? static_cast<double>(done - std::min(first_, done)) / seconds : 0.0;
  std::string right = " " + std::to_string(static_cast<int>(share * 100)) + "% · " +
                      format_bytes(static_cast<double>(done)) + " of " +
                      format_bytes(static_cast<double>(total));
  if (rate > 0) {
    right += " · " + format_bytes(rate) + "/s";
    const double left = static_cast<double>(total - std::min(done, total)) / rate;
    right += " · " + format_seconds(left) + " left";
  }
  std::string text = label_;
  if (terminal_.err_tty()) {
    const int bar = std::min(24, width - display_width(label_) - display_width(right) - 2);
    if (bar >= 6) {
      const int full = std::clamp(static_cast<int>(share * bar), 0, bar);
      text += " ";
      for (int i = 0; i < bar; ++i) text += i < full ? "█" : "░";
    }
  }
  text += right;
  if (!detail.empty() && display_width(text) + display_width(detail) + 3 <= width)
    text += " · " + detail;
  while (display_width(text) > width && !text.empty()) {
    while ((static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
    text.pop_back();  // the first byte of that code point
  }
  return text;
}

}  // namespace cactus::cli
