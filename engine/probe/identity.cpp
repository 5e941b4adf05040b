#include "engine/probe/identity.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"

namespace cactus {
namespace {

// 3 for "layers.3.input_layernorm.weight" and "model.layers.3.…"; nothing for towers and the rest.
std::optional<std::int64_t> decoder_layer(std::string_view name) {
  for (const std::string_view prefix : {"layers.", "model.layers."}) {
    if (!name.starts_with(prefix)) continue;
    std::int64_t layer = 0;
    const char* begin = name.data() + prefix.size();
    const auto [end, error] = std::from_chars(begin, name.data() + name.size(), layer);
    if (error == std::errc() && end != begin) return layer;
  }
  return std::nullopt;
}

std::string fingerprint_of(const Manifest& manifest, std::int64_t layer) {
  std::vector<std::string> lines;
  for (const TensorInfo& t : manifest.tensors) {
    const auto at = decoder_layer(t.name);
    if (!at || *at >= layer || t.shape.size() > 1 || t.type != kernels::Type::f32) continue;
    lines.push_back(t.name + " " + (t.shape.empty() ? "1" : std::to_string(t.shape[0])) + " " +
                    t.hash + "\n");
  }
  if (lines.empty()) return {};
  std::sort(lines.begin(), lines.end());
  Hasher hasher;
  for (const std::string& line : lines) hasher.update(line);
  return hasher.digest();
}

std::string text_at(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Error differs(const std::string& name, const std::string& why) {
  return make_error(ErrorKind::incompatible, name + " was made for another model", why,
                    "a probe made for this one: cactus probe train");
}

}  // namespace

ModelIdentity identity_of(const Manifest& manifest, std::int64_t hidden, std::int64_t layers,
                          std::int64_t layer) {
  ModelIdentity identity;
  identity.repository = text_at(manifest.source, "repository");
  identity.commit = text_at(manifest.source, "commit");
  identity.family = manifest.family;
  identity.hidden = hidden;
  identity.layers = layers;
  identity.fingerprint = fingerprint_of(manifest, layer);
  return identity;
}

Json identity_json(const ModelIdentity& identity) {
  return {{"repository", identity.repository}, {"commit", identity.commit},
          {"family", identity.family},         {"hidden", identity.hidden},
          {"layers", identity.layers},         {"fingerprint", identity.fingerprint}};
}

Result<ModelIdentity> parse_identity(const Json& value) {
  const auto wrong = [](const std::string& member) {
    return make_error(ErrorKind::incompatible, "the card does not say its model's " + member);
  };
  if (!value.is_object()) return wrong("name");
  ModelIdentity identity;
  for (auto [key, place] : {std::pair{"repository", &identity.repository},
                            {"commit", &identity.commit},
                            {"family", &identity.family},
                            {"fingerprint", &identity.fingerprint}}) {
    const auto found = value.find(key);
    if (found == value.end() || !found->is_string()) return wrong(key);
    *place = found->get<std::string>();
  }
  for (auto [key, place] : {std::pair{"hidden", &identity.hidden}, {"layers", &identity.layers}}) {
    const auto found = value.find(key);
    if (found == value.end() || !found->is_number_integer()) return wrong(key);
    *place = found->get<std::int64_t>();
  }
  return identity;
}

Status check_identity(const ModelIdentity& wanted, const ModelIdentity& model,
                      const std::string& name) {
  const auto whose = [](const ModelIdentity& id) {
    return (id.repository.empty() ? "a model" : id.repository) + " (" + id.family + ", " +
           std::to_string(id.layers) + " layers of " + std::to_string(id.hidden) + ")";
  };
  if (wanted.family != model.family || wanted.hidden != model.hidden ||
      wanted.layers != model.layers)
    return differs(name, "it reads " + whose(wanted) + ", and this is " + whose(model));
  if (wanted.fingerprint.empty() || wanted.fingerprint != model.fingerprint)
    return differs(name, "the weights' fingerprints differ: it reads " + whose(wanted));
  if (!wanted.repository.empty() && !model.repository.empty() &&
      wanted.repository != model.repository)
    return differs(name, "it reads " + whose(wanted) + ", and this is " + whose(model));
  return ok_status();
}

}  // namespace cactus
