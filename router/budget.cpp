#include "router/budget.h"

#include <sqlite3.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "router/process_identity.h"
#include "router/sqlite.h"

namespace cactus {
namespace {

// Where the day or the month that holds `now_ms` began, in the machine's time zone.
std::int64_t began(std::int64_t now_ms, bool month) {
  const std::time_t now = static_cast<std::time_t>(now_ms / 1000);
  std::tm parts{};
  localtime_r(&now, &parts);
  parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
  if (month) parts.tm_mday = 1;
  parts.tm_isdst = -1;
  return static_cast<std::int64_t>(std::mktime(&parts)) * 1000;
}

// Requests that dead processes left under way may have been charged.
Status adopt_orphans(sqlite3* handle) {
  struct Owner {
    std::int64_t pid;
    std::string process;
  };
  std::vector<Owner> gone;
  sqlite::Statement held(handle, "SELECT DISTINCT pid, process FROM request WHERE state = 'held'");
  for (;;) {
    CACTUS_TRY(row, held.step());
    if (!row) break;
    if (process_identity(held.integer(0)) != held.text(1))
      gone.push_back({held.integer(0), held.text(1)});
  }
  for (const Owner& owner : gone)
    CACTUS_CHECK(sqlite::Statement(handle,
                                   "UPDATE request SET state = 'assumed'"
                                   " WHERE state = 'held' AND pid = ? AND process = ?")
                     .bind(owner.pid)
                     .bind(owner.process)
                     .run());
  return ok_status();
}

Result<Spent> spent_so_far(sqlite3* handle, std::int64_t now_ms) {
  const std::int64_t day = began(now_ms, false), month = began(now_ms, true);
  sqlite::Statement query(handle,
                          "SELECT total(cost), total(input + output),"
                          " total(CASE WHEN at >= ?1 THEN cost END),"
                          " total(CASE WHEN at >= ?1 THEN input + output END),"
                          " total(at >= ?1) FROM request WHERE at >= ?2 AND state <> 'nothing'");
  query.bind(day).bind(month);
  CACTUS_CHECK(query.step());
  Spent spent;
  spent.month_money = query.integer(0);
  spent.month_tokens = query.integer(1);
  spent.day_money = query.integer(2);
  spent.day_tokens = query.integer(3);
  spent.day_requests = query.integer(4);
  return spent;
}

constexpr char kSee[] = "cactus usage";

Error over_money(const std::string& whose, NanoDollars cap, NanoDollars spent, NanoDollars worst) {
  const std::string so_far =
      spent > 0 ? format_dollars(spent) + " is spent or held, and this request" : "this request";
  return make_error(ErrorKind::policy,
                    whose + " budget of " + format_dollars(cap) + " does not allow this request",
                    so_far + " may cost up to " + format_dollars(worst), kSee);
}

Error over_count(const std::string& whose, std::int64_t cap, const char* unit, std::int64_t spent,
                 std::int64_t worst) {
  const std::string so_far =
      spent > 0 ? std::to_string(spent) + " are used or held, and this request" : "this request";
  return make_error(
      ErrorKind::policy,
      whose + " limit of " + std::to_string(cap) + " " + unit + " does not allow this request",
      so_far + " may need " + std::to_string(worst), kSee);
}

Status within(const SpendCaps& caps, const SpendPlan& plan, const Spent& spent,
              std::optional<NanoDollars> worst) {
  const auto money = [&](const std::string& whose, const std::optional<NanoDollars>& cap,
                         NanoDollars used) -> Status {
    if (cap && worst && add_money(used, *worst) > *cap)
      return over_money(whose, *cap, used, *worst);
    return ok_status();
  };
  const auto count = [&](const std::string& whose, const std::optional<std::int64_t>& cap,
                         const char* unit, std::int64_t used, std::int64_t needed) -> Status {
    if (cap && add_money(used, needed) > *cap) return over_count(whose, *cap, unit, used, needed);
    return ok_status();
  };
  const std::int64_t tokens = add_money(plan.input_tokens, plan.output_tokens);
  CACTUS_CHECK(money("the request's", caps.request_money, 0));
  CACTUS_CHECK(money("the day's", caps.day_money, spent.day_money));
  CACTUS_CHECK(money("the month's", caps.month_money, spent.month_money));
  CACTUS_CHECK(
      count("the request's", caps.request_input_tokens, "input tokens", 0, plan.input_tokens));
  CACTUS_CHECK(count("the request's", caps.request_tokens, "tokens", 0, tokens));
  CACTUS_CHECK(count("the day's", caps.day_tokens, "tokens", spent.day_tokens, tokens));
  CACTUS_CHECK(count("the month's", caps.month_tokens, "tokens", spent.month_tokens, tokens));
  return count("the day's", caps.day_requests, "requests", spent.day_requests, 1);
}

const char* state_of(Charged charged) {
  switch (charged) {
    case Charged::reported:
      return "reported";
    case Charged::begun:
    case Charged::assumed:
      return "assumed";
    case Charged::nothing:
      break;
  }
  return "nothing";
}

}  // namespace

Charged charge_of(const CloudResult& result) {
  const std::optional<CloudUsage>& usage = result ? result->usage : result.error().usage;
  if (usage) return usage->whole ? Charged::reported : Charged::begun;
  if (result) return Charged::assumed;
  const CloudError& error = result.error();
  if (error.output_began) return Charged::assumed;
  if (!error.sent) return Charged::nothing;
  switch (error.kind) {
    case CloudErrorKind::config:
    case CloudErrorKind::tls:
    case CloudErrorKind::redirect:
    case CloudErrorKind::auth:
    case CloudErrorKind::billing:
    case CloudErrorKind::rate_limit:
    case CloudErrorKind::bad_request:
    case CloudErrorKind::too_large:
      return Charged::nothing;
    case CloudErrorKind::overloaded:
    case CloudErrorKind::server:
      // Without a status it was taken, and a model may have thought before it failed.
      return error.http_status == 0 ? Charged::assumed : Charged::nothing;
    case CloudErrorKind::network:
    case CloudErrorKind::timeout:
    case CloudErrorKind::refused:
    case CloudErrorKind::malformed:
    case CloudErrorKind::cancelled:
      return Charged::assumed;
  }
  return Charged::assumed;
}

Budget::Budget(Ledger& ledger, PriceTable prices, SpendCaps caps)
    : ledger_(&ledger), prices_(std::move(prices)), caps_(caps) {}

Result<Reservation> Budget::reserve(const SpendPlan& plan) {
  auto price = prices_.find(plan.provider, plan.model);
  if (price && plan.audio && !price->audio) {
    if (!caps_.allow_unknown_price)
      return make_error(
          ErrorKind::policy,
          "the price of sound at " + plan.provider + "/" + plan.model + " is not known",
          "without it no budget can hold", "an entry with \"audio\" in prices.json");
  } else if (price && plan.audio) {
    price = with_audio(*price);
  }
  std::optional<NanoDollars> worst;
  if (price) worst = worst_cost(*price, plan.input_tokens, plan.output_tokens);
  if (!price && !caps_.allow_unknown_price)
    return make_error(ErrorKind::policy,
                      "the price of " + plan.provider + "/" + plan.model + " is not known",
                      "without it no budget can hold",
                      "cactus config set providers." + plan.provider + ".price_input DOLLARS");
  sqlite3* handle = ledger_->handle_.get();
  CACTUS_TRY(transaction, sqlite::Transaction::begin(handle));
  CACTUS_CHECK(adopt_orphans(handle));
  const std::int64_t now = ledger_->clock_();
  CACTUS_TRY(spent, spent_so_far(handle, now));
  if (const Status allowed = within(caps_, plan, spent, worst); !allowed) {
    CACTUS_CHECK(transaction.commit());  // the orphans stay adopted
    return allowed.error();
  }
  CACTUS_CHECK(sqlite::Statement(handle,
                                 "INSERT INTO request (at, provider, model, state, pid, process,"
                                 " input, output, cost) VALUES (?,?,?,'held',?,?,?,?,?)")
                   .bind(now)
                   .bind(plan.provider)
                   .bind(plan.model)
                   .bind(own_pid())
                   .bind(process_identity(own_pid()))
                   .bind(plan.input_tokens)
                   .bind(plan.output_tokens)
                   .bind(worst)
                   .run());
  const std::int64_t id = sqlite3_last_insert_rowid(handle);
  CACTUS_CHECK(transaction.commit());
  return Reservation(id, worst, plan.audio);
}

Result<std::optional<NanoDollars>> Budget::finish(const Reservation& reservation, Charged charged,
                                                  CloudUsage usage) {
  sqlite3* handle = ledger_->handle_.get();
  CACTUS_TRY(transaction, sqlite::Transaction::begin(handle));
  sqlite::Statement row(handle, "SELECT provider, model, cost, output FROM request WHERE id = ?");
  row.bind(reservation.id());
  CACTUS_TRY(found, row.step());
  if (!found) return make_error(ErrorKind::internal, "the ledger lost a request");
  std::optional<NanoDollars> cost;
  if (charged == Charged::assumed) {
    cost = row.maybe_integer(2);
    CACTUS_CHECK(sqlite::Statement(handle, "UPDATE request SET state = 'assumed' WHERE id = ?")
                     .bind(reservation.id())
                     .run());
  } else {
    auto price = prices_.find(row.text(0), row.text(1));
    if (price && reservation.audio()) price = with_audio(*price);
    if (charged == Charged::begun) usage.output = std::max(usage.output, row.integer(3));
    if (charged == Charged::nothing)
      cost = 0;
    else if (price)
      cost = cost_of(*price, usage);
    CACTUS_CHECK(
        sqlite::Statement(handle,
                          "UPDATE request SET state = ?, input = ?, output = ?, cached = ?,"
                          " cache_write = ?, cost = ? WHERE id = ?")
            .bind(state_of(charged))
            .bind(usage.input)
            .bind(usage.output)
            .bind(usage.cached)
            .bind(usage.cache_write)
            .bind(cost)
            .bind(reservation.id())
            .run());
  }
  CACTUS_CHECK(transaction.commit());
  return cost;
}

Result<std::optional<NanoDollars>> Budget::settle(const Reservation& reservation,
                                                  const CloudUsage& usage) {
  return finish(reservation, Charged::reported, usage);
}

Result<std::optional<NanoDollars>> Budget::close(const Reservation& reservation,
                                                 const CloudResult& result) {
  const Charged charged = charge_of(result);
  const std::optional<CloudUsage>& usage = result ? result->usage : result.error().usage;
  return finish(reservation, charged, usage.value_or(CloudUsage{}));
}

Status Budget::release(const Reservation& reservation) {
  CACTUS_CHECK(finish(reservation, Charged::nothing, {}));
  return ok_status();
}

std::optional<NanoDollars> Budget::price_of(std::string_view provider, std::string_view model,
                                            std::int64_t input_tokens,
                                            std::int64_t output_tokens) const {
  const auto price = prices_.find(provider, model);
  if (!price) return {};
  CloudUsage usage;
  usage.input = input_tokens;
  usage.output = output_tokens;
  return cost_of(*price, usage);
}

Result<Spent> Budget::spent() const {
  return spent_so_far(ledger_->handle_.get(), ledger_->clock_());
}

}  // namespace cactus
