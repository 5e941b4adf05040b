// What every command gets: the terminal, the engine, the settings, and the place for its action.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/services.h"
#include "cli/settings.h"
#include "cli/terminal.h"
#include "hub/store/usage_marks.h"

namespace CLI {
class App;
}

namespace cactus::cli {

enum class Format { text, json, jsonl };

struct Context {
  Context(Terminal& its_terminal, const Services& its_services)
      : terminal(its_terminal), services(its_services) {}

  Terminal& terminal;
  const Services& services;
  const CLI::App* root = nullptr;               // the whole command tree, for help and completion
  Format format = Format::text;                 // of errors, too
  int verbosity = 0;                            // -v, -vv
  std::string color;                            // --color, or empty
  std::optional<std::filesystem::path> config;  // --config
  bool offline = false;                         // --offline; ask cli/models/hub.h's is_offline()
  std::vector<hub::UsageMark> used;             // installed models that this process has open
  // Set by the command that was parsed; run after parsing. An exit code, or an error to show.
  std::function<Result<int>()> action;
  std::string program;  // argv[0]

  // Read once, on demand (config edit must work when the file is broken). Shows its warnings.
  Result<const Settings*> settings();

 private:
  std::optional<Settings> loaded_;
};

}  // namespace cactus::cli
