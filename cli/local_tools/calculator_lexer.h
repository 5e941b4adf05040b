// Arithmetic as people write it, cut into numbers, words and signs.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cli/local_tools/rational.h"
#include "engine/base/result.h"

namespace cactus::cli {

enum class TokenKind { number, word, sign, superscript, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;  // a word in lower case; a sign: + - * / ^ % ! ( ) , ° =
  Rational value;    // of a number or a superscript
};

// Currency signs, quotation marks and a question mark at the end fall away; "−", "×", "÷", "²",
// "√", "½" become what they mean; "1,250" and "1.250,50" are numbers, a comma inside a call of a
// function with several arguments separates them. The last token is of kind end. Errors (only their
// reason): a number or a text too long, a sign that means nothing here.
Result<std::vector<Token>> read_arithmetic(std::string_view text);

}  // namespace cactus::cli
