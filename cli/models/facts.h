// What a configuration says about a model, for people.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/json.h"

namespace cactus::cli {

struct ModelFacts {
  std::string architecture;             // "Gemma4ForConditionalGeneration"
  std::string family;                   // of this program; empty: not supported
  std::uint64_t context = 0;            // tokens; 0: not said
  std::vector<std::string> modalities;  // "text", "image", "audio"
};

ModelFacts facts_of(const Json& config);
std::string joined(const std::vector<std::string>& items);
std::string counted_parameters(std::uint64_t n);  // "5.1 B"

}  // namespace cactus::cli
