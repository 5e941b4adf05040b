#include "cli/commands/debug.h"

#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/files.h"
#include "cli/introspect.h"
#include "cli/model_path.h"
#include "cli/signals.h"
#include "engine/builtin/builtin.h"
#include "engine/convert/convert.h"

namespace cactus::cli {
namespace {

constexpr std::size_t kMostText = 256u << 20;

Result<std::string> optional_text(const std::filesystem::path& file) {
  auto text = read_file(file, kMostText);
  if (!text && text.error().kind == ErrorKind::not_found) return std::string();
  return text;
}

// Older checkpoints keep the template in tokenizer_config.json: a text, or a list of named ones.
std::string template_in(const std::string& tokenizer_config) {
  const auto config = parse_json(tokenizer_config, "tokenizer_config.json");
  if (!config || !config->is_object() || !config->contains("chat_template")) return {};
  const Json& member = (*config)["chat_template"];
  if (member.is_string()) return member.get<std::string>();
  if (!member.is_array()) return {};
  for (const Json& entry : member)
    if (entry.is_object() && entry.value("name", Json()) == "default" &&
        entry.value("template", Json()).is_string())
      return entry["template"].get<std::string>();
  return {};
}

Result<int> parse_bits(const std::string& text) {
  if (text == "f32") return 32;
  if (text == "f16") return 16;
  if (text == "8" || text == "4") return text == "8" ? 8 : 4;
  return make_error(ErrorKind::usage, "--bits cannot be '" + text + "'", "it is f32, f16, 8 or 4");
}

Error no_model_in(const std::string& folder) {
  return make_error(ErrorKind::not_found, "'" + folder + "' holds no model",
                    "it has neither cactus.json (a bundle) nor config.json (a checkpoint)");
}

}  // namespace

Result<std::shared_ptr<const Bundle>> open_or_convert(const std::string& model,
                                                      const std::string& bits) {
  if (model == kBuiltinName || is_bundle(model)) {
    if (!bits.empty())
      return make_error(ErrorKind::usage, "--bits does not go with a bundle",
                        "a bundle's weights are as they are; --bits converts a checkpoint");
    return model == kBuiltinName ? open_builtin() : Bundle::open(model);
  }
  if (!is_checkpoint(model)) return no_model_in(model);
  CACTUS_TRY(parsed, parse_bits(bits.empty() ? "4" : bits));
  ConvertOptions options;
  options.bits = parsed;
  options.cancel = &signals::cancel();
  return convert_temporary(model, options);
}

Result<bool> parse_exact(const std::string& activations) {
  if (activations == "f32" || activations == "int8") return activations == "f32";
  return make_error(ErrorKind::usage, "--act cannot be '" + activations + "'", "it is f32 or int8");
}

Result<TextFiles> text_files(const std::string& model) {
  const std::filesystem::path folder(model);
  if (model == kBuiltinName) {
    CACTUS_TRY(bundle, open_builtin());
    CACTUS_TRY(tokenizer, bundle->file("tokenizer.json"));
    CACTUS_TRY(chat_template, bundle->file("chat_template.jinja"));
    return TextFiles{std::move(tokenizer), dump_json(bundle->manifest().tokenizer_config),
                     std::move(chat_template)};
  }
  if (!is_bundle(folder) && !is_checkpoint(folder)) return no_model_in(model);
  TextFiles files;
  CACTUS_TRY(tokenizer, optional_text(folder / "tokenizer.json"));
  CACTUS_TRY(chat_template, optional_text(folder / "chat_template.jinja"));
  files.tokenizer = std::move(tokenizer);
  files.chat_template = std::move(chat_template);
  if (is_bundle(folder)) {
    CACTUS_TRY(bundle, Bundle::open(folder));
    if (!bundle->manifest().tokenizer_config.is_null())
      files.tokenizer_config = dump_json(bundle->manifest().tokenizer_config);
  } else {
    CACTUS_TRY(config, optional_text(folder / "tokenizer_config.json"));
    files.tokenizer_config = std::move(config);
  }
  if (files.chat_template.empty()) files.chat_template = template_in(files.tokenizer_config);
  return files;
}

Result<Json> read_json(const std::string& file) {
  const auto text = file == "-" ? read_all(0, "standard input") : read_file(file, kMostText);
  if (!text) return text.error();
  return parse_json(*text, "'" + file + "'", ErrorKind::usage);
}

Status write_json(Context& context, const std::string& file, const Json& value) {
  const std::string text = dump_json(value) + "\n";
  if (!file.empty() && file != "-") return write_file(file, text, 0644);
  context.terminal.out(text);
  return ok_status();
}

void add_debug(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("debug", "What the engine computes at each stage");
  app.group(kGroupSystem);
  app.require_subcommand(1, 1);
  add_debug_tokens(app, context);
  add_debug_render(app, context);
  add_debug_forward(app, context);
  add_debug_calls(app, context);
  set_examples(app, {"cactus debug tokens ./model --in strings.json",
                     "cactus debug logits ./model --ids ids.json --out logits.safetensors"});
}

}  // namespace cactus::cli
