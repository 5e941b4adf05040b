// A bundle's manifest, with and without a right checksum, and the configuration in it.
#include <cstdint>
#include <cstdlib>

#include "engine/base/hash.h"
#include "engine/models/gemma4/config.h"
#include "engine/models/gemma4/plan.h"
#include "engine/weights/manifest.h"

using namespace cactus;

namespace {

void check(const Manifest& m) {
  std::uint64_t end = 0;
  for (const TensorInfo& t : m.tensors) {
    if (t.offset < end || t.offset % kernels::kAlignment != 0) std::abort();
    end = t.offset + t.size;
    if (end < t.offset || end > weights_size(m)) std::abort();
  }
  // What was read can be written and read again.
  const Result<Manifest> again = parse_manifest(write_manifest(m), "bundle");
  if (!again || again->tensors.size() != m.tensors.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto m = parse_manifest(text, "bundle")) check(*m);
  // The fuzzer cannot guess a hash: cut the tail off and put the right one there.
  std::string sealed(text.substr(0, text.rfind("\"checksum\"")));
  sealed += "\"checksum\": \"";
  sealed += hash_of(std::string_view(sealed)) + "\"\n}\n";
  if (const auto m = parse_manifest(sealed, "bundle")) check(*m);

  if (const auto json = parse_json(text, "config.json")) {
    if (const auto config = gemma4::parse_config(*json)) {
      for (const gemma4::LayerConfig& l : config->layers) {
        if (l.kv_heads < 1 || config->heads % l.kv_heads != 0 || l.cache < 0) std::abort();
      }
    }
    if (gemma4::matches(*json)) (void)gemma4::plan(*json, {}).ok();
  }
  return 0;
}
