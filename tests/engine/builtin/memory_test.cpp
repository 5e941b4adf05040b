// A bundle in memory is the bundle on disk; the one inside the program is what its source says.
#include <cstring>

#include "engine/base/hash.h"
#include "engine/builtin/builtin.h"
#include "engine/convert/convert.h"
#include "engine/model.h"
#include "engine/models/decoder.h"
#include "engine/weights/manifest.h"
#include "kernels/dispatch.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

namespace cactus::test {
namespace {

namespace fs = std::filesystem;

// The files of a folder, aligned as a program's are.
class Copies {
 public:
  explicit Copies(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string text = read_file(entry.path());
      names_.push_back(entry.path().filename().string());
      auto& bytes = bytes_.emplace_back();
      std::byte* out = bytes.reserve(static_cast<std::int64_t>(text.size()) + 1);
      std::memcpy(out, text.data(), text.size());
      sizes_.push_back(text.size());
    }
  }
  std::vector<MemoryFile> files() const {
    std::vector<MemoryFile> files;
    for (std::size_t i = 0; i < names_.size(); ++i)
      files.push_back({names_[i], {bytes_[i].data(), sizes_[i]}});
    return files;
  }

 private:
  std::vector<std::string> names_;
  std::vector<kernels::Buffer<std::byte>> bytes_;
  std::vector<std::size_t> sizes_;
};

std::vector<float> logits_of(const std::shared_ptr<const Bundle>& bundle) {
  const auto model = Model::open(bundle);
  if (!model) FAIL(model.error().what << ": " << model.error().why);
  const Decoder& decoder = (*model)->decoder();
  kernels::Exec exec(*kernels::select_table("").table, 1);
  const auto state = decoder.make_state({});
  const std::int32_t ids[] = {1, 5, 200, 17};
  const auto logits = decoder.forward(exec, *state, ids, {});
  if (!logits) FAIL(logits.error().what);
  return {logits->begin(), logits->end()};
}

std::string error_of(const std::vector<MemoryFile>& files) {
  const auto bundle = Bundle::open(files, "the copy");
  return bundle ? std::string() : bundle.error().what + ": " + bundle.error().why;
}

TEST_CASE("a bundle in memory computes what the one on disk does", "[engine][builtin]") {
  const TempDir folder;
  const fs::path path = folder / "bundle";
  ConvertOptions options;
  options.bits = 4;
  REQUIRE(convert(fixture("smollm2_llama"), path, options).ok());
  const Copies copies(path);
  const auto on_disk = Bundle::open(path);
  const auto in_memory = Bundle::open(copies.files(), "the copy");
  REQUIRE(on_disk.ok());
  if (!in_memory) FAIL(in_memory.error().what << ": " << in_memory.error().why);
  CHECK(logits_of(*on_disk) == logits_of(*in_memory));
  CHECK(*(*in_memory)->file("tokenizer.json") == *(*on_disk)->file("tokenizer.json"));
  CHECK((*in_memory)->file("../tokenizer.json").error().kind == ErrorKind::not_found);
  CHECK((*in_memory)->file("probe.cactus").error().kind == ErrorKind::not_found);
  CHECK((*Model::open(*in_memory))->name() == "the copy");

  // Nothing on disk is needed any more.
  const auto before = logits_of(*in_memory);
  fs::remove_all(path);
  CHECK(logits_of(*in_memory) == before);
}

TEST_CASE("a bundle in memory that is not whole is refused", "[engine][builtin]") {
  const TempDir folder;
  const fs::path path = folder / "bundle";
  ConvertOptions options;
  options.bits = 8;
  REQUIRE(convert(fixture("smollm2_llama"), path, options).ok());
  const Copies copies(path);
  const auto changed = [&](std::string_view name, auto change) {
    std::vector<MemoryFile> files = copies.files();
    for (MemoryFile& file : files)
      if (file.name == name) change(file);
    return error_of(files);
  };
  const auto unnamed = [](MemoryFile& file) { file.name = "other"; };
  const auto shorter = [](MemoryFile& file) {
    file.bytes = file.bytes.first(file.bytes.size() - 1);
  };
  CHECK(error_of(copies.files()) == "");
  CHECK(changed("cactus.json", unnamed).find("no cactus.json") != std::string::npos);
  CHECK(changed("weights.cactus", unnamed).find("no weights.cactus") != std::string::npos);
  CHECK(changed("weights.cactus", shorter).find("damaged") != std::string::npos);
  CHECK(changed("tokenizer.json", unnamed).find("tokenizer.json") != std::string::npos);
  CHECK(changed("tokenizer.json", shorter).find("tokenizer.json") != std::string::npos);
  CHECK(changed("cactus.json", shorter) != "");
  CHECK(error_of({}).find("no cactus.json") != std::string::npos);
}

TEST_CASE("the model inside the program is what converting its source gives, bit for bit",
          "[engine][builtin]") {
  if (builtin_files().empty()) {
    WARN("this build has no model inside: not checked");
    CHECK(open_builtin().error().kind == ErrorKind::not_found);
    return;
  }
  const auto bundle = open_builtin();
  if (!bundle) FAIL(bundle.error().what << ": " << bundle.error().why);
  const Manifest& manifest = (*bundle)->manifest();
  const std::string recipe = manifest.quantisation.at("recipe").get<std::string>();
  ConvertOptions options;
  options.bits = recipe == "int4" ? 4 : recipe == "int8" ? 8 : recipe == "f16" ? 16 : 32;
  const TempDir folder;
  const auto converted = convert(fs::path(CACTUS_SOURCE) / "packaging" / "builtin" / "model",
                                 folder / "bundle", options);
  if (!converted) FAIL(converted.error().what << ": " << converted.error().why);
  std::size_t compared = 0;
  for (const MemoryFile& file : builtin_files()) {
    INFO(file.name);
    const fs::path path = folder / "bundle" / file.name;
    if (file.name == "probe.cactus" && !fs::exists(path)) continue;  // trained, not converted
    const std::string text = read_file(path);
    CHECK((text.size() == file.bytes.size() &&
           std::memcmp(text.data(), file.bytes.data(), text.size()) == 0));
    ++compared;
  }
  CHECK(compared >= 4);
}

}  // namespace
}  // namespace cactus::test
