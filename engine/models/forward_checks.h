// What every decoder asks before and says after a forward call.
#pragma once
#include <cstdint>
#include <span>

#include "engine/models/decoder.h"

namespace cactus {

// internal for a call of no tokens or more than a chunk; usage for a full context or an id outside
// the vocabulary.
Status check_forward(const DecoderInfo& info, std::int64_t length, std::int64_t chunk,
                     std::span<const std::int32_t> ids);

Error no_room_for_cache(const DecoderState& state);
Error forward_cancelled();

inline bool asked_to_stop(const ForwardRequest& request) {
  return request.cancel != nullptr && request.cancel->load(std::memory_order_relaxed);
}

}  // namespace cactus
