#include "engine/constrain/said.h"

#include <algorithm>

#include "engine/base/json.h"

namespace cactus::constrain {
namespace {

enum class Class { letter, digit, space, other };

Class class_of(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')) return Class::letter;
  if (byte >= '0' && byte <= '9') return Class::digit;
  return byte <= ' ' ? Class::space : Class::other;  // what is not ASCII may begin and end anywhere
}

// Between two words, or beside a sign: "5km" holds "5" and "km".
bool boundary(std::string_view text, std::size_t at) {
  if (at == 0 || at == text.size()) return true;
  const Class before = class_of(text[at - 1]), after = class_of(text[at]);
  return before != after || before == Class::other;
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::string escaped_character(std::string_view character) {
  const std::string quoted =
      Json(std::string(character)).dump(-1, ' ', false, Json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

Said::Said(std::string_view text, bool escaped) : numbers_(numbers_in(text)) {
  std::vector<std::int32_t> places(text.size() + 1);  // in text_, by place in text
  // A text that ended in spaces could be copied to where it neither ends nor goes on.
  while (!text.empty() && class_of(text.back()) == Class::space) text.remove_suffix(1);
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && continues_character(text[end])) ++end;
    const std::string_view character = text.substr(at, end - at);
    const auto place = static_cast<std::int32_t>(text_.size());
    std::fill(places.begin() + static_cast<std::ptrdiff_t>(at),
              places.begin() + static_cast<std::ptrdiff_t>(end), place);
    if (boundary(text, at)) {
      if (class_of(text[at]) != Class::space) order_.push_back(place);
      if (at > 0 && class_of(text[at - 1]) != Class::space) {
        ends_.resize(text_.size() + 1);
        ends_[text_.size()] = true;
      }
    }
    text_ += escaped ? escaped_character(character) : std::string(character);
    at = end;
  }
  ends_.resize(text_.size() + 1);
  ends_.back() = !text.empty();
  last_end_.resize(ends_.size());
  for (std::size_t i = 1; i < ends_.size(); ++i)
    last_end_[i] = ends_[i] ? static_cast<std::int32_t>(i) : last_end_[i - 1];
  std::fill(places.begin() + static_cast<std::ptrdiff_t>(text.size()), places.end(),
            static_cast<std::int32_t>(text_.size()));
  for (SaidNumber& number : numbers_) {
    for (Place& place : number.places)
      place = {places[static_cast<std::size_t>(place.begin)],
               places[static_cast<std::size_t>(place.end)]};
  }
  const std::string_view all = text_;
  std::sort(order_.begin(), order_.end(), [all](std::int32_t a, std::int32_t b) {
    return all.substr(static_cast<std::size_t>(a)) < all.substr(static_cast<std::size_t>(b));
  });
}

bool Said::extend(Match& match, unsigned char byte) const {
  // The byte behind the match at a place, -1 where the text is over; ascending within the match.
  const auto next = [&](std::int32_t place) {
    const auto at = static_cast<std::size_t>(place) + match.length;
    return at < text_.size() ? static_cast<int>(static_cast<unsigned char>(text_[at])) : -1;
  };
  const auto first = order_.begin() + match.low, last = order_.begin() + match.high;
  const auto low = std::partition_point(first, last, [&](auto p) { return next(p) < byte; });
  const auto high = std::partition_point(low, last, [&](auto p) { return next(p) == byte; });
  match.low = static_cast<std::int32_t>(low - order_.begin());
  match.high = static_cast<std::int32_t>(high - order_.begin());
  ++match.length;
  return low != high;
}

// How far a text that begins at `place` may reach without touching what is spent; -1: it may not
// begin there.
std::int32_t Said::room(std::int32_t place, std::span<const Place> spent) const {
  auto limit = static_cast<std::int32_t>(text_.size());
  for (const Place& taken : spent) {
    if (taken.end <= place) continue;
    if (taken.begin <= place) return -1;
    limit = std::min(limit, taken.begin);
  }
  return limit;
}

bool Said::may_be_free(const Match& match, std::span<const Place> spent) const {
  return std::any_of(order_.begin() + match.low, order_.begin() + match.high, [&](auto place) {
    const std::int32_t limit = room(place, spent);
    if (limit < 0) return false;
    const std::int32_t end = last_end_[static_cast<std::size_t>(limit)];
    return end > place && end >= place + static_cast<std::int32_t>(match.length);
  });
}

Place Said::free_place(const Match& match, std::span<const Place> spent) const {
  Place found;
  const auto length = static_cast<std::int32_t>(match.length);
  for (std::int32_t i = match.low; length > 0 && i < match.high; ++i) {
    const std::int32_t place = order_[static_cast<std::size_t>(i)], end = place + length;
    if ((found.end == 0 || place < found.begin) && ends_[static_cast<std::size_t>(end)] &&
        room(place, spent) >= end)
      found = {place, end};
  }
  return found;
}

Place Said::free_place(const SaidNumber& number, std::span<const Place> spent) const {
  for (const Place& place : number.places)
    if (room(place.begin, spent) >= place.end) return place;
  return {};
}

int Said::most_numbers() const {
  std::vector<Place> all;
  for (const SaidNumber& number : numbers_)
    all.insert(all.end(), number.places.begin(), number.places.end());
  std::sort(all.begin(), all.end(), [](const Place& a, const Place& b) { return a.end < b.end; });
  int count = 0;
  std::int32_t behind = 0;
  for (const Place& place : all) {
    if (place.begin < behind) continue;
    behind = place.end;
    ++count;
  }
  return count;
}

bool Said::may_end(const Match& match) const {
  return match.length > 0 &&
         std::any_of(order_.begin() + match.low, order_.begin() + match.high, [&](auto place) {
           return ends_[static_cast<std::size_t>(place) + match.length];
         });
}

}  // namespace cactus::constrain
