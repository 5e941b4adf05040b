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
  Attachments attachments;   // of the first question
  Routing routing;
  std::function<Result<OpenSession>(const std::string& name)> reopen;  // /model
};

// What is asked: its text, and what goes with it.
struct Question {
  std::string text;
  Json attachments = Json::array();  // entries of router/attachment.h
  bool empty() const { return text.empty(); }
};

// Everything the loop and the slash commands share.
struct ChatState {
  Terminal& terminal;
  OpenSession model;
  ChatOptions options;
  Json messages = Json::array();        // user and assistant, without the system prompt
  std::optional<TurnResult> last = {};  // of the last answered turn
  Attachments attachments = {};         // that messages name
  Json attached = Json::array();        // entries of the next question
  Question pending = {};                // asked next instead of reading a line (/retry, /edit)
  std::optional<HandoffMode> pending_mode = {};  // of that question alone
  bool leave = false;

  Conversation conversation() const;
  // Takes the last question and its answer away and returns the question; empty when there is none.
  Question take_last_question();
  // Goes with the next question. Errors as read_attachment.
  Status attach(const std::string& path);
};

// Until Ctrl-D, /exit or a signal; the exit code.
Result<int> run_chat(Terminal& terminal, OpenSession model, ChatOptions options);

}  // namespace cactus::cli
