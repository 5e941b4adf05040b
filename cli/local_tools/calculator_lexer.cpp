#include "cli/local_tools/calculator_lexer.h"

#include <algorithm>
#include <cstdlib>

#include "cli/local_tools/number_words.h"
#include "cli/local_tools/quantity.h"
#include "engine/base/utf8.h"

namespace cactus::cli {
namespace {

constexpr std::size_t kMostBytes = 1'000, kMostDigits = 400;

struct Symbol {
  char32_t code_point;
  TokenKind kind;
  std::string_view text;  // the word or sign; for numbers "numerator/denominator"
};
constexpr Symbol kSymbols[] = {
    {U'×', TokenKind::sign, "*"},     {U'·', TokenKind::sign, "*"},
    {U'⋅', TokenKind::sign, "*"},     {U'∙', TokenKind::sign, "*"},
    {U'÷', TokenKind::sign, "/"},     {U'∕', TokenKind::sign, "/"},
    {U'−', TokenKind::sign, "-"},     {U'–', TokenKind::sign, "-"},
    {U'—', TokenKind::sign, "-"},     {U'°', TokenKind::sign, "°"},
    {U'√', TokenKind::word, "sqrt"},  {U'∛', TokenKind::word, "cbrt"},
    {U'π', TokenKind::word, "pi"},    {U'½', TokenKind::number, "1/2"},
    {U'⅓', TokenKind::number, "1/3"}, {U'⅔', TokenKind::number, "2/3"},
    {U'¼', TokenKind::number, "1/4"}, {U'¾', TokenKind::number, "3/4"},
};
constexpr std::u32string_view kDropped = U"$€£¥₹₩¢“”‘„\"`?\u200b\ufeff";
constexpr std::u32string_view kSpaces = U" \t\n\r\u00a0\u202f\u2009\u2007";
constexpr std::u32string_view kSuperscripts = U"⁰¹²³⁴⁵⁶⁷⁸⁹";

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    if (text_.size() > kMostBytes)
      return unworkable("it is longer than " + std::to_string(kMostBytes) + " bytes");
    while (at_ < text_.size()) CACTUS_CHECK(step());
    tokens_.push_back({});
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void push(TokenKind kind, std::string text, Rational value = {}) {
    tokens_.push_back({kind, std::move(text), std::move(value)});
  }

  Status step() {
    const char c = peek();
    if (digit(c) || (c == '.' && digit(peek(1)))) return number();
    if (letter(c)) return word();
    const utf8::Decoded decoded = utf8::decode(text_.substr(at_));
    if (!decoded.valid) return unworkable("it is not UTF-8 text");
    at_ += decoded.length;
    return symbol(decoded.code_point, text_.substr(at_ - decoded.length, decoded.length));
  }

  Status symbol(char32_t c, std::string_view bytes) {
    if (kSpaces.find(c) != kSpaces.npos || kDropped.find(c) != kDropped.npos) return ok_status();
    if (c == U'’' || c == U'\'') return ok_status();
    if (const std::size_t power = kSuperscripts.find(c); power != kSuperscripts.npos) {
      const auto value = static_cast<std::int64_t>(power);
      if (!tokens_.empty() && tokens_.back().kind == TokenKind::superscript)
        tokens_.back().value = tokens_.back().value * Rational(10) + Rational(value);
      else
        push(TokenKind::superscript, "^", value);
      return ok_status();
    }
    for (const Symbol& symbol : kSymbols) {
      if (symbol.code_point != c) continue;
      const Rational value = symbol.kind == TokenKind::number
                                 ? Rational(symbol.text[0] - '0', symbol.text[2] - '0')
                                 : Rational();
      push(symbol.kind, std::string(symbol.text), value);
      return ok_status();
    }
    if (c == U'*' && peek() == '*') {
      ++at_;
      push(TokenKind::sign, "^");
      return ok_status();
    }
    if (c == U'[' || c == U'{') c = U'(';
    if (c == U']' || c == U'}') c = U')';
    if (c == U'(') depth_.push_back(opens_list());
    if (c == U')' && !depth_.empty()) depth_.pop_back();
    if (c == U':' || c == U'.') c = c == U':' ? U'/' : U' ';  // a ratio; the end of a sentence
    if (c == U' ') return ok_status();
    if (c < 0x80 &&
        std::string_view("+-*/^%!(),=").find(static_cast<char>(c)) != std::string::npos) {
      push(TokenKind::sign, std::string(1, static_cast<char>(c)));
      return ok_status();
    }
    return unworkable("'" + std::string(bytes) + "' means nothing in arithmetic");
  }

  // Whether the parenthesis that begins here holds the arguments of a function with several.
  bool opens_list() const {
    if (tokens_.empty() || tokens_.back().kind != TokenKind::word) return false;
    const FunctionInfo* function = find_function(tokens_.back().text);
    return function != nullptr && function->most > 1;
  }

  std::string digits() {
    std::string run;
    while (digit(peek())) run += text_[at_++];
    return run;
  }

  // "1,250,000": whether groups of three digits after `mark` begin here, and no digit follows them.
  bool group_follows(char mark) const {
    return peek() == mark && digit(peek(1)) && digit(peek(2)) && digit(peek(3)) && !digit(peek(4));
  }

  Status number() {
    const bool in_list = !depth_.empty() && depth_.back();
    std::string whole = digits(), decimals;
    bool grouped = false;
    if (!whole.empty() && whole.size() <= 3 && whole != "0") {
      // Commas, or the apostrophes of Switzerland; points only when a comma comes after them.
      for (const char mark : {',', '\'', '_'}) {
        if (mark == ',' && in_list) continue;
        while (group_follows(mark) && (!grouped || mark_ == mark)) {
          ++at_;
          whole += digits();
          grouped = true;
          mark_ = mark;
        }
      }
      if (!grouped) european(whole, decimals);
    }
    if (decimals.empty() && peek() == '.' && digit(peek(1))) {
      ++at_;
      decimals = digits();
    } else if (decimals.empty() && peek() == '.' && !letter(peek(1))) {
      ++at_;  // "5." is 5
    } else if (decimals.empty() && !grouped && !in_list && peek() == ',' && digit(peek(1)) &&
               !group_follows(',')) {
      ++at_;  // a decimal comma: "0,5"
      decimals = digits();
    }
    std::string exponent;
    if ((peek() == 'e' || peek() == 'E') &&
        (digit(peek(1)) || ((peek(1) == '-' || peek(1) == '+') && digit(peek(2))))) {
      exponent = "e";
      ++at_;
      if (!digit(peek())) exponent += text_[at_++];
      exponent += digits();
    }
    if (whole.size() + decimals.size() > kMostDigits || exponent.size() > 6 ||
        std::abs(std::atoi(exponent.empty() ? "0" : exponent.c_str() + 1)) > 1000)
      return unworkable("a number in it is too long");
    Rational value = Rational::parse(whole + "." + decimals + exponent);
    if (!letter(peek(1))) {
      if (peek() == 'k' || peek() == 'K') {
        value = value * Rational(1'000);
        ++at_;
      } else if (peek() == 'M') {
        value = value * Rational(1'000'000);
        ++at_;
      }
    }
    push(TokenKind::number, whole, std::move(value));
    return ok_status();
  }

  // "1.250,50" and "1.250.000": points that group, known by a comma or a second group after them.
  void european(std::string& whole, std::string& decimals) {
    const std::size_t begin = at_;
    std::string read = whole;
    int groups = 0;
    while (group_follows('.')) {
      ++at_;
      read += digits();
      ++groups;
    }
    const bool comma = peek() == ',' && digit(peek(1));
    if (groups == 0 || (groups == 1 && !comma)) {
      at_ = begin;
      return;
    }
    whole = read;
    if (!comma) return;
    ++at_;
    decimals = digits();
  }

  Status word() {
    std::string run;
    for (;;) {
      if (letter(peek())) {
        run += static_cast<char>(peek() | 0x20);
        ++at_;
      } else if ((peek() == '\'' || peek() == '_') && letter(peek(1)) && !run.empty()) {
        ++at_;  // "what's" is one word, without the apostrophe
      } else {
        break;
      }
    }
    // 12xfourteen
    if (run.size() > 1 && run[0] == 'x' && small_number_word(run.substr(1))) {
      push(TokenKind::word, "x");
      run.erase(0, 1);
    }
    if (run == "log" && peek() == '2' && !digit(peek(1))) {
      run = "log2";
      ++at_;
    } else if (run == "log" && peek() == '1' && peek(1) == '0' && !digit(peek(2))) {
      run = "log10";
      at_ += 2;
    }
    // Twenty-one, but not x-y.
    const auto small = small_number_word(run);
    if (small && *small >= 20 && peek() == '-' && letter(peek(1))) ++at_;
    push(TokenKind::word, std::move(run));
    return ok_status();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  std::vector<bool> depth_;  // one for each open parenthesis: does it hold a list
  char mark_ = '\0';         // that groups the number being read
};

}  // namespace

Result<std::vector<Token>> read_arithmetic(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace cactus::cli
