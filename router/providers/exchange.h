// One request and its answer: bytes in, events decoded, clocks kept, every failure given its kind.
#pragma once
#include <atomic>
#include <string>

#include "hub/net/http_client.h"
#include "router/provider.h"
#include "router/providers/protocol.h"

namespace cactus::providers {

struct Outgoing {
  net::HttpClient& client;
  const Protocol& protocol;
  net::Request request;  // complete but for callbacks, limits and the key
  const Secret& key;
  std::string model;
  const std::atomic<bool>* cancel = nullptr;
  CloudDeadlines deadlines;
};

// The reply has everything but notices.
CloudResult exchange(Outgoing outgoing, CloudEvents& sink);

}  // namespace cactus::providers
