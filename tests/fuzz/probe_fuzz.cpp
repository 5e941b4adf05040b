// A probe's file, with and without a right checksum; the published format; prompts and answers.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "engine/base/hash.h"
#include "engine/probe/import.h"
#include "engine/probe/probe.h"
#include "engine/probe/training/cases.h"

using namespace cactus;

namespace {

void check(const Probe& probe) {
  RunningPool pool(probe.head());
  const std::vector<float> state(probe.head().hidden(), 0.25f);
  pool.add(state);
  TokenStatistics tokens;
  for (const std::int64_t count : {0, 1, 9}) {
    tokens.tokens = count;
    tokens.choice_logprob = -0.5 * static_cast<double>(count);
    if (const auto confidence = probe.confidence(probe.logit(pool.logit(), tokens)))
      if (!(*confidence >= 0 && *confidence <= 1)) std::abort();
  }
  // What was read can be written and read again.
  const auto again = Probe::parse(write_probe(probe.card(), probe.head()), "it");
  if (!again || card_json((*again)->card()) != card_json(probe.card())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto probe = Probe::parse(text, "it")) check(**probe);
  // The fuzzer cannot guess a hash: put the right one there.
  if (size >= 72) {
    std::string sealed(text);
    sealed.replace(8, 32, hash_of(text.substr(40)));
    if (const auto probe = Probe::parse(sealed, "it")) check(**probe);
  }
  (void)parse_published_probe(text, "it").ok();
  if (const auto cases = training::read_cases(text, "it")) {
    for (const training::Case& c : *cases)
      (void)c.grader.grade({std::string(text), Json::array()}).ok();
  }
  return 0;
}
