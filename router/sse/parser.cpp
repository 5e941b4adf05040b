#include "router/sse/parser.h"

#include "engine/base/utf8.h"

namespace cactus::sse {

bool Parser::feed(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty() && !stopped_) {
    if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_cr_ = false;
    const std::size_t end = bytes.find_first_of("\r\n");
    if (end == std::string_view::npos) {
      if (!grow(pending_.size() + bytes.size())) return false;
      pending_ += bytes;
      break;
    }
    after_cr_ = bytes[end] == '\r';
    if (!grow(pending_.size() + end)) return false;
    if (pending_.empty()) {
      line(bytes.substr(0, end), sink);
    } else {
      pending_ += bytes.substr(0, end);
      const std::string whole = std::move(pending_);
      pending_.clear();
      line(whole, sink);
    }
    bytes.remove_prefix(end + 1);
  }
  return !stopped_;
}

bool Parser::finish(const Sink& sink) {
  if (stopped_) return false;
  const std::string last = std::move(pending_);
  pending_.clear();
  if (!last.empty() && !line(last, sink)) return false;
  return dispatch(sink);
}

// Whether the event, `bytes` of an unfinished line included, is still allowed.
bool Parser::grow(std::size_t bytes) {
  too_large_ = size_ + bytes > max_event_;
  stopped_ = stopped_ || too_large_;
  return !too_large_;
}

bool Parser::line(std::string_view text, const Sink& sink) {
  if (first_ && text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  first_ = false;
  if (text.empty()) return dispatch(sink);
  const std::size_t colon = text.find(':');
  if (colon == 0) return true;  // a comment: keeps nothing alive, costs nothing
  const std::string_view field = text.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (field == "data") {
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
    size_ += text.size() + 1;
  } else if (field == "event") {
    event_.type = value;
    size_ += text.size() + 1;
  }
  return true;
}

bool Parser::dispatch(const Sink& sink) {
  if (has_data_) {
    if (!utf8::is_valid(event_.data)) event_.data = utf8::sanitize(event_.data);
    if (!utf8::is_valid(event_.type)) event_.type = utf8::sanitize(event_.type);
    stopped_ = !sink(event_);
  }
  event_ = {};
  has_data_ = false;
  size_ = 0;
  return !stopped_;
}

}  // namespace cactus::sse
