#include "cli/local_tools/date_words.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "cli/local_tools/holidays.h"
#include "cli/local_tools/number_words.h"
#include "cli/local_tools/quantity.h"
#include "cli/local_tools/tool.h"
#include "cli/suggest.h"
#include "engine/base/utf8.h"

namespace cactus::cli {
namespace {

constexpr std::size_t kMostBytes = 200;
constexpr int kMostNesting = 4;
constexpr std::int64_t kMostAmount = 4'000'000;

using Words = std::vector<std::string>;
using Found = std::optional<SpokenDate>;

bool letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<int> month_word(std::string_view word) {
  for (int month = 1; month <= 12; ++month) {
    std::string name(month_name(month));
    name[0] = static_cast<char>(name[0] | 0x20);
    if (word == name || word == std::string_view(name).substr(0, 3)) return month;
  }
  return word == "sept" ? std::optional(9) : std::nullopt;
}

std::optional<int> weekday_word(std::string_view word) {
  if (word.ends_with("s") && word.size() > 6) word.remove_suffix(1);  // "Mondays"
  for (int day = 0; day < 7; ++day) {
    std::string name(weekday_name(day));
    name[0] = static_cast<char>(name[0] | 0x20);
    if (word == name || word == std::string_view(name).substr(0, 3)) return day;
  }
  if (word == "tues") return 1;
  if (word == "weds") return 2;
  if (word == "thur" || word == "thurs") return 3;
  return std::nullopt;
}

std::optional<std::int64_t> digits_of(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (word.empty() || code != std::errc() || end != word.data() + word.size() || value < 0)
    return std::nullopt;
  return value;
}

// Lower-case words; what separates dates in digits stays inside them.
Words words_of(std::string_view text) {
  Words words;
  std::string word;
  const auto flush = [&] {
    while (!word.empty() && (word.back() == '.' || word.back() == '-' || word.back() == '/'))
      word.pop_back();
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const utf8::Decoded decoded = utf8::decode(text.substr(at));
    at += decoded.length;
    char32_t c = decoded.code_point;
    if (c >= U'A' && c <= U'Z') c |= 0x20;
    const char before = word.empty() ? '\0' : word.back();
    if (c == U'\'' || c == U'’') {
      if (word.empty()) word = "'";  // '27
      continue;                      // valentine's → valentines
    }
    if (c < 0x80 && (letter(static_cast<char>(c)) || digit(static_cast<char>(c)))) {
      word += static_cast<char>(c);
    } else if ((c == U'.' || c == U'/' || c == U'-') && digit(before)) {
      word += static_cast<char>(c);
    } else if (c >= 0x80 && c != 0xA0 && c != U'–' && c != U'—') {
      utf8::append(word, c);
    } else {
      flush();
    }
  }
  flush();
  return words;
}

const std::vector<std::string>& vocabulary() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> all = {
        "today",     "tomorrow",     "yesterday",  "tonight",   "weekend",   "week",
        "month",     "year",         "before",     "after",     "next",      "last",
        "this",      "from",         "morning",    "afternoon", "evening",   "night",
        "days",      "weeks",        "months",     "years",     "christmas", "easter",
        "halloween", "thanksgiving", "valentines", "beginning", "start",     "fortnight"};
    for (int i = 1; i <= 12; ++i) all.push_back(words_of(month_name(i))[0]);
    for (int i = 0; i < 7; ++i) all.push_back(words_of(weekday_name(i))[0]);
    return all;
  }();
  return words;
}

// "febuary" → "february"; words that are known, short or no words at all stay.
std::string spelled(const std::string& word) {
  if (word.size() < 5 || !letter(word[0]) || month_word(word) || weekday_word(word) ||
      ordinal_word(word) || small_number_word(word))
    return word;
  const std::string near = closest(word, vocabulary());
  return near.empty() ? word : near;
}

class Reader {
 public:
  Reader(const DateRequest& request, int depth) : request_(request), depth_(depth) {}

  Result<SpokenDate> read(Words words) {
    while (!words.empty() &&
           one_of(words.back(), {"please", "inclusive", "included", "now", "time"}) &&
           words.size() > 1 && words[words.size() - 2] != "from")
      words.pop_back();
    while (words.size() > 1 &&
           one_of(words.front(), {"on", "the", "by", "at", "until", "till", "date"}))
      words.erase(words.begin());
    if (words.empty() || words.size() > 20)
      return unworkable("it is no date that this tool can read");
    if (Found found = relative(words)) return *found;
    if (failure_) return *failure_;
    if (one_of(words.back(), {"morning", "afternoon", "evening", "night", "noon"}) &&
        words.size() > 1) {
      words.pop_back();
      while (words.size() > 1 && one_of(words.back(), {"the", "in", "at"})) words.pop_back();
      if (words.size() == 1 && one_of(words[0], {"this", "to"})) return on(request_.today);
      if (words.size() == 1 && words[0] == "last") return day_offset(-1);
    }
    for (const Attempt attempt :
         {&Reader::keyword, &Reader::period, &Reader::weekday, &Reader::numeric, &Reader::holiday,
          &Reader::nth_of_month, &Reader::calendar}) {
      if (Found found = (this->*attempt)(words)) return *found;
      if (failure_) return *failure_;
    }
    return unworkable("it is no date that this tool can read");
  }

 private:
  using Attempt = Found (Reader::*)(Words&);

  static bool one_of(std::string_view word, std::initializer_list<std::string_view> list) {
    return std::find(list.begin(), list.end(), word) != list.end();
  }
  Found fail(std::string why) {
    failure_ = unworkable(std::move(why));
    return std::nullopt;
  }
  static SpokenDate on(const Date& date) { return {date, true, {}}; }
  Result<SpokenDate> day_offset(std::int64_t days) {
    if (const auto date = from_days(to_days(request_.today) + days)) return on(*date);
    return unworkable("the calendar of this tool ends with the year 9999");
  }
  Found shifted(const Date& start, std::int64_t amount, std::string_view unit) {
    std::optional<Date> date;
    if (amount >= -kMostAmount && amount <= kMostAmount) {
      if (unit.starts_with("day") || unit == "d") date = from_days(to_days(start) + amount);
      if (unit.starts_with("week")) date = from_days(to_days(start) + 7 * amount);
      if (unit.starts_with("fortnight")) date = from_days(to_days(start) + 14 * amount);
      if (unit.starts_with("month")) date = add_months(start, amount);
      if (unit.starts_with("year")) date = add_months(start, 12 * amount);
      if (unit.starts_with("decade")) date = add_months(start, 120 * amount);
    }
    if (!date) return fail("the calendar of this tool goes from the year 1 to 9999");
    return on(*date);
  }
  static bool is_unit(std::string_view word) {
    return one_of(word, {"day", "days", "week", "weeks", "month", "months", "year", "years",
                         "fortnight", "fortnights", "decade", "decades"});
  }

  // "3 weeks and 2 days" at the beginning: applies it in the direction of `sign`.
  struct Span {
    std::vector<std::pair<std::int64_t, std::string>> parts;
    std::size_t used = 0;
  };
  static Span read_span(std::span<const std::string> words) {
    Span span;
    for (;;) {
      std::size_t at = span.used;
      if (!span.parts.empty() && at < words.size() && words[at] == "and") ++at;
      if (at >= words.size()) return span;
      std::int64_t amount = 0;
      if (const auto digits = digits_of(words[at])) {
        amount = *digits;
        ++at;
      } else if (one_of(words[at], {"a", "an"}) && at + 1 < words.size() &&
                 is_unit(words[at + 1])) {
        amount = 1;
        ++at;
      } else if (words[at] == "couple" ||
                 (words[at] == "a" && at + 1 < words.size() && words[at + 1] == "couple")) {
        amount = 2;
        at += words[at] == "a" ? 2 : 1;
        if (at < words.size() && words[at] == "of") ++at;
      } else {
        const WordNumber number = number_in_words(words.subspan(at));
        if (number.used == 0 || !number.value.is_integer() ||
            number.value.numerator().bit_length() > 40)
          return span;
        amount = number.value.numerator().to_int64();
        at += number.used;
      }
      if (at >= words.size() || !is_unit(words[at])) return span;
      span.parts.emplace_back(std::min<std::int64_t>(amount, kMostAmount + 1), words[at]);
      span.used = at + 1;
    }
  }
  Found apply(const Span& span, Date start, int sign) {
    for (const auto& [amount, unit] : span.parts) {
      const Found next = shifted(start, sign * amount, unit);
      if (!next) return std::nullopt;
      start = next->date;
    }
    return on(start);
  }

  // in 3 weeks · 3 weeks ago · 3 weeks from now · two days before Easter
  Found relative(const Words& words) {
    const bool in = one_of(words[0], {"in", "within"});
    const Span span = read_span(std::span(words).subspan(in ? 1 : 0));
    const std::size_t next = span.used + (in ? 1 : 0);
    if (span.parts.empty()) return std::nullopt;
    if (in) return next == words.size() ? apply(span, request_.today, 1) : std::nullopt;
    if (next == words.size()) return std::nullopt;
    const std::string& link = words[next];
    if (link == "ago" && next + 1 == words.size()) return apply(span, request_.today, -1);
    if (one_of(link, {"hence", "later"}) && next + 1 == words.size())
      return apply(span, request_.today, 1);
    if (!one_of(link, {"from", "after", "before"}) || next + 1 == words.size()) return std::nullopt;
    if (depth_ >= kMostNesting) return fail("it is nested too deep");
    auto base = Reader(request_, depth_ + 1)
                    .read(Words(words.begin() + static_cast<long>(next) + 1, words.end()));
    if (!base) {
      failure_ = std::move(base).error();
      return std::nullopt;
    }
    Found result = apply(span, base->date, link == "before" ? -1 : 1);
    if (result) result->has_year = base->has_year;
    return result;
  }

  Found keyword(Words& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    static constexpr std::pair<std::string_view, int> kNear[] = {
        {"today", 0},      {"now", 0},         {"tonight", 0},      {"right now", 0},
        {"tomorrow", 1},   {"tmrw", 1},        {"yesterday", -1},   {"day after tomorrow", 2},
        {"overmorrow", 2}, {"todays date", 0}, {"current date", 0}, {"day before yesterday", -2},
        {"this day", 0},
    };
    for (const auto& [name, offset] : kNear) {
      if (text != name) continue;
      auto date = day_offset(offset);
      return date ? Found(*date) : std::nullopt;
    }
    return std::nullopt;
  }

  // next week · this month · the end of next month · this weekend
  Found period(Words& all) {
    Words words = all;
    bool end = false;
    if (words.size() > 2 && words[1] == "of") {
      end = words[0] == "end";
      if (!end && !one_of(words[0], {"start", "beginning"})) return std::nullopt;
      words.erase(words.begin(), words.begin() + 2);
      if (words.size() > 1 && words[0] == "the") words[0] = "this";
      if (words.size() == 1 && is_unit(words[0])) words.insert(words.begin(), "this");
      if (words.size() == 1)
        if (const auto month = month_word(words[0]))
          return yearly([&](int year) {
            return Date{year, *month, end ? days_in_month(year, *month) : 1};
          });
      return edge_of(words, end);
    }
    if (words.size() == 1 && words[0] == "weekend") words.insert(words.begin(), "this");
    if (words.size() != 2) return std::nullopt;
    const int step = step_of(words[0]);
    if (step == 99) return std::nullopt;
    if (words[1] == "week") return shifted(request_.today, step, "week");
    if (words[1] == "month") return shifted(request_.today, step, "month");
    if (words[1] == "year") return shifted(request_.today, step, "year");
    if (words[1] != "weekend") return std::nullopt;
    const int ahead = (5 - weekday_of(request_.today) + 7) % 7;  // the Saturday; Sunday is in it
    const int this_one = weekday_of(request_.today) == 6 ? -1 : ahead;
    return shifted(request_.today, this_one + 7 * step, "day");
  }
  static int step_of(std::string_view word) {
    if (one_of(word, {"this", "coming", "current"})) return 0;
    if (one_of(word, {"next", "following"})) return 1;
    if (one_of(word, {"last", "previous", "past"})) return -1;
    return 99;
  }
  Found edge_of(const Words& words, bool end) {
    if (words.size() != 2) return std::nullopt;
    const int step = step_of(words[0]);
    if (step == 99) return std::nullopt;
    const Date& today = request_.today;
    if (words[1] == "year") {
      const int year = today.year + step;
      return end ? on({year, 12, 31}) : on({year, 1, 1});
    }
    if (words[1] == "week")
      return shifted(today, 7 * step - weekday_of(today) + (end ? 6 : 0), "day");
    if (words[1] != "month") return std::nullopt;
    const auto month = add_months({today.year, today.month, 1}, step);
    if (!month) return std::nullopt;
    return on({month->year, month->month, end ? days_in_month(month->year, month->month) : 1});
  }

  // Friday · this Friday · next Friday · last Friday; and before a date in full, where it adds
  // nothing.
  Found weekday(Words& words) {
    int step = words.size() > 1 ? step_of(words[0]) : 99;
    const std::size_t at = step == 99 ? 0 : 1;
    const auto day = weekday_word(words[at]);
    if (!day) return std::nullopt;
    if (words.size() == at + 1 || (words.size() == at + 2 && words[at + 1] == "week")) {
      const int today = weekday_of(request_.today);
      const int ahead = (*day - today + 7) % 7, behind = (today - *day + 7) % 7;
      if (words.size() == at + 2)
        return shifted(request_.today, 7 + (ahead == 0 ? 7 : ahead), "day");
      const bool back = step == -1 || (step == 99 && request_.missing == Missing::past);
      if (back) return shifted(request_.today, -(behind == 0 ? 7 : behind), "day");
      if (step == 0) return shifted(request_.today, ahead, "day");
      return shifted(request_.today, ahead == 0 ? 7 : ahead, "day");
    }
    if (words.size() == 3 && words[2] == "week" && step_of(words[1]) != 99)  // Friday next week
      return shifted(request_.today, *day - weekday_of(request_.today) + 7 * step_of(words[1]),
                     "day");
    if (at == 0) {
      words.erase(words.begin());
      while (words.size() > 1 && one_of(words.front(), {"the", "on"})) words.erase(words.begin());
    }
    return std::nullopt;
  }

  // Chooses the year of what comes once a year.
  template <class Make>
  Found yearly(Make make) {
    const int year = request_.reference.year;
    for (int i = 0; i <= 8; ++i) {
      const int candidate = request_.missing == Missing::upcoming ? year + i : year - i;
      const Date date = make(candidate);
      if (!is_valid(date)) continue;  // 29 February
      if (request_.missing == Missing::upcoming ? date >= request_.reference
                                                : date <= request_.reference)
        return SpokenDate{date, false, {}};
    }
    return fail("there is no such day in the calendar");
  }
  Found exact(const Date& date) {
    if (is_valid(date)) return on(date);
    if (date.month >= 1 && date.month <= 12 && date.year >= 1 && date.year <= 9999 && date.day >= 1)
      return fail(std::string(month_name(date.month)) + " " + std::to_string(date.year) +
                  " has only " + std::to_string(days_in_month(date.year, date.month)) + " days");
    return fail("there is no such day in the calendar");
  }
  Found in_year(int month, int day, std::optional<int> year) {
    if (year) return exact({*year, month, day});
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(2000, month))
      return fail("there is no such day in the calendar");
    return yearly([&](int candidate) { return Date{candidate, month, day}; });
  }

  static std::optional<int> year_word(std::string_view word) {
    const bool short_form = word.starts_with("'");
    if (short_form) word.remove_prefix(1);
    const auto value = digits_of(word);
    if (!value || (short_form ? word.size() != 2 : word.size() != 4)) return std::nullopt;
    return short_form ? century(static_cast<int>(*value)) : static_cast<int>(*value);
  }
  static int century(int two_digits) { return two_digits + (two_digits < 70 ? 2000 : 1900); }

  // 2027-03-01 · 1.3.2027 · 25.12. · 3/8/2027 · 12/25 · 20270301
  Found numeric(Words& words) {
    if (!digit(words[0][0])) return std::nullopt;
    std::string word = words[0];
    if (const std::size_t t = word.find('t'); t == 10 && word[4] == '-') {
      word.resize(t);  // 2027-03-01T15:00: the time falls away
      words.resize(1);
    }
    if (words.size() > 2) return std::nullopt;
    std::optional<int> after;
    if (words.size() == 2) {
      after = year_word(words[1]);
      if (!after) return std::nullopt;
    }
    std::vector<int> parts;
    std::vector<std::size_t> widths;
    char mark = '\0';
    std::string_view rest = word;
    while (!rest.empty()) {
      const std::size_t stop = std::min(rest.find_first_not_of("0123456789"), rest.size());
      const auto value = digits_of(rest.substr(0, stop));
      if (!value || stop > 8) return std::nullopt;
      parts.push_back(static_cast<int>(*value));
      widths.push_back(stop);
      if (stop == rest.size()) break;
      if (mark != '\0' && rest[stop] != mark) return std::nullopt;
      mark = rest[stop];
      if (mark != '-' && mark != '/' && mark != '.') return std::nullopt;
      rest.remove_prefix(stop + 1);
    }
    if (parts.size() == 1 && widths[0] == 8 && mark == '\0')
      return exact({parts[0] / 10'000, parts[0] / 100 % 100, parts[0] % 100});
    if (parts.size() == 3 && !after) {
      if (widths[0] == 4) return exact({parts[0], parts[1], parts[2]});
      if (widths[2] != 4 && widths[2] != 2) return std::nullopt;
      const int year = widths[2] == 2 ? century(parts[2]) : parts[2];
      return day_and_month(parts[0], parts[1], year, mark);
    }
    if (parts.size() == 2 && widths[0] == 4 && mark == '-' && !after)
      return exact({parts[0], parts[1], 1});  // 2027-03
    if (parts.size() == 2 && widths[0] <= 2 && widths[1] <= 2)
      return day_and_month(parts[0], parts[1], after, mark);
    return std::nullopt;
  }
  // Day first, as most of the world writes; month first where only that fits.
  Found day_and_month(int first, int second, std::optional<int> year, char mark) {
    const bool month_first = second > 12 && first <= 12;
    const int day = month_first ? second : first, month = month_first ? first : second;
    Found found = in_year(month, day, year);
    if (found && mark != '.' && first <= 12 && second <= 12 && first != second)
      found->note = "read as day" + std::string(1, mark) + "month";
    return found;
  }

  Found holiday(Words& words) {
    Words name = words;
    std::optional<int> year;
    if (name.size() > 1) year = year_word(name.back());
    if (year) name.pop_back();
    int step = 0;
    if (name.size() > 1 && !year) {
      step = step_of(name[0]);
      if (step == 99)
        step = 0;
      else
        name.erase(name.begin());
    }
    std::string text;
    for (const std::string& word : name)
      if (word != "the" && word != "of") text += (text.empty() ? "" : " ") + word;
    const Holiday* day = find_holiday(text);
    if (day == nullptr) return std::nullopt;
    if (year)
      return *year >= 1 && *year <= 9999 ? Found(on(holiday_date(*day, *year)))
                                         : fail("there is no such year");
    if (step == -1) {
      DateRequest past = request_;
      past.missing = Missing::past;
      return Reader(past, depth_).yearly([&](int y) { return holiday_date(*day, y); });
    }
    return yearly([&](int y) { return y >= 1 ? holiday_date(*day, y) : Date{0, 0, 0}; });
  }

  // the first Monday of March 2027 · last Friday in November · the last day of June
  Found nth_of_month(Words& words) {
    if (words.size() < 4 || !one_of(words[2], {"of", "in"})) return std::nullopt;
    const auto ordinal = ordinal_word(words[0]);
    const int nth = words[0] == "last" ? -1 : ordinal ? *ordinal : 0;
    const auto day = weekday_word(words[1]);
    if (nth == 0 || nth > 5 || (!day && words[1] != "day")) return std::nullopt;
    std::size_t at = 3;
    if (words[at] == "the" && at + 1 < words.size()) ++at;
    const auto make = [&](int year, int month) {
      if (!day) return Date{year, month, nth < 0 ? days_in_month(year, month) : nth};
      return nth_weekday(year, month, *day, nth).value_or(Date{0, 0, 0});
    };
    if (const int step = step_of(words[at]);
        step != 99 && at + 2 == words.size() && words[at + 1] == "month") {
      const auto month = add_months({request_.today.year, request_.today.month, 1}, step);
      return month ? exact(make(month->year, month->month)) : std::nullopt;
    }
    const auto month = month_word(words[at]);
    if (!month || at + 2 < words.size()) return std::nullopt;
    if (at + 2 == words.size()) {
      const auto year = year_word(words[at + 1]);
      return year ? exact(make(*year, *month)) : std::nullopt;
    }
    return yearly([&](int year) { return make(year, *month); });
  }

  // A day of a month in any order; a month; a year; a day alone.
  Found calendar(Words& words) {
    std::optional<int> day, month, year;
    int month_step = 0;
    bool relative_month = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (one_of(word, {"of", "the", "in", "day", "and", "year"})) continue;
      if (const auto m = month_word(word); m && !month) {
        month = m;
        continue;
      }
      if (const auto y = year_word(word); y && !year) {
        year = y;
        continue;
      }
      if (i + 1 < words.size() && words[i + 1] == "month" && step_of(word) != 99) {
        month_step = step_of(word);
        relative_month = true;
        ++i;
        continue;
      }
      if (i + 1 < words.size() && words[i + 1] == "year" && step_of(word) != 99 && !year) {
        year = request_.today.year + step_of(word);
        ++i;
        continue;
      }
      std::optional<int> number = ordinal_word(word);
      if (!number)
        if (const auto plain = digits_of(word); plain && *plain <= 99)
          number = static_cast<int>(*plain);
      if (!number) number = small_number_word(word);
      if (number && *number % 10 == 0 && *number >= 20 && letter(word[0]) && i + 1 < words.size()) {
        auto unit = ordinal_word(words[i + 1]);  // twenty first
        if (!unit) unit = small_number_word(words[i + 1]);
        if (unit && *unit > 0 && *unit < 10) {
          number = *number + *unit;
          ++i;
        }
      }
      if (!number || day) return std::nullopt;
      day = number;
    }
    if (relative_month && !month) {
      const auto base = add_months({request_.today.year, request_.today.month, 1}, month_step);
      return base ? exact({base->year, base->month, day.value_or(1)}) : std::nullopt;
    }
    if (month) {
      if (day && *day > 31 && !year) {  // March 27 is a day, March 99 no year that anyone means
        return fail("there is no such day in the calendar");
      }
      return in_year(*month, day.value_or(1), year);
    }
    if (year && !day) return exact({*year, 1, 1});
    if (day && !year && *day >= 1 && *day <= 31) return next_day_of_month(*day);
    return std::nullopt;
  }
  Found next_day_of_month(int day) {
    Date month = {request_.reference.year, request_.reference.month, 1};
    const int step = request_.missing == Missing::upcoming ? 1 : -1;
    for (int i = 0; i < 14; ++i) {
      const Date date = {month.year, month.month, day};
      const bool fits = step > 0 ? date >= request_.reference : date <= request_.reference;
      if (is_valid(date) && fits) return SpokenDate{date, false, {}};
      const auto next = add_months(month, step);
      if (!next) break;
      month = *next;
    }
    return fail("there is no such day in the calendar");
  }

  const DateRequest& request_;
  int depth_;
  std::optional<Error> failure_;
};

}  // namespace

Result<SpokenDate> read_date(std::string_view text, const DateRequest& request) {
  if (text.size() > kMostBytes) return unworkable("it is longer than any date");
  if (text.starts_with('-')) return unworkable("it is no date that this tool can read");
  Words words = words_of(text);
  for (std::string& word : words) word = spelled(word);
  return Reader(request, 0).read(std::move(words));
}

}  // namespace cactus::cli
