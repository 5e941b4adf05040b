#include "cli/repl/complete.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/model_flags.h"
#include "cli/repl/saved.h"
#include "cli/repl/slash.h"

namespace cactus::cli {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMostPaths = 200;

std::vector<std::string> paths(const std::string& word) {
  const std::size_t slash = word.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : word.substr(0, slash + 1);
  const std::string begin = slash == std::string::npos ? word : word.substr(slash + 1);
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(begin) || (name.front() == '.' && begin.empty())) continue;
    found.push_back(folder + name + (entry.is_directory(ignored) ? "/" : ""));
    if (found.size() == kMostPaths) break;
  }
  return found;
}

}  // namespace

WordChoices complete_line(std::string_view line) {
  WordChoices choices;
  const std::size_t space = line.find_last_of(" \n");
  choices.begin = space == std::string_view::npos ? 0 : space + 1;
  const std::string word(line.substr(choices.begin));
  const std::string command(line.substr(0, std::min(line.find(' '), line.size())));
  if (choices.begin == 0) {
    if (word.starts_with('/') && word.find('/', 1) == std::string::npos)
      choices.words = slash_names();
    else if (word.find('/') != std::string::npos)
      choices.words = paths(word);
  } else if (command == "/set") {
    choices.words = option_names();
  } else if (command == "/load" || command == "/save") {
    choices.words = saved_conversations();
  } else if (command == "/show") {
    choices.words = {"info", "params", "route", "stats"};
  } else if (command == "/stats") {
    choices.words = {"on", "off"};
  } else {
    choices.words = paths(word);
  }
  std::erase_if(choices.words, [&](const std::string& w) { return !w.starts_with(word); });
  std::sort(choices.words.begin(), choices.words.end());
  return choices;
}

}  // namespace cactus::cli
