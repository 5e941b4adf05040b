// How often and how long to wait when the hub is busy or the network breaks.
#pragma once
#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "hub/net/http_client.h"

namespace cactus::hub {

struct Backoff {
  int tries = 6;  // in a row without a byte of progress
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds most{8000};           // doubled up to here
  std::chrono::milliseconds asked_most{300'000};  // the longest a server may ask for

  // Before try number `failed` + 1, after `failed` tries went wrong (≥ 1).
  std::chrono::milliseconds wait(int failed) const;
};

// Answers worth another try: 408, 425, 429, 5xx; failures: dns, refused, timeout, cut, other.
bool is_passing(int status);
bool is_passing(net::Reason reason);

// What a 429 or 503 asks for: the window of "RateLimit: …;r=0;t=SECONDS" when nothing remains in
// it, else Retry-After in seconds.
std::optional<std::chrono::milliseconds> asked_wait(const net::Headers& headers);

// "paused, again in 4 s (429)"
std::string wait_notice(std::chrono::milliseconds wait, const net::Exchange& failed);

// Sleeps; false when cancelled meanwhile.
bool pause(std::chrono::milliseconds time, const std::atomic<bool>* cancel,
           const std::atomic<bool>* also = nullptr);

}  // namespace cactus::hub
