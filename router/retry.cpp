#include "router/retry.h"

#include <algorithm>

namespace cactus {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstWait{500};
constexpr milliseconds kLeast{2000};  // an answer that has less than this to begin never begins

}  // namespace

RetryDecision decide_retry(const RetryQuestion& q) {
  RetryDecision decision;
  const auto no = [&](std::string_view why) {
    decision.why = why;
    return decision;
  };
  if (q.error.kind == CloudErrorKind::cancelled) return no("cancelled");
  if (q.attempt > kMostRetries) return no("it was tried again already");
  if (q.error.output_began) return no("the answer had begun");
  if (q.error.blames_attachment && q.has_attachments) {
    if (q.left < kLeast) return no("no time is left");
    decision.again = decision.without_attachments = true;
    return decision;
  }
  if (!q.error.retryable) return no("asking again would not help");
  const auto spread = static_cast<std::int64_t>(static_cast<double>(kFirstWait.count()) *
                                                (1.0 - 0.25 * std::clamp(q.chance, 0.0, 1.0)));
  decision.wait = q.error.retry_after.value_or(milliseconds(spread));
  if (decision.wait + kLeast > q.left) {
    return no(q.error.retry_after ? "the provider asks to wait longer than there is time"
                                  : "no time is left");
  }
  decision.again = true;
  return decision;
}

}  // namespace cactus
