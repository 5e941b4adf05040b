// Llama: a decoder whose every size comes from the configuration.
#pragma once
#include <memory>

#include "engine/models/decoder.h"
#include "engine/weights/bundle.h"

namespace cactus::llama {

// Errors: incompatible, for a configuration or tensors that are not what a Llama model has.
Result<std::unique_ptr<Decoder>> load_decoder(std::shared_ptr<const Bundle> bundle);

}  // namespace cactus::llama
