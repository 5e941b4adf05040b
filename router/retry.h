// When a request that failed is sent once more: the vendors' own rule, inside the time that is
// left. Pure: the caller sleeps, and settles what the first request cost.
#pragma once
#include <chrono>
#include <string_view>

#include "router/provider.h"

namespace cactus {

// One more request at most, whatever happens.
inline constexpr int kMostRetries = 1;

struct RetryQuestion {
  const CloudError& error;
  int attempt = 1;                    // how many requests were sent already
  std::chrono::milliseconds left{0};  // until the first output must have come
  bool has_attachments = false;       // the request carried images or sound
  double chance = 0.5;                // in [0, 1), spreads the waits of several processes
};

struct RetryDecision {
  bool again = false;
  std::chrono::milliseconds wait{0};  // before it
  // Without images and sound: the provider refused one of them, and it must not spoil the
  // conversation.
  bool without_attachments = false;
  // Why not: "the answer had begun", "asked to wait 60 s, 12 s are left". For --explain.
  std::string_view why;
};

// Again when the error may pass (connection, 408, 409, 429, 5xx, as the provider's x-should-retry
// says), nothing had come yet, and the wait leaves at least two seconds. The wait is what the
// provider asks for; else 0.5 s, up to a quarter less by `chance`.
RetryDecision decide_retry(const RetryQuestion& question);

}  // namespace cactus
