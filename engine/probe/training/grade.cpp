#include "engine/probe/training/grade.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "engine/tokenizer/regex.h"

namespace cactus::training {
namespace {

constexpr std::array<std::string_view, 7> kNames = {"exact",     "choice", "number", "contains",
                                                    "json-call", "wer",    "regex"};

Error wrong_reference(const std::string& name, const std::string& wants) {
  return make_error(ErrorKind::usage, "the grader '" + name + "' cannot use this reference", {},
                    wants);
}

std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::vector<std::string> texts_of(const Json& reference) {
  std::vector<std::string> out;
  const auto add = [&out](const Json& item) {
    if (item.is_string()) out.push_back(item.get<std::string>());
    if (item.is_number()) out.push_back(item.dump());
  };
  if (reference.is_array()) {
    for (const Json& item : reference) add(item);
    if (out.size() != reference.size()) out.clear();
  } else {
    add(reference);
  }
  return out;
}

}  // namespace

std::span<const std::string_view> grader_names() {
  return kNames;
}

Result<Grader> Grader::make(const std::string& name, const Json& reference, const Json& limit) {
  Grader grader;
  grader.name_ = name;
  if (std::find(kNames.begin(), kNames.end(), name) == kNames.end())
    return make_error(ErrorKind::usage, "there is no grader '" + name + "'", {},
                      "exact, choice, number, contains, json-call, wer or regex");
  if (!limit.is_null() && !(limit.is_number() && limit.get<double>() >= 0))
    return make_error(ErrorKind::usage, "the limit of a grader is a number of at least 0");
  grader.limit_ = limit.is_number() ? limit.get<double>() : name == "wer" ? 0.1 : 1e-6;
  if (name == "json-call") {
    if (!reference.is_array()) return wrong_reference(name, "a list of calls; [] for none");
    for (const Json& call : reference)
      if (!call.is_object() || !call.value("name", Json()).is_string() ||
          !call.value("arguments", Json::object()).is_object())
        return wrong_reference(name, R"([{"name": "…", "arguments": {…}}])");
    grader.calls_ = reference;
    return grader;
  }
  grader.texts_ = texts_of(reference);
  if (grader.texts_.empty()) return wrong_reference(name, "a text, or a list of texts");
  if (name == "number" &&
      !(grader.texts_.size() == 1 && last_number(grader.texts_[0], grader.number_)))
    return wrong_reference(name, "one number");
  if (name == "choice" && !(grader.texts_.size() == 1 && grader.texts_[0].size() == 1 &&
                            grader.texts_[0][0] >= 'A' && grader.texts_[0][0] <= 'J'))
    return wrong_reference(name, "one letter, A to J");
  if (name == "regex")
    for (const std::string& pattern : grader.texts_)
      if (const auto regex = text::Regex::compile(pattern); !regex)
        return make_error(ErrorKind::usage, "'" + pattern + "' is no regular expression",
                          regex.error().why.empty() ? regex.error().what : regex.error().why);
  return grader;
}

Result<Grade> Grader::grade(const Answer& answer) const {
  const auto verdict = [](bool right) { return Grade{right, right ? 1.0 : 0.0}; };
  if (name_ == "json-call") return verdict(same_json(calls_of(answer), calls_));
  const std::string said = normal_text(answer.text);
  if (name_ == "choice") return verdict(chosen_letter(said) == texts_[0][0]);
  if (name_ == "number") {
    double value = 0;
    return verdict(last_number(said, value) &&
                   std::abs(value - number_) <= limit_ * std::max(1.0, std::abs(number_)));
  }
  if (name_ == "wer") {
    double best = INFINITY;
    for (const std::string& text : texts_) best = std::min(best, word_error_rate(text, said));
    return Grade{best <= limit_, best};
  }
  for (const std::string& text : texts_) {
    if (name_ == "exact" && said == normal_text(text)) return verdict(true);
    if (name_ == "contains" && lowered(said).find(lowered(normal_text(text))) != std::string::npos)
      return verdict(true);
    if (name_ != "regex") continue;
    CACTUS_TRY(regex, text::Regex::compile(text));
    std::vector<text::Range> found;
    CACTUS_CHECK(regex.find_all(answer.text, text::MatchBudget(answer.text.size()), found));
    if (!found.empty()) return verdict(true);
  }
  return verdict(false);
}

}  // namespace cactus::training
