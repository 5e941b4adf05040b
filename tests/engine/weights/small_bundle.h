// A bundle of a few tensors for tests, without a model.
#pragma once
#include <filesystem>

#include "engine/weights/manifest.h"

namespace cactus::test {

// Tensors: "m.q4" [20, 70] tiles, "m.rows" [5, 40] q8 rows (lookup), "v" [3] f32 = {1, 2, 3},
// "s" [] f32 = 7, "conv" [2, 3, 4] f16. Files: tokenizer.json.
void write_small_bundle(const std::filesystem::path& folder, const Json& source = nullptr);

// `text` (a manifest) with `edit` applied to it and the checksum made right again.
std::string edit_manifest(std::string text, const std::string& from, const std::string& to);

}  // namespace cactus::test
