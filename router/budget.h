// The budget: what a request may cost at most is reserved before it is sent and settled when its
// usage is known, in the ledger's file, so that all processes of the user together stay below the
// caps to the token.
//
//   CACTUS_TRY(reservation, budget.reserve({provider.name(), request.model, input, output}));
//   CloudResult result = provider.send(…);
//   CACTUS_CHECK(budget.close(reservation, result));   // one reservation for each send()
//   turn.requests.push_back(reservation.id());
//
// A process that dies between the two may have been charged: the next reserve() of any process
// counts its reservation as spent (kind `assumed`) and holds nothing any more.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "router/ledger.h"
#include "router/money.h"
#include "router/price.h"
#include "router/provider.h"

namespace cactus {

// Unset: no cap. Day and month are those of the machine's calendar; tokens are input plus output.
struct SpendCaps {
  std::optional<NanoDollars> request_money, day_money, month_money;
  std::optional<std::int64_t> request_tokens, day_tokens, month_tokens;
  std::optional<std::int64_t> request_input_tokens;
  std::optional<std::int64_t> day_requests;
  bool allow_unknown_price = false;  // such requests count in tokens only
};

// The worst case of one request. `input_tokens`: an upper bound, for example the bytes of
// Provider::body() (a token is at least a byte) plus what images and audio cost.
struct SpendPlan {
  std::string provider, model;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;  // CloudRequest::max_output_tokens
  // Sounds are part of it: every token of its input counts at their price, when that is dearer.
  bool audio = false;
};

// A place in the budget that is held. Move-only; one that is dropped without close() counts as
// spent once its process has ended.
class Reservation {
 public:
  Reservation(std::int64_t id, std::optional<NanoDollars> worst_cost, bool audio = false)
      : id_(id), worst_cost_(worst_cost), audio_(audio) {}
  Reservation(Reservation&&) = default;
  Reservation& operator=(Reservation&&) = default;
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  std::int64_t id() const { return id_; }
  // Unset: the price is not known.
  std::optional<NanoDollars> worst_cost() const { return worst_cost_; }
  bool audio() const { return audio_; }

 private:
  std::int64_t id_;
  std::optional<NanoDollars> worst_cost_;
  bool audio_;
};

// How a request ended, for the ledger.
enum class Charged {
  reported,  // the provider said how many tokens
  begun,     // it said how many when the answer began: what came after counts as long as allowed
  assumed,   // it may have been charged, nobody said how much: the worst case counts
  nothing,   // it never reached a model: refused, or no connection
};
// What the outcome of a send() means: `reported` when there is a usage of the whole answer, `begun`
// for one of its beginning; `nothing` for errors of our side, requests that never left whole and
// HTTP errors before any output; `assumed` for the rest (timeouts, cancelled, cut or malformed
// answers, errors in a stream).
Charged charge_of(const CloudResult& result);

struct Spent {
  NanoDollars day_money = 0, month_money = 0;  // settled and held
  std::int64_t day_tokens = 0, month_tokens = 0, day_requests = 0;
};

class Budget {
 public:
  // The ledger outlives the budget.
  Budget(Ledger& ledger, PriceTable prices, SpendCaps caps);

  // Holds the worst case of `plan`, or says which cap is in the way (ErrorKind::policy; `what` is
  // one sentence that stands alone as the reason of a turn: "the day's budget of $1.00 is used
  // up"). policy, too, for an unknown price unless allowed. resources when the ledger cannot be
  // written: then nothing may be sent either.
  Result<Reservation> reserve(const SpendPlan& plan);

  // The cost that now stands in the ledger; unset: the price is not known.
  Result<std::optional<NanoDollars>> settle(const Reservation& reservation,
                                            const CloudUsage& usage);
  Result<std::optional<NanoDollars>> close(const Reservation& reservation,
                                           const CloudResult& result);
  // Nothing was sent after all.
  Status release(const Reservation& reservation);

  // What `tokens` would have cost at this model, for TurnRecord::saved.
  std::optional<NanoDollars> price_of(std::string_view provider, std::string_view model,
                                      std::int64_t input_tokens, std::int64_t output_tokens) const;

  Result<Spent> spent() const;
  const SpendCaps& caps() const { return caps_; }

 private:
  Result<std::optional<NanoDollars>> finish(const Reservation& reservation, Charged charged,
                                            CloudUsage usage);
  Ledger* ledger_;
  PriceTable prices_;
  SpendCaps caps_;
};

}  // namespace cactus
