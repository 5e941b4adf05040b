// `cactus debug render`: a list of conversations to a list of texts, as scripts compare them.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "engine/base/result.h"
#include "engine/template/chat_template.h"

namespace cactus {

// `cases` is a list of objects: messages, optionally tools, add_generation_prompt and any further
// variables. `defaults` (an object or null: bos_token, eos_token, …) fills in what a case lacks.
// The result is a list as long: a text each, or {"error": "…"} for a conversation that the template
// refuses. Errors: usage when `cases` is not such a list.
Result<nlohmann::ordered_json> render_cases(const ChatTemplate& chat_template,
                                            const nlohmann::ordered_json& cases,
                                            const nlohmann::ordered_json& defaults,
                                            std::optional<std::int64_t> now = std::nullopt);

}  // namespace cactus
