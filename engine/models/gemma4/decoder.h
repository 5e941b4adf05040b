// Gemma 4 text: a decoder whose every size comes from the configuration (E2B, E4B and the larger
// variants). Sources: the model cards, Hugging Face transformers models/gemma4.
#pragma once
#include <memory>

#include "engine/models/decoder.h"
#include "engine/weights/bundle.h"

namespace cactus::gemma4 {

// Errors: incompatible, for a configuration or tensors that are not what a Gemma 4 text model has.
Result<std::unique_ptr<Decoder>> load_decoder(std::shared_ptr<const Bundle> bundle);

}  // namespace cactus::gemma4
