#include "cli/repl/chat.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/cloud.h"
#include "cli/exit_code.h"
#include "cli/local_tools/tool.h"
#include "cli/output/explain.h"
#include "cli/output/report.h"
#include "cli/output/text_sink.h"
#include "cli/render/sanitise.h"
#include "cli/repl/complete.h"
#include "cli/repl/slash.h"
#include "cli/signals.h"
#include "cli/termios_state.h"
#include "cli/tool_turn.h"

namespace cactus::cli {
namespace {

constexpr char kPrompt[] = ">>> ", kMorePrompt[] = "... ";

std::string trim(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

void remember_answer(ChatState& chat, const ToolTurn& done) {
  const TurnResult& turn = done.turn;
  if (done.in_words) {  // another model may go on with it: a text that any template takes
    chat.messages.push_back({{"role", "assistant"}, {"content", turn.text()}});
    return;
  }
  if (!done.runs.empty() && done.history.empty()) {  // the tools of a model that only calls failed
    chat.take_last_question();
    return;
  }
  for (const Json& message : done.history) chat.messages.push_back(message);
  const bool interrupted = turn.finish() == FinishReason::cancelled;
  const bool nothing = turn.text().empty() && turn.tool_calls().empty();
  if (interrupted && nothing) {
    chat.take_last_question();  // a question without an answer confuses templates
    return;
  }
  Json message = turn.message();
  if (interrupted) message["interrupted"] = true;
  chat.messages.push_back(std::move(message));
}

void ask(ChatState& chat, const std::string& question, const Policy& policy) {
  Terminal& terminal = chat.terminal;
  chat.messages.push_back({{"role", "user"}, {"content", question}});
  Json messages = Json::array();
  if (!chat.options.system.empty())
    messages.push_back({{"role", "system"}, {"content", chat.options.system}});
  for (const Json& message : chat.messages) messages.push_back(message);

  TextSinkOptions text;
  GenerateOptions generate = chat.options.generate;
  const ToolMode mode = tool_mode(chat.model, chat.options.local_tools, generate);
  text.markdown = chat.options.markdown && !mode.calls_only;
  text.thoughts = true;
  TextSink sink(terminal, text);
  signals::reset();
  auto done = [&] {
    const termios_state::QuietKeys quiet(terminal.in_tty());
    const signals::PhaseScope generating(signals::Phase::generating);
    sink.spinner().start("reading");
    Routing& routing = chat.options.routing;
    auto result = run_with_tools(
        messages, mode, system_environment(),
        [&](const ToolRound& round) {
          TurnRequest request{.messages = round.messages,
                              .generate = generate,
                              .policy = policy,
                              .absent = routing.absent,
                              .drop_oldest = true};
          apply_round(round, request);
          return routed_turn(terminal, chat.model, routing, request, sink);
        },
        [](const ToolRun&) {});
    sink.spinner().stop();
    return result;
  }();
  if (!done) {
    chat.take_last_question();
    terminal.error(done.error());
    return;
  }
  TurnResult* const turn = &done->turn;
  const bool interrupted = turn->finish() == FinishReason::cancelled;
  const bool silent = interrupted && turn->text().empty();
  if (done->in_words) sink.text(turn->text());
  if (!silent && done->has_answer(mode))
    sink.finish(mode.local ? Json::array() : turn->tool_calls());
  if (mode.calls_only)
    for (const ToolRun& run : done->runs)
      if (!run.answer) terminal.error(run.answer.error());
  if (interrupted) terminal.note("[interrupted]");
  if (!interrupted && turn->outcome.failure == HandoffFailure::cancelled)
    terminal.note("[interrupted; the local answer stands]");
  if (turn->finish() == FinishReason::length) terminal.note("[stopped at the token limit]");
  for (const std::string& notice : turn->notices()) terminal.warn(notice);
  remember_answer(chat, *done);
  if (!interrupted) terminal.note(chat.options.stats ? stats_line(*turn) : route_line(*turn));
  if (chat.options.routing.explain) terminal.err(sanitise(explain(*turn, policy)) + "\n");
  if (terminal.err_tty()) terminal.err("\n");
  chat.last = std::move(*turn);
  if (chat.options.session.empty()) return;
  if (const Status saved = save_conversation(chat.options.session, chat.conversation()); !saved)
    terminal.error(saved.error());
}

// A line, or a whole """ block; nothing when a signal or the end came.
Input read_message(LineSource& source) {
  Input input = source.read(kPrompt);
  constexpr std::string_view kQuotes = "\"\"\"";
  if (input.event != InputEvent::line || !input.line.starts_with(kQuotes)) return input;
  std::string text = input.line.substr(kQuotes.size());
  for (;;) {
    const std::size_t end = text.find(kQuotes);
    if (end != std::string::npos) return {InputEvent::line, text.substr(0, end)};
    const Input more = source.read(kMorePrompt);
    if (more.event != InputEvent::line) return more;
    text += "\n" + more.line;
  }
}

bool existing_path(const std::string& line) {
  std::error_code ignored;
  const std::string word = line.substr(0, line.find_first_of(" \n"));
  return word.find('/', 1) != std::string::npos && std::filesystem::exists(word, ignored);
}

void handle_line(ChatState& chat, const std::string& line) {
  if (line.front() != '/') {
    ask(chat, line, chat.options.routing.policy);
  } else if (existing_path(line)) {
    chat.terminal.error(make_error(ErrorKind::usage, "cannot attach '" + line + "'",
                                   "this version takes text only"));
  } else if (const Status done = run_slash(chat, line); !done) {
    chat.terminal.error(done.error());
  }
}

int loop(ChatState& chat, LineSource& source) {
  Terminal& terminal = chat.terminal;
  while (!chat.leave) {
    if (terminal.closed()) return kOk;
    if (const int code = signals::terminated(); code != 0) return code;
    if (!chat.pending.empty()) {
      const std::string question = std::exchange(chat.pending, {});
      Policy policy = chat.options.routing.policy;
      policy.mode = std::exchange(chat.pending_mode, {}).value_or(policy.mode);
      terminal.note("> " + question);
      ask(chat, question, policy);
      continue;
    }
    const Input input = read_message(source);
    switch (input.event) {
      case InputEvent::end:
        return kOk;
      case InputEvent::terminated:
        return signals::terminated();
      case InputEvent::interrupt:
        if (!terminal.in_tty()) return kInterrupted;
        terminal.note("Ctrl-D leaves");
        break;
      case InputEvent::line:
        if (const std::string line = trim(input.line); !line.empty()) handle_line(chat, line);
        break;
    }
  }
  return kOk;
}

Status restore_session(ChatState& chat) {
  if (chat.options.session.empty()) return ok_status();
  auto saved = load_conversation(chat.options.session);
  if (!saved && saved.error().kind != ErrorKind::not_found) return std::move(saved).error();
  if (!saved) return ok_status();
  chat.messages = saved->messages;
  if (chat.options.system.empty()) chat.options.system = saved->system;
  chat.terminal.note("continuing '" + chat.options.session +
                     "': " + std::to_string(chat.messages.size()) + " messages");
  return ok_status();
}

}  // namespace

Conversation ChatState::conversation() const {
  return {model.name, options.system, messages};
}

std::string ChatState::take_last_question() {
  while (!messages.empty()) {
    const Json message = messages.back();
    messages.erase(messages.size() - 1);
    if (message["role"] == "user") return message["content"].get<std::string>();
  }
  return {};
}

Result<int> run_chat(Terminal& terminal, OpenSession model, ChatOptions options) {
  ChatState chat{terminal, std::move(model), std::move(options)};
  CACTUS_CHECK(restore_session(chat));
  History history(terminal.in_tty() ? history_file() : std::filesystem::path());
  std::unique_ptr<LineSource> source;
  if (terminal.in_tty() && terminal.err_tty())
    source = edited_lines(terminal, history, complete_line);
  if (source) {
    terminal.note(chat.model.name + " " + chat.model.variant +
                  " · /help for commands, Ctrl-D leaves");
  } else {
    source = plain_lines();
  }
  const signals::PhaseScope idle(signals::Phase::idle);
  return loop(chat, *source);
}

}  // namespace cactus::cli
