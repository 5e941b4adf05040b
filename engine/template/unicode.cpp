#include "engine/template/unicode.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "engine/base/utf8.h"

namespace cactus::jinja {
namespace {

struct ClassRange {
  char32_t first;  // up to the next range's
  std::uint8_t classes;
};
struct CaseRun {
  char32_t first, last;
  std::uint8_t stride;
  std::int32_t delta;
};
struct CaseSpecial {
  char32_t from;
  char32_t to[3];  // zero-terminated when shorter
};

#include "engine/template/unicode_tables.inc"

struct CaseTable {
  const CaseRun* begin;
  const CaseRun* end;
  const CaseSpecial* special_begin;
  const CaseSpecial* special_end;
};

CaseTable table_of(CaseMapping mapping) {
  switch (mapping) {
    case CaseMapping::upper:
      return {std::begin(kUpper), std::end(kUpper), std::begin(kUpperSpecial),
              std::end(kUpperSpecial)};
    case CaseMapping::lower:
      return {std::begin(kLower), std::end(kLower), std::begin(kLowerSpecial),
              std::end(kLowerSpecial)};
    case CaseMapping::title:
      break;
  }
  return {std::begin(kTitle), std::end(kTitle), std::begin(kTitleSpecial), std::end(kTitleSpecial)};
}

const CaseSpecial* find_special(const CaseTable& table, char32_t c) {
  auto* it = std::lower_bound(table.special_begin, table.special_end, c,
                              [](const CaseSpecial& s, char32_t v) { return s.from < v; });
  return it != table.special_end && it->from == c ? it : nullptr;
}

char32_t map_simple(const CaseTable& table, char32_t c) {
  auto* it = std::lower_bound(table.begin, table.end, c,
                              [](const CaseRun& r, char32_t v) { return r.last < v; });
  if (it != table.end && it->first <= c && (c - it->first) % it->stride == 0) {
    return static_cast<char32_t>(static_cast<std::int32_t>(c) + it->delta);
  }
  return c;
}

}  // namespace

unsigned classes_of(char32_t c) {
  auto* it = std::upper_bound(std::begin(kClasses), std::end(kClasses), c,
                              [](char32_t v, const ClassRange& r) { return v < r.first; });
  return it == std::begin(kClasses) ? 0U : std::prev(it)->classes;
}

void append_mapped(std::string& out, char32_t c, CaseMapping mapping) {
  const CaseTable table = table_of(mapping);
  if (const CaseSpecial* special = find_special(table, c)) {
    for (char32_t to : special->to) {
      if (to != 0) utf8::append(out, to);
    }
    return;
  }
  utf8::append(out, map_simple(table, c));
}

bool changes_under(char32_t c, CaseMapping mapping) {
  const CaseTable table = table_of(mapping);
  return find_special(table, c) != nullptr || map_simple(table, c) != c;
}

std::size_t leading_space(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size()) {
    const auto d = utf8::decode(text.substr(n));
    if (!is_space(d.code_point)) break;
    n += d.length;
  }
  return n;
}

char32_t last_code_point(std::string_view text, std::size_t* length) {
  std::size_t n = 1;
  while (n < 4 && n < text.size() &&
         (static_cast<unsigned char>(text[text.size() - n]) & 0xC0) == 0x80) {
    ++n;
  }
  if (length != nullptr) *length = n;
  return utf8::decode(text.substr(text.size() - n)).code_point;
}

std::size_t trailing_space(std::string_view text) {
  std::size_t end = text.size();
  while (end > 0) {
    std::size_t n = 0;
    if (!is_space(last_code_point(text.substr(0, end), &n))) break;
    end -= n;
  }
  return text.size() - end;
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::size_t offset_of(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (index == 0) return at;
    --index;
  }
  return text.size();
}

}  // namespace cactus::jinja
