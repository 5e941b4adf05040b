#include "cli/models/fetch.h"

#include "cli/environment.h"
#include "cli/model_path.h"
#include "cli/models/ask.h"
#include "cli/models/display.h"
#include "cli/render/format.h"
#include "cli/signals.h"
#include "engine/base/file.h"

namespace cactus::cli {
namespace {

std::string bytes(std::uint64_t n) {
  return format_bytes(static_cast<double>(n));
}

// A conversion that Ctrl-C ended says what is left to say.
Error interrupted(Error error, const hub::Plan& plan, bool again) {
  if (error.kind != ErrorKind::cancelled) return error;
  return make_error(
      ErrorKind::cancelled, "the download was interrupted",
      "what is done is kept; the same command goes on from there",
      (again ? "cactus download --reconvert " : "cactus download ") + shell_word(plan.name.text()));
}

}  // namespace

std::string plan_line(const hub::Plan& plan, const hub::Store& store) {
  std::string line = plan.name.repository + ":" + plan.name.variant + " @" + plan.version();
  if (plan.published()) {
    line += " · " + bytes(plan.disk_bytes);
    if (plan.fetch_bytes < plan.disk_bytes)
      line += " (" + bytes(plan.disk_bytes - plan.fetch_bytes) + " of it in the cache)";
    if (!hub::same_ignoring_case(plan.repository, plan.name.repository))
      line += " from " + plan.repository;
  } else {
    line += " · " + bytes(plan.fetch_bytes) + " to fetch and convert";
    if (plan.disk_bytes > 0) line += ", " + bytes(plan.disk_bytes) + " on disk";
  }
  if (const auto space = free_space(store.root())) line += " · " + bytes(*space) + " free";
  if (!plan.info.licence.empty()) line += " · license " + plan.info.licence;
  if (plan.info.gate != hub::Gate::none) line += " · gated";
  return line;
}

void remove_replaced(Context& context, const hub::Store& store, const hub::Installed& now) {
  for (const hub::Installed& old : store.list()) {
    if (old.title() != now.title() || old.place == now.place || old.record.pinned) continue;
    if (old.record.installed > now.record.installed || !store.users(old).empty()) continue;
    if (const Status removed = store.remove(old); !removed)
      context.terminal.warn("the old " + old.title() + " @" + old.version() +
                            " could not be removed: " + removed.error().what);
  }
}

Result<hub::InstallReport> carry_out(Context& context, Hub& hub, const hub::Plan& plan,
                                     const FetchFlags& flags, InstallDisplay& display) {
  hub::InstallOptions options;
  options.threads = flags.threads;
  options.connections = flags.jobs > 0 ? flags.jobs : hub.connections();
  options.again = flags.again;
  options.keep_source = flags.keep_source;
  options.cancel = &signals::cancel();
  options.progress = [&](const hub::InstallProgress& progress) { display.update(progress); };
  options.load_test = [&](const std::filesystem::path& bundle) -> Status {
    SessionRequest request;
    request.folder = bundle;
    request.force_isa = env("CACTUS_FORCE_ISA").value_or("");
    request.context = 64;
    CACTUS_TRY(session, context.services.open_session(request));
    (void)session;
    return ok_status();
  };
  const signals::PhaseScope generating(signals::Phase::generating);
  auto report = hub::install(hub.api(), hub.cache(), hub.store(), plan, options);
  display.stop();
  if (!report) return interrupted(std::move(report).error(), plan, flags.again);
  if (flags.again && !report->already) remove_replaced(context, hub.store(), report->installed);
  return report;
}

Result<hub::InstallReport> fetch_model(Context& context, const hub::ModelName& name,
                                       const FetchFlags& flags) {
  CACTUS_TRY(settings, context.settings());
  (void)settings;
  std::unique_ptr<InstallDisplay> display;
  CACTUS_TRY(hub, Hub::open(context, [&](std::string_view text) {
               if (display) {
                 display->notice(text);
               } else if (!text.empty()) {
                 context.terminal.note(text);
               }
             }));
  display = std::make_unique<InstallDisplay>(context.terminal,
                                             flags.bars && hub->environment().progress_bars);
  hub::PlanOptions options = hub->options();
  options.source_only = flags.again;
  Result<hub::Plan> plan = [&] {
    const signals::PhaseScope generating(signals::Phase::generating);
    return hub::make_plan(hub->api(), hub->cache(), name, options);
  }();
  if (!plan) return std::move(plan).error();
  for (const std::string& note : plan->notes) context.terminal.note(note);
  const std::string line = plan_line(*plan, hub->store());
  CACTUS_TRY(yes, always_yes());
  if (flags.ask && !flags.yes && !yes && can_ask(context)) {
    CACTUS_TRY(agreed, ask(context, line + " · fetch?", true));
    if (!agreed)
      return make_error(ErrorKind::not_found, plan->name.text() + " is not installed",
                        "you answered no", "cactus list");
  } else {
    context.terminal.note(line);
  }
  return carry_out(context, *hub, *plan, flags, *display);
}

}  // namespace cactus::cli
