// Gemma 4 text written down plainly, in double precision, without caches, chunks or kernels: what
// the decoder is compared with where there is no golden file.
#pragma once
#include <span>
#include <vector>

#include "engine/models/gemma4/config.h"
#include "engine/weights/bundle.h"

namespace cactus::test {

// Logits [ids, vocab] of every position. All matrices of `bundle` must be f32.
std::vector<float> reference_logits(const Bundle& bundle, const gemma4::Config& config,
                                    std::span<const std::int32_t> ids);

}  // namespace cactus::test
