// Words and kinds for what can go wrong with a transfer. `host` is Url::shown(): never a query.
#pragma once
#include <string>

#include "hub/net/http_client.h"

namespace cactus::net {

// What became of a transfer that libcurl ended with `code` (a CURLcode) and `detail` (its message).
Reason reason_of(int code);
Error failure(Reason reason, const std::string& host, std::string detail);

}  // namespace cactus::net
