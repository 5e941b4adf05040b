#include "cli/local_tools/number_words.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace cactus::cli {
namespace {

struct Named {
  std::string_view name;
  std::int64_t value;
};

constexpr Named kSmall[] = {
    {"zero", 0},     {"one", 1},      {"two", 2},        {"three", 3},     {"four", 4},
    {"five", 5},     {"six", 6},      {"seven", 7},      {"eight", 8},     {"nine", 9},
    {"ten", 10},     {"eleven", 11},  {"twelve", 12},    {"thirteen", 13}, {"fourteen", 14},
    {"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17}, {"eighteen", 18}, {"nineteen", 19},
    {"twenty", 20},  {"thirty", 30},  {"forty", 40},     {"fourty", 40},   {"fifty", 50},
    {"sixty", 60},   {"seventy", 70}, {"eighty", 80},    {"ninety", 90},   {"nought", 0},
    {"naught", 0},   {"nil", 0},
};
constexpr Named kScales[] = {
    {"thousand", 1'000},
    {"million", 1'000'000},
    {"billion", 1'000'000'000},
    {"trillion", 1'000'000'000'000},
    {"quadrillion", 1'000'000'000'000'000},
    {"quintillion", 1'000'000'000'000'000'000},
};
constexpr Named kOrdinals[] = {
    {"first", 1},        {"second", 2},      {"third", 3},       {"fourth", 4},
    {"fifth", 5},        {"sixth", 6},       {"seventh", 7},     {"eighth", 8},
    {"ninth", 9},        {"tenth", 10},      {"eleventh", 11},   {"twelfth", 12},
    {"thirteenth", 13},  {"fourteenth", 14}, {"fifteenth", 15},  {"sixteenth", 16},
    {"seventeenth", 17}, {"eighteenth", 18}, {"nineteenth", 19}, {"twentieth", 20},
    {"thirtieth", 30},
};
constexpr Named kFractions[] = {
    {"half", 2},       {"halve", 2},      {"third", 3},       {"quarter", 4},
    {"fourth", 4},     {"fifth", 5},      {"sixth", 6},       {"seventh", 7},
    {"eighth", 8},     {"ninth", 9},      {"tenth", 10},      {"twelfth", 12},
    {"sixteenth", 16}, {"twentieth", 20}, {"hundredth", 100}, {"thousandth", 1000},
};

template <std::size_t N>
std::optional<std::int64_t> look_up(const Named (&table)[N], std::string_view word) {
  for (const Named& entry : table)
    if (entry.name == word) return entry.value;
  return std::nullopt;
}

std::string_view at(std::span<const std::string> words, std::size_t index) {
  return index < words.size() ? std::string_view(words[index]) : std::string_view();
}

bool is_article(std::string_view word) {
  return word == "a" || word == "an";
}

bool is_scale(std::string_view word) {
  return word == "hundred" || word == "dozen" || look_up(kScales, word).has_value();
}

// "and a half", "and three quarters" after a whole number: how much and how many words.
WordNumber and_fraction(std::span<const std::string> words) {
  if (at(words, 0) != "and") return {};
  const auto denominator = fraction_word(at(words, 2));
  if (!denominator) return {};
  if (is_article(at(words, 1))) return {Rational(1, *denominator), 3};
  const auto count = small_number_word(at(words, 1));
  if (!count || *count < 1 || *count >= *denominator) return {};
  return {Rational(*count, *denominator), 3};
}

// Digits after "point": "two five" is 25.
std::string digits_in_words(std::span<const std::string> words) {
  std::string digits;
  while (digits.size() < words.size()) {
    const auto digit = small_number_word(words[digits.size()]);
    if (!digit || *digit > 9) break;
    digits += static_cast<char>('0' + *digit);
  }
  return digits;
}

}  // namespace

std::optional<int> small_number_word(std::string_view word) {
  const auto found = look_up(kSmall, word);
  return found ? std::optional(static_cast<int>(*found)) : std::nullopt;
}

std::optional<int> ordinal_word(std::string_view word) {
  if (const auto found = look_up(kOrdinals, word)) return static_cast<int>(*found);
  int number = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (code != std::errc() || number < 1 || number > 31) return std::nullopt;
  const std::string_view ending(end, static_cast<std::size_t>(word.data() + word.size() - end));
  const bool known = ending == "st" || ending == "nd" || ending == "rd" || ending == "th";
  return known ? std::optional(number) : std::nullopt;
}

std::optional<int> fraction_word(std::string_view word) {
  auto found = look_up(kFractions, word);
  if (!found && word.ends_with('s')) found = look_up(kFractions, word.substr(0, word.size() - 1));
  return found ? std::optional(static_cast<int>(*found)) : std::nullopt;
}

WordNumber number_in_words(std::span<const std::string> words) {
  BigInteger total;
  std::int64_t current = 0, last_scale = INT64_MAX;
  std::size_t i = 0;
  bool any = false, tens_open = false, below_hundred = true;
  if (is_article(at(words, 0))) {
    if (!is_scale(at(words, 1))) return {};
    current = 1;
    any = true;
    i = 1;
  }
  for (; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "and") {
      const auto next = small_number_word(at(words, i + 1));
      if (!any || !is_scale(at(words, i - 1)) || !next || *next == 0) break;
      continue;
    }
    if (const auto small = small_number_word(word)) {
      const bool fits = *small < 10 ? (tens_open && *small > 0) || below_hundred : below_hundred;
      if (!fits) break;
      current += *small;
      tens_open = *small >= 20;
      below_hundred = false;
      any = true;
      continue;
    }
    if (word == "hundred" && any && current > 0 && current < 100) {
      current *= 100;
    } else if (const auto scale = look_up(kScales, word);
               scale && any && current > 0 && *scale < last_scale) {
      total = total + BigInteger(current) * BigInteger(*scale);
      last_scale = *scale;
      current = 0;
    } else if (word == "dozen" && any && current > 0) {
      return {Rational(total + BigInteger(current * 12)), i + 1};
    } else {
      break;
    }
    tens_open = false;
    below_hundred = true;
  }
  if (!any) return {};
  WordNumber number = {Rational(total + BigInteger(current)), i};
  if (at(words, i) == "point") {
    const std::string digits = digits_in_words(words.subspan(i + 1));
    if (!digits.empty()) {
      number.value = number.value + Rational::parse("." + digits);
      number.used += 1 + digits.size();
      const WordNumber scaled = scaled_by_words(number.value, words.subspan(number.used));
      return {scaled.value, number.used + scaled.used};
    }
  }
  const WordNumber part = and_fraction(words.subspan(i));
  return part.used == 0 ? number : WordNumber{number.value + part.value, number.used + part.used};
}

WordNumber scaled_by_words(const Rational& number, std::span<const std::string> words) {
  if (at(words, 0) == "hundred") return {number * Rational(100), 1};
  if (at(words, 0) == "dozen") return {number * Rational(12), 1};
  if (const auto scale = look_up(kScales, at(words, 0))) return {number * Rational(*scale), 1};
  const WordNumber part = and_fraction(words);
  if (part.used > 0 && number.is_integer()) return {number + part.value, part.used};
  return {number, 0};
}

}  // namespace cactus::cli
