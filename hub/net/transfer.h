// One request to one URL on one of our libcurl handles: no redirects, all time limits.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "hub/net/http_client.h"
#include "hub/net/url.h"

namespace cactus::net {

// A libcurl handle with the connections it keeps. For one thread at a time.
class Connection {
 public:
  Connection();
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void* easy = nullptr;   // CURL*
  void* multi = nullptr;  // CURLM*
};

struct Hop {
  const Request& request;
  const Settings& settings;
  const Url& url;
  bool trusted = true;  // secret headers (and Cookie, Authorization) go along
  std::optional<std::chrono::steady_clock::time_point> deadline;
  // Whether the answer leads elsewhere: its body is then dropped and on_start is not called.
  std::function<bool(const Response&)> leads_on;
};

Exchange perform(Connection& connection, const Hop& hop);

}  // namespace cactus::net
