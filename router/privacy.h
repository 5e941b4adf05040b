// What leaves the machine in a hand-off: the system prompt and the visible conversation, as far as
// the patterns leave it. Nothing else is ever added (docs/hand-off.md).
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"

namespace cactus {

// Takes out what must not leave. Immutable; any number of threads may use one.
class Redactor {
 public:
  // Each entry is the name of a built-in pattern ("keys", "email", "phone", "card") or a regular
  // expression (PCRE2). Errors: usage, for an expression that is none.
  static Result<Redactor> create(const std::vector<std::string>& patterns);

  // Replaces every match by "[redacted]" ("[email]" … for the built-in ones); returns how many.
  // Errors: usage, when an expression takes too long on this text: it must not leave then.
  Result<int> apply(std::string& text) const;

  static std::vector<std::string> built_in_names();

 private:
  struct Pattern;
  std::vector<std::shared_ptr<const Pattern>> patterns_;
};

struct Outgoing {
  Json messages = Json::array();
  Json tools;          // as given, or null
  int redactions = 0;  // places taken out
  int withheld = 0;    // parts of messages that are no text
};

// Of each message: role, text, calls and their results, which attachments it has, and what the
// provider itself wants back. Values that a message lists as "withheld" (a password that a tool of
// this machine made) are taken out of every text, whatever the patterns are.
// Thoughts, marks of the chat and unknown fields stay here. Errors as Redactor::apply.
Result<Outgoing> outgoing(const Json& messages, const Json& tools, const Redactor& redactor);

}  // namespace cactus
