#include "cli/repl/slash.h"

#include <algorithm>

#include "cli/cloud.h"
#include "cli/environment.h"
#include "cli/external_editor.h"
#include "cli/model_flags.h"
#include "cli/output/explain.h"
#include "cli/output/report.h"
#include "cli/prompt.h"
#include "cli/render/format.h"
#include "cli/render/sanitise.h"
#include "cli/suggest.h"

namespace cactus::cli {
namespace {

struct SlashCommand {
  const char* name;
  const char* arguments;
  const char* help;
  Status (*run)(ChatState& chat, const std::string& argument);
};

void say(ChatState& chat, const std::string& text) {
  chat.terminal.err(sanitise(text) + "\n");
}

Error nothing_yet(const char* what) {
  return make_error(ErrorKind::usage, std::string("nothing to ") + what + " yet");
}

Status help(ChatState& chat, const std::string&);

Status leave(ChatState& chat, const std::string&) {
  chat.leave = true;
  return ok_status();
}

Status clear(ChatState& chat, const std::string&) {
  chat.messages = chat.attached = Json::array();
  chat.attachments.clear();
  chat.last.reset();
  chat.model.session->clear();
  say(chat, "the conversation is empty");
  return ok_status();
}

Status retry(ChatState& chat, const std::string&) {
  chat.pending = chat.take_last_question();
  if (chat.pending.empty()) return nothing_yet("retry");
  return ok_status();
}

Status undo(ChatState& chat, const std::string&) {
  const std::string question = chat.take_last_question().text;
  if (question.empty()) return nothing_yet("undo");
  say(chat, "took back: " + question.substr(0, question.find('\n')));
  return ok_status();
}

Status edit(ChatState& chat, const std::string&) {
  std::string question;
  for (const Json& message : chat.messages)
    if (message["role"] == "user") question = message["content"].get<std::string>();
  if (question.empty()) return nothing_yet("edit");
  CACTUS_TRY(edited, edit_text(question, ".md"));
  while (!edited.empty() && edited.back() == '\n') edited.pop_back();
  if (edited.empty()) return ok_status();
  chat.pending = chat.take_last_question();
  chat.pending.text = edited;
  return ok_status();
}

std::string base64(const std::string& bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned value = 0;
    for (std::size_t j = 0; j < 3; ++j)
      value = value << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? kDigits[value >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

Status copy(ChatState& chat, const std::string&) {
  if (!chat.last || chat.last->text().empty()) return nothing_yet("copy");
  if (!chat.terminal.err_tty())
    return make_error(ErrorKind::usage, "cannot copy", "standard error is not a terminal");
  // OSC 52: the terminal sets the clipboard, also through ssh.
  chat.terminal.err("\x1b]52;c;" + base64(chat.last->text()) + "\x07");
  say(chat, "copied " + std::to_string(chat.last->text().size()) + " bytes");
  return ok_status();
}

Status model(ChatState& chat, const std::string& name) {
  if (name.empty()) {
    say(chat, chat.model.name + " " + chat.model.variant);
    return ok_status();
  }
  CACTUS_TRY(other, chat.options.reopen(name));
  chat.model = std::move(other);
  use_probe_threshold(chat.options.routing, chat.model.threshold);
  chat.last.reset();
  say(chat, "now " + chat.model.name + " " + chat.model.variant + "; the conversation goes on");
  return ok_status();
}

Status system_text(ChatState& chat, const std::string& argument) {
  if (argument.empty()) {
    say(chat, chat.options.system.empty() ? "no system prompt" : chat.options.system);
    return ok_status();
  }
  CACTUS_TRY(text, text_or_file(argument));
  chat.options.system = text == "none" ? "" : text;
  say(chat, chat.options.system.empty() ? "system prompt removed" : "system prompt set");
  return ok_status();
}

std::string parameters(const ChatState& chat) {
  std::string text;
  for (const std::string& name : option_names())
    text += (text.empty() ? "" : "\n") + name + ": " + option_text(chat.options.generate, name);
  return text;
}

Status set(ChatState& chat, const std::string& argument) {
  if (argument.empty()) {
    say(chat, parameters(chat));
    return ok_status();
  }
  const std::size_t space = std::min(argument.find(' '), argument.size());
  const std::string name = argument.substr(0, space);
  std::string value = argument.substr(std::min(space + 1, argument.size()));
  if (value == "default") value.clear();
  CACTUS_CHECK(set_option(chat.options.generate, name, value));
  say(chat, name + ": " + option_text(chat.options.generate, name));
  return ok_status();
}

std::string information(const ChatState& chat) {
  const OpenSession& m = chat.model;
  std::string text = "model: " + m.name + " " + m.variant;
  if (!m.revision.empty()) text += "\nrevision: " + m.revision;
  if (!m.family.empty()) text += "\nfamily: " + m.family;
  if (!m.licence.empty()) text += "\nlicence: " + m.licence;
  text += "\ncontext: " + std::to_string(m.context) + " tokens";
  text += "\nruns on: " + m.isa + ", " + std::to_string(m.threads) +
          (m.threads == 1 ? " thread" : " threads");
  text += "\nopened in: " + format_seconds(m.load_ms / 1000);
  return text + "\nmessages: " + std::to_string(chat.messages.size());
}

Status show(ChatState& chat, const std::string& what) {
  if (what.empty() || what == "info") {
    say(chat, information(chat));
  } else if (what == "params") {
    say(chat, parameters(chat));
  } else if (what == "route" || what == "stats") {
    if (!chat.last) return nothing_yet("show");
    say(chat, what == "route" ? route_line(*chat.last) : stats_line(*chat.last));
  } else {
    return make_error(ErrorKind::usage, "cannot show '" + what + "'",
                      "it is info, params, route or stats");
  }
  return ok_status();
}

Status attach(ChatState& chat, const std::string& file) {
  return chat.attach(file);
}

Status save(ChatState& chat, const std::string& name) {
  CACTUS_CHECK(save_conversation(name, chat.conversation()));
  say(chat, "saved as '" + name + "'");
  return ok_status();
}

Status load(ChatState& chat, const std::string& name) {
  if (name.empty()) {
    std::string list;
    for (const std::string& saved : saved_conversations())
      list += (list.empty() ? "" : "\n") + saved;
    say(chat, list.empty() ? "nothing saved yet" : list);
    return ok_status();
  }
  CACTUS_TRY(conversation, load_conversation(name));
  chat.messages = conversation.messages;
  forget_bytes(chat.messages);
  chat.options.system = conversation.system;
  chat.last.reset();
  say(chat, "loaded '" + name + "': " + std::to_string(chat.messages.size()) + " messages");
  return ok_status();
}

std::string attached_names(const Json& message) {
  const auto names = unseen_names(Json::array({message}), {}, false);
  return names.empty() ? "" : " [attached: " + name_list(names) + "]";
}

Status history(ChatState& chat, const std::string&) {
  if (!chat.options.system.empty()) say(chat, "system: " + chat.options.system);
  for (const Json& message : chat.messages)
    say(chat, message["role"].get<std::string>() + ": " + message["content"].get<std::string>() +
                  (message.contains("interrupted") ? " [interrupted]" : "") +
                  attached_names(message));
  if (chat.messages.empty()) say(chat, "the conversation is empty");
  return ok_status();
}

Status stats(ChatState& chat, const std::string& argument) {
  if (argument.empty()) return show(chat, "stats");
  CACTUS_TRY(on, parse_bool(argument, "/stats"));
  chat.options.stats = on;
  say(chat, on ? "figures after every answer" : "no figures after answers");
  return ok_status();
}

Status why(ChatState& chat, const std::string&) {
  if (!chat.last) return nothing_yet("explain");
  say(chat, explain(*chat.last, chat.options.routing.policy));
  return ok_status();
}

void say_mode(ChatState& chat) {
  const Routing& routing = chat.options.routing;
  const bool off = routing.policy.mode == HandoffMode::off;
  say(chat, "hand-off: " + std::string(mode_name(routing.policy.mode)) +
                (routing.cloud || off ? "" : ", but " + routing.absent));
  if (!routing.cloud) return;
  for (const std::string& target : routing.cloud->chain().targets()) say(chat, "  " + target);
}

Status cloud(ChatState& chat, const std::string& argument) {
  Policy& policy = chat.options.routing.policy;
  if (argument == "now") {
    const Question question = chat.take_last_question();
    if (question.empty()) return nothing_yet("ask the cloud");
    chat.pending = question;
    chat.pending_mode = HandoffMode::always;
    return ok_status();
  }
  if (!argument.empty() && argument != "on") {
    auto mode = parse_handoff_mode(argument);
    if (!mode || argument == "auto")
      return make_error(ErrorKind::usage, "/cloud cannot be '" + argument + "'",
                        "it is on, off, ask or now");
    policy.mode = *mode;
  } else if (argument == "on") {
    policy.mode = HandoffMode::automatic;
  }
  say_mode(chat);
  return ok_status();
}

Status local(ChatState& chat, const std::string&) {
  chat.options.routing.policy.mode = HandoffMode::off;
  say_mode(chat);
  return ok_status();
}

constexpr SlashCommand kCommands[] = {
    {"/help", "", "this list", help},
    {"/exit", "", "leave (also /bye, /quit, Ctrl-D)", leave},
    {"/bye", "", "", leave},
    {"/quit", "", "", leave},
    {"/clear", "", "forget the conversation", clear},
    {"/retry", "", "answer the last question again", retry},
    {"/undo", "", "take the last question and its answer back", undo},
    {"/edit", "", "change the last question in an editor and ask it again", edit},
    {"/copy", "", "the last answer to the clipboard", copy},
    {"/model", "[M]", "show the model, or go on with another one", model},
    {"/system", "[TEXT|@FILE|none]", "show or change the system prompt", system_text},
    {"/set", "[NAME VALUE]", "show or change an option; 'default' for the model's own", set},
    {"/show", "[info|params|route|stats]", "about the model and the last answer", show},
    {"/attach", "PATH", "an image or a sound for the next question", attach},
    {"/cloud", "[on|off|ask|now]", "hand-off of this chat; now: ask the last question there",
     cloud},
    {"/local", "", "nothing leaves from now on (as /cloud off)", local},
    {"/why", "", "why the last answer came from where it came", why},
    {"/save", "NAME", "keep the conversation", save},
    {"/load", "[NAME]", "list what was kept, or go on with one", load},
    {"/history", "", "the conversation so far", history},
    {"/stats", "[on|off]", "figures of the last answer, or after every one", stats},
};

Status help(ChatState& chat, const std::string&) {
  std::string text;
  for (const SlashCommand& command : kCommands) {
    if (*command.help == '\0') continue;
    std::string left = std::string(command.name) + " " + command.arguments;
    left.resize(std::max<std::size_t>(left.size() + 1, 35), ' ');
    text += left + command.help + "\n";
  }
  text +=
      "\nKeys: Enter sends; Ctrl-J or Alt-Enter begins a new line; \"\"\" opens and closes a "
      "block.\n"
      "Ctrl-C stops an answer, Ctrl-G opens an editor, Ctrl-R searches, Tab completes, Ctrl-D "
      "leaves.";
  say(chat, text);
  return ok_status();
}

}  // namespace

Status run_slash(ChatState& chat, const std::string& line) {
  const std::size_t end = std::min(line.find_first_of(" \n"), line.size());
  const std::string name = line.substr(0, end);
  const std::size_t begin = line.find_first_not_of(" \n", end);
  const std::string argument = begin == std::string::npos ? std::string() : line.substr(begin);
  for (const SlashCommand& command : kCommands) {
    if (name != command.name) continue;
    if (!argument.empty() && *command.arguments == '\0')
      return make_error(ErrorKind::usage, name + " takes no argument");
    if (argument.empty() && *command.arguments != '\0' && *command.arguments != '[')
      return make_error(ErrorKind::usage,
                        name + " needs an argument: " + name + " " + command.arguments);
    return command.run(chat, argument);
  }
  const std::string near = closest(name, slash_names());
  return make_error(
      ErrorKind::usage,
      "no command '" + name + "'" + (near.empty() ? "" : " – did you mean '" + near + "'?"), "",
      "/help");
}

std::vector<std::string> slash_names() {
  std::vector<std::string> names;
  for (const SlashCommand& command : kCommands) names.emplace_back(command.name);
  return names;
}

}  // namespace cactus::cli
