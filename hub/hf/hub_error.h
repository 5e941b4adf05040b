// What a refusal of the hub means, and what a person can do about it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "hub/net/http_client.h"

namespace cactus::hub {

struct Asked {
  std::string_view endpoint;    // HF_ENDPOINT
  std::string_view repository;  // ORG/NAME; empty: the hub as such
  std::string_view revision;    // empty: the newest
  std::string_view path;
  bool with_token = false;
  std::vector<std::string> revisions;  // that exist, when the one asked for does not
};

// For an answer that is no 2xx.
Error refusal_error(const net::Response& response, const Asked& asked);

// The revision asked for does not exist: a call for those that do is worth it.
bool is_revision_missing(const net::Response& response);

// A page where data was expected: the network's own login page.
bool is_web_page(const net::Response& response);
Error portal_error(std::string_view endpoint);

Error offline_error(std::string_view endpoint);

// The `most` of `names` closest to `wanted`, closest first.
std::vector<std::string> nearest(std::string_view wanted, std::vector<std::string> names,
                                 std::size_t most);

}  // namespace cactus::hub
