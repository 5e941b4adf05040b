// Numbers of a request. What is found may be more than what is meant, never less of what is said in
// plain digits or words up to billions.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "engine/constrain/said.h"

namespace cactus::constrain {
namespace {

constexpr std::size_t kMostNumbers = 256;
constexpr std::size_t kMostDigits = 15;  // that a double holds
constexpr double kTooLarge = 1e15;

bool digit(char c) {
  return c >= '0' && c <= '9';
}

struct Named {
  std::string_view name;
  double value;
};
constexpr Named kSmall[] = {
    {"zero", 0},      {"one", 1},      {"two", 2},        {"three", 3},     {"four", 4},
    {"five", 5},      {"six", 6},      {"seven", 7},      {"eight", 8},     {"nine", 9},
    {"ten", 10},      {"eleven", 11},  {"twelve", 12},    {"thirteen", 13}, {"fourteen", 14},
    {"fifteen", 15},  {"sixteen", 16}, {"seventeen", 17}, {"eighteen", 18}, {"nineteen", 19},
    {"first", 1},     {"second", 2},   {"third", 3},      {"fourth", 4},    {"fifth", 5},
    {"sixth", 6},     {"seventh", 7},  {"eighth", 8},     {"ninth", 9},     {"tenth", 10},
    {"eleventh", 11}, {"twelfth", 12}, {"once", 1},       {"twice", 2},     {"pair", 2},
    {"couple", 2},
};
constexpr Named kTens[] = {{"twenty", 20},  {"thirty", 30}, {"forty", 40},
                           {"fourty", 40},  {"fifty", 50},  {"sixty", 60},
                           {"seventy", 70}, {"eighty", 80}, {"ninety", 90}};
constexpr Named kScales[] = {
    {"hundred", 1e2}, {"dozen", 12}, {"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}};
constexpr Named kParts[] = {{"half", 0.5},      {"quarter", 0.25},   {"quarters", 0.25},
                            {"third", 1 / 3.0}, {"thirds", 1 / 3.0}, {"tenth", 0.1},
                            {"tenths", 0.1}};

template <std::size_t N>
std::optional<double> look_up(const Named (&table)[N], std::string_view word) {
  for (const Named& entry : table)
    if (entry.name == word) return entry.value;
  return std::nullopt;
}

struct Word {
  std::string text;
  Place place;
};
using Words = std::vector<Word>;

std::string_view at(const Words& words, std::size_t i) {
  return i < words.size() ? std::string_view(words[i].text) : std::string_view();
}

// Below a hundred: "seven", "twenty", "twenty one".
std::optional<double> below_hundred(const Words& words, std::size_t& i) {
  if (const auto tens = look_up(kTens, at(words, i))) {
    ++i;
    const auto ones = look_up(kSmall, at(words, i));
    if (!ones || *ones < 1 || *ones > 9) return tens;
    ++i;
    return *tens + *ones;
  }
  const auto small = look_up(kSmall, at(words, i));
  if (small) ++i;
  return small;
}

// The value of the longest number that begins at `i`, which then stands behind it. "a" counts
// before a scale.
std::optional<double> in_words(const Words& words, std::size_t& i) {
  double total = 0, current = 0;
  bool any = false;
  while (true) {
    std::size_t next = i;
    if (any && at(words, next) == "and") ++next;
    auto part = below_hundred(words, next);
    const bool article = !part && !any && at(words, i) == "a" && look_up(kScales, at(words, i + 1));
    if (article) {
      part = 1;
      ++next;
    }
    const auto scale = look_up(kScales, at(words, next));
    if (!part && !(any && scale && next == i)) break;
    if (part) {
      // "one two" is two numbers, "one hundred (and) two" is one.
      if (any && current != 0) break;
      current += *part;
    }
    i = next;
    any = true;
    while (const auto times = look_up(kScales, at(words, i))) {
      if (*times >= 1000) {
        total += current * *times;
        current = 0;
      } else {
        current *= *times;
      }
      ++i;
      if (*times < 1000 && current >= 100) {  // "two hundred (and) five"
        std::size_t rest = i + (at(words, i) == "and" ? 1 : 0);
        if (const auto more = below_hundred(words, rest)) {
          current += *more;
          i = rest;
        }
      }
    }
  }
  if (!any) return std::nullopt;
  return total + current;
}

// "and a half", "and three quarters", "point two five" behind a number; 0: nothing of that.
double fraction_behind(const Words& words, std::size_t& i) {
  if (at(words, i) == "and") {
    const double count =
        at(words, i + 1) == "a" ? 1 : look_up(kSmall, at(words, i + 1)).value_or(0);
    const auto part = look_up(kParts, at(words, i + 2));
    if (count == 0 || !part) return 0;
    i += 3;
    return count * *part;
  }
  if (at(words, i) != "point") return 0;
  double value = 0, place = 0.1;
  std::size_t next = i + 1;
  for (; place > 1e-7; place /= 10, ++next) {
    const auto one = look_up(kSmall, at(words, next));
    if (!one || *one > 9) break;
    value += *one * place;
  }
  if (next > i + 1) i = next;
  return value;
}

// A decimal without zeros that say nothing.
std::string plain(std::string digits) {
  if (digits.find('.') != std::string::npos) {
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
  }
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return "0";
  digits.erase(0, first);
  return digits[0] == '.' ? "0" + digits : digits;
}

class Numbers {
 public:
  void add(const std::string& digits, Place place) {
    if (digits.empty() || digits.size() > kMostDigits + 1) return;
    keep(plain(digits), place);
  }
  void add_negative(const std::string& digits, Place place) {
    if (digits.empty() || digits.size() > kMostDigits + 1) return;
    keep("-" + plain(digits), place);
  }
  void add(double value, Place place) {
    if (!(std::abs(value) < kTooLarge)) return;  // "hundred hundred hundred …"
    char text[64];
    // Six decimals are more than anybody says.
    const auto done = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 6);
    if (done.ec == std::errc()) add(plain(std::string(text, done.ptr)), place);
  }
  std::vector<SaidNumber> take() { return std::move(found_); }

 private:
  void keep(std::string number, Place place) {
    for (SaidNumber& known : found_) {
      if (known.text != number) continue;
      if (known.places.size() < kMostNumbers && known.places.back() != place)
        known.places.push_back(place);
      return;
    }
    if (found_.size() < kMostNumbers) found_.push_back({std::move(number), {place}});
  }

  std::vector<SaidNumber> found_;
};

// The digits from `at` on, with one kind of point and with commas between thousands; `end` behind
// them.
void add_digits(std::string_view text, std::size_t at, std::size_t& end, Numbers& numbers) {
  std::string run;  // without commas
  std::string piece;
  std::size_t i = at, piece_at = at;
  const auto place = [](std::size_t from, std::size_t to) {
    return Place{static_cast<std::int32_t>(from), static_cast<std::int32_t>(to)};
  };
  const auto close = [&] { numbers.add(piece, place(piece_at, i)); };
  while (i < text.size()) {
    if (digit(text[i])) {
      run += text[i];
      piece += text[i];
      ++i;
      continue;
    }
    const bool goes_on = i + 1 < text.size() && digit(text[i + 1]) && i > at;
    if (text[i] == ',' && goes_on) {  // thousands, a decimal comma, or a list without spaces
      close();
      std::size_t behind = i + 1;
      while (behind < text.size() && behind - i <= kMostDigits && digit(text[behind])) ++behind;
      numbers.add(run + "." + std::string(text.substr(i + 1, behind - i - 1)), place(at, behind));
      piece.clear();
      piece_at = i + 1;
    } else if (text[i] == '.' && goes_on && run.find('.') == std::string::npos) {
      close();
      run += '.';
      piece += '.';
    } else {
      break;
    }
    ++i;
  }
  close();
  numbers.add(run, place(at, i));
  const bool minus = at > 0 && text[at - 1] == '-' && (at < 2 || text[at - 2] == ' ');
  if (minus) numbers.add_negative(run, place(at - 1, i));
  end = i;
}

}  // namespace

std::vector<SaidNumber> numbers_in(std::string_view text) {
  Numbers numbers;
  Words words;
  double behind_digits = -1;  // digits just read: "2 million", "3 and a half"
  std::int32_t digits_at = 0;
  const auto place = [&](std::size_t from, std::size_t to) {  // of words
    return Place{words[from].place.begin, words[to - 1].place.end};
  };
  const auto flush = [&] {
    for (std::size_t i = 0; i < words.size();) {
      std::size_t end = i;
      if (i == 0 && behind_digits >= 0) {
        double scaled = behind_digits;
        while (const auto times = look_up(kScales, at(words, end))) {
          scaled *= *times;
          ++end;
        }
        const double more = fraction_behind(words, end);
        if (end > 0) numbers.add(scaled + more, {digits_at, words[end - 1].place.end});
        end = 0;
      }
      if (at(words, i) == "minus") {
        std::size_t negative = i + 1;
        if (const auto value = in_words(words, negative)) numbers.add(-*value, place(i, negative));
      }
      const auto value = in_words(words, end);
      if (value) {
        numbers.add(*value, place(i, end));
        const double more = fraction_behind(words, end);
        if (more > 0) numbers.add(*value + more, place(i, end));
        i = end;
        continue;
      }
      if (const auto part = look_up(kParts, words[i].text)) numbers.add(*part, words[i].place);
      ++i;
    }
    words.clear();
    behind_digits = -1;
  };
  for (std::size_t i = 0; i < text.size();) {
    const char lower = static_cast<char>(text[i] | 0x20);
    if (digit(text[i])) {
      flush();
      std::size_t end = i;
      add_digits(text, i, end, numbers);
      const std::string digits(text.substr(i, end - i));
      double value = -1;
      std::from_chars(digits.data(), digits.data() + digits.size(), value);
      behind_digits = value;
      digits_at = static_cast<std::int32_t>(i);
      i = end;
    } else if (lower >= 'a' && lower <= 'z') {
      Word word{"", {static_cast<std::int32_t>(i), 0}};
      while (i < text.size() && ((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z'))
        word.text += static_cast<char>(text[i++] | 0x20);
      word.place.end = static_cast<std::int32_t>(i);
      words.push_back(std::move(word));
    } else {
      const bool joins = text[i] == ' ' || text[i] == '-' || text[i] == '\n';
      if (!joins) flush();
      ++i;
    }
  }
  flush();
  return numbers.take();
}

}  // namespace cactus::constrain
