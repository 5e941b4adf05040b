// Options that choose how a model runs and answers: the same for `run` and `chat`, on top of the
// settings.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/services.h"
#include "cli/settings.h"

namespace CLI {
class App;
}

namespace cactus::cli {

struct ModelFlags {
  std::string model;
  std::optional<std::string> system;  // TEXT or @file
  std::optional<double> temp, top_p, min_p, repeat_penalty;
  std::optional<std::int64_t> top_k, max_tokens, ctx, threads;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> stop;
  std::string think;          // "", on, off, low, high
  std::string schema, tools;  // files
  bool local_tools = false;
  std::optional<std::string> kv, probe;

  void add_common(CLI::App& app);  // those that -h shows
  void add_rest(CLI::App& app);
};

// Flags over settings; the ranges are checked here (usage).
Result<SessionRequest> session_request(const ModelFlags& flags, const Settings& settings);
Result<GenerateOptions> generate_options(const ModelFlags& flags, const Settings& settings);
// The system prompt in force, or empty.
Result<std::string> system_prompt(const ModelFlags& flags, const Settings& settings);

Result<kernels::Type> parse_kv(const std::string& text);

// One sampling setting by its name in the settings without "run." ("temp", "top_p", "seed", …), as
// `/set` and the flags share it. An empty value unsets it. usage for names and values unknown.
Status set_option(GenerateOptions& options, const std::string& name, const std::string& value);
// Its names, and the present value as text ("model's default" when unset).
std::vector<std::string> option_names();
std::string option_text(const GenerateOptions& options, const std::string& name);

}  // namespace cactus::cli
