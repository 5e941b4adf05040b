#include "cli/keys/login.h"

#include <unistd.h>

#include <cstdlib>

#include "auth/verify.h"
#include "cli/accounts.h"
#include "cli/config_edit.h"
#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/files.h"
#include "cli/keys/ask.h"
#include "cli/keys/choose_model.h"
#include "cli/keys/consent.h"
#include "cli/redact.h"
#include "cli/signals.h"
#include "hub/net/url.h"

namespace cactus::cli {
namespace {

// Who is logged in to, before anything about it is written.
struct Subject {
  std::string name;
  const auth::ProviderInfo* info = nullptr;
  std::string base_url;
  bool allow_http = false;
};

Error missing(const std::string& what, const std::string& fix) {
  return make_error(ErrorKind::usage, what, "", fix);
}

Status check_base_url(const Subject& subject) {
  CACTUS_TRY(url, net::parse_url(subject.base_url));
  if (url.scheme == "http" && !url.loopback() && !subject.allow_http)
    return make_error(ErrorKind::usage, url.shown() + " would get the key unencrypted",
                      "http:// is for this machine only, unless you say that it is meant",
                      "cactus config set providers." + subject.name + ".allow_http true");
  return ok_status();
}

Result<Subject> subject_of(Context& context, const Settings& settings, const LoginFlags& flags) {
  Subject subject;
  subject.name = flags.provider;
  subject.info = auth::find_provider(flags.provider);
  const bool fresh = flags.provider == "openai-compatible";
  if (fresh) {
    subject.name = flags.name;
    if (subject.name.empty() && can_ask(context.terminal) && !flags.with_token) {
      CACTUS_TRY(name, ask_line(context.terminal, "a name for it (such as cluster): "));
      subject.name = name;
    }
    if (!auth::is_own_name(subject.name))
      return make_error(ErrorKind::usage,
                        subject.name.empty() ? "the server needs a name"
                                             : "'" + subject.name + "' cannot be its name",
                        "a name has lower-case letters, digits, '-' and '_', and is no provider's",
                        "cactus auth login openai-compatible --name NAME --base-url URL");
  } else if (!flags.name.empty()) {
    return missing("--name is for openai-compatible", "cactus auth login " + flags.provider);
  }
  subject.allow_http = settings.boolean("providers." + subject.name + ".allow_http");
  subject.base_url = flags.base_url;
  const auto known = find_account(settings, subject.name);
  if (subject.base_url.empty() && known) subject.base_url = known->base_url();
  if (fresh) {
    if (subject.base_url.empty() && can_ask(context.terminal) && !flags.with_token) {
      CACTUS_TRY(url, ask_line(context.terminal, "its address (such as https://host/v1): "));
      subject.base_url = url;
    }
    if (subject.base_url.empty())
      return missing("the server needs an address",
                     "cactus auth login openai-compatible --name NAME --base-url URL");
  } else if (!known) {
    return known.error();
  } else {
    subject.info = known->info;
  }
  while (subject.base_url.ends_with('/')) subject.base_url.pop_back();
  CACTUS_CHECK(check_base_url(subject));
  return subject;
}

Result<Secret> get_key(Context& context, const Subject& subject, const LoginFlags& flags) {
  Terminal& terminal = context.terminal;
  const bool optional = subject.info->name == "openai-compatible";
  Secret typed;
  if (flags.with_token && !terminal.in_tty()) {
    CACTUS_TRY(text, read_all(STDIN_FILENO, "standard input", 64u << 10));
    typed = Secret::take(text);
  } else if (can_ask(terminal)) {
    if (!subject.info->key_page.empty())
      terminal.err("keys are made at " + std::string(subject.info->key_page) + "\n");
    CACTUS_TRY(answer, ask_hidden(terminal, "key for " + subject.name +
                                                (optional ? " (empty: it needs none)" : "") +
                                                " (not shown): "));
    typed = answer;
  } else {
    return make_error(ErrorKind::usage, "there is no terminal to ask for the key", "",
                      "cactus auth login " + flags.provider + " --with-token < FILE");
  }
  if (typed.empty() && optional) return typed;
  CACTUS_TRY(key, auth::clean_key(typed.expose()));
  redact::remember(key);
  return key;
}

// Which store, and why not the keychain when that was to be expected.
Result<std::unique_ptr<auth::SecretStore>> choose_store(Context& context, const LoginFlags& flags) {
  const bool wants_file = flags.storage == "file";
  const auth::KeyRing ring = key_ring();
  if (!wants_file && ring.keychain) {
    auto keychain = ring.keychain();
    if (keychain) return std::move(keychain).value();
    if (flags.storage == "keychain") return keychain.error();
    context.terminal.note("the key goes into a file: " + keychain.error().why);
  }
  if (credentials_file().empty())
    return make_error(ErrorKind::usage, "there is no place for keys", "HOME is not set",
                      "CACTUS_CONFIG_DIR=FOLDER cactus auth …");
  return std::unique_ptr<auth::SecretStore>(std::make_unique<auth::FileStore>(credentials_file()));
}

Result<std::string> keep(Context& context, const Subject& subject, const Secret& key,
                         const LoginFlags& flags) {
  CACTUS_TRY(store, choose_store(context, flags));
  if (const Status kept = store->put(subject.name, key); !kept) {
    if (store->name() == "file" || flags.storage == "keychain") return kept.error();
    // A keychain that is there and cannot be used: locked, or nobody at the screen to unlock it.
    context.terminal.note("the key goes into a file: " + kept.error().why);
    LoginFlags to_file = flags;
    to_file.storage = "file";
    return keep(context, subject, key, to_file);
  }
  // An older key elsewhere would go before this one, or come back when this one goes.
  if (store->name() == "file") {
    if (const auth::KeyRing ring = key_ring(); ring.keychain)
      if (const auto keychain = ring.keychain())
        static_cast<void>((*keychain)->erase(subject.name).ok());
  } else if (!credentials_file().empty()) {
    static_cast<void>(auth::FileStore(credentials_file()).erase(subject.name).ok());
  }
  return store->place();
}

// Whether the key may be stored; says what came of the check.
Status check(Context& context, net::HttpClient& client, const Subject& subject, const Secret& key) {
  const signals::PhaseScope phase(signals::Phase::generating);
  const auth::Verification result = auth::verify_key(client, *subject.info, subject.base_url,
                                                     subject.allow_http, key, &signals::cancel());
  if (signals::exit_code() != 0) return make_error(ErrorKind::cancelled, "nothing was stored");
  switch (result.verdict) {
    case auth::Verdict::accepted:
      context.terminal.note(subject.name + " takes the key" +
                            (key.empty() ? "" : " " + key.masked()));
      break;
    case auth::Verdict::rejected:
      return make_error(ErrorKind::auth, subject.name + " does not take this key",
                        result.reason + "; nothing was stored",
                        subject.info->key_page.empty() ? "" : std::string(subject.info->key_page));
    case auth::Verdict::unchecked:
      context.terminal.warn("the key could not be checked: " + result.reason);
      break;
  }
  return ok_status();
}

void warn_about_variables(Context& context, const std::string& name) {
  auth::KeyRing only_variables;
  only_variables.variable = [](const char* variable) -> const char* {
    return std::getenv(variable);
  };
  only_variables.keychain = nullptr;
  only_variables.on_key = redact::remember;
  if (const auto found = only_variables.find(name); found && !found->key.empty())
    context.terminal.warn(found->source.name + " is set and goes before what is stored");
}

// A new target is always asked for, also when others have been allowed before.
Status ask_consent(Context& context, const std::string& provider, const std::string& model) {
  CACTUS_TRY(settings, Settings::load(context.config));
  const std::string target = provider + "/" + model;
  if (!can_ask(context.terminal)) {
    CACTUS_CHECK(put_first(settings, provider, model));
    if (!settings.boolean("handoff.enabled"))
      context.terminal.note(
          "nothing is sent before you allow it: cactus config set handoff.enabled true");
    return ok_status();
  }
  CACTUS_TRY(yes, ask_yes(context.terminal, "hand off to " + target + " when unsure?", false));
  if (!yes) {
    CACTUS_CHECK(take_out(settings, provider));
    CACTUS_CHECK(set_setting("providers." + provider + ".model", model));
    context.terminal.note("nothing is sent to " + provider);
    return ok_status();
  }
  CACTUS_CHECK(put_first(settings, provider, model));
  CACTUS_CHECK(set_consent(true));
  context.terminal.note("answers that are likely wrong go to " + target +
                        " from now on (cactus config set handoff.enabled false ends it)");
  return ok_status();
}

}  // namespace

Result<int> login(Context& context, const LoginFlags& flags) {
  if (!flags.storage.empty() && flags.storage != "keychain" && flags.storage != "file")
    return make_error(ErrorKind::usage, "--storage takes keychain or file");
  CACTUS_TRY(settings, context.settings());
  CACTUS_TRY(subject, subject_of(context, *settings, flags));
  CACTUS_TRY(key, get_key(context, subject, flags));
  net::HttpClient client(net::settings_from([](const char* name) { return std::getenv(name); }));
  if (!flags.no_verify) CACTUS_CHECK(check(context, client, subject, key));
  if (!key.empty()) {
    CACTUS_TRY(place, keep(context, subject, key, flags));
    context.terminal.note("stored in " + place);
  }
  const bool own = subject.info->name == "openai-compatible";
  if (!flags.base_url.empty() || own)
    CACTUS_CHECK(set_setting("providers." + subject.name + ".base_url", subject.base_url));
  warn_about_variables(context, subject.name);
  if (!subject.info->answers) return static_cast<int>(kOk);
  if (flags.with_token || !can_ask(context.terminal)) {
    context.terminal.note("to hand off to it: cactus auth default " + subject.name + "/MODEL");
    return static_cast<int>(kOk);
  }
  const std::vector<std::string> models =
      flags.no_verify ? std::vector<std::string>()
                      : auth::list_models(client, *subject.info, subject.base_url,
                                          subject.allow_http, key, &signals::cancel());
  CACTUS_TRY(model, choose_model(context, *settings, subject.name, models));
  if (!model.empty()) CACTUS_CHECK(ask_consent(context, subject.name, model));
  return static_cast<int>(kOk);
}

Result<int> login_menu(Context& context) {
  Terminal& terminal = context.terminal;
  if (!can_ask(terminal))
    return make_error(ErrorKind::usage, "cactus auth asks questions, and nobody is there to answer",
                      "standard input is no terminal", "cactus auth login PROVIDER --with-token");
  CACTUS_TRY(settings, context.settings());
  const auth::KeyRing ring = key_ring();
  std::vector<std::string> names = account_names(*settings);
  names.emplace_back("openai-compatible");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auth::ProviderInfo* info = auth::find_provider(names[i]);
    const auto account = find_account(*settings, names[i]);
    const auto found = ring.find(names[i]);
    std::string line = "  " + std::to_string(i + 1) + "  " +
                       (info != nullptr ? std::string(info->title) : names[i] + " (your server)");
    if (found && !found->key.empty())
      line += "  " + found->key.masked() + " from " + found->source.name;
    else if (account && !account->key_command.empty())
      line += "  key_command";
    terminal.err(line + "\n");
  }
  for (;;) {
    CACTUS_TRY(answer, ask_line(terminal, "which one? "));
    if (answer.empty()) return static_cast<int>(kOk);
    LoginFlags flags;
    char* end = nullptr;
    const unsigned long number = std::strtoul(answer.c_str(), &end, 10);
    if (*end == '\0' && number >= 1 && number <= names.size()) flags.provider = names[number - 1];
    for (const std::string& name : names)
      if (answer == name) flags.provider = name;
    if (!flags.provider.empty()) return login(context, flags);
    terminal.err("a number from 1 to " + std::to_string(names.size()) + ", or nothing to leave\n");
  }
}

Result<int> set_default(Context& context, const std::string& text) {
  CACTUS_TRY(settings, context.settings());
  CACTUS_TRY(at, parse_model_at(*settings, text));
  CACTUS_TRY(account, find_account(*settings, at.provider));
  if (const auto key = key_of(account); !key) context.terminal.warn(key.error().what);
  CACTUS_TRY(prices, price_table(*settings));
  if (!prices.find(at.provider, at.model))
    context.terminal.warn("the price of " + at.provider + "/" + at.model +
                          " is not known, so nothing is sent there: cactus config set providers." +
                          at.provider +
                          ".price_input DOLLARS (for a million tokens), and "
                          "price_output");
  CACTUS_CHECK(ask_consent(context, at.provider, at.model));
  return static_cast<int>(kOk);
}

}  // namespace cactus::cli
