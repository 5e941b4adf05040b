#include "hub/hf/backoff.h"

#include <algorithm>
#include <charconv>
#include <thread>

namespace cactus::hub {
namespace {

using std::chrono::milliseconds;

std::optional<long> whole_number(std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data() || value < 0) return {};
  return value;
}

// The number after `key` (";t="), if it is there.
std::optional<long> field(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return {};
  return whole_number(text.substr(at + key.size()));
}

}  // namespace

milliseconds Backoff::wait(int failed) const {
  milliseconds time = first;
  for (int i = 1; i < failed && time < most; ++i) time *= 2;
  return std::min(time, most);
}

bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501);
}

bool is_passing(net::Reason reason) {
  switch (reason) {
    case net::Reason::dns:
    case net::Reason::refused:
    case net::Reason::timeout:
    case net::Reason::cut:
    case net::Reason::other:
      return true;
    default:
      return false;
  }
}

std::optional<milliseconds> asked_wait(const net::Headers& headers) {
  const std::string_view limit = headers.get("ratelimit");
  const auto window = field(limit, "t=");
  if (field(limit, "r=") == 0 && window) return milliseconds(std::min(*window, 86'400L) * 1000);
  if (const auto seconds = whole_number(headers.get("retry-after")))
    return milliseconds(std::min(*seconds, 86'400L) * 1000);
  return {};
}

std::string wait_notice(milliseconds wait, const net::Exchange& failed) {
  const auto seconds = std::to_string((wait.count() + 999) / 1000);
  return "paused, again in " + seconds + " s (" +
         (failed.answered() ? std::to_string(failed.response.status) : failed.error.what) + ")";
}

bool pause(milliseconds time, const std::atomic<bool>* cancel, const std::atomic<bool>* also) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (true) {
    for (const auto* flag : {cancel, also})
      if (flag != nullptr && flag->load()) return false;
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= milliseconds(0)) return true;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, milliseconds(50)));
  }
}

}  // namespace cactus::hub
