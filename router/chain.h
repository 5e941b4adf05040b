// The hand-off with everything it needs: providers in their order, keys, the budget, what may
// leave, and the user's word where that is asked for. Made only when the user has consented (cli).
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/secret.h"
#include "router/breaker.h"
#include "router/budget.h"
#include "router/handoff.h"
#include "router/privacy.h"
#include "router/task.h"

namespace cactus {

// A model at a provider.
struct Target {
  std::shared_ptr<Provider> provider;
  std::string model;
  Json extra_body = {};  // as in CloudRequest
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::int64_t max_output_tokens = 0;  // 0: that of the chain

  std::string text() const;  // "anthropic/claude-…"
};

// What would be sent, for `handoff = ask`.
struct Preview {
  std::string target, base_url, reason;
  std::string body;  // the JSON of the request; of attachments only their size
  std::size_t messages = 0;
  int redactions = 0;
  std::vector<std::string> attachments;   // "cat.png (image/jpeg, 81234 bytes)", which go along
  std::optional<NanoDollars> worst_cost;  // unset: not known
};
enum class Permission { yes, no, cancelled };

struct ChainOptions {
  std::vector<Target> targets;         // asked in this order
  std::map<TaskKind, Target> by_task;  // asked before them for tasks of this kind
  std::function<Result<Secret>(std::string_view provider)> key;  // not_found: there is none
  Redactor redactor;
  Modalities modalities = {};           // what may leave besides text
  std::function<double()> chance = {};  // in [0, 1), for the waits; empty: the system's
  // Waits before a retry; false when cancelled meanwhile. Empty: sleeps.
  std::function<bool(std::chrono::milliseconds, const std::atomic<bool>* cancel)> wait = {};
  std::chrono::milliseconds timeout{15'000};  // until the first output, all requests together
  std::chrono::milliseconds total{180'000};   // of one request
  std::int64_t max_output_tokens = 4096;
  std::function<Permission(const Preview&)> confirm;  // empty: nobody is asked
};

class Chain : public Handoff {
 public:
  // Both outlive the chain.
  Chain(ChainOptions options, Budget& budget, Breaker& breaker);

  std::string obstacle() override;
  HandoffAnswer ask(const HandoffQuestion& question, HandoffEvents& events,
                    const std::atomic<bool>* cancel) override;

  // What the answer would have cost there, for turns that stayed local; unset: not known.
  std::optional<NanoDollars> would_cost(std::int64_t input_tokens,
                                        std::int64_t output_tokens) const;
  std::vector<std::string> targets() const;  // "anthropic/claude-…", in their order
  void set_confirm(std::function<Permission(const Preview&)> confirm);

 private:
  struct Asking;
  bool may_leave(const Asking& asking, HandoffAnswer& answer) const;
  void ask_target(const Target& target, Asking& asking);
  CloudRequest request_for(const Target& target, Asking& asking) const;
  void send(const Target& target, CloudRequest& request, SpendPlan plan, const Secret& key,
            Asking& asking);
  bool permitted(const Target& target, const CloudRequest& request, const std::string& body,
                 const SpendPlan& plan, Asking& asking);
  std::string budget_obstacle() const;

  ChainOptions options_;
  Budget& budget_;
  Breaker& breaker_;
};

}  // namespace cactus
