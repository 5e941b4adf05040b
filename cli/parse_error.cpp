#include "cli/parse_error.h"

#include <CLI/CLI.hpp>

#include "cli/suggest.h"

namespace cactus::cli {
namespace {

const CLI::App& deepest(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

std::string path_of(const CLI::App& root) {
  std::string path = root.get_name();
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    path += " " + app->get_name();
  }
  return path;
}

std::vector<std::string> option_names(const CLI::App& root) {
  std::vector<std::string> names;
  const CLI::App* app = &root;
  for (;;) {
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    if (app->get_subcommands().empty()) return names;
    app = app->get_subcommands().front();
  }
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!sub->get_group().empty()) names.push_back(sub->get_name());
  return names;
}

std::string did_you_mean(const std::string& near) {
  return near.empty() ? std::string() : " – did you mean '" + near + "'?";
}

// Beside a command that is about keys, a long word may be one.
bool may_be_key(const CLI::App& root, const std::string& word) {
  constexpr std::size_t kShort = 16;
  const auto commands = root.get_subcommands();
  return word.size() > kShort && !commands.empty() && commands.front()->get_name() == "auth";
}

Error left_over(const CLI::App& root, const std::string& word) {
  const std::string help = path_of(root) + " --help";
  if (may_be_key(root, word))
    return make_error(ErrorKind::usage, "there is one argument too many",
                      "keys do not belong on a command line; they come from a terminal or a pipe",
                      "cactus auth login PROVIDER --with-token < FILE");
  if (word.size() > 1 && word[0] == '-') {
    const std::string name = word.substr(0, word.find('='));
    const bool has_prompt = deepest(root).get_option_no_throw("prompt") != nullptr;
    return make_error(ErrorKind::usage,
                      "no option '" + name + "'" + did_you_mean(closest(name, option_names(root))),
                      has_prompt ? "words of a prompt that begin with '-' go after --" : "", help);
  }
  const CLI::App& app = deepest(root);
  const std::vector<std::string> commands = command_names(app);
  if (commands.empty())
    return make_error(ErrorKind::usage, "'" + word + "' is one argument too many", "", help);
  return make_error(ErrorKind::usage,
                    "no command '" + word + "'" + did_you_mean(closest(word, commands)), "", help);
}

}  // namespace

Error parse_error(const CLI::App& root, const CLI::ParseError& error) {
  const std::string help = path_of(root) + " --help";
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    // The first one that looks like a mistake: an unknown option before words around it.
    const std::vector<std::string> words = root.remaining(true);
    for (const std::string& word : words)
      if (word.size() > 1 && word[0] == '-') return left_over(root, word);
    if (!words.empty()) return left_over(root, words.front());
  }
  std::string what = error.what();
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    // "Could not convert: --temp = abc"
    const std::size_t colon = what.find(": "), equal = what.find(" = ");
    if (colon != std::string::npos && equal != std::string::npos && colon < equal)
      what =
          what.substr(colon + 2, equal - colon - 2) + " cannot be '" + what.substr(equal + 3) + "'";
  }
  if (!what.empty() && what[0] >= 'A' && what[0] <= 'Z' && what.size() > 1 && what[1] >= 'a')
    what[0] = static_cast<char>(what[0] - 'A' + 'a');
  return make_error(ErrorKind::usage, what, "", help);
}

}  // namespace cactus::cli
