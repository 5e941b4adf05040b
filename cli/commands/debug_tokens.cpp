// `debug tokens`: a JSON list of texts to a list of id lists, or the other way.
#include <CLI/CLI.hpp>

#include "cli/commands/debug.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"

namespace cactus::cli {
namespace {

struct TokensFlags {
  std::string model, in = "-", out;
  bool special = false, decode = false, skip_special = false;
};

Error wrong_input(const std::string& file, const char* expected) {
  return make_error(ErrorKind::usage, "'" + file + "' is not " + expected);
}

Result<Json> encode(const Tokenizer& tokenizer, const Json& texts, const TokensFlags& flags) {
  if (!texts.is_array()) return wrong_input(flags.in, "a JSON list of texts");
  EncodeOptions options;
  options.add_special = flags.special;
  Json lists = Json::array();
  for (const Json& text : texts) {
    if (!text.is_string()) return wrong_input(flags.in, "a JSON list of texts");
    CACTUS_TRY(ids, tokenizer.encode(text.get<std::string>(), options));
    lists.push_back(ids);
  }
  return lists;
}

Result<Json> decode(const Tokenizer& tokenizer, const Json& lists, const TokensFlags& flags) {
  constexpr char kExpected[] = "a JSON list of lists of token ids";
  if (!lists.is_array()) return wrong_input(flags.in, kExpected);
  Json texts = Json::array();
  for (const Json& list : lists) {
    if (!list.is_array()) return wrong_input(flags.in, kExpected);
    std::vector<std::int32_t> ids;
    for (const Json& id : list) {
      if (!id.is_number_integer()) return wrong_input(flags.in, kExpected);
      const auto value = id.get<std::int64_t>();
      if (value < 0 || value > INT32_MAX)
        return make_error(ErrorKind::usage, "no token has the id " + std::to_string(value));
      ids.push_back(static_cast<std::int32_t>(value));
    }
    texts.push_back(tokenizer.decode(ids, flags.skip_special));
  }
  return texts;
}

Result<int> run(Context& context, const TokensFlags& flags) {
  CACTUS_TRY(files, text_files(flags.model));
  if (files.tokenizer.empty())
    return make_error(ErrorKind::not_found, "'" + flags.model + "' has no tokenizer.json");
  CACTUS_TRY(tokenizer, Tokenizer::load(files.tokenizer, files.tokenizer_config));
  CACTUS_TRY(input, read_json(flags.in));
  CACTUS_TRY(output,
             flags.decode ? decode(*tokenizer, input, flags) : encode(*tokenizer, input, flags));
  CACTUS_CHECK(write_json(context, flags.out, output));
  return static_cast<int>(kOk);
}

}  // namespace

void add_debug_tokens(CLI::App& debug, Context& context) {
  CLI::App& app = *debug.add_subcommand("tokens", "Texts to token ids, or back");
  app.group("Stages");
  const auto flags = std::make_shared<TokensFlags>();
  app.add_option("model", flags->model, "A bundle or a checkpoint folder")
      ->type_name("MODEL")
      ->required();
  app.add_option("--in", flags->in, "JSON list of texts; - is standard input")->type_name("FILE");
  app.add_option("--out", flags->out, "JSON list of id lists; default: standard output")
      ->type_name("FILE");
  app.add_flag("--special", flags->special, "Add what the tokenizer adds around a text");
  app.add_flag("--decode", flags->decode, "The other way: id lists to texts");
  app.add_flag("--skip-special", flags->skip_special, "With --decode: leave special tokens out");
  set_examples(app, {"cactus debug tokens ./model --in strings.json --out tokens.json",
                     "echo '[\"Hello\"]' | cactus debug tokens ./model"});
  app.callback(
      [&context, flags] { context.action = [&context, flags] { return run(context, *flags); }; });
}

}  // namespace cactus::cli
