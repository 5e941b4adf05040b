#include "cli/introspect.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

namespace cactus::cli {
namespace {

OptionDoc describe_option(const CLI::Option& option) {
  OptionDoc doc;
  doc.help = option.get_description();
  doc.group = option.get_group();
  doc.required = option.get_required();
  doc.repeatable = option.get_expected_max() > 1;
  if (option.get_positional() && option.get_lnames().empty() && option.get_snames().empty()) {
    doc.positional = option.get_type_name();
    return doc;
  }
  for (const std::string& name : option.get_snames()) doc.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) doc.names.push_back("--" + name);
  // CLI11 calls every flag's type TEXT or BOOLEAN; ours with an optional value say which.
  const bool flag = option.get_expected_min() == 0;
  doc.value = option.get_type_name();
  if (flag && (doc.value == "BOOLEAN" || doc.value == "TEXT" || doc.value == "INT" ||
               doc.value == "UINT" || doc.value == "[]"))
    doc.value.clear();
  doc.optional_value = flag && !doc.value.empty();
  return doc;
}

std::string upper_first(const std::string& text) {
  std::string out = text;
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

void describe_into(CommandDoc& doc, const CLI::App& app, const std::string& parent) {
  doc.name = app.get_name();
  doc.path = parent.empty() ? doc.name : parent + " " + doc.name;
  doc.aliases = app.get_aliases();
  doc.summary = app.get_description();
  doc.group = app.get_group();
  for (const bool positional : {true, false}) {
    for (const CLI::Option* option : app.get_options()) {
      if (option->get_group().empty()) continue;  // hidden
      OptionDoc described = describe_option(*option);
      if (described.positional.empty() == positional) continue;
      doc.options.push_back(std::move(described));
    }
  }
  // Groups stay together, in the order in which they first appear; what every command has is last.
  std::vector<std::string> order;
  const auto rank = [&order](const OptionDoc& option) {
    if (!option.positional.empty()) return std::ptrdiff_t{-1};
    return std::find(order.begin(), order.end(), option.group) - order.begin();
  };
  for (const OptionDoc& option : doc.options)
    if (option.positional.empty() && option.group != kGeneralGroup &&
        rank(option) == std::ssize(order))
      order.push_back(option.group);
  doc.most_used.clear();
  for (const OptionDoc& option : doc.options)
    if (option.positional.empty() && (option.group != kGeneralGroup || parent.empty()))
      doc.most_used.push_back(option);
  std::stable_sort(doc.options.begin(), doc.options.end(),
                   [&](const OptionDoc& a, const OptionDoc& b) { return rank(a) < rank(b); });
  std::istringstream footer(app.get_footer());
  for (std::string line; std::getline(footer, line);)
    if (!line.empty()) doc.examples.push_back(line);
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->get_group().empty()) continue;
    describe_into(doc.commands.emplace_back(), *sub, doc.path);
  }
}

}  // namespace

CommandDoc describe(const CLI::App& app) {
  CommandDoc doc;
  describe_into(doc, app, "");
  doc.summary = upper_first(doc.summary);
  return doc;
}

const CommandDoc* find_command(const CommandDoc& root, std::string_view path) {
  const CommandDoc* at = &root;
  while (!path.empty()) {
    const std::size_t space = std::min(path.find(' '), path.size());
    const std::string_view word = path.substr(0, space);
    const auto found =
        std::find_if(at->commands.begin(), at->commands.end(), [&](const CommandDoc& c) {
          return c.name == word ||
                 std::find(c.aliases.begin(), c.aliases.end(), word) != c.aliases.end();
        });
    if (found == at->commands.end()) return nullptr;
    at = &*found;
    path.remove_prefix(std::min(space + 1, path.size()));
  }
  return at;
}

void set_examples(CLI::App& app, const std::vector<std::string>& examples) {
  std::string footer;
  for (const std::string& line : examples) footer += line + "\n";
  app.footer(footer);
}

}  // namespace cactus::cli
