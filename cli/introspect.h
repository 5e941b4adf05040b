// The command tree as data: help, completion, the manual page and docs/reference.md are all made
// from this one walk over it, so they cannot disagree with what is parsed.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace cactus::cli {

struct OptionDoc {
  std::vector<std::string> names;  // "-t", "--temp"; empty for a positional
  std::string value;               // "FILE", "auto|always|never"; empty for a plain flag
  bool optional_value = false;     // --think[=VALUE]
  bool repeatable = false, required = false;
  std::string group, help;
  std::string positional;  // "MODEL"; empty for an option
};

struct CommandDoc {
  std::string path;  // "cactus config set"
  std::string name, summary, group;
  std::vector<std::string> aliases;  // other names: "pull"
  std::vector<OptionDoc> options;    // positionals first, then by group
  std::vector<OptionDoc> most_used;  // options in the order they were added: -h shows the first
  std::vector<std::string> examples;
  std::vector<CommandDoc> commands;
};

// The group of options that every command has; listed last.
inline constexpr char kGeneralGroup[] = "General";

CommandDoc describe(const CLI::App& app);
// The command at `path` ("config set"), or null.
const CommandDoc* find_command(const CommandDoc& root, std::string_view path);

// What a command's help ends with; kept in the tree as its footer, one a line. A line is a shell
// command, and a comment after two spaces and '#'.
void set_examples(CLI::App& app, const std::vector<std::string>& examples);

std::string usage_line(const CommandDoc& command);
// -h: one screen. --help: everything. `bold` wraps headings for a terminal.
std::string short_help(const CommandDoc& command, bool bold);
std::string long_help(const CommandDoc& command, bool bold);

std::string reference_markdown(const CommandDoc& root);  // docs/reference.md
std::string man_page(const CommandDoc& root);            // roff

}  // namespace cactus::cli
