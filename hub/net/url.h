// URLs as far as a client needs them: where a request goes, and where a redirect leads.
#pragma once
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cactus::net {

struct Url {
  std::string text;    // the whole, as it is sent to; never shown (queries may carry signatures)
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case; an IPv6 address without brackets
  int port = 0;
  bool loopback() const;      // 127.0.0.0/8, ::1 or localhost: no packet leaves the machine
  std::string shown() const;  // "https://host[:port]", for people
  bool same_origin(const Url& other) const;
};

// An absolute http or https URL without user information. Errors: usage.
Result<Url> parse_url(std::string_view text);

// `location` seen from `base`, as a browser resolves it. Errors: network (a redirect to nonsense).
Result<Url> resolve_url(const Url& base, std::string_view location);
// Whether a Location stays on its host by its form: neither a scheme nor "//host".
bool is_relative(std::string_view location);

// Percent-encodes everything but A-Z a-z 0-9 - . _ ~ and what `keep` lists.
std::string percent_encode(std::string_view text, std::string_view keep = {});

}  // namespace cactus::net
