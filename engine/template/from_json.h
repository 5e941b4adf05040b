// JSON as values of the template language.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "engine/template/value.h"

namespace cactus::jinja {

// `user`: whether strings in it are user text. Throws Failure where it nests too deeply.
Value from_json(const nlohmann::ordered_json& json, bool user);

}  // namespace cactus::jinja
