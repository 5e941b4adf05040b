// `auth`: keys of providers, and where questions may be sent.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/introspect.h"
#include "cli/keys/login.h"
#include "cli/keys/status.h"

namespace cactus::cli {
namespace {

// The verb's values, kept alive by its callback.
struct Values {
  LoginFlags login;
  StatusFlags status;
  std::string provider, model;
  bool all = false, show = false, json = false;
};
using Shared = std::shared_ptr<Values>;

void add_provider(CLI::App& sub, std::string& value, bool required) {
  CLI::Option* option = sub.add_option("provider", value, "Provider")->type_name("PROVIDER");
  if (required) option->required();
}

void add_login(CLI::App& app, Context& context, const Shared& values) {
  CLI::App& sub =
      *app.add_subcommand("login", "Store a key, checked with a call that costs nothing");
  sub.group("Commands");
  LoginFlags& flags = values->login;
  add_provider(sub, flags.provider, true);
  sub.add_flag("--with-token", flags.with_token, "Read the key from standard input");
  sub.add_flag("--no-verify", flags.no_verify, "Store it without asking the provider");
  sub.add_option("--storage", flags.storage, "Where the key is kept")->type_name("keychain|file");
  sub.add_option("--base-url", flags.base_url, "Address of the server")->type_name("URL");
  sub.add_option("--name", flags.name, "Name for a server of your own")->type_name("NAME");
  sub.callback([&context, values] {
    context.action = [&context, values] { return login(context, values->login); };
  });
  set_examples(sub, {"cactus auth login anthropic  # on a terminal",
                     "cactus auth login openai --with-token < key.txt",
                     "cactus auth login openai-compatible --name lab --base-url "
                     "http://127.0.0.1:8000/v1  # on a terminal"});
}

void add_status(CLI::App& app, Context& context, const Shared& values) {
  CLI::App& sub = *app.add_subcommand("status", "Which keys there are and where they come from");
  sub.group("Commands");
  add_provider(sub, values->status.provider, false);
  sub.add_flag("--online", values->status.online, "Ask each provider whether it takes the key");
  sub.add_flag("--json", values->json, "As JSON");
  sub.callback([&context, values] {
    context.action = [&context, values] { return auth_status(context, values->status); };
  });
  set_examples(sub, {"cactus auth status", "cactus auth status --online"});
}

}  // namespace

void add_auth(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("auth", "Keys of cloud providers and of Hugging Face");
  app.group(kGroupAccounts);
  app.require_subcommand(0, 1);
  const auto values = std::make_shared<Values>();
  app.callback([&context, &app] {
    if (app.get_subcommands().empty()) context.action = [&context] { return login_menu(context); };
  });
  add_login(app, context, values);

  CLI::App& out = *app.add_subcommand("logout", "Forget a key");
  out.group("Commands");
  add_provider(out, values->provider, false);
  out.add_flag("--all", values->all, "All keys");
  out.callback([&context, values] {
    context.action = [&context, values]() -> Result<int> {
      if (values->provider.empty() != values->all)
        return make_error(ErrorKind::usage, "logout takes a provider or --all", "",
                          "cactus auth logout PROVIDER");
      return logout(context, values->provider);
    };
  });
  set_examples(out, {"cactus auth logout openai", "cactus auth logout --all"});

  add_status(app, context, values);

  CLI::App& token = *app.add_subcommand("token", "Print a key, for another program");
  token.group("Commands");
  add_provider(token, values->provider, true);
  token.add_flag("--show", values->show, "Also on a terminal");
  token.callback([&context, values] {
    context.action = [&context, values] {
      return auth_token(context, values->provider, values->show);
    };
  });
  set_examples(token, {"cactus auth token openai | pbcopy"});

  CLI::App& fallback = *app.add_subcommand("default", "The model that hand-offs go to first");
  fallback.group("Commands");
  fallback.add_option("model", values->model, "Model")->type_name("PROVIDER/MODEL")->required();
  fallback.callback([&context, values] {
    context.action = [&context, values] { return set_default(context, values->model); };
  });
  set_examples(fallback, {"cactus auth default anthropic/claude-sonnet-5-5"});
  set_examples(app, {"cactus auth  # on a terminal: choose a provider",
                     "cactus auth login anthropic  # on a terminal", "cactus auth status"});
}

}  // namespace cactus::cli
