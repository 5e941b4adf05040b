// str.split(), rsplit() and splitlines().
#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/template/text.h"

namespace cactus::jinja {
namespace {

std::vector<Text> split_space(const Text& text, std::int64_t limit) {
  std::vector<Text> parts;
  std::size_t at = leading_space(text.view());
  while (at < text.size()) {
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push_back(text.slice(at, text.size()));  // its end keeps its space
      break;
    }
    std::size_t end = at;
    while (end < text.size()) {
      const auto d = utf8::decode(text.view().substr(end));
      if (is_space(d.code_point)) break;
      end += d.length;
    }
    parts.push_back(text.slice(at, end));
    at = end + leading_space(text.view().substr(end));
  }
  return parts;
}

std::vector<Text> split_space_right(const Text& text, std::int64_t limit) {
  std::vector<Text> parts;
  std::size_t end = text.size() - trailing_space(text.view());
  while (end > 0) {
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push_back(text.slice(0, end));
      break;
    }
    std::size_t begin = end;
    while (begin > 0) {
      std::size_t n = 0;
      if (is_space(last_code_point(text.view().substr(0, begin), &n))) break;
      begin -= n;
    }
    parts.push_back(text.slice(begin, end));
    end = begin - trailing_space(text.view().substr(0, begin));
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<Text> split_by(const Text& text, std::string_view separator, std::int64_t limit) {
  std::vector<Text> parts;
  std::size_t at = 0;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t hit = find(text.view(), separator, at);
    if (hit == std::string_view::npos) break;
    parts.push_back(text.slice(at, hit));
    at = hit + separator.size();
  }
  parts.push_back(text.slice(at, text.size()));
  return parts;
}

std::vector<Text> split_by_right(const Text& text, std::string_view separator, std::int64_t limit) {
  std::vector<Text> parts;
  std::size_t end = text.size();
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t hit = rfind(text.view().substr(0, end), separator);
    if (hit == std::string_view::npos) break;
    parts.push_back(text.slice(hit + separator.size(), end));
    end = hit;
  }
  parts.push_back(text.slice(0, end));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

// The code points at which splitlines() breaks (Python library reference, str.splitlines).
bool is_line_break(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
         c == 0x2029;
}

}  // namespace

std::vector<Text> split(const Text& text, const std::string_view* separator, std::int64_t limit,
                        bool from_right) {
  if (separator == nullptr) {
    return from_right ? split_space_right(text, limit) : split_space(text, limit);
  }
  return from_right ? split_by_right(text, *separator, limit) : split_by(text, *separator, limit);
}

std::vector<Text> split_lines(const Text& text, bool keep_ends) {
  std::vector<Text> lines;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto d = utf8::decode(text.view().substr(at));
    std::size_t next = at + d.length;
    if (!is_line_break(d.code_point)) {
      at = next;
      continue;
    }
    if (d.code_point == '\r' && next < text.size() && text.view()[next] == '\n') ++next;
    lines.push_back(text.slice(begin, keep_ends ? next : at));
    begin = at = next;
  }
  if (begin < text.size()) lines.push_back(text.slice(begin, text.size()));
  return lines;
}

}  // namespace cactus::jinja
