// `run` and `chat`: a prompt in, an answer out; or a conversation.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/attach.h"
#include "cli/cloud.h"
#include "cli/commands/commands.h"
#include "cli/commands/one_shot.h"
#include "cli/context.h"
#include "cli/environment.h"
#include "cli/files.h"
#include "cli/first_word.h"
#include "cli/introspect.h"
#include "cli/log.h"
#include "cli/model_flags.h"
#include "cli/model_path.h"
#include "cli/models/find.h"
#include "cli/output/progress.h"
#include "cli/prompt.h"
#include "cli/render/format.h"
#include "cli/repl/chat.h"
#include "cli/routing.h"
#include "cli/signals.h"
#include "cli/termios_state.h"
#include "cli/tool_turn.h"

namespace cactus::cli {
namespace {

struct RunFlags {
  ModelFlags model;
  FindFlags find;
  PromptInput prompt;
  RouteFlags route;
  std::vector<std::string> attachments;
  std::string extract, session;
  bool quiet = false, json = false, jsonl = false, stats = false, no_stream = false, plain = false;
  bool chat = false;  // the command `chat`
};

Result<OpenSession> open(Context& context, const SessionRequest& request) {
  Spinner spinner(context.terminal);
  spinner.start("opening " + request.folder.filename().string());
  // What is typed meanwhile must reach a chat's first prompt as it was typed.
  const termios_state::QuietKeys quiet(context.terminal.in_tty() && context.terminal.out_tty());
  const signals::PhaseScope blocking(signals::Phase::blocking);
  CACTUS_TRY(session, context.services.open_session(request));
  if (!session.warning.empty()) context.terminal.warn(session.warning);
  log::info(session.name + " " + session.variant + ": opened in " +
            format_seconds(session.load_ms / 1000.0) + ", " + session.isa + ", " +
            std::to_string(session.threads) + " threads");
  return std::move(session);
}

Result<std::string> read_stdin(Context& context);

// What -a names; "-" is standard input.
Result<Attachments> read_attachments(Context& context, const std::vector<std::string>& files) {
  Attachments attachments;
  for (const std::string& file : files) {
    if (file != "-") {
      CACTUS_TRY(attachment, read_attachment(file));
      attachments.push_back(std::move(attachment));
      continue;
    }
    CACTUS_TRY(bytes, read_stdin(context));
    CACTUS_TRY(attachment, make_attachment(std::move(bytes), "standard input"));
    attachments.push_back(std::move(attachment));
  }
  return attachments;
}

Result<std::string> read_stdin(Context& context) {
  if (context.terminal.in_tty())
    context.terminal.note("reading the prompt from the terminal; Ctrl-D ends it");
  const signals::PhaseScope idle(signals::Phase::idle);
  return read_all(0, "standard input");
}

// From the words of the command line to a folder and a prompt.
Result<std::filesystem::path> choose_model(Context& context, RunFlags& flags,
                                           const Settings& settings) {
  const std::vector<std::string> words = flags.prompt.words;
  if (!flags.chat)
    split_first_word(flags.model.model, flags.prompt.words, [&](const std::string& name) {
      const auto found = find_bundle(name, settings);
      return found || found.error().kind == ErrorKind::incompatible;
    });
  auto folder = find_model(context, flags.model.model, flags.find);
  if (folder || flags.chat ||
      (folder.error().kind != ErrorKind::not_found && folder.error().kind != ErrorKind::usage))
    return folder;
  if (const std::string fix = meant_as_prompt(flags.model.model, words); !fix.empty())
    folder.error().fix = fix;
  return folder;
}

Result<int> run(Context& context, RunFlags flags) {
  Terminal& terminal = context.terminal;
  terminal.set_quiet(flags.quiet);
  CACTUS_TRY(settings, context.settings());
  CACTUS_TRY(generate, generate_options(flags.model, *settings));
  CACTUS_TRY(request, session_request(flags.model, *settings));
  CACTUS_TRY(system, system_prompt(flags.model, *settings));
  CACTUS_TRY(route, routing(flags.route, *settings));
  CACTUS_CHECK(open_cloud(flags.route, *settings, terminal, route));
  generate.statistics = route.policy.logprob;
  CACTUS_TRY(attachments, read_attachments(context, flags.attachments));

  CACTUS_TRY(folder, choose_model(context, flags, *settings));
  request.folder = folder;
  const bool local_tools = flags.model.local_tools || settings->boolean("run.local_tools");
  const bool machine = flags.json || flags.jsonl;
  const bool no_prompt =
      flags.prompt.words.empty() && flags.prompt.prompt.empty() && flags.prompt.files.empty();
  const bool interactive =
      flags.chat || (no_prompt && terminal.in_tty() && terminal.out_tty() && !machine);
  const bool markdown = settings->boolean("ui.markdown") && !flags.plain;
  const bool stats = flags.stats || settings->boolean("ui.stats");
  if (interactive) {
    CACTUS_TRY(model, open(context, request));
    use_probe_threshold(route, model.threshold);
    ChatOptions chat;
    chat.generate = std::move(generate);
    chat.system = std::move(system);
    chat.session = flags.session;
    chat.markdown = markdown;
    chat.stats = stats;
    chat.local_tools = local_tools;
    chat.attachments = std::move(attachments);
    chat.routing = std::move(route);
    chat.reopen = [&context, request,
                   find = flags.find](const std::string& name) mutable -> Result<OpenSession> {
      CACTUS_TRY(other, find_model(context, name, find));
      SessionRequest changed = request;
      changed.folder = other;
      return open(context, changed);
    };
    return run_chat(terminal, std::move(model), std::move(chat));
  }

  const bool attached_stdin =
      std::count(flags.attachments.begin(), flags.attachments.end(), "-") > 0;
  CACTUS_TRY(prompt,
             assemble_prompt(flags.prompt, !attached_stdin && (!terminal.in_tty() || no_prompt),
                             [&] { return read_stdin(context); }));
  if (!prompt.attached.empty()) {
    CACTUS_TRY(attachment, make_attachment(std::move(prompt.attached), "standard input"));
    attachments.push_back(std::move(attachment));
  }
  if (prompt.text.empty())
    return make_error(ErrorKind::usage, "the prompt is empty",
                      "no words were given, and no text on "
                      "standard input",
                      flags.model.model.empty()
                          ? "cactus run \"what is 18% of 249.90?\""
                          : "cactus run " + shell_word(flags.model.model) + " \"a question\"");
  CACTUS_TRY(model, open(context, request));
  use_probe_threshold(route, model.threshold);
  OneShot shot;
  shot.tools = tool_mode(model, local_tools, generate);
  shot.generate = std::move(generate);
  if (!system.empty()) shot.messages.push_back({{"role", "system"}, {"content", system}});
  shot.messages.push_back({{"role", "user"}, {"content", prompt.text}});
  for (std::size_t i = 0; i < attachments.size(); ++i)
    shot.messages.back()["attachments"].push_back(attachment_entry(i, attachments[i]));
  shot.attachments = std::move(attachments);
  shot.format = context.format;
  shot.text.markdown = markdown && !shot.tools.calls_only;
  shot.text.stream = !flags.no_stream;
  shot.text.thoughts = true;
  if (!flags.extract.empty()) shot.text.extract = flags.extract;
  shot.stats = stats;
  shot.routing = std::move(route);
  return run_one_shot(terminal, model, shot);
}

constexpr char kPrompt[] = "Prompt", kOutput[] = "Output";

void add_rest(CLI::App& app, RunFlags& flags) {
  flags.model.add_rest(app);
  flags.route.add_rest(app);
  flags.find.add(app);
  app.add_flag("--stats", flags.stats, "A line of figures after the answer")->group(kOutput);
  app.add_flag("--plain", flags.plain, "No Markdown styling on a terminal")->group(kOutput);
}

}  // namespace

void add_run(CLI::App& root, Context& context) {
  {
    CLI::App& app = *root.add_subcommand("run", "Ask a model once, or chat with it");
    app.group(kGroupRun);
    const auto flags = std::make_shared<RunFlags>();
    app.add_option("model", flags->model.model,
                   "Name on the hub, alias, or folder of a bundle; left out, the built-in model "
                   "answers (its tools work offline)")
        ->type_name("MODEL");
    app.add_option("prompt", flags->prompt.words,
                   "Words of the prompt; '-' is where standard input goes (default: after them)")
        ->type_name("PROMPT");
    app.add_option("-f,--file", flags->prompt.files, "Text of a file into the prompt (repeatable)")
        ->type_name("FILE")
        ->group(kPrompt)
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);
    flags->model.add_common(app);
    flags->route.add_common(app);
    app.add_flag("--json", flags->json, "One JSON object at the end")->group(kOutput);
    app.add_flag("-q,--quiet", flags->quiet, "The answer only, no notes")->group(kOutput);
    app.add_option("-p,--prompt", flags->prompt.prompt, "Prompt that begins with '-'")
        ->type_name("TEXT")
        ->group(kPrompt);
    app.add_option("-a,--attach", flags->attachments,
                   "Image (PNG, JPEG) or sound; '-' is standard input (repeatable)")
        ->type_name("FILE")
        ->group(kPrompt)
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);
    app.add_flag("--jsonl", flags->jsonl, "A JSON event a line")->group(kOutput);
    app.add_flag("-x{*},--extract{*}", flags->extract, "Only fenced code, of a language if given")
        ->type_name("LANGUAGE")
        ->group(kOutput);
    app.add_flag("--no-stream", flags->no_stream, "Print the answer when it is whole")
        ->group(kOutput);
    add_rest(app, *flags);
    set_examples(app, {"cactus run google/gemma-4-E2B-it \"Why is the sky blue?\"",
                       "cactus run ./model \"Summarise this:\" < notes.txt",
                       "git diff | cactus run ./model --temp 0 \"Write a commit message\"",
                       "cactus run ./model --json --seed 7 --max-tokens 40 \"Name a colour\"",
                       "cactus run ./model -f notes.txt -s \"Answer in one word\" \"Whose notes?\"",
                       "cactus run ./model  # chat, on a terminal"});
    app.callback(
        [&context, flags] { context.action = [&context, flags] { return run(context, *flags); }; });
  }
  CLI::App& app = *root.add_subcommand("chat", "Chat with a model");
  app.group(kGroupRun);
  const auto flags = std::make_shared<RunFlags>();
  flags->chat = true;
  app.add_option("model", flags->model.model, "Name on the hub, alias, or folder")
      ->type_name("MODEL");
  flags->model.add_common(app);
  flags->route.add_common(app);
  app.add_option("--session", flags->session, "Continue a saved conversation, and keep it saved")
      ->type_name("NAME")
      ->group("Model");
  add_rest(app, *flags);
  set_examples(app, {"cactus chat ./model", "cactus chat ./model --system \"You are brief\"",
                     "cactus chat ./model --session work"});
  app.callback(
      [&context, flags] { context.action = [&context, flags] { return run(context, *flags); }; });
}

}  // namespace cactus::cli
