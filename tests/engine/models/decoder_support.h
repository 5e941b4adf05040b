// A decoder over a fixture, and the plain ways of running it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/models/family.h"
#include "kernels/dispatch.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/support/memory_bundle.h"

namespace cactus::test {

struct Engine {
  Engine(const std::string& fixture_name, kernels::Type weights, const std::string& isa = "",
         int threads = 2)
      : Engine(memory_bundle(fixture_name, weights), isa, threads) {}
  Engine(std::shared_ptr<const Bundle> bundle, const std::string& isa = "", int threads = 2)
      : exec(table(isa), threads) {
    const auto family = family_of(bundle->manifest().config);
    if (!family) FAIL(family.error().what);
    auto loaded = (*family)->load(std::move(bundle));
    if (!loaded) FAIL(loaded.error().what << ": " << loaded.error().why);
    decoder = std::move(loaded).value();
  }

  static const kernels::Table& table(const std::string& isa) {
    const kernels::Selection selection = kernels::select_table(isa);
    if (selection.table == nullptr) FAIL(selection.error);
    return *selection.table;
  }

  std::unique_ptr<DecoderState> state(kernels::Type kv, bool exact, std::int64_t chunk = 512) {
    return decoder->make_state({.kv = kv, .exact = exact, .chunk = chunk});
  }

  // The logits of one forward call, copied.
  std::vector<float> forward(DecoderState& s, std::span<const std::int32_t> ids,
                             const ForwardRequest& request = {}) {
    auto logits = decoder->forward(exec, s, ids, request);
    if (!logits) FAIL(logits.error().what << ": " << logits.error().why);
    return {logits->begin(), logits->end()};
  }

  // The logits of every row.
  std::vector<float> forward_all(DecoderState& s, std::span<const std::int32_t> ids) {
    ForwardRequest request;
    request.all_logits = true;
    return forward(s, ids, request);
  }

  // Prefill in chunks of `chunk` tokens; the logits of the last token.
  std::vector<float> prefill(DecoderState& s, std::span<const std::int32_t> ids,
                             std::size_t chunk) {
    std::vector<float> logits;
    for (std::size_t i = 0; i < ids.size(); i += chunk) {
      ForwardRequest request;
      request.no_logits = i + chunk < ids.size();
      logits = forward(s, ids.subspan(i, std::min(chunk, ids.size() - i)), request);
    }
    return logits;
  }

  kernels::Exec exec;
  std::unique_ptr<Decoder> decoder;
};

inline std::vector<std::int32_t> to_ids(const Tensor& t) {
  return {t.ints.begin(), t.ints.end()};
}

// Ids without meaning, the same every time, all below `vocab`.
inline std::vector<std::int32_t> some_ids(std::size_t n, std::int32_t vocab, std::uint32_t seed) {
  std::vector<std::int32_t> ids(n);
  for (std::int32_t& id : ids) {
    seed = seed * 1664525u + 1013904223u;
    id = static_cast<std::int32_t>((seed >> 8) % static_cast<std::uint32_t>(vocab));
  }
  return ids;
}

inline std::int32_t best_of(const std::vector<float>& logits) {
  return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace cactus::test
