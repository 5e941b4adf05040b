// What graders are made of: reading letters, numbers, words and calls out of an answer.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <span>

#include "engine/probe/training/grade.h"

namespace cactus::training {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_word(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x80 || std::isalnum(u) != 0;
}

// A letter A … J that stands alone at `at`: not part of a word.
char letter_at(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] < 'A' || text[at] > 'J') return 0;
  if (at > 0 && is_word(text[at - 1])) return 0;
  if (at + 1 < text.size() && (is_word(text[at + 1]) || text[at + 1] == '\'')) return 0;
  return text[at];
}

// "A dog", "I think": an article or a pronoun, no choice.
bool begins_a_phrase(std::string_view text, std::size_t at) {
  return (text[at] == 'A' || text[at] == 'I') && at + 2 < text.size() && text[at + 1] == ' ' &&
         text[at + 2] >= 'a' && text[at + 2] <= 'z';
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (is_word(c) || c == '\'') {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

// Calls in any of the usual shapes, as [{"name", "arguments"}]; null when it is none.
Json plain_calls(const Json& value) {
  if (value.is_object()) {
    if (value.contains("tool_calls")) return plain_calls(value["tool_calls"]);
    return plain_calls(Json::array({value}));
  }
  if (!value.is_array()) return nullptr;
  Json calls = Json::array();
  for (const Json& item : value) {
    const Json call = item.is_object() && item.contains("function") && item["function"].is_object()
                          ? item["function"]
                          : item;
    if (!call.is_object() || !call.value("name", Json()).is_string()) return nullptr;
    Json arguments =
        call.contains("arguments") ? call["arguments"] : call.value("parameters", Json::object());
    if (arguments.is_string()) {
      auto parsed = parse_json(arguments.get<std::string>(), "arguments");
      if (!parsed) return nullptr;
      arguments = std::move(*parsed);
    }
    calls.push_back({{"name", call["name"]}, {"arguments", std::move(arguments)}});
  }
  return calls;
}

}  // namespace

std::string normal_text(std::string_view text) {
  std::string out;
  bool gap = false;
  for (const char c : text) {
    if (is_space(c)) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += c;
  }
  return out;
}

char chosen_letter(std::string_view answer) {
  const auto choice_at = [&](std::size_t i) {
    return begins_a_phrase(answer, i) ? '\0' : letter_at(answer, i);
  };
  std::string lower(answer);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (const std::size_t said = lower.rfind("answer"); said != std::string::npos)
    for (std::size_t i = said + 6; i < answer.size(); ++i)
      if (const char letter = choice_at(i)) return letter;
  for (std::size_t i = 0; i < answer.size() && i < 3; ++i)
    if (const char letter = choice_at(i)) return letter;
  for (std::size_t i = answer.size(); i-- > 0;)
    if (const char letter = choice_at(i)) return letter;
  return 0;
}

bool last_number(std::string_view answer, double& value) {
  std::string digits;  // thousands' commas left out
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const auto digit = [&](std::size_t at) {
      return at < answer.size() && answer[at] >= '0' && answer[at] <= '9';
    };
    const bool group = answer[i] == ',' && i > 0 && digit(i - 1) && digit(i + 1) && digit(i + 2) &&
                       digit(i + 3) && !digit(i + 4);
    if (!group) digits += answer[i];
  }
  bool found = false;
  for (std::size_t i = 0; i < digits.size();) {
    const bool number = digits[i] >= '0' && digits[i] <= '9';
    if (!number) {
      ++i;
      continue;
    }
    std::size_t begin = i;
    if (begin > 0 && digits[begin - 1] == '.') --begin;
    // A minus is a sign unless it stands behind something ("3-4").
    if (begin > 0 && digits[begin - 1] == '-' && (begin == 1 || !is_word(digits[begin - 2])))
      --begin;
    double parsed = 0;
    const auto [end, error] =
        std::from_chars(digits.data() + begin, digits.data() + digits.size(), parsed);
    i = static_cast<std::size_t>(end - digits.data());
    if (error != std::errc()) continue;  // beyond what a double holds
    value = parsed;
    found = true;
  }
  return found;
}

bool same_json(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return a.get<double>() == b.get<double>();
  if (a.type() != b.type()) return false;
  if (a.is_object()) {
    if (a.size() != b.size()) return false;
    for (const auto& [key, value] : a.items()) {
      const auto other = b.find(key);
      if (other == b.end() || !same_json(value, *other)) return false;
    }
    return true;
  }
  if (a.is_array()) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!same_json(a[i], b[i])) return false;
    return true;
  }
  return a == b;
}

// Levenshtein over words without punctuation and case, divided by the reference's words.
double word_error_rate(std::string_view reference, std::string_view answer) {
  const std::vector<std::string> want = words_of(reference), have = words_of(answer);
  if (want.empty()) return have.empty() ? 0 : INFINITY;
  std::vector<std::size_t> row(have.size() + 1);
  for (std::size_t j = 0; j <= have.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= want.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= have.size(); ++j) {
      const std::size_t change = diagonal + (want[i - 1] == have[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return static_cast<double>(row.back()) / static_cast<double>(want.size());
}

Json calls_of(const Answer& answer) {
  if (!answer.tool_calls.empty()) return plain_calls(answer.tool_calls);
  const std::size_t begin = answer.text.find_first_of("[{"), end = answer.text.find_last_of("]}");
  if (begin == std::string::npos || end == std::string::npos || end < begin) return Json::array();
  const auto parsed =
      parse_json(std::string_view(answer.text).substr(begin, end - begin + 1), "it");
  if (!parsed) return Json::array();  // talk with a bracket in it
  return plain_calls(*parsed);
}

}  // namespace cactus::training
