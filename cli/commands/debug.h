// The stages of the engine, one file each. Their flags and files are stable: scripts rely on them.
#pragma once
#include <memory>
#include <string>

#include "cli/context.h"
#include "engine/template/chat_template.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/weights/bundle.h"

namespace cactus::cli {

void add_debug_tokens(CLI::App& debug, Context& context);
void add_debug_render(CLI::App& debug, Context& context);
void add_debug_forward(CLI::App& debug, Context& context);  // logits and hidden
void add_debug_calls(CLI::App& debug, Context& context);

// A bundle as it is, or a checkpoint converted for this run only, to `bits` (f32, f16, 8 or 4;
// empty: 4).
Result<std::shared_ptr<const Bundle>> open_or_convert(const std::string& model,
                                                      const std::string& bits);
Result<bool> parse_exact(const std::string& activations);  // "f32" or "int8"

// A model's text files, from a bundle or straight from a checkpoint folder (nothing is converted).
struct TextFiles {
  std::string tokenizer, tokenizer_config, chat_template;  // contents; empty: there is none
};
Result<TextFiles> text_files(const std::string& model);

// A file of JSON, or standard input for "-". usage when it is not JSON.
Result<Json> read_json(const std::string& file);
// To a file (in one step), or standard output for "-" or an empty name.
Status write_json(Context& context, const std::string& file, const Json& value);

}  // namespace cactus::cli
