#include "engine/convert/recipe.h"

#include <unordered_map>
#include <unordered_set>

#include "engine/weights/manifest.h"

namespace cactus {
namespace {

using kernels::Layout;
using kernels::Type;

constexpr std::size_t kNamesShown = 12;

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kNamesShown; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kNamesShown) {
    text += " and " + std::to_string(names.size() - kNamesShown) + " more";
  }
  return text;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + "]";
}

// All that is wrong, by kind; each kind becomes a clause of one error.
struct Problems {
  std::vector<std::string> missing, unknown, shapes, types;

  bool none() const {
    return missing.empty() && unknown.empty() && shapes.empty() && types.empty();
  }
  Error error(const std::string& source) const {
    std::string why;
    const auto clause = [&](const char* what, const std::vector<std::string>& names) {
      if (!names.empty()) why += (why.empty() ? "" : "; ") + std::string(what) + list_of(names);
    };
    clause("missing: ", missing);
    clause("unknown: ", unknown);
    clause("of another shape: ", shapes);
    clause("of a type that is not read: ", types);
    return make_error(ErrorKind::incompatible,
                      source + " does not have the tensors its config.json calls for", why,
                      "check that config.json and the weights belong together, or download again");
  }
};

}  // namespace

TensorInfo stored_as(Use use, SourceType source, int bits) {
  TensorInfo t;
  t.lookup = use == Use::lookup;
  const Type half = source == SourceType::bf16 ? Type::bf16 : Type::f16;
  if (use == Use::vector || use == Use::bound || bits == 32) return t;  // f32 rows
  if (use == Use::dense || bits == 16) {
    t.type = half;
    return t;
  }
  t.type = bits == 4 && use != Use::precise ? Type::q4 : Type::q8;
  t.layout = use == Use::lookup ? Layout::rows : Layout::tiles;
  return t;
}

Result<std::vector<Conversion>> match(const TensorPlan& plan, const TensorSource& source,
                                      int bits) {
  std::unordered_map<std::string_view, const SourceTensor*> have;
  for (const SourceTensor& t : source.tensors()) have.emplace(t.name, &t);

  std::vector<Conversion> conversions;
  conversions.reserve(plan.tensors.size());
  std::unordered_set<std::string_view> known(plan.ignored.begin(), plan.ignored.end());
  Problems problems;
  for (const TensorSpec& spec : plan.tensors) {
    known.insert(spec.source);
    const auto at = have.find(spec.source);
    if (at == have.end()) {
      problems.missing.push_back(spec.source);
      continue;
    }
    const SourceTensor& t = *at->second;
    if (t.type == SourceType::other) {
      problems.types.push_back(t.name + " (" + t.dtype + ")");
    } else if (t.shape != spec.shape) {
      problems.shapes.push_back(t.name + " (" + shape_text(t.shape) + " instead of " +
                                shape_text(spec.shape) + ")");
    } else {
      Conversion c{&t, stored_as(spec.use, t.type, bits), spec.use == Use::bound};
      c.target.name = spec.name;
      c.target.shape = spec.shape;
      conversions.push_back(std::move(c));
    }
  }
  for (const SourceTensor& t : source.tensors()) {
    if (!known.contains(t.name)) problems.unknown.push_back(t.name);
  }
  if (!problems.none()) return problems.error(source.name());
  return conversions;
}

Result<std::vector<Conversion>> conversions_of(const Family& family, const Json& config,
                                               const TensorSource& source, int bits) {
  std::vector<std::string> names;
  for (const SourceTensor& t : source.tensors()) names.push_back(t.name);
  CACTUS_TRY(plan, family.plan(config, names));
  return match(plan, source, bits);
}

Result<std::uint64_t> bundle_size(std::span<const Conversion> conversions) {
  std::uint64_t bytes = 0;
  for (const Conversion& c : conversions) {
    CACTUS_TRY(stored, stored_shape(c.target.shape, c.target.name));
    bytes += aligned(static_cast<std::uint64_t>(
        kernels::matrix_bytes(c.target.type, c.target.layout, stored.rows, stored.cols)));
  }
  return bytes;
}

}  // namespace cactus
