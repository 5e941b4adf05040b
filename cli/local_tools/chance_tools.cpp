// random_number, roll_dice, flip_coin, pick_one, make_password: from the system's generator.
#include <cmath>
#include <cstring>

#include "cli/local_tools/chance.h"
#include "cli/local_tools/local_tools.h"

namespace cactus::cli {
namespace {

constexpr std::int64_t kMostNumber = 1'000'000'000'000'000'000;
constexpr std::int64_t kMostDice = 1'000, kMostSides = 1'000'000, kMostFlips = 10'000;
constexpr std::int64_t kShown = 100;  // throws written out in words

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kSymbols = "!#$%&*+-./:;=?@_~";

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i)
    text += (i == 0 ? "" : i + 1 == items.size() ? " and " : ", ") + items[i];
  return text;
}

bool has_one_of(const std::string& text, std::string_view letters) {
  return text.find_first_of(letters) != std::string::npos;
}

}  // namespace

Result<std::uint64_t> draw(const ToolEnvironment& environment, std::uint64_t count) {
  const std::uint64_t excess = count == 0 ? 0 : (UINT64_MAX % count + 1) % count;
  for (int attempt = 0; attempt < 1'000; ++attempt) {
    std::uint8_t bytes[8];
    CACTUS_CHECK(environment.random(bytes));
    std::uint64_t value = 0;
    std::memcpy(&value, bytes, sizeof value);
    if (value <= UINT64_MAX - excess) return count == 0 ? value : value % count;
  }
  return make_error(ErrorKind::resources, "the system's random numbers are not random",
                    "a thousand draws in a row fell outside of the range");
}

Result<ToolAnswer> run_random_number(const Arguments& arguments,
                                     const ToolEnvironment& environment) {
  CACTUS_TRY(low, arguments.integer("low", -kMostNumber, kMostNumber));
  CACTUS_TRY(high, arguments.integer("high", -kMostNumber, kMostNumber));
  std::int64_t first = low.value_or(1), last = high.value_or(100);
  if (low && high && first > last) std::swap(first, last);  // "between 10 and 1"
  if (first > last)
    return make_error(
        ErrorKind::usage,
        "there is no number from " + std::to_string(first) + " to " + std::to_string(last),
        low ? "the greatest is 100 when nothing else is said"
            : "the least is 1 when nothing else is said",
        "both ends: 'a random number from -5 to 0'");
  CACTUS_TRY(step, draw(environment, static_cast<std::uint64_t>(last - first) + 1));
  const std::int64_t number = first + static_cast<std::int64_t>(step);
  ToolAnswer answer;
  answer.value = {{"number", number}, {"low", first}, {"high", last}};
  answer.sentence = std::to_string(number) + " (from " + std::to_string(first) + " to " +
                    std::to_string(last) + ")";
  return answer;
}

Result<ToolAnswer> run_roll_dice(const Arguments& arguments, const ToolEnvironment& environment) {
  CACTUS_TRY(asked_count, arguments.integer("count", 1, kMostDice));
  CACTUS_TRY(asked_sides, arguments.integer("sides", 2, kMostSides));
  const std::int64_t count = asked_count.value_or(1), sides = asked_sides.value_or(6);
  ToolAnswer answer;
  Json rolls = Json::array();
  std::int64_t total = 0;
  std::string shown;
  for (std::int64_t i = 0; i < count; ++i) {
    CACTUS_TRY(side, draw(environment, static_cast<std::uint64_t>(sides)));
    const auto roll = static_cast<std::int64_t>(side) + 1;
    rolls.push_back(roll);
    total += roll;
    if (i < kShown) shown += (i == 0 ? "" : " + ") + std::to_string(roll);
  }
  answer.value = {{"sides", sides}, {"rolls", rolls}, {"total", total}};
  const std::string dice = std::to_string(count) + "d" + std::to_string(sides);
  answer.sentence = count == 1 ? "Rolled " + std::to_string(total) + " (" + dice + ")"
                               : "Rolled " + shown + (count > kShown ? " + …" : "") + " = " +
                                     std::to_string(total) + " (" + dice + ")";
  return answer;
}

Result<ToolAnswer> run_flip_coin(const Arguments& arguments, const ToolEnvironment& environment) {
  CACTUS_TRY(asked, arguments.integer("count", 1, kMostFlips));
  const std::int64_t count = asked.value_or(1);
  Json flips = Json::array();
  std::int64_t heads = 0;
  std::string shown;
  for (std::int64_t i = 0; i < count; ++i) {
    CACTUS_TRY(side, draw(environment, 2));
    const bool head = side == 0;
    heads += head ? 1 : 0;
    flips.push_back(head ? "heads" : "tails");
    if (i < kShown) shown += (i == 0 ? "" : ", ") + std::string(head ? "heads" : "tails");
  }
  ToolAnswer answer;
  answer.value = {{"flips", flips}, {"heads", heads}, {"tails", count - heads}};
  if (count == 1) {
    answer.sentence = heads == 1 ? "Heads" : "Tails";
  } else {
    answer.sentence = shown + (count > kShown ? ", …" : "") + " (" + std::to_string(heads) +
                      " heads, " + std::to_string(count - heads) + " tails)";
  }
  return answer;
}

Result<ToolAnswer> run_pick_one(const Arguments& arguments, const ToolEnvironment& environment) {
  CACTUS_TRY(options, arguments.texts("options"));
  if (options.empty())
    return make_error(ErrorKind::usage, "there is nothing to pick from", "the list is empty",
                      "'pick one of tea, coffee and water'");
  CACTUS_TRY(index, draw(environment, options.size()));
  ToolAnswer answer;
  answer.value = {{"picked", options[index]}, {"options", options}};
  answer.sentence = options[index] + (options.size() == 1 ? " (there was nothing else to pick)"
                                                          : " (from " + joined(options) + ")");
  return answer;
}

Result<ToolAnswer> run_make_password(const Arguments& arguments,
                                     const ToolEnvironment& environment) {
  CACTUS_TRY(asked, arguments.integer("length", 6, 256));
  CACTUS_TRY(with_symbols, arguments.boolean("symbols"));
  const std::int64_t length = asked.value_or(16);
  const bool symbols = with_symbols.value_or(true);
  std::string alphabet(kLetters);
  alphabet += kCapitals;
  alphabet += kDigits;
  if (symbols) alphabet += kSymbols;
  // Drawn again as a whole until every kind is in it: every such password is equally likely.
  for (int attempt = 0; attempt < 10'000; ++attempt) {
    std::string password;
    for (std::int64_t i = 0; i < length; ++i) {
      CACTUS_TRY(index, draw(environment, alphabet.size()));
      password += alphabet[index];
    }
    if (!has_one_of(password, kLetters) || !has_one_of(password, kCapitals) ||
        !has_one_of(password, kDigits) || (symbols && !has_one_of(password, kSymbols)))
      continue;
    const double bits =
        static_cast<double>(length) * std::log2(static_cast<double>(alphabet.size()));
    ToolAnswer answer;
    answer.value = {{"password", password},
                    {"length", length},
                    {"symbols", symbols},
                    {"entropy_bits", static_cast<std::int64_t>(bits)}};
    answer.sentence = password;
    answer.secret = password;
    return answer;
  }
  return make_error(ErrorKind::resources, "the system's random numbers are not random",
                    "ten thousand passwords in a row lacked a kind of letter");
}

}  // namespace cactus::cli
