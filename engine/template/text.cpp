#include "engine/template/text.h"

#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/template/failure.h"

namespace cactus::jinja {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

void check_size(std::size_t size) {
  if (size > kMaxTextBytes) fail("a string grows too long", ErrorKind::resources);
}

// The first mark that ends after `at`.
std::vector<PlainSpan>::const_iterator first_mark(const std::vector<PlainSpan>& marks,
                                                  std::size_t at) {
  return std::partition_point(marks.begin(), marks.end(),
                              [at](const PlainSpan& s) { return s.end <= at; });
}

}  // namespace

Text::Text(std::string bytes, bool user) : bytes_(std::move(bytes)) {
  ascii_ = is_ascii(bytes_);
  if (user) mark(0, bytes_.size());
}

std::size_t Text::length() const {
  return ascii_ ? bytes_.size() : count_code_points(bytes_);
}

std::size_t Text::offset(std::size_t code_point) const {
  return ascii_ ? std::min(code_point, bytes_.size()) : offset_of(bytes_, code_point);
}

void Text::mark(std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  if (!user_.empty() && user_.back().end >= begin) {
    user_.back().end = std::max(user_.back().end, end);
  } else {
    user_.push_back({begin, end});
  }
}

Text Text::slice(std::size_t begin, std::size_t end) const {
  Text out;
  out.append(*this, begin, end);
  return out;
}

void Text::append(const Text& other) {
  append(other, 0, other.size());
}

void Text::append(const Text& other, std::size_t begin, std::size_t end) {
  const std::size_t base = bytes_.size();
  const auto part = other.view().substr(begin, end - begin);
  check_size(base + part.size());
  if (!other.ascii_ && ascii_) ascii_ = is_ascii(part);
  for (auto it = first_mark(other.user_, begin); it != other.user_.end() && it->begin < end; ++it) {
    mark(base + std::max(it->begin, begin) - begin, base + std::min(it->end, end) - begin);
  }
  bytes_.append(part);
}

void Text::append(std::string_view bytes, bool user) {
  const std::size_t base = bytes_.size();
  check_size(base + bytes.size());
  if (ascii_) ascii_ = is_ascii(bytes);
  bytes_.append(bytes);
  if (user) mark(base, bytes_.size());
}

bool Text::any_user(std::size_t begin, std::size_t end) const {
  const auto it = first_mark(user_, begin);
  return it != user_.end() && it->begin < end;
}

void Text::append_like(std::string_view bytes, const Text& origin, std::size_t begin,
                       std::size_t end) {
  append(bytes, origin.any_user(begin, end));
}

Rendered Text::take() && {
  return {std::move(bytes_), std::move(user_)};
}

Text strip(const Text& text, bool left, bool right) {
  const std::size_t begin = left ? leading_space(text.view()) : 0;
  const std::size_t end =
      right ? text.size() - trailing_space(text.view().substr(begin)) : text.size();
  return text.slice(begin, end);
}

Text strip(const Text& text, std::string_view characters, bool left, bool right) {
  auto contains = [characters](std::string_view c) {
    return characters.find(c) != std::string_view::npos;
  };
  std::size_t begin = 0, end = text.size();
  while (left && begin < end) {
    const std::size_t n = utf8::decode(text.view().substr(begin)).length;
    if (!contains(text.view().substr(begin, n))) break;
    begin += n;
  }
  while (right && begin < end) {
    std::size_t n = 0;
    last_code_point(text.view().substr(0, end), &n);
    if (!contains(text.view().substr(end - n, n))) break;
    end -= n;
  }
  return text.slice(begin, end);
}

namespace {

// The context in which a capital sigma is lowered to a final one (Unicode, SpecialCasing.txt):
// a cased letter before it and none after it.
bool is_cased(char32_t c) {
  return changes_under(c, CaseMapping::upper) || changes_under(c, CaseMapping::lower);
}

void append_case(Text& out, const Text& text, std::size_t at, const utf8::Decoded& d,
                 CaseMapping mapping) {
  std::string mapped;
  constexpr char32_t kSigma = 0x3A3, kFinalSigma = 0x3C2;
  if (mapping == CaseMapping::lower && d.code_point == kSigma && at > 0 &&
      is_cased(last_code_point(text.view().substr(0, at))) &&
      (at + d.length == text.size() ||
       !is_cased(utf8::decode(text.view().substr(at + d.length)).code_point))) {
    utf8::append(mapped, kFinalSigma);
  } else {
    append_mapped(mapped, d.code_point, mapping);
  }
  out.append_like(mapped, text, at, at + d.length);
}

// `choose` is asked for every code point in order.
template <class Choose>
Text map_each(const Text& text, Choose choose) {
  Text out;
  for (std::size_t at = 0; at < text.size();) {
    const auto d = utf8::decode(text.view().substr(at));
    append_case(out, text, at, d, choose(d.code_point));
    at += d.length;
  }
  return out;
}

}  // namespace

Text map_case(const Text& text, CaseMapping mapping) {
  return map_each(text, [mapping](char32_t) { return mapping; });
}

Text title_case(const Text& text) {
  bool in_word = false;
  return map_each(text, [&in_word](char32_t c) {
    const bool first = !in_word;
    in_word = is_cased(c);
    return first ? CaseMapping::title : CaseMapping::lower;
  });
}

Text swap_case(const Text& text) {
  return map_each(text, [](char32_t c) {
    return changes_under(c, CaseMapping::lower) ? CaseMapping::lower : CaseMapping::upper;
  });
}

Text capitalize(const Text& text) {
  bool first = true;
  return map_each(text, [&first](char32_t) {
    return std::exchange(first, false) ? CaseMapping::title : CaseMapping::lower;
  });
}

Text replace(const Text& text, const Text& from, const Text& to, std::int64_t count) {
  Text out;
  std::size_t at = 0;
  if (from.empty()) {  // Python: before every code point and at the end
    while (count != 0) {
      out.append(to);
      if (count > 0) --count;
      if (at == text.size()) break;
      const std::size_t next = at + utf8::decode(text.view().substr(at)).length;
      out.append(text, at, next);
      at = next;
    }
  } else {
    while (count != 0) {
      const std::size_t hit = find(text.view(), from.view(), at);
      if (hit == std::string_view::npos) break;
      out.append(text, at, hit);
      out.append(to);
      at = hit + from.size();
      if (count > 0) --count;
    }
  }
  out.append(text, at, text.size());
  return out;
}

Text reversed(const Text& text) {
  Text out;
  for (std::size_t end = text.size(); end > 0;) {
    std::size_t n = 0;
    last_code_point(text.view().substr(0, end), &n);
    out.append(text, end - n, end);
    end -= n;
  }
  return out;
}

}  // namespace cactus::jinja
