#include "engine/models/forward_checks.h"

#include <string>

namespace cactus {

Status check_forward(const DecoderInfo& info, std::int64_t length, std::int64_t chunk,
                     std::span<const std::int32_t> ids) {
  const auto count = static_cast<std::int64_t>(ids.size());
  if (count < 1 || count > chunk) {
    return make_error(ErrorKind::internal,
                      "a forward call of " + std::to_string(count) + " tokens");
  }
  if (length + count > info.context) {
    return make_error(
        ErrorKind::usage,
        "the text has " + std::to_string(length + count) + " tokens, more than the model reads",
        "its context holds " + std::to_string(info.context), "a shorter prompt or conversation");
  }
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= info.vocab) {
      return make_error(ErrorKind::usage, "token " + std::to_string(id) + " does not exist",
                        "the vocabulary has " + std::to_string(info.vocab) + " tokens");
    }
  }
  return ok_status();
}

Error no_room_for_cache(const DecoderState& state) {
  return make_error(ErrorKind::resources, "not enough memory for the conversation",
                    "its keys and values hold " + std::to_string(state.bytes() >> 20) +
                        " MiB for " + std::to_string(state.length()) + " tokens",
                    "a smaller context, or close other programs");
}

Error forward_cancelled() {
  return make_error(ErrorKind::cancelled, "cancelled");
}

}  // namespace cactus
