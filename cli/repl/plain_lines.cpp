#include <unistd.h>

#include <cerrno>
#include <utility>

#include "cli/repl/line_source.h"
#include "cli/signals.h"

namespace cactus::cli {
namespace {

class PlainLines : public LineSource {
 public:
  Input read(const std::string&) override {
    for (;;) {
      const std::size_t end = held_.find('\n');
      if (end != std::string::npos) {
        Input input{InputEvent::line, held_.substr(0, end)};
        held_.erase(0, end + 1);
        if (!input.line.empty() && input.line.back() == '\r') input.line.pop_back();
        return input;
      }
      char buffer[4096];
      const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
      if (n > 0) {
        held_.append(buffer, static_cast<std::size_t>(n));
        continue;
      }
      if (n < 0 && errno == EINTR) {
        if (signals::terminated() != 0) return {InputEvent::terminated, {}};
        if (signals::take_interrupt()) return {InputEvent::interrupt, {}};
        continue;
      }
      if (held_.empty()) return {InputEvent::end, {}};
      return {InputEvent::line, std::exchange(held_, {})};  // the last line had no newline
    }
  }

 private:
  std::string held_;
};

}  // namespace

std::unique_ptr<LineSource> plain_lines() {
  return std::make_unique<PlainLines>();
}

}  // namespace cactus::cli
