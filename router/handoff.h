// Asking the cloud for a turn's answer: what is asked, what came of it. The providers behind it:
// chain.h.
#pragma once
#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/attachment.h"
#include "router/money.h"
#include "router/provider.h"

namespace cactus {

// Why a hand-off brought no answer. Decides what is said about it, never whether the local answer
// is lost.
enum class HandoffFailure {
  none,
  unavailable,  // nothing was sent: no provider, no consent, no key, every breaker open
  declined,     // the user was asked and said no
  budget,       // a cap would be passed, or a price is not known
  provider,     // every provider that was asked failed or refused
  cancelled,    // Ctrl-C, or nobody reads any more
};

// One request that was sent, or that would have been.
struct Attempt {
  std::string provider, model;
  std::string failure = {};              // empty: it answered
  CloudUsage usage = {};                 // as reported; zeros when nothing was
  std::optional<NanoDollars> cost = {};  // settled; unset: nothing was sent, or no price is known
  double ms = 0;
  std::int64_t request = 0;  // Reservation::id; 0: nothing was sent
};

struct HandoffQuestion {
  const Json& messages;                // the conversation, system prompt first when there is one
  const Json& tools;                   // or null
  std::int64_t max_output_tokens = 0;  // 0: the hand-off's own limit
  std::string_view reason;             // "0.31 < 0.70"
  const Attachments* attachments = nullptr;  // that messages name; null: none
};

struct HandoffAnswer {
  std::optional<CloudReply> reply;  // unset: no answer came
  std::string provider, model;      // who answered
  std::string base_url;
  HandoffFailure failure = HandoffFailure::none;
  std::string why;   // one line, when there is no reply
  std::string fix;   // what to do about it, where the reason is the user's own setting
  std::string text;  // what had arrived when it was cancelled
  std::vector<Attempt> attempts;
  int redactions = 0;  // places that were taken out of what was sent
  bool attachment_refused = false;  // earlier attachments were left out: the provider refused one
  double ms = 0;
};

// Sees the answer as it comes.
class HandoffEvents : public CloudEvents {
 public:
  // A request is about to be sent to "anthropic/claude-…"; `why` it goes there.
  virtual void on_request(std::string_view target, std::string_view why) = 0;
};

class Handoff {
 public:
  virtual ~Handoff() = default;
  // Why nothing can be handed off now, known without asking anybody; empty when it can. Then text
  // streams at once, for none of it can be withdrawn.
  virtual std::string obstacle() = 0;
  // Asks the providers in their order until one answers. A provider whose answer had begun is the
  // last one asked.
  virtual HandoffAnswer ask(const HandoffQuestion& question, HandoffEvents& events,
                            const std::atomic<bool>* cancel) = 0;
};

}  // namespace cactus
