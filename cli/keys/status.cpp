#include "cli/keys/status.h"

#include <algorithm>
#include <cstdlib>

#include "auth/verify.h"
#include "cli/accounts.h"
#include "cli/exit_code.h"
#include "cli/output/json_sink.h"
#include "cli/redact.h"
#include "cli/render/sanitise.h"
#include "cli/signals.h"

namespace cactus::cli {
namespace {

// What is said about one provider.
struct Line {
  std::string name, base_url, model;
  std::vector<auth::KeySighting> seen;  // the first one wins
  std::string problem;                  // a source that cannot be read, a broken section
  bool wanted = false, optional = false;
  std::string verdict;  // "accepted", "rejected", "unchecked"; empty: not asked
  std::string reason;

  bool bad() const {
    const bool missing = seen.empty() && !optional;
    return !problem.empty() || verdict == "rejected" || (wanted && missing);
  }
};

std::string verdict_name(auth::Verdict verdict) {
  switch (verdict) {
    case auth::Verdict::accepted:
      return "accepted";
    case auth::Verdict::rejected:
      return "rejected";
    case auth::Verdict::unchecked:
      break;
  }
  return "unchecked";
}

Line look_at(const Settings& settings, const auth::KeyRing& ring, const std::string& name) {
  Line line;
  line.name = name;
  const auto account = find_account(settings, name);
  if (!account) {
    line.problem =
        account.error().what + (account.error().why.empty() ? "" : ": " + account.error().why);
    return line;
  }
  line.base_url = account->base_url();
  line.model = account->model;
  line.optional = !account->needs_key();
  const auto seen = ring.all(name, account->key_command);
  if (seen) {
    line.seen = *seen;
  } else {
    line.problem = seen.error().what + ": " + seen.error().why +
                   (seen.error().fix.empty() ? "" : " (" + seen.error().fix + ")");
  }
  return line;
}

void ask_online(Line& line, const Settings& settings, net::HttpClient& client) {
  const auto account = find_account(settings, line.name);
  if (!account || (line.seen.empty() && !line.optional)) return;
  Secret key = line.seen.empty() ? Secret() : line.seen.front().key;
  if (!line.seen.empty() && line.seen.front().source.kind == auth::SourceKind::command) {
    const auto printed = key_of(*account);
    if (!printed) {
      line.problem = printed.error().what + ": " + printed.error().why;
      return;
    }
    key = *printed;
  }
  const signals::PhaseScope phase(signals::Phase::generating);
  const auth::Verification result =
      auth::verify_key(client, *account->info, account->base_url(),
                       account->config.allow_plain_http, key, &signals::cancel());
  line.verdict = verdict_name(result.verdict);
  line.reason = result.reason;
}

Json line_object(const Line& line) {
  Json object;
  object["provider"] = line.name;
  object["base_url"] = line.base_url;
  object["model"] = line.model.empty() ? Json() : Json(line.model);
  object["key"] = line.seen.empty() || line.seen.front().key.empty()
                      ? Json()
                      : Json(line.seen.front().key.masked());
  object["source"] = line.seen.empty() ? Json() : Json(line.seen.front().source.name);
  object["shadowed"] = Json::array();
  for (std::size_t i = 1; i < line.seen.size(); ++i)
    object["shadowed"].push_back(line.seen[i].source.name);
  object["needed"] = line.wanted;
  if (!line.verdict.empty()) object["online"] = line.verdict;
  if (!line.reason.empty()) object["reason"] = redact::text(line.reason);
  if (!line.problem.empty()) object["problem"] = redact::text(line.problem);
  return object;
}

std::string line_text(const Line& line) {
  std::string text =
      line.name + std::string(line.name.size() < 14 ? 14 - line.name.size() : 1, ' ');
  if (!line.problem.empty()) {
    text += line.problem;
  } else if (line.seen.empty()) {
    text += line.optional ? "no key (it may need none)" : "no key";
  } else {
    const auth::KeySighting& first = line.seen.front();
    text +=
        first.key.empty() ? first.source.name : first.key.masked() + "  from " + first.source.name;
    for (std::size_t i = 1; i < line.seen.size(); ++i)
      text += (i == 1 ? " (before " : ", ") + line.seen[i].source.name;
    if (line.seen.size() > 1) text += ")";
  }
  if (!line.verdict.empty())
    text += "  " + line.verdict + (line.reason.empty() ? "" : ": " + line.reason);
  return redact::text(sanitise(text)) + "\n";
}

std::string spent_text(const SpendCaps& caps, const Spent& spent) {
  const auto of = [](NanoDollars used, const std::optional<NanoDollars>& cap) {
    return format_dollars(used) + (cap ? " of " + format_dollars(*cap) : "");
  };
  std::string text = "spent today " + of(spent.day_money, caps.day_money) + ", this month " +
                     of(spent.month_money, caps.month_money);
  if (caps.day_tokens)
    text += "; " + std::to_string(spent.day_tokens) + " of " + std::to_string(*caps.day_tokens) +
            " tokens today";
  return text;
}

}  // namespace

Result<int> auth_status(Context& context, const StatusFlags& flags) {
  CACTUS_TRY(settings, context.settings());
  if (!flags.provider.empty()) CACTUS_CHECK(find_account(*settings, flags.provider));
  std::vector<std::string> targets = settings->texts("handoff.providers");
  const auth::KeyRing ring = key_ring();
  net::HttpClient client(net::settings_from([](const char* name) { return std::getenv(name); }));
  std::vector<Line> lines;
  bool bad = false;
  for (const std::string& name : account_names(*settings)) {
    if (!flags.provider.empty() && name != flags.provider) continue;
    Line line = look_at(*settings, ring, name);
    line.wanted = !flags.provider.empty() ||
                  std::any_of(targets.begin(), targets.end(), [&](const std::string& target) {
                    return target.substr(0, target.find('/')) == name;
                  });
    if (flags.online && line.problem.empty()) ask_online(line, *settings, client);
    if (signals::exit_code() != 0) return make_error(ErrorKind::cancelled, "");
    bad = bad || line.bad();
    lines.push_back(std::move(line));
  }
  const bool enabled = settings->boolean("handoff.enabled");
  CACTUS_TRY(caps, spend_caps(*settings));
  std::optional<Spent> spent;
  std::error_code ignored;
  if (std::filesystem::exists(ledger_file(), ignored)) {
    CACTUS_TRY(ledger, Ledger::open(ledger_file()));
    CACTUS_TRY(found, Budget(ledger, PriceTable::empty(), caps).spent());
    spent = found;
  }
  if (context.format != Format::text) {
    Json object = {
        {"v", 1}, {"ok", !bad}, {"handoff_enabled", enabled}, {"handoff_providers", targets}};
    object["providers"] = Json::array();
    for (const Line& line : lines) object["providers"].push_back(line_object(line));
    if (spent)
      object["spent_usd"] = {{"day", static_cast<double>(spent->day_money) / kDollar},
                             {"month", static_cast<double>(spent->month_money) / kDollar}};
    context.terminal.out(dump_json(object, 2) + "\n");
    return static_cast<int>(bad ? kAuth : kOk);
  }
  for (const Line& line : lines) context.terminal.out(line_text(line));
  std::string handoff = "hand-off      ";
  handoff += !enabled ? "off: no consent (cactus auth, or cactus config set handoff.enabled true)"
             : targets.empty() ? "allowed, but to no model (cactus auth default PROVIDER/MODEL)"
                               : "to";
  for (const std::string& target : targets)
    if (enabled) handoff += " " + sanitise(target);
  context.terminal.out(handoff + "\n");
  if (spent) context.terminal.out("budget        " + spent_text(caps, *spent) + "\n");
  return static_cast<int>(bad ? kAuth : kOk);
}

Result<int> auth_token(Context& context, const std::string& provider, bool show) {
  CACTUS_TRY(settings, context.settings());
  CACTUS_TRY(account, find_account(*settings, provider));
  if (context.terminal.out_tty() && !show)
    return make_error(ErrorKind::usage, "a key is not shown on a terminal",
                      "it would stay in the window's memory",
                      "cactus auth token " + provider + " --show");
  CACTUS_TRY(key, key_of(account));
  if (key.empty())
    return make_error(ErrorKind::auth, "there is no key for " + provider, "",
                      "cactus auth login " + provider);
  context.terminal.out(key.expose());
  context.terminal.out("\n");
  return static_cast<int>(kOk);
}

}  // namespace cactus::cli
