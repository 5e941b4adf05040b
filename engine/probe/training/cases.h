// Prompts with reference answers: the JSON lines that `cactus probe collect` reads.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/probe/training/grade.h"

namespace cactus::training {

struct Case {
  std::int64_t line = 0;  // from 0
  std::string id, set, split, group;
  Json messages, tools;
  Grader grader;
};

// One object a line; empty lines are skipped. Members: `messages`, or `prompt` (and `system`);
// `answer`, what `grader` compares with; optionally `limit`, `tools`, `id`, `set` (default "all"),
// `group` (what is alike, such as all questions about one text: never divided where a blend is
// fitted; default the id) and `split` (train, valid or test; default: by a hash of the messages,
// 70, 15 and 15 of a hundred). Errors: usage, with the line's number.
Result<std::vector<Case>> read_cases(std::string_view text, const std::string& name);

}  // namespace cactus::training
