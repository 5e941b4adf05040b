#include "cli/local_tools/time_words.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "cli/local_tools/number_words.h"
#include "cli/local_tools/quantity.h"

namespace cactus::cli {
namespace {

constexpr int kNoon = 720, kDay = 1440;
enum class Half { unknown, am, pm, evening };

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// Lower-case words; "3pm" is two, "p.m." is "pm", "15:30" stays whole.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto flush = [&] {
    while (!word.empty() && (word.back() == ':' || word.back() == '.')) word.pop_back();
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    const bool number = !word.empty() && digit(word[0]);
    if (c == '.' && !number) continue;            // p.m.
    if (c == '\'') continue;                      // o'clock
    if (static_cast<unsigned char>(c) == 0xE2) {  // ’ and other three-byte marks
      i += 2;
      continue;
    }
    if (digit(c)) {
      if (!number) flush();
      word += c;
    } else if (c >= 'a' && c <= 'z') {
      if (number && !(c == 'h' && i + 1 < text.size() && digit(text[i + 1]))) flush();
      word += c == 'h' && number ? ':' : c;
    } else if ((c == ':' || c == '.' || c == '/') && number) {
      word += c;
    } else if (c == '-' && number && word.size() >= 4) {
      word += c;  // 2027-03-01
    } else {
      flush();
    }
  }
  flush();
  return words;
}

std::optional<int> integer(std::string_view text) {
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Reader {
 public:
  explicit Reader(std::vector<std::string> words) : words_(std::move(words)) {}

  Result<SpokenTime> read() {
    skip({"at", "about", "around", "exactly", "the"});
    if (take("now") || take("right")) {
      SpokenTime time;
      time.now = true;
      return finish(time, 0, Half::unknown, true);
    }
    for (const auto& [word, minutes] :
         {std::pair<std::string_view, int>{"noon", kNoon}, {"midday", kNoon}, {"midnight", 0}}) {
      if (take(word)) return finish({}, minutes, Half::unknown, true);
    }
    if (const auto spoken = relative()) return finish({}, *spoken, half(), false);
    if (const auto clock = digits()) return finish({}, *clock, half(), false);
    if (const auto hour = small(at_)) {
      at_ += hour->second;
      int minutes = hour->first * 60;
      if (hour->first > 24) return bad();
      if (const auto more = small(at_); more && more->first < 60) {  // eight thirty
        minutes += more->first;
        at_ += more->second;
      } else if (take("oh")) {  // eight oh five
        const auto ones = small(at_);
        if (!ones || ones->first > 9) return bad();
        minutes += ones->first;
        at_ += ones->second;
      }
      return finish({}, minutes, half(), false);
    }
    return bad();
  }

 private:
  static Error bad() {
    return unworkable("it is no time of day that this tool can read",
                      "a time like '3pm' or '15:30'");
  }
  std::string_view word(std::size_t ahead = 0) const {
    return at_ + ahead < words_.size() ? std::string_view(words_[at_ + ahead]) : std::string_view();
  }
  bool take(std::string_view expected) {
    if (word() != expected) return false;
    ++at_;
    return true;
  }
  void skip(std::initializer_list<std::string_view> list) {
    while (std::find(list.begin(), list.end(), word()) != list.end() && !word().empty()) ++at_;
  }

  // A number in words or digits, 0 to 59, and how many words it takes.
  std::optional<std::pair<int, std::size_t>> small(std::size_t at) const {
    if (at >= words_.size()) return std::nullopt;
    if (const auto value = integer(words_[at])) {
      if (*value > 59 || words_[at].size() > 2) return std::nullopt;
      return std::pair(*value, std::size_t{1});
    }
    const auto first = small_number_word(words_[at]);
    if (!first || *first > 59) return std::nullopt;
    if (*first >= 20 && at + 1 < words_.size())
      if (const auto second = small_number_word(words_[at + 1]);
          second && *second > 0 && *second < 10)
        return std::pair(*first + *second, std::size_t{2});
    return std::pair(*first, std::size_t{1});
  }

  // half past two · quarter to five · ten past three · half two
  std::optional<int> relative() {
    const std::size_t begin = at_;
    int minutes = 0;
    take("a");
    if (take("half")) {
      minutes = 30;
    } else if (take("quarter")) {
      minutes = 15;
    } else if (const auto number = small(at_)) {
      minutes = number->first;
      at_ += number->second;
      if (!take("minutes")) take("minute");
    } else {
      at_ = begin;
      return std::nullopt;
    }
    const bool past = take("past") || take("after");
    const bool to = !past && (take("to") || take("before") || take("til") || take("till"));
    std::optional<std::pair<int, std::size_t>> hour;
    if (past || to || minutes == 30) {
      if (word() == "noon" || word() == "midday")
        hour = {12, 1};
      else if (word() == "midnight")
        hour = {0, 1};
      else
        hour = small(at_);
    }
    if (!hour || hour->first > 24 || (!past && !to && words_[begin] != "half")) {
      at_ = begin;
      return std::nullopt;
    }
    at_ += hour->second;
    const int total = hour->first * 60 + (to ? -minutes : minutes);
    return (total + kDay) % kDay;
  }

  // 15 · 15:30 · 3.30 · 1530 · 15:30:10
  std::optional<int> digits() {
    const std::string_view text = word();
    if (text.empty() || !digit(text[0])) return std::nullopt;
    const std::size_t mark = text.find_first_of(":.");
    std::optional<int> hour, minute = 0;
    if (mark != std::string_view::npos) {
      hour = integer(text.substr(0, mark));
      std::string_view rest = text.substr(mark + 1);
      if (text[mark] == ':') rest = rest.substr(0, rest.find(':'));
      minute = rest.size() == 2 ? integer(rest) : std::nullopt;
    } else if (text.size() == 4 || (text.size() == 3 && text[0] != '0')) {
      hour = integer(text.substr(0, text.size() - 2));
      minute = integer(text.substr(text.size() - 2));
    } else if (text.size() <= 2) {
      hour = integer(text);
      // "8 30"
      if (word(1).size() == 2 && integer(word(1)).value_or(60) < 60) {
        minute = integer(word(1));
        ++at_;
      }
    }
    if (!hour || !minute || *hour > 24 || *minute > 59 || (*hour == 24 && *minute > 0))
      return std::nullopt;
    ++at_;
    return *hour * 60 + *minute;
  }

  // What says which half of the day is meant.
  Half half() {
    Half found = Half::unknown;
    for (bool more = true; more;) {
      more = take("oclock") || take("o") || take("clock") || take("hours") || take("hrs") ||
             take("h") || take("uhr") || take("sharp");
      if (take("am") || take("a")) {
        take("m");
        found = Half::am;
        more = true;
      } else if (take("pm") || take("p")) {
        take("m");
        found = Half::pm;
        more = true;
      } else if (word() == "in" && word(1) == "the" && part_of_day(word(2)) != Half::unknown) {
        found = part_of_day(word(2));
        at_ += 3;
        more = true;
      } else if (word() == "at" && word(1) == "night") {
        found = Half::evening;
        at_ += 2;
        more = true;
      }
    }
    return found;
  }
  static Half part_of_day(std::string_view word) {
    if (word == "morning") return Half::am;
    if (word == "afternoon") return Half::pm;
    if (word == "evening" || word == "night") return Half::evening;
    return Half::unknown;
  }

  Result<SpokenTime> finish(SpokenTime time, int minutes, Half half, bool named) {
    if (minutes < kDay && minutes >= 13 * 60) half = Half::unknown;  // 15:30 pm
    if (minutes == kDay) minutes = 0;
    const bool twelve = minutes / 60 == 12;
    if (half == Half::am && twelve) minutes -= kNoon;
    if (half == Half::pm && !twelve) minutes += kNoon;
    // 12 at night is midnight, 2 at night is 02:00, 8 in the evening is 20:00.
    if (half == Half::evening) minutes += twelve ? -kNoon : minutes >= 5 * 60 ? kNoon : 0;
    time.minutes = minutes % kDay;
    time.twelve_hours = half != Half::unknown && !named;
    skip({"on", "at"});
    for (; at_ < words_.size(); ++at_) time.date += (time.date.empty() ? "" : " ") + words_[at_];
    return time;
  }

  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

}  // namespace

Result<SpokenTime> read_time(std::string_view text) {
  if (text.size() > 200 || text.starts_with('-'))
    return unworkable("it is no time of day that this tool can read");
  return Reader(words_of(text)).read();
}

std::string clock_text(int minutes, bool twelve_hours) {
  const int hour = minutes / 60, minute = minutes % 60;
  const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  if (!twelve_hours) return two(hour) + ":" + two(minute);
  return std::to_string(hour % 12 == 0 ? 12 : hour % 12) + ":" + two(minute) +
         (hour < 12 ? " am" : " pm");
}

}  // namespace cactus::cli
