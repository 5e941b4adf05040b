// `help`: a topic, a command, the reference, the manual page.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/help_topics.h"
#include "cli/introspect.h"
#include "cli/suggest.h"

namespace cactus::cli {
namespace {

Result<int> help(Context& context, const std::vector<std::string>& words, bool man) {
  const CommandDoc tree = describe(*context.root);
  std::string path;
  for (const std::string& word : words) path += (path.empty() ? "" : " ") + word;
  const bool bold = context.terminal.out_color();
  if (man || path == "reference") {
    context.terminal.out(man ? man_page(tree) : reference_markdown(tree));
    return static_cast<int>(kOk);
  }
  if (const std::string topic = help_topic(path); !topic.empty()) {
    context.terminal.out(topic);
    return static_cast<int>(kOk);
  }
  if (const CommandDoc* doc = find_command(tree, path)) {
    context.terminal.out(long_help(*doc, bold));
    if (path.empty()) context.terminal.out("\nTopics: cactus help " + topic_list() + "\n");
    return static_cast<int>(kOk);
  }
  std::vector<std::string> known = topic_names();
  for (const CommandDoc& command : tree.commands) known.push_back(command.name);
  const std::string near = closest(path, known);
  return make_error(
      ErrorKind::usage,
      "no help for '" + path + "'" + (near.empty() ? "" : " – did you mean '" + near + "'?"), "",
      "cactus help");
}

}  // namespace

void add_help(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("help", "Help for a command or a topic");
  app.group(kGroupSystem);
  const auto words = std::make_shared<std::vector<std::string>>();
  const auto man = std::make_shared<bool>(false);
  app.add_option("topic", *words, "A command, or environment, exit-codes, formatting, reference")
      ->type_name("TOPIC");
  app.add_flag("--man", *man, "The manual page, as roff");
  set_examples(
      app, {"cactus help exit-codes", "cactus help config set", "cactus help --man > cactus.1"});
  app.callback([&context, words, man] {
    context.action = [&context, words, man] { return help(context, *words, *man); };
  });
}

}  // namespace cactus::cli
