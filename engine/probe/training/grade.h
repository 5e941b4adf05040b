// An answer against its reference: right or wrong, by rules that are written down (docs/probe.md).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace cactus::training {

struct Answer {
  std::string text;
  Json tool_calls = Json::array();  // [{"name":…, "arguments":{…}}]
};

struct Grade {
  bool right = false;
  double score = 0;  // 1 or 0; for wer, the word error rate
};

// exact, choice, number, contains, json-call, wer, regex
std::span<const std::string_view> grader_names();

// A grader with one case's reference, checked. `reference` is what the grader wants: a text or a
// list of texts of which one is enough (exact, contains, wer, regex), a letter (choice), a number
// (number), a list of calls (json-call). `limit`: of wer, the highest rate that is right (unset:
// 0.1); of number, the relative tolerance (unset: 1e-6). Errors: usage.
class Grader {
 public:
  static Result<Grader> make(const std::string& name, const Json& reference, const Json& limit);
  Result<Grade> grade(const Answer& answer) const;  // usage: a regex that needs too long

 private:
  std::string name_;
  std::vector<std::string> texts_;
  double number_ = 0, limit_ = 0;
  Json calls_;
};

// The parts, for tests.
std::string normal_text(std::string_view text);  // trimmed, runs of white space become one space
char chosen_letter(std::string_view answer);     // 'A' … 'J', or 0
bool last_number(std::string_view answer, double& value);
bool same_json(const Json& a, const Json& b);  // 3 is 3.0; keys in any order, lists in theirs
double word_error_rate(std::string_view reference, std::string_view answer);
// The calls of an answer: its tool calls, else those its text spells as JSON; null: malformed.
Json calls_of(const Answer& answer);

}  // namespace cactus::training
