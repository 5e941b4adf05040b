// Which model a probe belongs to, told in a way that quantisation does not change.
#pragma once
#include <cstdint>
#include <string>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/weights/bundle.h"

namespace cactus {

struct ModelIdentity {
  std::string repository, commit;  // empty where the bundle does not know them
  std::string family;
  std::int64_t hidden = 0, layers = 0;
  // XXH3-128 over name, shape and hash of the norms and other vectors of all layers up to the
  // probe's: they are stored as float32 in every recipe. Empty: unknown.
  std::string fingerprint;
};

// `layer` as ForwardRequest counts: the state after so many layers.
ModelIdentity identity_of(const Manifest& manifest, std::int64_t hidden, std::int64_t layers,
                          std::int64_t layer);

Json identity_json(const ModelIdentity& identity);
// incompatible when a member is missing or of another type.
Result<ModelIdentity> parse_identity(const Json& value);

// Whether what was made for `wanted` may be used with `model`. Family, sizes and fingerprint must
// be equal, and the repository where both know one (a fine-tune may have left all norms as they
// were); commits may differ. incompatible, with the reason. `name` is what the error calls the
// probe.
Status check_identity(const ModelIdentity& wanted, const ModelIdentity& model,
                      const std::string& name);

}  // namespace cactus
