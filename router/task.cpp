#include "router/task.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace cactus {
namespace {

constexpr std::size_t kLong = 32'000;  // bytes, about 8,000 tokens

constexpr std::array kNames = {
    std::pair{TaskKind::general, "general"}, std::pair{TaskKind::code, "code"},
    std::pair{TaskKind::math, "math"},       std::pair{TaskKind::tools, "tools"},
    std::pair{TaskKind::long_text, "long"},
};

// Written as they stand in programs, or said about them. Words are matched whole.
constexpr std::array kCodeMarks = {"```",     "#include", "std::",   "SELECT ", "Traceback (",
                                   "();",     "() {",     "</",      "=> {",    "def ",
                                   "import ", "console.", "fn main", "$ git",   "};"};
constexpr std::array kCodeWords = {"python", "javascript", "typescript", "rust",    "c++",   "sql",
                                   "regex",  "bash",       "compiler",   "code",    "debug", "html",
                                   "golang", "java",       "refactor",   "unittest"};
constexpr std::array kMathMarks = {"\\frac", "\\int", "\\sum", "∫", "∑", "√", "^2", "x^"};
constexpr std::array kMathWords = {"solve",       "integral", "derivative", "equation",  "prove",
                                   "probability", "theorem",  "matrix",     "polynomial"};

std::string text_of(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (content.is_array())
    for (const Json& part : content)
      if (part.is_object() && part.contains("text") && part["text"].is_string())
        text += part["text"].get<std::string>() + "\n";
  return text;
}

template <class Marks>
bool has_mark(const std::string& text, const Marks& marks) {
  return std::any_of(marks.begin(), marks.end(),
                     [&](const char* mark) { return text.find(mark) != std::string::npos; });
}

template <class Words>
bool has_word(const std::string& text, const Words& words) {
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const auto c = static_cast<unsigned char>(i < text.size() ? text[i] : ' ');
    if (std::isalnum(c) || c == '+' || c == '#') {
      word += static_cast<char>(std::tolower(c));
      continue;
    }
    if (std::find(words.begin(), words.end(), word) != words.end()) return true;
    word.clear();
  }
  return false;
}

}  // namespace

TaskKind task_kind(const Json& messages, const Json& tools) {
  if (tools.is_array() && !tools.empty()) return TaskKind::tools;
  std::size_t bytes = 0;
  std::string question;
  for (const Json& message : messages) {
    if (!message.is_object() || !message.contains("content")) continue;
    std::string text = text_of(message["content"]);
    bytes += text.size();
    if (message.value("role", "") == "user") question = std::move(text);
  }
  if (bytes > kLong) return TaskKind::long_text;
  if (has_mark(question, kCodeMarks) || has_word(question, kCodeWords)) return TaskKind::code;
  if (has_mark(question, kMathMarks) || has_word(question, kMathWords)) return TaskKind::math;
  return TaskKind::general;
}

std::string_view task_name(TaskKind kind) {
  for (const auto& [known, name] : kNames)
    if (known == kind) return name;
  return "";
}

std::optional<TaskKind> parse_task(std::string_view name) {
  for (const auto& [kind, known] : kNames)
    if (known == name) return kind;
  return std::nullopt;
}

}  // namespace cactus
