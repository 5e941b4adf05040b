// What a stranger wrote, fit to be shown: one line, printable, short, without the key.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/secret.h"

namespace cactus::providers {

// Control and invisible characters become spaces, spaces are folded, the end is cut at `limit`
// bytes (whole code points, then "…"). The key and every piece of it of eight or more bytes become
// "[key]".
std::string safe_line(std::string_view text, std::size_t limit, const Secret& key);

// An identifier (request id, model name): its printable ASCII, at most 128 bytes, without the key.
std::string safe_id(std::string_view text, const Secret& key);

}  // namespace cactus::providers
