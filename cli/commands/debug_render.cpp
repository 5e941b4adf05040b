// `debug render`: conversations to the texts that a chat template makes of them.
#include <CLI/CLI.hpp>

#include "cli/commands/debug.h"
#include "cli/exit_code.h"
#include "cli/files.h"
#include "cli/introspect.h"

namespace cactus::cli {
namespace {

struct RenderFlags {
  std::string model, in = "-", out, template_file;
};

// bos_token and the like, which templates read: a text, or an object with its content.
void add_token_texts(Json& variables, const std::string& tokenizer_config) {
  const auto config = parse_json(tokenizer_config, "tokenizer_config.json");
  if (!config || !config->is_object()) return;
  for (const char* name : {"bos_token", "eos_token", "pad_token", "unk_token"}) {
    if (variables.contains(name) || !config->contains(name)) continue;
    const Json& token = (*config)[name];
    if (token.is_string()) variables[name] = token;
    if (token.is_object() && token.contains("content")) variables[name] = token["content"];
  }
}

Result<int> run(Context& context, const RenderFlags& flags) {
  TextFiles files;
  if (!flags.model.empty()) {
    CACTUS_TRY(found, text_files(flags.model));
    files = std::move(found);
  }
  if (!flags.template_file.empty()) {
    CACTUS_TRY(source, read_file(flags.template_file, 16u << 20));
    files.chat_template = std::move(source);
  }
  if (files.chat_template.empty())
    return make_error(ErrorKind::not_found, "'" + flags.model + "' has no chat template", "",
                      "--template FILE");
  CACTUS_TRY(chat_template, ChatTemplate::parse(files.chat_template));
  CACTUS_TRY(cases, read_json(flags.in));
  if (!cases.is_array())
    return make_error(ErrorKind::usage, "'" + flags.in + "' is not a JSON list of objects");
  Json texts = Json::array();
  for (const Json& one : cases) {
    if (!one.is_object())
      return make_error(ErrorKind::usage, "'" + flags.in + "' is not a JSON list of objects");
    Json variables = one;
    add_token_texts(variables, files.tokenizer_config);
    const auto rendered = chat_template->render(variables);
    if (rendered)
      texts.push_back(rendered->text);
    else
      texts.push_back(
          {{"error", rendered.error().what +
                         (rendered.error().why.empty() ? "" : ": " + rendered.error().why)}});
  }
  CACTUS_CHECK(write_json(context, flags.out, texts));
  return static_cast<int>(kOk);
}

}  // namespace

void add_debug_render(CLI::App& debug, Context& context) {
  CLI::App& app = *debug.add_subcommand("render", "Conversations to what the model reads");
  app.group("Stages");
  const auto flags = std::make_shared<RenderFlags>();
  app.add_option("model", flags->model,
                 "A bundle or a checkpoint folder (may be left out with --template)")
      ->type_name("MODEL");
  app.add_option("--in", flags->in,
                 "JSON list of objects: messages, and tools, add_generation_prompt, … if wanted")
      ->type_name("FILE");
  app.add_option("--out", flags->out,
                 "JSON list of texts, {\"error\": …} where it failed; default: standard output")
      ->type_name("FILE");
  app.add_option("--template", flags->template_file, "Another template")->type_name("FILE");
  set_examples(app, {"cactus debug render ./model --in cases.json --out texts.json"});
  app.callback(
      [&context, flags] { context.action = [&context, flags] { return run(context, *flags); }; });
}

}  // namespace cactus::cli
