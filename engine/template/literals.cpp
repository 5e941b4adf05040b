#include "engine/template/literals.h"

#include <charconv>
#include <cstdint>

#include "engine/base/utf8.h"

namespace cactus::jinja {
namespace {

bool is_digit_of(char c, int base) {
  if (base <= 10) return c >= '0' && c < '0' + base;
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Digits with single underscores between them.
std::size_t digits_at(std::string_view source, std::size_t at, int base) {
  std::size_t i = at;
  while (i < source.size()) {
    if (is_digit_of(source[i], base)) {
      ++i;
    } else if (source[i] == '_' && i > at && i + 1 < source.size() &&
               is_digit_of(source[i + 1], base)) {
      ++i;
    } else {
      break;
    }
  }
  return i - at;
}

int base_of_prefix(std::string_view source) {
  if (source.size() < 3 || source[0] != '0') return 10;
  const int base = (source[1] | 0x20) == 'x'   ? 16
                   : (source[1] | 0x20) == 'o' ? 8
                   : (source[1] | 0x20) == 'b' ? 2
                                               : 10;
  return base != 10 && digits_at(source, 2, base) > 0 ? base : 10;
}

std::string without_underscores(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c != '_') out += c;
  }
  return out;
}

}  // namespace

NumberLiteral match_number(std::string_view source) {
  NumberLiteral number;
  if (const int base = base_of_prefix(source); base != 10) {
    number.length = 2 + digits_at(source, 2, base);
    number.text = without_underscores(source.substr(0, number.length));
    return number;
  }
  std::size_t n = digits_at(source, 0, 10);
  // A fraction needs a digit after the point ("1.x" is an attribute).
  if (n + 1 < source.size() && source[n] == '.' && digits_at(source, n + 1, 10) > 0) {
    n += 1 + digits_at(source, n + 1, 10);
    number.real = true;
  }
  if (n < source.size() && (source[n] | 0x20) == 'e') {
    std::size_t exponent = n + 1;
    if (exponent < source.size() && (source[exponent] == '+' || source[exponent] == '-'))
      ++exponent;
    if (const std::size_t digits = digits_at(source, exponent, 10); digits > 0) {
      n = exponent + digits;
      number.real = true;
    }
  }
  number.length = n;
  number.text = without_underscores(source.substr(0, n));
  return number;
}

bool parse_integer(std::string_view text, std::int64_t& value) {
  const int base = base_of_prefix(text);
  if (base != 10) text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

bool unescape(std::string_view body, std::string& out) {
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\' || i + 1 >= body.size()) {
      out += body[i];
      continue;
    }
    const char c = body[++i];
    static constexpr std::string_view kFrom = "abfnrtv\\'\"";
    static constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\'\"";
    if (const std::size_t simple = kFrom.find(c); simple != std::string_view::npos) {
      out += kTo[simple];
      continue;
    }
    if (c == '\n') continue;  // a line continued
    const std::size_t width = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    std::uint32_t code = 0;
    if (width > 0) {
      const auto digits = body.substr(i + 1, width);
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
      if (digits.size() != width || error != std::errc() || end != digits.data() + width)
        return false;
      i += width;
    } else if (c >= '0' && c <= '7') {
      std::size_t n = 1;
      while (n < 3 && i + n < body.size() && body[i + n] >= '0' && body[i + n] <= '7') ++n;
      for (std::size_t k = 0; k < n; ++k)
        code = code * 8 + static_cast<std::uint32_t>(body[i + k] - '0');
      i += n - 1;
    } else {  // Python keeps escapes that it does not know
      out += '\\';
      out += c;
      continue;
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    utf8::append(out, static_cast<char32_t>(code));
  }
  return true;
}

}  // namespace cactus::jinja
