// One call of a tool, as a model asked for it.
#pragma once
#include <string>

#include "engine/base/json.h"

namespace cactus {

struct ToolCall {
  std::string name;
  Json arguments = Json::object();
};

}  // namespace cactus
