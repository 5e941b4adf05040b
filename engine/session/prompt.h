// From messages or raw text to the ids that a model reads.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/session.h"

namespace cactus {

struct Prompt {
  std::vector<std::int32_t> ids;
  std::string tail;    // the rendered text after the last thing a person said
  std::string notice;  // what was dropped to make it fit, or empty
};

// Renders with the model's template and encodes; what messages say never becomes control tokens.
// Errors: usage, when the model has no template or the template refuses.
Result<Prompt> chat_prompt(const Model& model, const Json& messages,
                           const GenerateOptions& options);

// The same, with the oldest turns (a user's message and what follows it) left out until at most
// `limit` tokens remain; the system prompt and the last turn stay. Errors: also resources.
Result<Prompt> fitting_chat_prompt(const Model& model, const Json& messages,
                                   const GenerateOptions& options, std::int64_t limit);

// Raw text, all of it plain; begins with exactly one bos where the model expects one (the
// tokenizer adds it, or the chat template writes it).
Result<Prompt> raw_prompt(const Model& model, std::string_view text);

}  // namespace cactus
