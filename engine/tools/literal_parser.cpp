#include "engine/tools/literal_parser.h"

#include <algorithm>
#include <charconv>

#include "engine/base/utf8.h"

namespace cactus {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::string_view kQuote = "<|\"|>";

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

Error LiteralParser::error() const {
  return make_error(ErrorKind::usage, "the model's tool call is malformed",
                    why_.empty() ? "it is not what its format says" : why_);
}

bool LiteralParser::fail(std::string why) {
  if (why_.empty()) why_ = std::move(why) + " at character " + std::to_string(at_);
  return false;
}

bool LiteralParser::at(std::string_view text) const {
  return body_.text.substr(std::min(at_, body_.text.size()), text.size()) == text;
}

void LiteralParser::skip_space() {
  while (at_ < body_.text.size() &&
         std::string_view(" \t\r\n").find(body_.text[at_]) != std::string_view::npos)
    ++at_;
}

bool LiteralParser::skip(std::string_view text) {
  skip_space();
  if (!at(text)) return false;
  at_ += text.size();
  return true;
}

bool LiteralParser::at_end() {
  skip_space();
  return at_ >= body_.text.size();
}

bool LiteralParser::at_control_quote() const {
  if (style_ != Style::gemma || !at(kQuote)) return false;
  return body_.any_text || std::binary_search(body_.controls.begin(), body_.controls.end(), at_);
}

bool LiteralParser::word_until(std::string_view ends, std::string& out) {
  skip_space();
  const std::size_t end = body_.text.find_first_of(ends, at_);
  if (end == std::string_view::npos) return fail("a name without end");
  std::string_view name = body_.text.substr(at_, end - at_);
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  if (name.empty() || name.size() > 256) return fail("a name is missing or too long");
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return is_word_char(c) || (c & 0x80) != 0 ||
           std::string_view(".-/:$@").find(c) != std::string_view::npos;
  });
  if (!plain) return fail("a name holds what names do not");
  out = name;
  at_ = end;
  return true;
}

bool LiteralParser::quoted(char quote, std::string& out) {
  for (++at_; at_ < body_.text.size(); ++at_) {
    const char c = body_.text[at_];
    if (c == quote) {
      ++at_;
      return true;
    }
    if (c != '\\') {
      out += c;
    } else if (!escape(out)) {
      return false;
    }
  }
  return fail("a string without end");
}

// At a backslash; leaves at_ on the last character of the escape.
bool LiteralParser::escape(std::string& out) {
  static constexpr std::string_view kFrom = "nrtbf0\\/'\"\n",
                                    kTo = std::string_view("\n\r\t\b\f\0\\/'\"\n", 11);
  if (++at_ >= body_.text.size()) return fail("a string without end");
  const char c = body_.text[at_];
  const std::size_t width = c == 'u' ? 4 : (c == 'x' ? 2 : 0);
  if (width == 0) {
    const std::size_t simple = kFrom.find(c);
    if (simple == std::string_view::npos) out += '\\';  // as Python does
    out += simple == std::string_view::npos ? c : kTo[simple];
    return true;
  }
  auto hex = [&](std::size_t from, std::uint32_t& code) {
    const auto digits = body_.text.substr(std::min(from, body_.text.size()), width);
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    return digits.size() == width && failure == std::errc() && end == digits.data() + width;
  };
  std::uint32_t code = 0, low = 0;
  if (!hex(at_ + 1, code)) return fail("a broken escape");
  at_ += width;
  const bool high = code >= 0xD800 && code < 0xDC00;
  if (high && body_.text.substr(at_ + 1, 2) == "\\u" && hex(at_ + 3, low) && low >= 0xDC00 &&
      low < 0xE000) {
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    at_ += 6;
  }
  utf8::append(out,
               code >= 0xD800 && code < 0xE000 ? char32_t{0xFFFD} : static_cast<char32_t>(code));
  return true;
}

bool LiteralParser::string(std::string& out) {
  if (at_control_quote()) {
    const std::size_t begin = at_ + kQuote.size();
    for (at_ = begin; at_ < body_.text.size(); ++at_) {
      if (!at_control_quote()) continue;
      out = body_.text.substr(begin, at_ - begin);
      at_ += kQuote.size();
      return true;
    }
    return fail("a string without end");
  }
  const bool double_quote = at("\"");
  if (double_quote || (style_ == Style::python && at("'")))
    return quoted(double_quote ? '"' : '\'', out);
  return fail("a string was expected");
}

bool LiteralParser::number(Json& out) {
  std::size_t end = at_;
  while (end < body_.text.size() &&
         (is_word_char(body_.text[end]) ||
          std::string_view("+-.").find(body_.text[end]) != std::string_view::npos))
    ++end;
  std::string text(body_.text.substr(at_, end - at_));
  if (!text.empty() && text[0] == '+') text.erase(0, 1);
  Json parsed = Json::parse(text, nullptr, false);
  if (parsed.is_discarded() || !parsed.is_number()) return fail("a number is malformed");
  out = std::move(parsed);
  at_ = end;
  return true;
}

bool LiteralParser::word(Json& out) {
  static const std::pair<std::string_view, Json> kWords[] = {{"true", true},    {"false", false},
                                                             {"null", nullptr}, {"True", true},
                                                             {"False", false},  {"None", nullptr}};
  for (const auto& [text, meaning] : kWords) {
    const std::size_t end = at_ + text.size();
    if (!at(text) || (end < body_.text.size() && is_word_char(body_.text[end]))) continue;
    out = meaning;
    at_ = end;
    return true;
  }
  return fail("a value was expected");
}

bool LiteralParser::key(std::string& out) {
  skip_space();
  if (at_control_quote() || at("\"") || (style_ == Style::python && at("'"))) return string(out);
  if (style_ == Style::python) return fail("a key is not a string");
  const std::size_t colon = body_.text.find(':', at_);
  if (colon == std::string_view::npos) return fail("a key without value");
  std::string_view name = body_.text.substr(at_, colon - at_);
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  if (name.empty() || name.find_first_of("{}[],<>\"") != std::string_view::npos)
    return fail("a key is malformed");
  out = name;
  at_ = colon;
  return true;
}

bool LiteralParser::list(std::string_view close, Json& out, int depth) {
  out = Json::array();
  while (!skip(close)) {
    Json item;
    if (!value(item, depth + 1)) return false;
    out.push_back(std::move(item));
    if (skip(",")) continue;
    if (!skip(close)) return fail("a list without end");
    return true;
  }
  return true;
}

bool LiteralParser::object(Json& out, int depth) {
  if (depth > kMaxDepth) return fail("it is nested too deeply");
  if (!skip("{")) return fail("'{' was expected");
  out = Json::object();
  while (!skip("}")) {
    std::string name;
    Json member;
    if (!key(name)) return false;
    if (!skip(":")) return fail("':' was expected");
    if (!value(member, depth + 1)) return false;
    out[name] = std::move(member);
    if (skip(",")) continue;
    if (!skip("}")) return fail("an object without end");
    return true;
  }
  return true;
}

bool LiteralParser::value(Json& out, int depth) {
  if (depth > kMaxDepth) return fail("it is nested too deeply");
  skip_space();
  if (at("{")) return object(out, depth);
  if (skip("[")) return list("]", out, depth);
  if (style_ == Style::python && skip("(")) return list(")", out, depth);
  if (at_ < body_.text.size() &&
      (std::string_view("+-.").find(body_.text[at_]) != std::string_view::npos ||
       (body_.text[at_] >= '0' && body_.text[at_] <= '9'))) {
    return number(out);
  }
  if (at_control_quote() || at("\"") || at("'")) {
    std::string text;
    if (!string(text)) return false;
    out = std::move(text);
    return true;
  }
  return word(out);
}

}  // namespace cactus
