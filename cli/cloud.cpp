#include "cli/cloud.h"

#include <algorithm>
#include <cstdlib>

#include "cli/confirm.h"
#include "cli/environment.h"
#include "cli/log.h"
#include "cli/signals.h"

namespace cactus::cli {
namespace {

Result<Redactor> redactor(const Settings& settings) {
  // Unset is not the same as empty: keys stay here unless the user says otherwise.
  if (!settings.text("handoff.redact")) return Redactor::create({"keys"});
  return Redactor::create(settings.texts("handoff.redact"));
}

// handoff.modalities. Errors: usage.
Result<Modalities> modalities(const Settings& settings) {
  Modalities allowed;
  for (const std::string& name : settings.texts("handoff.modalities")) {
    if (name == "image") {
      allowed.image = true;
    } else if (name == "audio") {
      allowed.audio = true;
    } else if (name != "text") {
      return make_error(ErrorKind::usage, "handoff.modalities cannot hold '" + name + "'",
                        "it is a list of text, image, audio");
    }
  }
  return allowed;
}

Result<Target> make_target(const Settings& settings, const ModelAt& at, net::HttpClient& client) {
  CACTUS_TRY(account, find_account(settings, at.provider));
  CACTUS_TRY(provider, make_provider(account.config, client));
  Target target;
  target.provider = std::move(provider);
  target.model = at.model;
  target.max_output_tokens = account.max_tokens;
  return target;
}

TurnRecord record_of(const OpenSession& model, const TurnResult& turn, Chain* chain) {
  const Outcome& outcome = turn.outcome;
  TurnRecord record;
  record.model = model.name;
  record.handed_off = outcome.handed_off;
  if (!outcome.cloud.attempts.empty()) {
    record.provider = outcome.cloud.attempts.back().provider;
    record.provider_model = outcome.cloud.attempts.back().model;
  }
  record.confidence = turn.reply.confidence;
  record.confidence_source = turn.reply.confidence_source;
  record.threshold = outcome.threshold;
  record.decision = outcome.code;
  record.failure = outcome.failure_text;
  record.local_input = turn.reply.prompt_tokens;
  record.local_output = turn.reply.output_tokens;
  for (const Attempt& attempt : outcome.cloud.attempts)
    if (attempt.request != 0) record.requests.push_back(attempt.request);
  if (!outcome.handed_off && !outcome.unanswered && chain != nullptr)
    record.saved = chain->would_cost(record.local_input, record.local_output);
  return record;
}

// A ledger that cannot be written loses a line of statistics, never an answer.
void write_down(Terminal& terminal, const OpenSession& model, const TurnResult& turn,
                Routing& routing) {
  if (ledger_file().empty()) return;
  auto ledger = Ledger::open(ledger_file());
  if (!ledger) return log::info("the turn was not recorded: " + ledger.error().what);
  Chain* chain = routing.cloud ? &routing.cloud->chain() : nullptr;
  if (const auto number = ledger->record(record_of(model, turn, chain)); !number)
    log::info("the turn was not recorded: " + number.error().what);
  if (!turn.outcome.handed_off || routing.warned) return;
  const auto share = ledger->recent();
  if (!share || !too_many_leave(*share)) return;
  routing.warned = true;
  terminal.warn(std::to_string(share->handed_off) + " of your last " +
                std::to_string(share->turns) +
                " turns were answered by the cloud; a lower handoff.threshold keeps more here");
}

}  // namespace

Result<std::shared_ptr<CloudAccess>> CloudAccess::open(const Settings& settings,
                                                       const std::string& only,
                                                       std::chrono::milliseconds timeout) {
  std::shared_ptr<CloudAccess> access(new CloudAccess);
  access->client_ = std::make_unique<net::HttpClient>(
      net::settings_from([](const char* name) -> const char* { return std::getenv(name); }));
  ChainOptions options;
  CACTUS_TRY(models, handoff_models(settings));
  if (!only.empty()) {
    CACTUS_TRY(named, parse_model_at(settings, only));
    models = {named};
  }
  for (const ModelAt& at : models) {
    CACTUS_TRY(target, make_target(settings, at, *access->client_));
    options.targets.push_back(std::move(target));
  }
  for (const TaskKind kind :
       {TaskKind::code, TaskKind::math, TaskKind::tools, TaskKind::long_text}) {
    const auto name = settings.text("handoff.for_" + std::string(task_name(kind)));
    if (!name || name->empty() || !only.empty()) continue;
    CACTUS_TRY(at, parse_model_at(settings, *name));
    CACTUS_TRY(target, make_target(settings, at, *access->client_));
    options.by_task.emplace(kind, std::move(target));
  }
  CACTUS_TRY(patterns, redactor(settings));
  options.redactor = std::move(patterns);
  CACTUS_TRY(leaving, modalities(settings));
  options.modalities = leaving;
  options.timeout = timeout;
  options.max_output_tokens = settings.integer("handoff.max_output_tokens").value_or(4096);
  options.key = [&settings](std::string_view provider) -> Result<Secret> {
    CACTUS_TRY(account, find_account(settings, provider));
    return key_of(account);
  };
  CACTUS_TRY(prices, price_table(settings));
  CACTUS_TRY(caps, spend_caps(settings));
  if (ledger_file().empty())
    return make_error(ErrorKind::resources, "there is no place for the ledger",
                      "neither HOME nor CACTUS_STATE_DIR is set");
  CACTUS_TRY(ledger, Ledger::open(ledger_file()));
  access->ledger_ = std::make_unique<Ledger>(std::move(ledger));
  access->budget_ = std::make_unique<Budget>(*access->ledger_, std::move(prices), std::move(caps));
  access->breaker_ = std::make_unique<Breaker>(state_folder() / "breaker.json");
  access->chain_ = std::make_unique<Chain>(std::move(options), *access->budget_, *access->breaker_);
  return access;
}

Status open_cloud(const RouteFlags& flags, const Settings& settings, const Terminal& terminal,
                  Routing& routing) {
  const std::string only = flags.cloud == "default" ? "" : flags.cloud;
  if (flags.local || flags.require_local) {
    routing.absent = "started with --local";
    return ok_status();
  }
  routing.absent = "no provider is set up (cactus auth)";
  if (!settings.boolean("handoff.enabled")) {
    if (!settings.texts("handoff.providers").empty() || !only.empty())
      routing.absent = "hand-off is not allowed yet (cactus auth asks, once)";
    return ok_status();
  }
  if (only.empty() && settings.texts("handoff.providers").empty()) return ok_status();
  if (routing.policy.mode == HandoffMode::ask && !(terminal.in_tty() && terminal.err_tty())) {
    routing.absent = "handoff = ask, and nobody can be asked without a terminal";
    return ok_status();
  }
  auto access = CloudAccess::open(settings, only, routing.timeout);
  if (access) {
    routing.cloud = std::move(*access);
    return ok_status();
  }
  if (access.error().kind == ErrorKind::usage) return std::move(access).error();
  routing.absent = access.error().what;
  return ok_status();
}

Result<TurnResult> routed_turn(Terminal& terminal, OpenSession& model, Routing& routing,
                               const TurnRequest& request, TurnSink& sink) {
  Chain* chain = routing.cloud ? &routing.cloud->chain() : nullptr;
  if (chain != nullptr) {
    chain->set_confirm({});
    if (request.policy.mode == HandoffMode::ask)
      chain->set_confirm([&](const Preview& preview) { return confirm(terminal, preview); });
  }
  CACTUS_TRY(turn, run_turn(*model.session, request, chain, sink, &signals::cancel()));
  write_down(terminal, model, turn, routing);
  return std::move(turn);
}

}  // namespace cactus::cli
