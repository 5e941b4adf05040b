// A checkpoint that calls tools as the built-in model does, from the Llama fixture's random weights:
// what it says has no sense, and every syntax rule has to hold it.
#pragma once
#include <filesystem>

namespace cactus::test {

// Writes it into `folder`, which is made.
void write_calling_checkpoint(const std::filesystem::path& folder);

}  // namespace cactus::test
