// Help on the terminal, docs/reference.md and the manual page, from the command tree.
#include <algorithm>

#include "cli/introspect.h"
#include "cli/render/format.h"
#include "engine/base/utf8.h"

namespace cactus::cli {
namespace {

constexpr std::size_t kShortCommands = 15;
constexpr std::size_t kShortOptions = 6, kShortExamples = 3;
constexpr int kColumn = 28;

std::string heading(const std::string& text, bool bold) {
  return bold ? "\x1b[1m" + text + "\x1b[0m\n" : text + "\n";
}

std::string option_names(const OptionDoc& option) {
  if (!option.positional.empty())
    return (option.required ? option.positional : "[" + option.positional + "]") +
           (option.repeatable ? "…" : "");
  std::string text;
  // Aligned with and without a short name.
  if (!option.names.front().starts_with("--")) {
    text = option.names.front();
  } else {
    text = "    ";
  }
  for (const std::string& name : option.names) {
    if (!name.starts_with("--")) continue;
    text += text == "    " ? name : ", " + name;
  }
  if (option.value.empty()) return text;
  return text + (option.optional_value ? "[=" + option.value + "]" : " " + option.value);
}

std::string row(const std::string& left, const std::string& right) {
  std::string line = "  " + left;
  const int width = display_width(line);
  if (width + 2 > kColumn)
    line += "\n" + std::string(kColumn, ' ');
  else
    line += std::string(static_cast<std::size_t>(kColumn - width), ' ');
  return line + right + "\n";
}

std::vector<std::string> groups_of(const std::vector<CommandDoc>& commands) {
  std::vector<std::string> groups;
  for (const CommandDoc& command : commands)
    if (std::find(groups.begin(), groups.end(), command.group) == groups.end())
      groups.push_back(command.group);
  return groups;
}

std::string command_rows(const CommandDoc& command, bool bold) {
  std::string text;
  for (const std::string& group : groups_of(command.commands)) {
    text += "\n" + heading(group, bold);
    for (const CommandDoc& sub : command.commands)
      if (sub.group == group) text += row(sub.name, sub.summary);
  }
  return text;
}

// Many commands on one screen: the first group with what each does, the others by name.
std::string command_names(const CommandDoc& command, bool bold) {
  if (command.commands.size() <= kShortCommands) return command_rows(command, bold);
  std::string text;
  bool first = true;
  for (const std::string& group : groups_of(command.commands)) {
    text += "\n" + heading(group, bold);
    std::string line;
    for (const CommandDoc& sub : command.commands) {
      if (sub.group != group) continue;
      if (first) {
        text += row(sub.name, sub.summary);
        continue;
      }
      if (line.size() + sub.name.size() > 70) {
        text += line + ",\n";
        line.clear();
      }
      line += (line.empty() ? "  " : ", ") + sub.name;
    }
    if (!line.empty()) text += line + "\n";
    first = false;
  }
  return text;
}

std::string example_rows(const CommandDoc& command, std::size_t most, bool bold) {
  if (command.examples.empty()) return {};
  std::string text = "\n" + heading("Examples", bold);
  for (std::size_t i = 0; i < std::min(most, command.examples.size()); ++i)
    text += "  " + command.examples[i] + "\n";
  return text;
}

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += std::string("\\&") + c;
    } else {
      out += c;
    }
  }
  return out;
}

void man_command(std::string& out, const CommandDoc& command) {
  out += ".SS " + roff(command.path) + "\n" + roff(command.summary) + ".\n.PP\n.B " +
         roff(usage_line(command)) + "\n";
  for (const OptionDoc& option : command.options) {
    if (option.positional.empty() && option.group == kGeneralGroup &&
        command.path.find(' ') != std::string::npos)
      continue;
    std::string names = option_names(option);
    names.erase(0, names.find_first_not_of(' '));
    out += ".TP\n.B " + roff(names) + "\n" + roff(option.help) + "\n";
  }
  if (!command.examples.empty()) {
    out += ".PP\nExamples:\n.nf\n";
    for (const std::string& example : command.examples) out += "  " + roff(example) + "\n";
    out += ".fi\n";
  }
  for (const CommandDoc& sub : command.commands) man_command(out, sub);
}

std::string table_cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

void reference_command(std::string& out, const CommandDoc& command) {
  out += "\n## `" + command.path + "`\n\n" + command.summary + ".\n\n```text\n" +
         usage_line(command) + "\n```\n";
  std::string group = "\n";
  for (const OptionDoc& option : command.options) {
    const std::string title = option.positional.empty() ? option.group : "Arguments";
    // What every command has is said once, for `cactus` itself.
    if (title == kGeneralGroup && command.path.find(' ') != std::string::npos) continue;
    if (title != group) {
      out += "\n| " + title + " | |\n|---|---|\n";
      group = title;
    }
    std::string names = option_names(option);
    names.erase(0, names.find_first_not_of(' '));
    out += "| `" + table_cell(names) + "` | " + table_cell(option.help) + " |\n";
  }
  if (!command.commands.empty()) {
    out += "\n| Command | |\n|---|---|\n";
    for (const CommandDoc& sub : command.commands)
      out += "| `" + sub.path + "` | " + table_cell(sub.summary) + " |\n";
  }
  if (!command.examples.empty()) {
    out += "\n```sh\n";
    for (const std::string& example : command.examples) out += example + "\n";
    out += "```\n";
  }
  for (const CommandDoc& sub : command.commands) reference_command(out, sub);
}

}  // namespace

std::string usage_line(const CommandDoc& command) {
  std::string text = command.path;
  const bool options = std::any_of(command.options.begin(), command.options.end(),
                                   [](const OptionDoc& o) { return o.positional.empty(); });
  if (!command.commands.empty()) text += " COMMAND";
  if (options) text += " [OPTIONS]";
  for (const OptionDoc& option : command.options)
    if (!option.positional.empty()) text += " " + option_names(option);
  return text;
}

std::string short_help(const CommandDoc& command, bool bold) {
  std::string text =
      command.summary + "\n\n" + heading("Usage", bold) + "  " + usage_line(command) + "\n";
  text += command_names(command, bold);
  if (!command.options.empty()) {
    text += "\n" + heading("Options", bold);
    for (const OptionDoc& option : command.options)
      if (!option.positional.empty()) text += row(option_names(option), option.help);
    for (std::size_t i = 0; i < std::min(kShortOptions, command.most_used.size()); ++i)
      text += row(option_names(command.most_used[i]), command.most_used[i].help);
  }
  text += example_rows(command, kShortExamples, bold);
  return text + "\n--help for all, cactus help for topics\n";
}

std::string long_help(const CommandDoc& command, bool bold) {
  std::string text =
      command.summary + "\n\n" + heading("Usage", bold) + "  " + usage_line(command) + "\n";
  text += command_rows(command, bold);
  std::string group;
  for (const OptionDoc& option : command.options) {
    const std::string title = option.positional.empty() ? option.group : "Arguments";
    if (title != group) text += "\n" + heading(title, bold);
    group = title;
    text += row(option_names(option), option.help);
  }
  return text + example_rows(command, command.examples.size(), bold);
}

std::string reference_markdown(const CommandDoc& root) {
  std::string out =
      "# Commands\n\nMade from the command tree by `cactus help reference`; a test compares. Exit "
      "codes, environment and formats: `cactus help exit-codes`, `environment`, `formatting`.\n";
  reference_command(out, root);
  return out;
}

std::string man_page(const CommandDoc& root) {
  std::string out = ".TH CACTUS 1\n.SH NAME\ncactus \\- " + roff(root.summary) +
                    "\n.SH SYNOPSIS\n.B " + roff(usage_line(root)) + "\n.SH COMMANDS\n";
  man_command(out, root);
  return out;
}

}  // namespace cactus::cli
