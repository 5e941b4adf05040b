// JSON as the project uses it: parsing that returns errors, and objects that keep their order.
#pragma once
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/base/result.h"

namespace cactus {

// Keeps the order of keys (chat templates print tools in the order given). Its objects are looked
// up linearly: use nlohmann::json for objects with thousands of keys.
using Json = nlohmann::ordered_json;

// Parses one JSON text nested at most `max_depth` deep. `name` is what the error calls the text
// ("config.json"); `kind` is the error's kind.
Result<Json> parse_json(std::string_view text, std::string_view name,
                        ErrorKind kind = ErrorKind::incompatible, int max_depth = 64);
Result<nlohmann::json> parse_large_json(std::string_view text, std::string_view name,
                                        ErrorKind kind = ErrorKind::incompatible,
                                        int max_depth = 64);

// Serialises for output; invalid UTF-8 is replaced, never thrown about.
std::string dump_json(const Json& value, int indent = -1);

}  // namespace cactus
