// Values as models write them in calls: Gemma's ({key:value}, strings between <|"|>) and Python's
// ({'key': value}, True, None), into JSON.
#pragma once
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/tools/reply_format.h"

namespace cactus {

// Reads one thing after another from a call's body. Every read either succeeds or leaves an error
// for error(); nothing throws.
class LiteralParser {
 public:
  enum class Style { gemma, python };
  LiteralParser(const CallBody& body, Style style) : body_(body), style_(style) {}

  bool value(Json& out, int depth = 0);
  bool object(Json& out, int depth = 0);  // from its opening brace
  bool word_until(std::string_view ends,
                  std::string& out);  // a name, up to one of these characters
  bool skip(std::string_view text);   // with the space before it
  bool at_end();
  Error error() const;

 private:
  bool fail(std::string why);
  void skip_space();
  bool at(std::string_view text) const;
  bool at_control_quote() const;
  bool string(std::string& out);
  bool quoted(char quote, std::string& out);
  bool escape(std::string& out);
  bool number(Json& out);
  bool key(std::string& out);
  bool list(std::string_view close, Json& out, int depth);
  bool word(Json& out);

  const CallBody& body_;
  Style style_;
  std::size_t at_ = 0;
  std::string why_;
};

}  // namespace cactus
