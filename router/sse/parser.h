// Server-sent events out of a byte stream that may be cut anywhere, as the HTML standard reads
// them: CR, LF or CRLF, several data lines, comments, a byte order mark, invalid UTF-8 replaced.
// Besides, an event that the end of the stream leaves without its blank line counts.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace cactus::sse {

struct Event {
  std::string type;  // the "event:" field; empty when there was none
  std::string data;  // valid UTF-8, data lines joined by '\n'
};

class Parser {
 public:
  // `max_event`: most bytes of one event, its field names included.
  explicit Parser(std::size_t max_event = std::size_t{4} << 20) : max_event_(max_event) {}

  // Called for each whole event that has data; false stops the parser for good.
  using Sink = std::function<bool(const Event&)>;

  // False: an event is larger than allowed (too_large()), or the sink stopped.
  bool feed(std::string_view bytes, const Sink& sink);
  // The stream has ended.
  bool finish(const Sink& sink);

  bool too_large() const { return too_large_; }

 private:
  bool line(std::string_view text, const Sink& sink);
  bool dispatch(const Sink& sink);
  bool grow(std::size_t bytes);

  std::size_t max_event_;
  std::string pending_;  // a line that has not ended yet
  Event event_;
  bool has_data_ = false;
  bool first_ = true;      // of the stream: a byte order mark may stand there
  bool after_cr_ = false;  // a '\n' that follows belongs to it
  bool stopped_ = false;
  bool too_large_ = false;
  std::size_t size_ = 0;  // of the event so far, pending_ not counted
};

}  // namespace cactus::sse
