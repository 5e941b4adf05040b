// A conversation in a terminal. What happens in one turn never ends it.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/repl/line_source.h"
#include "cli/repl/saved.h"
#include "cli/routing.h"
#include "cli/services.h"
#include "cli/terminal.h"
#include "router/turn.h"

namespace cactus::cli {

struct ChatOptions {
  GenerateOptions generate;
  std::string system;
  std::string session;  // --session: loaded if it exists, saved after every turn
  bool markdown = true;
  bool stats = false;
  bool local_tools = false;  // also for models that are not the built-in one
  Routing routing;
  std::function<Result<OpenSession>(const std::string& name)> reopen;  // /model
};

// Everything the loop and the slash commands share.
struct ChatState {
  Terminal& terminal;
  OpenSession model;
  ChatOptions options;
  Json messages = Json::array();        // user and assistant, without the system prompt
  std::optional<TurnResult> last = {};  // of the last answered turn
  std::string pending = {};             // asked next instead of reading a line (/retry, /edit)
  std::optional<HandoffMode> pending_mode = {};  // of that question alone
  bool leave = false;

  Conversation conversation() const;
  // Takes the last question and its answer away and returns the question; empty when there is none.
  std::string take_last_question();
};

// Until Ctrl-D, /exit or a signal; the exit code.
Result<int> run_chat(Terminal& terminal, OpenSession model, ChatOptions options);

}  // namespace cactus::cli
