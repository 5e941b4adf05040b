#include "engine/debug/dump.h"

#include <algorithm>
#include <limits>
#include <string>

#include "engine/base/json.h"
#include "engine/debug/tensor_file.h"

namespace cactus {
namespace {

// Tokens of one forward call: logits of all of them are in memory at once (1 MB each for Gemma 4).
constexpr std::int64_t kChunk = 64;

std::string hidden_name(std::int64_t layer) {
  return "hidden_states." + std::to_string(layer);
}

std::vector<TensorDeclaration> declare(const DecoderInfo& info, std::int64_t tokens,
                                       const DumpOptions& options) {
  std::vector<TensorDeclaration> tensors;
  if (options.logits) tensors.push_back({"logits", "F32", {tokens, info.vocab}});
  for (std::int64_t i = 0; options.hidden && i <= info.layers; ++i) {
    tensors.push_back({hidden_name(i), "F32", {tokens, info.hidden}});
  }
  if (options.greedy > 0) tensors.push_back({"generated_ids", "I32", {options.greedy}});
  return tensors;
}

// One run over the prompt; returns the logits of its last token (valid until the next call).
Result<std::span<const float>> dump_prompt(const Decoder& decoder, kernels::Exec& exec,
                                           DecoderState& state, std::span<const std::int32_t> ids,
                                           const DumpOptions& options, TensorFile& file) {
  const DecoderInfo& info = decoder.info();
  Status written = ok_status();
  std::int64_t done = 0;
  ForwardRequest request;
  request.all_logits = true;
  if (options.hidden) {
    request.on_hidden = [&](std::int64_t layer, const float* rows, std::int64_t count) {
      if (!written) return;
      written = file.write(hidden_name(layer), done * info.hidden, rows, count * info.hidden);
    };
  }
  while (true) {
    const std::int64_t left = static_cast<std::int64_t>(ids.size()) - done;
    const auto part = ids.subspan(static_cast<std::size_t>(done),
                                  static_cast<std::size_t>(std::min(kChunk, left)));
    auto logits = decoder.forward(exec, state, part, request);
    if (!logits) return std::move(logits).error();
    CACTUS_CHECK(std::move(written));
    written = ok_status();
    if (options.logits) {
      CACTUS_CHECK(file.write("logits", done * info.vocab, logits->data(),
                              static_cast<std::int64_t>(logits->size())));
    }
    done += static_cast<std::int64_t>(part.size());
    if (done == static_cast<std::int64_t>(ids.size())) {
      return logits->last(static_cast<std::size_t>(info.vocab));
    }
  }
}

}  // namespace

Status dump_forward(const Decoder& decoder, const std::vector<std::int32_t>& ids,
                    const DumpOptions& options, const std::filesystem::path& path) {
  if (ids.empty()) return make_error(ErrorKind::usage, "there are no ids to run");
  const auto tokens = static_cast<std::int64_t>(ids.size());
  if (tokens + options.greedy > decoder.info().context) {
    return make_error(ErrorKind::usage, "more tokens than the model reads",
                      "its context holds " + std::to_string(decoder.info().context));
  }
  kernels::Exec exec(*options.table, options.threads);
  const auto state =
      decoder.make_state({.kv = options.kv, .exact = options.exact, .chunk = kChunk});
  const std::vector<TensorDeclaration> tensors = declare(decoder.info(), tokens, options);
  CACTUS_TRY(file, TensorFile::create(path, tensors));
  CACTUS_TRY(logits, dump_prompt(decoder, exec, *state, ids, options, file));
  std::vector<std::int32_t> generated;
  while (static_cast<std::int64_t>(generated.size()) < options.greedy) {
    generated.push_back(static_cast<std::int32_t>(
        kernels::argmax(exec, logits.data(), static_cast<std::int64_t>(logits.size()))));
    if (static_cast<std::int64_t>(generated.size()) == options.greedy) break;
    auto next = decoder.forward(exec, *state, {&generated.back(), 1}, {});
    if (!next) return std::move(next).error();
    logits = *next;
  }
  if (!generated.empty()) {
    CACTUS_CHECK(file.write("generated_ids", 0, generated.data(), options.greedy));
  }
  return file.finish();
}

Result<std::vector<std::int32_t>> parse_ids(std::string_view json, std::string_view name) {
  CACTUS_TRY(parsed, parse_json(json, name, ErrorKind::usage));
  const Json& list =
      parsed.is_array() && parsed.size() == 1 && parsed[0].is_array() ? parsed[0] : parsed;
  const auto wrong = [&] {
    return make_error(ErrorKind::usage, std::string(name) + " is not a list of token ids", {},
                      "a JSON list of integers: [2, 105, 2364]");
  };
  if (!list.is_array() || list.empty()) return wrong();
  std::vector<std::int32_t> ids;
  ids.reserve(list.size());
  for (const Json& id : list) {
    if (!id.is_number_unsigned() ||
        id.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max()) {
      return wrong();
    }
    ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

}  // namespace cactus
