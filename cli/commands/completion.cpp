// `completion SHELL`, and the hidden `__complete` that its scripts ask at every Tab.
#include "cli/completion.h"

#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"

namespace cactus::cli {
namespace {

Result<int> script(Context& context, const std::string& shell) {
  const std::string text = completion_script(shell);
  if (text.empty())
    return make_error(ErrorKind::usage, "no completion for '" + shell + "'",
                      "there is one for bash, zsh and fish", "cactus completion bash");
  context.terminal.out(text);
  return static_cast<int>(kOk);
}

Result<int> answer(Context& context, const std::vector<std::string>& words) {
  const Completion completion = complete(describe(*context.root), words);
  std::string out;
  for (const Candidate& candidate : completion.candidates)
    out += candidate.word + "\t" + candidate.help + "\n";
  if (completion.files) out += ":files\n";
  context.terminal.out(out);
  return static_cast<int>(kOk);
}

}  // namespace

void add_completion(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("completion", "Tab completion for a shell");
  app.group(kGroupSystem);
  const auto shell = std::make_shared<std::string>();
  app.add_option("shell", *shell, "The shell")->type_name("bash|zsh|fish")->required();
  set_examples(app, {"eval \"$(cactus completion bash)\"", "cactus completion zsh > _cactus"});
  app.callback([&context, shell] {
    context.action = [&context, shell] { return script(context, *shell); };
  });

  CLI::App& hidden = *root.add_subcommand("__complete", "Answers the completion scripts");
  hidden.group("");
  const auto words = std::make_shared<std::vector<std::string>>();
  hidden.add_option("words", *words)->type_name("WORD");
  hidden.callback([&context, words] {
    context.action = [&context, words] { return answer(context, *words); };
  });
}

}  // namespace cactus::cli
