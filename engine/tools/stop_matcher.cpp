#include "engine/tools/stop_matcher.h"

#include <algorithm>
#include <utility>

namespace cactus {

StopMatcher::StopMatcher(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
}

std::string StopMatcher::feed(std::string_view text) {
  if (stopped_) return {};
  held_ += text;
  // Of several stops the one that is complete first, however the text was cut into pieces.
  std::size_t cut = std::string::npos, complete = std::string::npos;
  for (const std::string& stop : stops_) {
    const std::size_t hit = held_.find(stop);
    if (hit == std::string::npos) continue;
    const std::size_t end = hit + stop.size();
    if (end > complete || (end == complete && hit >= cut)) continue;
    complete = end;
    cut = hit;
  }
  if (cut != std::string::npos) {
    stopped_ = true;
    held_.resize(cut);
    return std::move(held_);
  }
  // The longest end of the text that begins a stop.
  std::size_t keep = 0;
  for (const std::string& stop : stops_) {
    const std::string_view view = held_;
    for (std::size_t n = std::min(view.size(), stop.size() - 1); n > keep; --n) {
      if (view.substr(view.size() - n) == std::string_view(stop).substr(0, n)) keep = n;
    }
  }
  std::string ready = held_.substr(0, held_.size() - keep);
  held_.erase(0, ready.size());
  return ready;
}

std::string StopMatcher::finish() {
  if (stopped_) return {};
  return std::exchange(held_, {});
}

}  // namespace cactus
