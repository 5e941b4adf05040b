#include "cli/output/text_sink.h"

#include "engine/base/utf8.h"

namespace cactus::cli {

TextSink::TextSink(Terminal& terminal, const TextSinkOptions& options)
    : terminal_(terminal), options_(options), spinner_(terminal) {
  options_.markdown = options_.markdown && terminal.out_tty() && terminal.out_color();
  if (options_.extract) options_.stream = options_.markdown = false;
}

bool TextSink::can_withdraw() const {
  return terminal_.out_tty() && options_.stream;
}

bool TextSink::text(std::string_view piece) {
  if (!options_.stream) {
    whole_ += piece;
    return !terminal_.closed();
  }
  spinner_.stop();
  end_thought();
  return write(piece);
}

bool TextSink::write(std::string_view piece) {
  std::string shown(piece);
  if (terminal_.out_tty()) shown = sanitiser_.feed(piece);
  const std::size_t last = shown.find_last_not_of('\n');
  if (last == std::string::npos) {
    newlines_ += shown;
    return !terminal_.closed();
  }
  std::string tail = shown.substr(last + 1);
  shown = newlines_ + shown.substr(0, last + 1);
  newlines_ = std::move(tail);
  if (options_.markdown) shown = markdown_.feed(shown);
  any_ = true;
  ended_ = false;
  return terminal_.out(shown);
}

bool TextSink::thought(std::string_view piece) {
  if (!options_.thoughts || !terminal_.err_tty() || terminal_.quiet()) return true;
  spinner_.stop();
  thinking_ = true;
  terminal_.err(terminal_.styled(Style::dim, thought_sanitiser_.feed(piece)));
  return !terminal_.closed();
}

void TextSink::end_thought() {
  if (!thinking_) return;
  thinking_ = false;
  terminal_.err("\n\n");
}

void TextSink::discard() {
  spinner_.stop();
  end_thought();
  std::string end = terminal_.out_tty() ? sanitiser_.finish() : std::string();
  if (options_.markdown) end = markdown_.feed(end) + markdown_.finish();
  if (any_ || !end.empty()) {
    terminal_.out(end + "\n");
    ended_ = true;
  }
  newlines_.clear();
  whole_.clear();
  any_ = false;
}

void TextSink::asking(std::string_view target, std::string_view why) {
  spinner_.stop();
  end_thought();
  terminal_.note("↗ " + std::string(why) + " → " + std::string(target));
  spinner_.start("waiting for " + std::string(target));
}

void TextSink::kept(const Outcome& outcome, bool text_follows) {
  spinner_.stop();
  end_thought();
  const bool above = !text_follows && can_withdraw();
  const std::string line =
      outcome.failure_text + "; the local answer " + (above ? "above stands" : "stands");
  if (outcome.failure == HandoffFailure::declined) {
    terminal_.note(line);
  } else {
    terminal_.warn(line);
  }
  if (text_follows) spinner_.start("answering locally");
}

void TextSink::finish(const Json& tool_calls) {
  spinner_.stop();
  end_thought();
  if (!options_.stream) write(options_.extract ? extract_code(whole_, *options_.extract) : whole_);
  whole_.clear();
  std::string end;
  if (terminal_.out_tty()) end = sanitiser_.finish();
  if (options_.markdown) end = markdown_.feed(end) + markdown_.finish();
  if (any_ || !end.empty() || (tool_calls.empty() && !ended_)) end += '\n';
  for (const Json& call : tool_calls) {
    const std::string line = dump_json(call);
    end += (terminal_.out_tty() ? sanitise(line) : line) + "\n";
  }
  terminal_.out(end);
  newlines_.clear();
  any_ = false;
}

std::string extract_code(std::string_view markdown, std::string_view language) {
  std::string code;
  std::string fence;
  bool wanted = false;
  while (!markdown.empty()) {
    const std::size_t end = std::min(markdown.find('\n'), markdown.size() - 1);
    std::string_view line = markdown.substr(0, end + 1);
    markdown.remove_prefix(end + 1);
    std::string_view mark = line.substr(std::min(line.find_first_not_of(' '), line.size()));
    const std::size_t ticks =
        mark.empty() ? 0 : std::min(mark.find_first_not_of(mark[0]), mark.size());
    const bool is_fence = ticks >= 3 && (mark[0] == '`' || mark[0] == '~');
    std::string_view info = mark.substr(ticks);
    while (!info.empty() && (info.back() == '\n' || info.back() == ' ' || info.back() == '\r'))
      info.remove_suffix(1);
    while (!info.empty() && info.front() == ' ') info.remove_prefix(1);
    if (fence.empty() && is_fence) {
      fence = std::string(mark.substr(0, ticks));
      const std::string_view first = info.substr(0, info.find_first_of(" {"));
      wanted = language.empty() || language == "*" || first == language;
    } else if (is_fence && info.empty() && mark[0] == fence[0] && ticks >= fence.size()) {
      fence.clear();
    } else if (!fence.empty() && wanted) {
      code += line;
    }
  }
  return code;
}

}  // namespace cactus::cli
