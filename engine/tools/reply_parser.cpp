#include "engine/tools/reply_parser.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>
#include <vector>

#include "engine/base/utf8.h"
#include "engine/tools/tool_call.h"

namespace cactus {
namespace {

constexpr std::size_t kMaxCall = 1 << 20;  // bytes of one call
constexpr std::size_t kMaxHeader = 64;     // bytes of the line that opens a thought

// The longest end of `text` that begins `marker` without being all of it.
std::size_t held_back(std::string_view text, std::string_view marker) {
  for (std::size_t n = std::min(text.size(), marker.size() - 1); n > 0; --n) {
    if (text.substr(text.size() - n) == marker.substr(0, n)) return n;
  }
  return 0;
}

}  // namespace

class ReplyParser::State {
 public:
  State(const ReplyFormat& format, ReplyEventSink sink, bool thinking, MarkerSource source)
      : format_(format), sink_(std::move(sink)), any_text_(source == MarkerSource::any_text) {
    if (!thinking || format_.thought == nullptr) return;
    mode_ = Mode::thought;
    skip_newlines_ = format_.thought->trims_newlines;
  }

  void feed(const TokenPiece& piece) {
    if (piece.special) {
      flush_bytes();
      flush_pending();
      return control(piece.text);
    }
    bytes_ += piece.text;
    const std::size_t tail = utf8::incomplete_tail(bytes_);
    take_bytes(bytes_.size() - tail);
    scan();
  }

  void finish() {
    flush_bytes();
    flush_pending();
    if (mode_ == Mode::call) return end_call(true);
    if (mode_ == Mode::header) end_header();
    emit(newlines_);
    newlines_.clear();
  }

 private:
  enum class Mode { text, header, thought, call };
  enum class Marker { none, thought_open, thought_close, call_open, call_close, turn };

  struct Candidate {
    Marker marker;
    std::string_view text;
  };

  void take_bytes(std::size_t count) {
    pending_ += utf8::sanitize(std::string_view(bytes_).substr(0, count));
    bytes_.erase(0, count);
  }
  void flush_bytes() {
    take_bytes(bytes_.size());
    scan();
  }
  void flush_pending() {
    const std::string text = std::exchange(pending_, {});
    add(text);
  }

  // Which markers can be met in the mode; `in_text`: in ordinary tokens.
  std::vector<Candidate> candidates(bool in_text) const {
    std::vector<Candidate> out;
    const ThoughtSyntax* thought = format_.thought;
    const CallSyntax* call = format_.call;
    const bool inside_call = mode_ == Mode::call;
    // A thought may mention markers that are ordinary text without meaning them.
    const bool musing = mode_ == Mode::thought && call != nullptr && !call->control;
    if (call != nullptr && !musing && (!in_text || any_text_ || !call->control)) {
      out.push_back({Marker::call_close, call->close});
      if (!inside_call) out.push_back({Marker::call_open, call->open});
    }
    if (thought != nullptr && !inside_call && (!in_text || any_text_ || !thought->control)) {
      out.push_back({Marker::thought_close, thought->close});
      if (mode_ == Mode::text) out.push_back({Marker::thought_open, thought->open});
    }
    if (!in_text || (any_text_ && !inside_call)) {
      for (std::string_view text : turn_markers()) out.push_back({Marker::turn, text});
    }
    return out;
  }

  void scan() {
    for (;;) {
      Candidate found{Marker::none, {}};
      std::size_t at = std::string::npos, keep = 0;
      for (const Candidate& candidate : candidates(true)) {
        // Earlier text was searched already, but for what may begin a marker.
        const std::size_t hit = pending_.find(candidate.text);
        if (hit < at) {
          at = hit;
          found = candidate;
        }
        keep = std::max(keep, held_back(pending_, candidate.text));
      }
      if (found.marker == Marker::none) {
        const std::string ready = pending_.substr(0, pending_.size() - keep);
        pending_.erase(0, ready.size());
        return add(ready);
      }
      const std::string before = pending_.substr(0, at);
      pending_.erase(0, at + found.text.size());
      add(before);
      on_marker(found.marker);
    }
  }

  // A control token: a marker, a part of a call, or nothing that is shown.
  void control(std::string_view text) {
    for (const Candidate& candidate : candidates(false)) {
      if (candidate.text == text) return on_marker(candidate.marker);
    }
    if (mode_ != Mode::call) return;
    if (!format_.call->none.empty() && text == format_.call->none) return end_lacking();
    call_controls_.push_back(call_.size());
    call_ += utf8::sanitize(text);
  }

  bool trims(Marker marker) const {
    switch (marker) {
      case Marker::thought_open:
      case Marker::thought_close:
        return format_.thought->trims_newlines;
      case Marker::call_open:
      case Marker::call_close:
        return format_.call->trims_newlines;
      case Marker::turn:
      case Marker::none:
        break;
    }
    return false;
  }

  void on_marker(Marker marker) {
    if (mode_ == Mode::header) end_header();
    // A turn that ends inside of a call leaves it unterminated.
    if (mode_ == Mode::call) return end_call(marker != Marker::call_close);
    if (!trims(marker)) emit(newlines_);
    newlines_.clear();
    skip_newlines_ = trims(marker);
    switch (marker) {
      case Marker::thought_open:
        mode_ = format_.thought->header.empty() ? Mode::thought : Mode::header;
        break;
      case Marker::call_open:
        mode_ = Mode::call;
        break;
      case Marker::thought_close:
        mode_ = Mode::text;
        break;
      case Marker::call_close:
      case Marker::turn:
      case Marker::none:
        break;
    }
  }

  // Text without markers, for whatever the mode is.
  void add(std::string_view text) {
    if (text.empty()) return;
    if (mode_ == Mode::call) {
      call_ += text;
      if (call_.size() > kMaxCall) end_call(true);
      return;
    }
    if (mode_ != Mode::header) return write(text);
    header_ += text;
    if (header_.find('\n') != std::string::npos || header_.size() > kMaxHeader) end_header();
  }

  // The line that names the channel is over; another than the expected one is not lost.
  void end_header() {
    mode_ = Mode::thought;
    const std::string line = std::exchange(header_, {});
    const std::string_view name = format_.thought->header;
    const std::string_view first = std::string_view(line).substr(0, line.find('\n'));
    // A reply may end before the line does.
    const bool cut = first.size() == line.size() && name.substr(0, first.size()) == first;
    const bool expected = first == name || cut;
    if (!expected) return write(line);
    write(std::string_view(line).substr(std::min(line.size(), name.size() + 1)));
  }

  // Newlines next to markers that swallow them wait until it is known what follows.
  void write(std::string_view text) {
    const bool held = (format_.thought != nullptr && format_.thought->trims_newlines) ||
                      (format_.call != nullptr && format_.call->trims_newlines);
    if (!held) return emit(text);
    if (skip_newlines_) {
      text.remove_prefix(std::min(text.find_first_not_of('\n'), text.size()));
      if (text.empty()) return;
      skip_newlines_ = false;
    }
    const std::size_t end = text.find_last_not_of('\n') + 1;  // npos + 1 is 0
    if (end > 0) {
      emit(newlines_);
      newlines_.clear();
      emit(text.substr(0, end));
    }
    newlines_ += text.substr(end);
  }

  void emit(std::string_view text) {
    if (text.empty()) return;
    sink_({mode_ == Mode::thought ? ReplyEventKind::thought : ReplyEventKind::text,
           text,
           {},
           nullptr});
  }

  // name(key="…",other= and nothing said for it: all calls of this block are given up.
  void end_lacking() {
    const std::string body = std::exchange(call_, {});
    call_controls_.clear();
    mode_ = Mode::text;
    const auto name_byte = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' ||
             static_cast<unsigned char>(c) >= 0x80;
    };
    const auto key_end = body.end() - (body.ends_with('=') ? 1 : 0);
    const auto key = std::find_if_not(std::make_reverse_iterator(key_end), body.rend(), name_byte);
    const std::string_view tool = std::string_view(body).substr(0, body.find('('));
    sink_({ReplyEventKind::lacking, std::string_view(key.base(), key_end), tool, nullptr});
  }

  void end_call(bool unterminated) {
    const std::string body = std::exchange(call_, {});
    const auto controls = std::exchange(call_controls_, {});
    mode_ = Mode::text;
    skip_newlines_ = format_.call->trims_newlines;
    const auto calls = format_.call->parse({body, controls, any_text_ || !format_.call->control});
    if (calls) {
      for (const ToolCall& call : *calls) {
        sink_({ReplyEventKind::tool_call, {}, call.name, &call.arguments});
      }
      return;
    }
    const std::string why =
        unterminated ? "the model's tool call was cut short" : calls.error().what;
    // What a JSON parser quotes may end in the middle of a code point.
    const std::string notice = utf8::sanitize(why + ": " + calls.error().why);
    sink_({ReplyEventKind::notice, notice, {}, nullptr});
    emit(body);
  }

  const ReplyFormat format_;
  const ReplyEventSink sink_;
  const bool any_text_;
  Mode mode_ = Mode::text;
  std::string bytes_;    // not yet whole code points
  std::string pending_;  // may begin a marker
  std::string header_, call_, newlines_;
  std::vector<std::size_t> call_controls_;
  bool skip_newlines_ = false;
};

ReplyParser::ReplyParser(const ReplyFormat& format, ReplyEventSink sink, bool thinking,
                         MarkerSource source)
    : state_(std::make_unique<State>(format, std::move(sink), thinking, source)) {}
ReplyParser::~ReplyParser() = default;

void ReplyParser::feed(const TokenPiece& piece) {
  state_->feed(piece);
}
void ReplyParser::finish() {
  state_->finish();
}

}  // namespace cactus
