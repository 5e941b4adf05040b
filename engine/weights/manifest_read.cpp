#include <array>
#include <optional>

#include "engine/base/file.h"
#include "engine/base/hash.h"
#include "engine/base/version.h"
#include "engine/weights/manifest.h"

namespace cactus {

std::string_view runtime_version() {
  return CACTUS_VERSION;
}

Result<StoredShape> stored_shape(std::span<const std::int64_t> shape, std::string_view name) {
  constexpr std::int64_t kMost = std::int64_t{1} << 48;
  StoredShape s;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    std::int64_t& side = i == 0 && shape.size() > 1 ? s.rows : s.cols;
    const bool fits = shape[i] >= 0 && shape[i] <= kMost &&
                      (shape[i] == 0 || s.rows * s.cols <= kMost / shape[i]);
    if (!fits) {
      return make_error(ErrorKind::incompatible, "tensor " + std::string(name) + " is too large",
                        "dimension " + std::to_string(i) + " is " + std::to_string(shape[i]));
    }
    side *= shape[i];
  }
  return s;
}

namespace {

namespace fs = std::filesystem;
using kernels::Layout;
using kernels::Type;

Error corrupt(const fs::path& folder, std::string why) {
  return make_error(ErrorKind::incompatible, (folder / kManifestFile).string() + " is damaged",
                    std::move(why),
                    "cactus verify " + folder.string() + ", then convert or download it again");
}

// The command that makes a bundle readable again.
std::string repair(const Json& manifest, const fs::path& folder) {
  const auto source = manifest.find("source");
  if (source != manifest.end() && source->is_object()) {
    const auto repository = source->find("repository");
    if (repository != source->end() && repository->is_string() &&
        !repository->get_ref<const std::string&>().empty()) {
      return "cactus download --reconvert " + repository->get<std::string>();
    }
  }
  return "cactus convert --force SOURCE " + folder.string();
}

std::string text_or(const Json& object, const char* key, std::string fallback) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : fallback;
}

Status check_versions(const Json& json, const fs::path& folder) {
  const std::string format = text_or(json, "format", "none");
  const std::string runtime = text_or(json, "runtime", "none");
  const std::optional<Version> have = parse_version(format), least = parse_version(runtime);
  const Version reads = *parse_version(kBundleFormat), self = *parse_version(runtime_version());
  const std::string why = "it has format " + format + ", cactus " + std::string(runtime_version()) +
                          " reads format " + std::string(kBundleFormat);
  if (!have || !least || have->major != reads.major || have->minor != reads.minor) {
    const bool newer = have && *have > reads;
    return make_error(ErrorKind::incompatible,
                      folder.string() + " is a bundle of " +
                          (newer  ? "a newer"
                           : have ? "an older"
                                  : "an unknown") +
                          " format",
                      why, repair(json, folder) + (newer ? ", or install a newer cactus" : ""));
  }
  if (*least > self) {
    return make_error(
        ErrorKind::incompatible, folder.string() + " needs a newer cactus",
        "it asks for " + runtime + " or later, this is " + std::string(runtime_version()),
        "install cactus " + runtime + ", or " + repair(json, folder));
  }
  return ok_status();
}

bool is_hash(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().size() == 32 &&
         value.get_ref<const std::string&>().find_first_not_of("0123456789abcdef") ==
             std::string::npos;
}

std::optional<std::uint64_t> natural(const Json& value) {
  if (!value.is_number_unsigned()) return {};
  return value.get<std::uint64_t>();
}

// The member, or a null value: so that a missing one fails the check of its type.
const Json& member(const Json& object, const char* key) {
  static const Json kNull;
  const auto at = object.find(key);
  return at == object.end() ? kNull : *at;
}

std::optional<Type> parse_type(const Json& value) {
  for (const Type type : {Type::f32, Type::f16, Type::bf16, Type::q8, Type::q4}) {
    if (value == type_name(type)) return type;
  }
  return {};
}

// Form of one entry; its offset and size must be the ones the format prescribes after `end`.
Result<TensorInfo> parse_tensor(const Json& json, std::uint64_t end, const fs::path& folder) {
  if (!json.is_object() || !member(json, "name").is_string()) {
    return corrupt(folder, "an entry of tensors has no name");
  }
  TensorInfo t;
  t.name = member(json, "name").get<std::string>();
  const auto wrong = [&](std::string what) {
    return corrupt(folder, "tensor " + t.name + ": " + std::move(what));
  };
  const Json& shape = member(json, "shape");
  if (!shape.is_array() || shape.size() > 8) return wrong("no valid shape");
  for (const Json& n : shape) {
    const auto size = natural(n);
    if (!size || *size > (std::uint64_t{1} << 48)) return wrong("no valid shape");
    t.shape.push_back(static_cast<std::int64_t>(*size));
  }
  const auto type = parse_type(member(json, "type"));
  const Json& layout = member(json, "layout");
  if (!type) return wrong("no known type");
  if (layout != "rows" && layout != "tiles") return wrong("no known layout");
  t.type = *type;
  t.layout = layout == "tiles" ? Layout::tiles : Layout::rows;
  if (t.layout == Layout::tiles && t.type != Type::q4 && t.type != Type::q8) {
    return wrong("tiles of " + std::string(type_name(t.type)) + " do not exist");
  }
  const auto offset = natural(member(json, "offset")), size = natural(member(json, "size"));
  if (!offset || !size || !is_hash(member(json, "hash"))) return wrong("no offset, size or hash");
  t.offset = *offset;
  t.size = *size;
  t.hash = member(json, "hash").get<std::string>();
  t.lookup = member(json, "lookup") == true;

  CACTUS_TRY(stored, stored_shape(t.shape, t.name));
  const auto bytes =
      static_cast<std::uint64_t>(kernels::matrix_bytes(t.type, t.layout, stored.rows, stored.cols));
  if (t.size != bytes) {
    return wrong("its size is " + std::to_string(t.size) + ", its shape and type need " +
                 std::to_string(bytes));
  }
  if (t.offset != aligned(end)) {
    return wrong("it lies at " + std::to_string(t.offset) + ", not at " +
                 std::to_string(aligned(end)));
  }
  return t;
}

Status parse_files(const Json& files, Manifest& m, const fs::path& folder) {
  if (!files.is_object()) return corrupt(folder, "it has no list of files");
  for (const auto& [name, info] : files.items()) {
    if (!is_plain_name(name) || name == kManifestFile || name == kWeightsFile) {
      return corrupt(folder, "\"" + name + "\" is not the name of a file inside the folder");
    }
    if (!info.is_object()) return corrupt(folder, name + " has no size and hash");
    const auto size = natural(member(info, "size"));
    if (!size || !is_hash(member(info, "hash")))
      return corrupt(folder, name + " has no size and hash");
    m.files.push_back({name, *size, member(info, "hash").get<std::string>()});
  }
  return ok_status();
}

// The text ends with the checksum of everything before it.
Status check_checksum(std::string_view text, const fs::path& folder) {
  constexpr std::string_view kTail = "\"\n}\n";
  if (text.size() >= 32 + kTail.size() && text.substr(text.size() - kTail.size()) == kTail) {
    const std::size_t at = text.size() - kTail.size() - 32;
    if (hash_of(text.substr(0, at)) == text.substr(at, 32)) return ok_status();
  }
  return corrupt(folder, "its checksum does not match: it was changed after it was written");
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, const fs::path& folder) {
  CACTUS_TRY(json, parse_json(text, (folder / kManifestFile).string()));
  if (!json.is_object() || member(json, "cactus") != "bundle") {
    return corrupt(folder, "it is not the manifest of a bundle");
  }
  CACTUS_CHECK(check_versions(json, folder));
  CACTUS_CHECK(check_checksum(text, folder));

  Manifest m;
  m.format = json["format"].get<std::string>();
  m.runtime = json["runtime"].get<std::string>();
  m.family = text_or(json, "family", "");
  m.licence = text_or(json, "licence", "");
  m.config = member(json, "config");
  m.generation = member(json, "generation");
  m.tokenizer_config = member(json, "tokenizer_config");
  m.source = member(json, "source");
  m.quantisation = member(json, "quantisation");
  if (m.family.empty() || !m.config.is_object())
    return corrupt(folder, "it has no family or config");
  if (member(m.quantisation.is_object() ? m.quantisation : Json::object(), "codebook") !=
      Json(std::vector<int>(std::begin(kernels::kCodebook), std::end(kernels::kCodebook)))) {
    return corrupt(folder,
                   "its 4-bit codebook is not the one of format " + std::string(kBundleFormat));
  }
  CACTUS_CHECK(parse_files(member(json, "files"), m, folder));

  const Json& tensors = member(json, "tensors");
  if (!tensors.is_array() || tensors.size() > 1'000'000)
    return corrupt(folder, "it has no list of tensors");
  std::uint64_t end = 0;
  for (const Json& entry : tensors) {
    CACTUS_TRY(tensor, parse_tensor(entry, end, folder));
    end = tensor.offset + tensor.size;
    m.tensors.push_back(std::move(tensor));
  }
  return m;
}

}  // namespace cactus
