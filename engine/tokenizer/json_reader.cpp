#include "engine/tokenizer/json_reader.h"

#include "engine/base/utf8.h"

namespace cactus::text {

std::string JsonReader::error() const {
  return std::string(error_ == nullptr ? "no error" : error_) + " at byte " + std::to_string(pos_);
}

bool JsonReader::at_end() {
  skip_space();
  return pos_ == text_.size();
}

bool JsonReader::begin_object() {
  first_ = true;
  return expect('{', "expected an object");
}

bool JsonReader::begin_array() {
  first_ = true;
  return expect('[', "expected an array");
}

bool JsonReader::next_element() {
  if (!ok()) return false;
  if (peek() == ']') {
    ++pos_;
    first_ = false;
    return false;
  }
  if (!first_ && !expect(',', "expected ',' or ']'")) return false;
  first_ = false;
  return true;
}

bool JsonReader::next_member(std::string_view& key) {
  if (!ok()) return false;
  if (peek() == '}') {
    ++pos_;
    first_ = false;
    return false;
  }
  if (!first_ && !expect(',', "expected ',' or '}'")) return false;
  first_ = false;
  return read_string(key) && expect(':', "expected ':'");
}

bool JsonReader::read_string(std::string_view& value) {
  if (!expect('"', "expected a string")) return false;
  const std::size_t begin = pos_;
  const char* p = text_.data();
  const std::size_t n = text_.size();
  while (pos_ < n && p[pos_] != '"' && p[pos_] != '\\' &&
         static_cast<unsigned char>(p[pos_]) >= 0x20) {
    ++pos_;
  }
  if (pos_ < n && p[pos_] == '"') {
    value = text_.substr(begin, pos_ - begin);
    ++pos_;
    return true;
  }
  if (pos_ == n) return fail("unterminated string");
  if (p[pos_] != '\\') return fail("control character in a string");
  if (!unescape(begin)) return false;
  value = scratch_;
  return true;
}

bool JsonReader::hex4(char32_t& value) {
  value = 0;
  for (int i = 0; i < 4; ++i, ++pos_) {
    const char c = pos_ < text_.size() ? text_[pos_] : '\0';
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      return fail("bad \\u escape");
    }
    value = (value << 4) | static_cast<char32_t>(digit);
  }
  return true;
}

bool JsonReader::unescape(std::size_t begin) {
  scratch_.assign(text_.substr(begin, pos_ - begin));
  while (pos_ < text_.size()) {
    const char c = text_[pos_++];
    if (c == '"') return true;
    if (static_cast<unsigned char>(c) < 0x20) return fail("control character in a string");
    if (c != '\\') {
      scratch_.push_back(c);
      continue;
    }
    const char escape = pos_ < text_.size() ? text_[pos_++] : '\0';
    switch (escape) {
      case '"':
      case '\\':
      case '/':
        scratch_.push_back(escape);
        break;
      case 'b':
        scratch_.push_back('\b');
        break;
      case 'f':
        scratch_.push_back('\f');
        break;
      case 'n':
        scratch_.push_back('\n');
        break;
      case 'r':
        scratch_.push_back('\r');
        break;
      case 't':
        scratch_.push_back('\t');
        break;
      case 'u': {
        char32_t code = 0;
        if (!hex4(code)) return false;
        if (code >= 0xD800 && code < 0xDC00) {
          char32_t low = 0;
          if (text_.substr(pos_, 2) != "\\u") return fail("lone surrogate");
          pos_ += 2;
          if (!hex4(low)) return false;
          if (low < 0xDC00 || low > 0xDFFF) return fail("lone surrogate");
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else if (code >= 0xDC00 && code <= 0xDFFF) {
          return fail("lone surrogate");
        }
        utf8::append(scratch_, code);
        break;
      }
      default:
        return fail("bad escape");
    }
  }
  return fail("unterminated string");
}

bool JsonReader::read_int(std::int64_t& value) {
  if (!ok()) return false;
  const bool negative = peek() == '-';
  if (negative) ++pos_;
  const std::size_t begin = pos_;
  value = 0;
  while (pos_ < text_.size() && text_[pos_] >= '0' && text_[pos_] <= '9') {
    if (pos_ - begin >= 18) return fail("number too long");
    value = value * 10 + (text_[pos_++] - '0');
  }
  const char next = pos_ < text_.size() ? text_[pos_] : '\0';
  if (pos_ == begin || next == '.' || next == 'e' || next == 'E') {
    return fail("expected a whole number");
  }
  if (negative) value = -value;
  return true;
}

bool JsonReader::read_bool(bool& value) {
  const char c = peek();
  if (c != 't' && c != 'f') return fail("expected true or false");
  value = c == 't';
  return skip_scalar();
}

bool JsonReader::skip_scalar() {
  if (!ok()) return false;
  if (peek() == '"') {
    std::string_view ignored;
    return read_string(ignored);
  }
  for (const std::string_view word : {"true", "false", "null"}) {
    if (text_.substr(pos_, word.size()) == word) {
      pos_ += word.size();
      return true;
    }
  }
  const std::size_t begin = pos_;
  while (pos_ < text_.size() &&
         std::string_view("+-.0123456789eE").find(text_[pos_]) != std::string_view::npos) {
    ++pos_;
  }
  return pos_ > begin || fail("expected a value");
}

std::string_view JsonReader::skip_value() {
  skip_space();
  const std::size_t begin = pos_;
  bool object[max_depth] = {};
  int depth = 0;
  std::string_view key;
  for (bool done = false; !done && ok();) {
    const char c = peek();
    if (c == '{' || c == '[') {
      if (depth == max_depth) {
        fail("nested too deep");
        break;
      }
      object[depth++] = c == '{';
      c == '{' ? begin_object() : begin_array();
    } else {
      skip_scalar();
    }
    // Close what ends here; stop in front of the next value.
    while (ok()) {
      if (depth == 0) {
        done = true;
        break;
      }
      if (object[depth - 1] ? next_member(key) : next_element()) break;
      --depth;
    }
  }
  return ok() ? text_.substr(begin, pos_ - begin) : std::string_view{};
}

}  // namespace cactus::text
