// The hand-off of a command: opened once, used for every turn, and what is written down about them.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cli/accounts.h"
#include "cli/routing.h"
#include "cli/services.h"
#include "cli/terminal.h"
#include "router/chain.h"

namespace cactus::cli {

// What a chain stands on.
class CloudAccess {
 public:
  // `only`: this one target instead of handoff.providers. Errors: usage (settings), and those of
  // the ledger: without it nothing may be sent.
  static Result<std::shared_ptr<CloudAccess>> open(const Settings& settings,
                                                   const std::string& only,
                                                   std::chrono::milliseconds timeout);
  Chain& chain() { return *chain_; }

 private:
  CloudAccess() = default;
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Budget> budget_;
  std::unique_ptr<Breaker> breaker_;
  std::unique_ptr<Chain> chain_;
};

// Puts the hand-off into `routing` where the user's settings allow one, or the reason why not.
// Errors: usage.
Status open_cloud(const RouteFlags& flags, const Settings& settings, const Terminal& terminal,
                  Routing& routing);

// One turn by the routing in force (`policy` may differ from it for this turn), and its record in
// the ledger. Errors as run_turn.
Result<TurnResult> routed_turn(Terminal& terminal, OpenSession& model, Routing& routing,
                               const TurnRequest& request, TurnSink& sink);

}  // namespace cactus::cli
