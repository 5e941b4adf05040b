// The answer as text on standard output: made harmless and styled on a terminal, byte for byte in a
// pipe.
#pragma once
#include <optional>
#include <string>

#include "cli/output/progress.h"
#include "cli/render/markdown.h"
#include "cli/render/sanitise.h"
#include "cli/terminal.h"
#include "router/turn.h"

namespace cactus::cli {

struct TextSinkOptions {
  bool markdown = true;                // on a terminal with colour only
  bool stream = true;                  // false: everything at once at the end
  bool thoughts = false;               // on standard error when that is a terminal
  std::optional<std::string> extract;  // only fenced blocks, of this language unless "*" or ""
};

class TextSink : public TurnSink {
 public:
  TextSink(Terminal& terminal, const TextSinkOptions& options);

  bool can_withdraw() const override;
  bool text(std::string_view piece) override;
  bool thought(std::string_view piece) override;
  void discard() override;
  void asking(std::string_view target, std::string_view why) override;
  void kept(const Outcome& outcome, bool text_follows) override;

  // The end of an answer: what was held back, and exactly one newline after everything. Tool calls
  // follow the text as one line of JSON each.
  void finish(const Json& tool_calls);
  // Taken away before the first output.
  Spinner& spinner() { return spinner_; }

 private:
  bool write(std::string_view piece);
  void end_thought();

  Terminal& terminal_;
  TextSinkOptions options_;
  Spinner spinner_;
  Sanitiser sanitiser_, thought_sanitiser_;
  MarkdownStyler markdown_;
  std::string whole_;     // when not streaming
  std::string newlines_;  // trailing ones, held until text follows
  bool thinking_ = false, any_ = false;
  bool ended_ = false;  // the text on the screen has its last newline
};

// The contents of fenced code blocks, one after another; of `language` only, unless that is "*".
std::string extract_code(std::string_view markdown, std::string_view language);

}  // namespace cactus::cli
