// What a decoder computes, written down: the library behind `cactus debug logits` and `hidden`.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/models/decoder.h"

namespace cactus {

struct DumpOptions {
  const kernels::Table* table = nullptr;  // required
  int threads = 1;
  kernels::Type kv = kernels::Type::q8;  // f32, f16 or q8
  bool exact = false;                    // --act f32
  bool logits = true;
  bool hidden = false;
  std::int64_t greedy = 0;  // tokens to continue with, stop tokens ignored
};

// Writes a safetensors file: `logits` [T, vocab] F32 of every position of `ids`; with `hidden`,
// `hidden_states.0` … `hidden_states.L` [T, hidden] F32 as Hugging Face counts them (0: embeddings,
// L: after the final norm); with `greedy`, `generated_ids` [greedy] I32. Errors: usage (no ids, ids
// outside the vocabulary, more than the context), and those of the file system.
Status dump_forward(const Decoder& decoder, const std::vector<std::int32_t>& ids,
                    const DumpOptions& options, const std::filesystem::path& path);

// A JSON list of token ids, also inside another list of one. Errors: usage, naming `name`.
Result<std::vector<std::int32_t>> parse_ids(std::string_view json, std::string_view name);

}  // namespace cactus
