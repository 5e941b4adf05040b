#include "cli/first_word.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "cli/model_path.h"
#include "engine/builtin/builtin.h"

namespace cactus::cli {
namespace {

// Words that requests begin with, and that nobody calls a model.
constexpr std::string_view kOpenings[] = {
    "what",      "whats",     "when",    "where",    "which",    "who",       "whose",
    "whom",      "why",       "how",     "is",       "are",      "was",       "were",
    "do",        "does",      "did",     "can",      "could",    "will",      "would",
    "should",    "please",    "convert", "change",   "turn",     "calculate", "compute",
    "evaluate",  "solve",     "work",    "add",      "subtract", "multiply",  "divide",
    "count",     "number",    "flip",    "toss",     "roll",     "throw",     "pick",
    "choose",    "select",    "draw",    "generate", "make",     "create",    "give",
    "tell",      "show",      "find",    "write",    "explain",  "describe",  "translate",
    "days",      "weekday",   "date",    "time",     "current",  "local",     "half",
    "square",    "cube",      "sqrt",    "random",   "hello",    "hi",        "hey",
    "thanks",    "thank",     "the",     "a",        "an",       "i",         "im",
    "my",        "in",        "if",      "it",       "let",      "reverse",   "uppercase",
    "lowercase", "put",       "express", "heads",    "password", "coin",      "dice",
    "summarise", "summarize", "on",      "at",       "from",     "say",       "invent",
    "suggest",   "help",      "decide",  "someone",  "there",    "today",     "tomorrow",
    "two",       "three",     "four",    "five",     "six",      "seven",     "eight",
    "nine",      "ten",       "twelve",  "twenty",   "hundred",  "one",       "dice",
    "new"};

bool opens_a_request(const std::string& word) {
  std::string plain;
  for (const char c : word)
    if (std::isalpha(static_cast<unsigned char>(c)) != 0)
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (std::string_view("',.!:;").find(c) == std::string_view::npos)
      return false;
  return std::find(std::begin(kOpenings), std::end(kOpenings), plain) != std::end(kOpenings);
}

// "12*7", "(3+4)^2", "18%", "$45": digits and signs of arithmetic alone.
bool is_arithmetic(const std::string& word) {
  bool digit = false;
  for (const char c : word) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0)
      digit = true;
    else if (std::string_view(".,+-*/^%()=!x$").find(c) == std::string_view::npos &&
             static_cast<unsigned char>(c) < 0x80)
      return false;
  }
  return digit;
}

bool begins_prompt(const std::string& word, bool more_words) {
  if (word.find_first_of(" \t\n") != std::string::npos) return true;
  if (word == "-") return true;  // standard input goes there
  if (word.back() == '?') return true;
  if (is_arithmetic(word)) {
    const bool number = std::all_of(word.begin(), word.end(), [](unsigned char c) {
      return std::isdigit(c) != 0 || c == '.' || c == ',';
    });
    return more_words || !number;
  }
  return opens_a_request(word);
}

}  // namespace

void split_first_word(std::string& model, std::vector<std::string>& words,
                      const std::function<bool(const std::string&)>& exists) {
  if (model.empty() || model == kBuiltinName || !begins_prompt(model, !words.empty()) ||
      exists(model))
    return;
  words.insert(words.begin(), model);
  model = kBuiltinName;
}

std::string meant_as_prompt(const std::string& model, const std::vector<std::string>& words) {
  if (model.find_first_of("/~@:") != std::string::npos || model.starts_with('.')) return {};
  std::string prompt = model;
  for (const std::string& word : words) prompt += " " + word;
  return "cactus run " + std::string(kBuiltinName) + " " + shell_word(prompt) +
         ", if that is a prompt";
}

}  // namespace cactus::cli
