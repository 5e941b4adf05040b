// When a provider says that asking again makes sense.
#pragma once
#include <chrono>
#include <optional>
#include <string_view>

#include "hub/net/headers.h"

namespace cactus::providers {

using Wait = std::optional<std::chrono::milliseconds>;
using WallTime = std::chrono::system_clock::time_point;

// An HTTP date ("Sun, 06 Nov 1994 08:49:37 GMT"), or an RFC 3339 time ("2026-01-27T12:00:30Z").
std::optional<WallTime> parse_http_date(std::string_view text);
std::optional<WallTime> parse_rfc3339(std::string_view text);

// "1s", "6m0s", "1h2m3.5s", "250ms": OpenAI's and Google's way to write a time span.
Wait parse_span(std::string_view text);

// retry-after-ms, else retry-after (seconds or a date), else the reset of a limit of which nothing
// remains (anthropic-ratelimit-*, x-ratelimit-*). Never negative, at most a day.
Wait retry_after(const net::Headers& headers, WallTime now);

}  // namespace cactus::providers
