// How a family's calls are spelled, exactly enough to write them: what constrained decoding
// follows. The parsers read more than this.
#pragma once
#include <string_view>

namespace cactus {

// A reply is a text of bytes in which the control tokens that matter are one byte each; none of
// them occurs in UTF-8.
struct ControlByte {
  static constexpr unsigned char kFirst = 0xF8;
  static constexpr unsigned char kStop = 0xF8;   // ends the turn
  static constexpr unsigned char kOpen = 0xF9;   // CallSyntax::open
  static constexpr unsigned char kClose = 0xFA;  // CallSyntax::close
  static constexpr unsigned char kNone = 0xFB;   // CallSyntax::none
  static constexpr unsigned char kQuote = 0xFC;  // around strings, where those are no ordinary text
};

// calls_open {call_open NAME name_end ARGUMENTS call_end} calls_close, with `separator` in between.
// ARGUMENTS are NAME key_end VALUE with commas in between, up to arguments_end. In these texts a
// space or a newline may be left out.
struct CallGrammar {
  std::string_view calls_open = {}, call_open = {}, name_end = {}, key_end = {}, call_end = {};
  std::string_view calls_close = {};
  char separator = 0;  // 0: one call between the markers
  char arguments_end = ')';
  bool quoted_keys = false;     // of arguments; those of objects inside are, unless bare_keys
  bool bare_keys = false;       // of objects inside arguments
  bool control_quotes = false;  // strings stand between ControlByte::kQuote, without escapes
  bool python_words = false;    // True, False, None besides true, false, null
  // ControlByte::kNone may stand for a required argument: nobody said it, and there the reply ends.
  bool may_lack = false;
};

}  // namespace cactus
