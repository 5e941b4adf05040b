// What kind of task a turn is, for users who want some kinds to go to another model. Rules of
// thumb that anybody can predict, not a classifier: docs/hand-off.md lists them.
#pragma once
#include <optional>
#include <string_view>

#include "engine/base/json.h"

namespace cactus {

enum class TaskKind { general, code, math, tools, long_text };

// Of the last message of the user, the tools on offer and the length of it all: the first that fits
// of tools, long_text (more than 32,000 bytes), code, math.
TaskKind task_kind(const Json& messages, const Json& tools);

std::string_view task_name(TaskKind kind);  // "long_text" is "long"
std::optional<TaskKind> parse_task(std::string_view name);

}  // namespace cactus
