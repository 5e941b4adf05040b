// From argv to an action and from its result to an exit code.
#include "cli/app.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <clocale>
#include <exception>

#include "auth/key_shape.h"
#include "cli/cli.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/log.h"
#include "cli/models/find.h"
#include "cli/output/json_sink.h"
#include "cli/output/report.h"
#include "cli/parse_error.h"
#include "cli/redact.h"
#include "cli/signals.h"
#include "cli/termios_state.h"
#include "cli/version.h"

namespace cactus::cli {
namespace {

// Errors must come in the format asked for even when the command line cannot be parsed.
Format wanted_format(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--") break;
    if (argument == "--json") return Format::json;
    if (argument == "--jsonl") return Format::jsonl;
  }
  return Format::text;
}

int show_error(Context& context, const Error& original) {
  const Error error = redact::error(original);
  if (error.kind != ErrorKind::cancelled || !error.what.empty()) context.terminal.error(error);
  if (context.format == Format::json) {
    context.terminal.out(dump_json(error_object(error), 2) + "\n");
  } else if (context.format == Format::jsonl) {
    write_event(context.terminal, "error",
                {{"code", error_name(error.kind)}, {"message", error.what}, {"hint", error.fix}});
  }
  return error.kind == ErrorKind::cancelled && signals::exit_code() != 0 ? signals::exit_code()
                                                                         : exit_code(error.kind);
}

int show_help(Context& context, const CLI::App& app, bool all) {
  const CLI::App* command = &app;
  std::string path;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    path += (path.empty() ? "" : " ") + command->get_name();
  }
  const CommandDoc tree = describe(app);
  const CommandDoc* doc = find_command(tree, path);
  if (doc == nullptr) doc = &tree;
  const bool bold = context.terminal.out_color();
  context.terminal.out(all ? long_help(*doc, bold) : short_help(*doc, bold));
  return kOk;
}

// What `cactus` alone shows: on a terminal the short help and what there is to run.
int show_nothing_asked(Context& context, const CLI::App& app) {
  const CommandDoc tree = describe(app);
  if (!context.terminal.out_tty() || !context.terminal.in_tty()) {
    context.terminal.err("usage: " + usage_line(tree) + "\n  try: cactus --help\n");
    return kUsage;
  }
  context.terminal.out(short_help(tree, context.terminal.out_color()));
  const hub::Store store = model_store();
  context.terminal.out(
      store.list().empty()
          ? "\nno models installed – one that chats: cactus run google/gemma-4-E2B-it\n"
            "the model inside cactus works offline: cactus run \"roll two dice\"\n"
          : "\n" + installed_names(store) + "\n");
  return kOk;
}

Result<int> show_version(Context& context) {
  const std::string isa = env("CACTUS_FORCE_ISA").value_or("");
  context.terminal.out(context.format == Format::text ? version_line(isa) + "\n"
                                                      : dump_json(version_object(isa), 2) + "\n");
  return static_cast<int>(kOk);
}

Status apply_globals(Context& context) {
  CACTUS_CHECK(log::init(context.verbosity, env("CACTUS_LOG").value_or("")));
  std::string color = context.color;
  if (color.empty()) {
    // A broken settings file is the business of the commands that need settings.
    const auto settings = Settings::load(context.config);
    if (settings) color = settings->text("ui.color").value_or("");
  }
  if (color.empty()) return ok_status();
  CACTUS_TRY(mode, parse_color_mode(color));
  context.terminal.set_color(mode);
  return ok_status();
}

// A key on the command line is in the shell's history, and every user of the machine could see it.
Status refuse_keys(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::size_t equal = argument.starts_with('-') ? argument.find('=') : argument.npos;
    if (!auth::is_key_shaped(argument) &&
        (equal == argument.npos || !auth::is_key_shaped(argument.substr(equal + 1))))
      continue;
    const std::string shown =
        mask_key(equal == argument.npos ? argument : argument.substr(equal + 1));
    std::fill(argv[i], argv[i] + argument.size(), '*');  // what `ps` shows from now on
    return make_error(ErrorKind::usage, shown + " looks like a key, and keys do not belong here",
                      "it is now in your shell history; rotate it",
                      "cactus auth login PROVIDER --with-token < FILE");
  }
  return ok_status();
}

int execute(Context& context, CLI::App& app, int argc, char** argv, const bool& version) {
  if (const Status status = refuse_keys(argc, argv); !status)
    return show_error(context, status.error());
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return show_help(context, app, false);
  } catch (const CLI::CallForAllHelp&) {
    return show_help(context, app, true);
  } catch (const CLI::ParseError& error) {
    return show_error(context, parse_error(app, error));
  }
  if (const Status status = apply_globals(context); !status)
    return show_error(context, status.error());
  if (version) return *show_version(context);
  if (!context.action) return show_nothing_asked(context, app);
  const Result<int> code = context.action();
  if (!code) return show_error(context, code.error());
  if (context.terminal.closed()) return kOk;
  if (*code == kOk && !context.terminal.out_failure().empty())
    return show_error(context, make_error(ErrorKind::resources, "cannot write to standard output",
                                          context.terminal.out_failure()));
  return *code;
}

// Help flags are inherited without their group.
void group_help_flags(CLI::App& app) {
  for (const char* name : {"-h", "--help"}) app.get_option(name)->group(kGeneralGroup);
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; })) group_help_flags(*sub);
}

// Line editing and widths need a UTF-8 locale; in the C locale every system has one of these.
void set_locale() {
  std::setlocale(LC_CTYPE, "");
  const std::string name = std::setlocale(LC_CTYPE, nullptr);
  const bool utf8 =
      name.find("UTF-8") != std::string::npos || name.find("utf8") != std::string::npos;
  for (const char* other : {"C.UTF-8", "en_US.UTF-8"})
    if (utf8 || std::setlocale(LC_CTYPE, other) != nullptr) return;
}

}  // namespace

Result<const Settings*> Context::settings() {
  if (!loaded_) {
    CACTUS_TRY(read, Settings::load(config));
    loaded_ = std::move(read);
    for (const std::string& warning : loaded_->warnings()) terminal.warn(warning);
  }
  return &*loaded_;
}

std::unique_ptr<CLI::App> make_app(Context& context) {
  auto app = std::make_unique<CLI::App>("Language models on this machine", "cactus");
  app->set_help_flag("-h", "Help on one screen");
  app->set_help_all_flag("--help", "All help");
  app->fallthrough();
  // After a command its words are its own, never another command's name.
  app->require_subcommand(0, 1);
  app->add_option("--color", context.color, "Colours: auto, always or never")
      ->type_name("WHEN")
      ->group(kGeneralGroup);
  app->add_option("--config", context.config, "Settings that go before the user's")
      ->type_name("FILE")
      ->group(kGeneralGroup);
  app->add_flag("--offline", context.offline, "No connection to anywhere")->group(kGeneralGroup);
  app->add_flag("-v,--verbose", context.verbosity, "Say more; -vv for everything")
      ->group(kGeneralGroup);
  add_run(*app, context);
  add_download(*app, context);
  add_list(*app, context);
  add_info(*app, context);
  add_search(*app, context);
  add_outdated(*app, context);
  add_upgrade(*app, context);
  add_pin(*app, context);
  add_remove(*app, context);
  add_cleanup(*app, context);
  add_convert(*app, context);
  add_verify(*app, context);
  add_bench(*app, context);
  add_probe(*app, context);
  add_auth(*app, context);
  add_usage(*app, context);
  add_config(*app, context);
  add_path(*app, context);
  add_doctor(*app, context);
  add_debug(*app, context);
  add_completion(*app, context);
  add_help(*app, context);
  set_examples(*app, {"cactus run google/gemma-4-E2B-it \"Why is the sky blue?\"",
                      "cactus download google/gemma-4-E2B-it", "cactus help exit-codes"});
  group_help_flags(*app);
  context.root = app.get();
  return app;
}

int run(int argc, char** argv, const Services& services) {
  set_locale();
  termios_state::remember(isatty(STDIN_FILENO) != 0 ? STDIN_FILENO : STDERR_FILENO);
  signals::install();
  Terminal terminal;
  Context context(terminal, services);
  context.format = wanted_format(argc, argv);
  context.program = argc > 0 ? argv[0] : "cactus";
  // The last net: what a library threw and nobody below caught is still an error with an exit code.
  try {
    const auto app = make_app(context);
    bool version = false, json = false;
    app->add_flag("-V,--version", version, "Version, instruction sets, build (--json for all)")
        ->group(kGeneralGroup);
    app->add_flag("--json", json)->group("");
    return execute(context, *app, argc, argv, version);
  } catch (const std::bad_alloc&) {
    return show_error(context, make_error(ErrorKind::resources, "out of memory"));
  } catch (const std::exception& error) {
    return show_error(context, make_error(ErrorKind::internal, "unexpected failure", error.what()));
  }
}

}  // namespace cactus::cli
