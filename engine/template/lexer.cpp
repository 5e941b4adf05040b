#include "engine/template/lexer.h"

#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/template/failure.h"
#include "engine/template/literals.h"
#include "engine/template/unicode.h"

namespace cactus::jinja {
namespace {

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_char(char c) {
  return is_name_start(c) || is_digit(c);
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) read_data();
    add(TokenKind::end, "");
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return source_.substr(at_); }
  bool looking_at(std::string_view text) const { return rest().substr(0, text.size()) == text; }

  void add(TokenKind kind, std::string text) { tokens_.push_back({kind, line_, std::move(text)}); }

  void advance(std::size_t n) {
    const auto part = rest().substr(0, n);
    line_ += static_cast<int>(std::count(part.begin(), part.end(), '\n'));
    if (!part.empty()) line_start_ = part.back() == '\n';
    at_ += part.size();
  }

  [[noreturn]] void error(std::string what) const {
    throw Failure{ErrorKind::incompatible, std::move(what), line_};
  }

  // Position of the next "{{", "{%" or "{#" at or after `from`.
  std::size_t find_tag(std::size_t from) const {
    for (;; ++from) {
      from = source_.find('{', from);
      if (from == std::string_view::npos || from + 1 >= source_.size()) return source_.size();
      const char c = source_[from + 1];
      if (c == '{' || c == '%' || c == '#') return from;
    }
  }

  // Text up to a tag whose sign is `sign`, as much of it as the whitespace rules leave.
  void add_text(std::string_view text, char sign, bool lstrip) {
    const bool starts_line = line_start_;
    const int line = line_;
    advance(text.size());
    if (sign == '-') {
      text.remove_suffix(trailing_space(text));
    } else if (sign != '+' && lstrip) {
      const std::size_t line_begin = text.rfind('\n') + 1;  // npos + 1 is 0
      const auto tail = text.substr(line_begin);
      if ((line_begin > 0 || starts_line) && leading_space(tail) == tail.size()) {
        text = text.substr(0, line_begin);
      }
    }
    if (!text.empty()) tokens_.push_back({TokenKind::data, line, std::string(text)});
  }

  void read_data() {
    const std::size_t tag = find_tag(at_);
    const auto text = source_.substr(at_, tag - at_);
    if (tag == source_.size()) return add_text(text, '+', false);
    const char kind = source_[tag + 1];
    const char sign = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
    add_text(text, sign, kind != '{');
    if (kind == '#') return read_comment();
    if (kind == '%' && read_raw()) return;
    const bool signed_tag = sign == '-' || sign == '+';
    add(kind == '{' ? TokenKind::print_begin : TokenKind::block_begin, "");
    advance(signed_tag ? 3 : 2);
    read_inside(kind == '{' ? "}}" : "%}", kind == '{');
  }

  // After a closing delimiter: what "-" and trim_blocks take away.
  void trim_after(char sign, bool trim_newline) {
    if (sign == '-') {
      advance(leading_space(rest()));
    } else if (sign != '+' && trim_newline && looking_at("\n")) {
      advance(1);
    }
  }

  void read_comment() {
    const std::size_t end = source_.find("#}", at_ + 2);
    if (end == std::string_view::npos) error("a comment {# is not closed");
    const char sign = source_[end - 1];
    advance(end + 2 - at_);
    trim_after(sign, true);
  }

  // Matches "{%[-+]? word [-+]?%}" at `from`; its end and closing sign, or npos.
  std::size_t match_word_tag(std::size_t from, std::string_view word, char* open,
                             char* close) const {
    std::size_t i = from + 2;
    auto peek = [&] { return i < source_.size() ? source_[i] : '\0'; };
    *open = *close = '\0';
    if (peek() == '-' || peek() == '+') *open = source_[i++];
    i += leading_space(source_.substr(i));
    if (source_.substr(i, word.size()) != word) return std::string_view::npos;
    i += word.size();
    i += leading_space(source_.substr(i));
    if (peek() == '-' || peek() == '+') *close = source_[i++];
    return source_.substr(i, 2) == "%}" ? i + 2 : std::string_view::npos;
  }

  bool read_raw() {
    char open = 0, close = 0;
    const std::size_t body = match_word_tag(at_, "raw", &open, &close);
    if (body == std::string_view::npos) return false;
    advance(body - at_);
    if (close == '-') trim_after('-', false);
    for (std::size_t from = at_;; ++from) {
      from = source_.find("{%", from);
      if (from == std::string_view::npos) error("{% raw %} is not closed");
      const std::size_t end = match_word_tag(from, "endraw", &open, &close);
      if (end == std::string_view::npos) continue;
      add_text(source_.substr(at_, from - at_), open, true);
      advance(end - at_);
      trim_after(close, true);
      return true;
    }
  }

  void read_inside(std::string_view closing, bool print) {
    std::string open_brackets;
    for (;;) {
      advance(leading_space(rest()));
      if (at_ >= source_.size()) error("a tag is not closed");
      const char c = source_[at_];
      if (open_brackets.empty()) {
        const bool sign = c == '-' || (c == '+' && !print);
        if (looking_at(closing) || (sign && source_.substr(at_ + 1, 2) == closing)) {
          add(print ? TokenKind::print_end : TokenKind::block_end, "");
          advance(sign ? 3 : 2);
          return trim_after(sign ? c : '\0', !print);
        }
      }
      if (is_digit(c)) {
        read_number();
      } else if (is_name_start(c)) {
        std::size_t n = 1;
        while (at_ + n < source_.size() && is_name_char(source_[at_ + n])) ++n;
        add(TokenKind::name, std::string(rest().substr(0, n)));
        advance(n);
      } else if (c == '"' || c == '\'') {
        read_string();
      } else {
        read_operator(open_brackets);
      }
    }
  }

  void read_number() {
    const auto number = match_number(rest());
    add(number.real ? TokenKind::real : TokenKind::integer, number.text);
    advance(number.length);
  }

  void read_string() {
    const char quote = source_[at_];
    std::size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) error("a string is not closed");
    const auto body = source_.substr(at_ + 1, end - at_ - 1);
    std::string text;
    if (!unescape(body, text)) error("a string holds an escape that is not valid");
    add(TokenKind::string, std::move(text));
    advance(end + 1 - at_);
  }

  void read_operator(std::string& open_brackets) {
    static constexpr std::string_view kLong[] = {"**", "//", "==", "!=", "<=", ">="};
    for (std::string_view op : kLong) {
      if (!looking_at(op)) continue;
      add(TokenKind::op, std::string(op));
      return advance(2);
    }
    const char c = source_[at_];
    if (std::string_view("()[]{}.,:|=<>+-*/%~;").find(c) == std::string_view::npos) {
      error("unexpected character '" + std::string(rest().substr(0, utf8::decode(rest()).length)) +
            "'");
    }
    const std::size_t opening = std::string_view("([{").find(c);
    const std::size_t closes = std::string_view(")]}").find(c);
    if (opening != std::string_view::npos) open_brackets += ")]}"[opening];
    if (closes != std::string_view::npos) {
      if (open_brackets.empty() || open_brackets.back() != c) {
        error("unexpected '" + std::string(1, c) + "'");
      }
      open_brackets.pop_back();
    }
    add(TokenKind::op, std::string(1, c));
    advance(1);
  }

  std::string_view source_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool line_start_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  return Lexer(source).run();
}

std::string normalize_newlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out += source[i];
      continue;
    }
    out += '\n';
    if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

}  // namespace cactus::jinja
