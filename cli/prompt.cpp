#include "cli/prompt.h"

#include <algorithm>

#include "cli/attach.h"
#include "cli/files.h"
#include "engine/base/utf8.h"

namespace cactus::cli {
namespace {

void append_part(std::string& text, std::string_view part) {
  while (!part.empty() && part.back() == '\n') part.remove_suffix(1);
  if (part.empty()) return;
  if (!text.empty()) text += "\n\n";
  text += part;
}

}  // namespace

Status check_text(std::string_view bytes, std::string_view name) {
  if (const std::string_view kind = file_kind(bytes); !kind.empty())
    return make_error(ErrorKind::usage, std::string(name) + " is a " + std::string(kind),
                      "a prompt is text",
                      can_attach(bytes) ? "cactus run MODEL --attach FILE \"a question\""
                                        : "give its text instead");
  if (!utf8::is_valid(bytes) || bytes.find('\0') != std::string_view::npos)
    return make_error(ErrorKind::usage, std::string(name) + " is not text",
                      "a prompt is UTF-8, and these bytes are not",
                      "iconv -f ISO-8859-1 -t UTF-8 FILE, if it is text in another encoding");
  return ok_status();
}

Result<std::string> text_or_file(const std::string& argument) {
  if (!argument.starts_with('@')) {
    CACTUS_CHECK(check_text(argument, "the text given"));
    return argument;
  }
  CACTUS_TRY(text, read_file(argument.substr(1)));
  CACTUS_CHECK(check_text(text, "'" + argument.substr(1) + "'"));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return std::move(text);
}

Result<Prompt> assemble_prompt(const PromptInput& input, bool has_stdin,
                                    const std::function<Result<std::string>()>& read_stdin) {
  const bool placed = std::find(input.words.begin(), input.words.end(), "-") != input.words.end();
  Prompt prompt;
  std::string piped;
  if (has_stdin || placed) {
    CACTUS_TRY(bytes, read_stdin());
    if (!placed && can_attach(bytes)) {
      prompt.attached = std::move(bytes);
      bytes.clear();
    }
    CACTUS_CHECK(check_text(bytes, "standard input"));
    piped = std::move(bytes);
    while (!piped.empty() && piped.back() == '\n') piped.pop_back();
  }
  std::string line;
  bool used = false;
  for (const std::string& word : input.words) {
    const bool here = word == "-" && !used;
    if (&word != &input.words.front()) line += ' ';
    line += here ? piped : word;
    used = used || here;
  }
  CACTUS_CHECK(check_text(line, "the prompt"));
  CACTUS_CHECK(check_text(input.prompt, "the prompt"));
  std::string& text = prompt.text;
  append_part(text, line);
  append_part(text, input.prompt);
  for (const std::string& file : input.files) {
    CACTUS_TRY(content, read_file(file));
    CACTUS_CHECK(check_text(content, "'" + file + "'"));
    append_part(text, content);
  }
  if (!placed) append_part(text, piped);
  return prompt;
}

}  // namespace cactus::cli
