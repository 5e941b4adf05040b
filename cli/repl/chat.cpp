#include "cli/repl/chat.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/attach.h"
#include "cli/cloud.h"
#include "cli/exit_code.h"
#include "cli/local_tools/tool.h"
#include "cli/output/explain.h"
#include "cli/output/report.h"
#include "cli/output/text_sink.h"
#include "cli/render/format.h"
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
  if (turn.outcome.unanswered) {  // what was attached must not spoil the next turn
    chat.take_last_question();
    return;
  }
  if (turn.outcome.cloud.attachment_refused) forget_bytes(chat.messages);
  if (done.in_words) {  // another model may go on with it: a text that any template takes
    chat.messages.push_back({{"role", "assistant"}, {"content", turn.text()}});
    if (const Json secret = secrets(done.runs); !secret.empty())
      chat.messages.back()["withheld"] = secret;
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

void ask(ChatState& chat, const Question& question, const Policy& policy) {
  Terminal& terminal = chat.terminal;
  chat.messages.push_back({{"role", "user"}, {"content", question.text}});
  if (!question.attachments.empty()) chat.messages.back()["attachments"] = question.attachments;
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
    // What nobody here can see is asked about at once, and nothing may write over that.
    if (policy.mode != HandoffMode::ask || unseen_names(messages, {}, false).empty())
      sink.spinner().start("reading");
    Routing& routing = chat.options.routing;
    auto result = run_with_tools(
        messages, mode, system_environment(),
        [&](const ToolRound& round) {
          TurnRequest request{.messages = round.messages,
                              .generate = generate,
                              .policy = policy,
                              .absent = routing.absent,
                              .drop_oldest = true,
                              .attachments = &chat.attachments};
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
  if (!silent && !turn->outcome.unanswered && done->has_answer(mode))
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
  if (turn->outcome.unanswered) terminal.error(unanswered_error(chat.model, *turn));
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

// The path of a file that begins a line, and how many bytes of the line it is: as terminals write
// files that are dragged into them, spaces escaped or the whole in quotes. Only words with a slash
// are looked at, so that no question is taken for a file.
std::pair<std::string, std::size_t> leading_path(const std::string& line) {
  std::string path;
  std::size_t at = 0;
  const char quote = line.front() == '\'' || line.front() == '"' ? line.front() : '\0';
  if (quote != '\0') ++at;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (quote != '\0' ? c == quote : c == ' ' || c == '\n') break;
    if (quote == '\0' && c == '\\' && at + 1 < line.size()) ++at;
    path += line[at];
  }
  if (quote != '\0' && at < line.size()) ++at;
  if (path.starts_with("~/") && std::getenv("HOME") != nullptr)
    path = std::getenv("HOME") + path.substr(1);
  std::error_code ignored;
  const bool rooted = path.starts_with('/') && path.find('/', 1) != std::string::npos;
  const bool relative = path.starts_with("./") || path.starts_with("../");
  if ((!rooted && !relative) || !std::filesystem::is_regular_file(path, ignored)) return {};
  return {path, at};
}

// A line that begins with the path of a file attaches it, as dragging it into a terminal does; what
// follows it is the question.
void attach_line(ChatState& chat, const std::string& path, const std::string& rest) {
  if (const Status attached = chat.attach(path); !attached)
    chat.terminal.error(attached.error());
  else if (const std::string text = trim(rest); !text.empty())
    ask(chat, {text, std::exchange(chat.attached, Json::array())}, chat.options.routing.policy);
}

void handle_line(ChatState& chat, const std::string& line) {
  const auto [path, length] = leading_path(line);
  if (!path.empty()) {
    attach_line(chat, path, line.substr(length));
  } else if (line.front() != '/') {
    ask(chat, {line, std::exchange(chat.attached, Json::array())}, chat.options.routing.policy);
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
      const Question question = std::exchange(chat.pending, {});
      Policy policy = chat.options.routing.policy;
      policy.mode = std::exchange(chat.pending_mode, {}).value_or(policy.mode);
      terminal.note("> " + question.text);
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
  forget_bytes(chat.messages);
  if (chat.options.system.empty()) chat.options.system = saved->system;
  chat.terminal.note("continuing '" + chat.options.session +
                     "': " + std::to_string(chat.messages.size()) + " messages");
  return ok_status();
}

}  // namespace

Conversation ChatState::conversation() const {
  Conversation saved{model.name, options.system, messages};
  forget_bytes(saved.messages);  // only their names are kept
  return saved;
}

Status ChatState::attach(const std::string& path) {
  CACTUS_TRY(attachment, read_attachment(path));
  attached.push_back(attachment_entry(attachments.size(), attachment));
  terminal.note("attached to the next question: " + attachment.name + " (" + attachment.media_type +
                ", " + format_bytes(static_cast<double>(attachment.bytes.size())) + ")");
  attachments.push_back(std::move(attachment));
  return ok_status();
}

Question ChatState::take_last_question() {
  while (!messages.empty()) {
    const Json message = messages.back();
    messages.erase(messages.size() - 1);
    if (message["role"] == "user")
      return {message["content"].get<std::string>(), message.value("attachments", Json::array())};
  }
  return {};
}

Result<int> run_chat(Terminal& terminal, OpenSession model, ChatOptions options) {
  ChatState chat{terminal, std::move(model), std::move(options)};
  for (Attachment& attachment : chat.options.attachments) {
    chat.attached.push_back(attachment_entry(chat.attachments.size(), attachment));
    chat.attachments.push_back(std::move(attachment));
  }
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
