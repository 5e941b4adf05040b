#include "engine/convert/checkpoint.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "engine/base/file.h"
#include "engine/base/hash.h"
#include "engine/convert/safetensors.h"

namespace cactus {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr std::uint64_t kFileLimit = 256 << 20;  // of one file beside the weights
constexpr std::size_t kShardLimit = 4096;

Error bad_index(std::string why) {
  return make_error(ErrorKind::incompatible, std::string(kIndex) + " is not usable", std::move(why),
                    "download the model again");
}

class Checkpoint final : public TensorSource {
 public:
  explicit Checkpoint(fs::path folder) : folder_(std::move(folder)) {}

  std::span<const SourceTensor> tensors() const override { return tensors_; }

  Status read(const SourceTensor& tensor, std::uint64_t offset,
              std::span<std::byte> out) const override {
    return files_[tensor.file].read_at(tensor.offset + offset, out);
  }

  Result<std::string> file(std::string_view name) const override {
    if (!is_plain_name(name)) {
      return make_error(ErrorKind::incompatible,
                        "\"" + std::string(name) + "\" is not a file name");
    }
    return read_file(folder_ / name, kFileLimit);
  }

  std::string identity() const override { return identity_; }
  Json provenance() const override { return provenance_; }
  std::string name() const override { return folder_.string(); }

  Status add(const std::string& shard);
  Status check_index(const std::vector<std::pair<std::string, std::string>>& map) const;

 private:
  fs::path folder_;
  std::vector<File> files_;
  std::vector<std::string> names_;
  std::vector<SourceTensor> tensors_;
  std::unordered_map<std::string, std::size_t> file_of_;  // tensor → index in files_
  std::string identity_;
  Json provenance_ = Json::object();
};

Status Checkpoint::add(const std::string& shard) {
  CACTUS_TRY(file, File::open(folder_ / shard, File::Mode::read));
  CACTUS_TRY(size, file.size());
  if (size < 8) {
    return make_error(ErrorKind::incompatible, shard + " is not a whole safetensors file",
                      "it has " + std::to_string(size) + " bytes", "download it again");
  }
  std::byte prefix[8];
  CACTUS_CHECK(file.read_at(0, prefix));
  CACTUS_TRY(length, header_length(prefix, size, shard));
  std::string header(static_cast<std::size_t>(length), '\0');
  CACTUS_CHECK(file.read_at(8, std::as_writable_bytes(std::span(header))));
  CACTUS_TRY(tensors, parse_safetensors(header, size, shard));

  for (SourceTensor& t : tensors) {
    t.file = files_.size();
    const auto [at, fresh] = file_of_.emplace(t.name, t.file);
    if (!fresh) {
      return make_error(ErrorKind::incompatible, "tensor " + t.name + " stands in two files",
                        names_[at->second] + " and " + shard, "download the model again");
    }
    tensors_.push_back(std::move(t));
  }
  const std::string hash = hash_of(header);
  std::error_code error;
  // The clock's count is 128 bits wide in libc++; nanoseconds fit 64 until the year 2262.
  const auto changed = static_cast<long long>(
      fs::last_write_time(folder_ / shard, error).time_since_epoch().count());
  identity_ +=
      shard + " " + std::to_string(size) + " " + std::to_string(changed) + " " + hash + "\n";
  provenance_[shard] = {{"size", size}, {"header", hash}};
  files_.push_back(std::move(file));
  names_.push_back(shard);
  return ok_status();
}

Status Checkpoint::check_index(const std::vector<std::pair<std::string, std::string>>& map) const {
  for (const auto& [tensor, shard] : map) {
    const auto at = file_of_.find(tensor);
    if (at == file_of_.end() || names_[at->second] != shard) {
      return bad_index("it says that tensor " + tensor + " is in " + shard + ", where it is not");
    }
  }
  return ok_status();
}

Error no_checkpoint(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return make_error(ErrorKind::not_found, "no folder " + folder.string());
  }
  std::string why = "it has neither model.safetensors nor model.safetensors.index.json";
  for (const char* other : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    if (fs::exists(folder / other, error)) why = "weights in PyTorch's own format are not read";
  }
  if (fs::exists(folder / "cactus.json", error)) why = "it is a bundle already";
  return make_error(ErrorKind::not_found, folder.string() + " holds no safetensors checkpoint",
                    why);
}

}  // namespace

Result<std::vector<std::string>> parse_index(
    std::string_view text, std::vector<std::pair<std::string, std::string>>* map) {
  CACTUS_TRY(index, parse_large_json(text, kIndex, ErrorKind::incompatible, 8));
  const auto weights = index.is_object() ? index.find("weight_map") : index.end();
  if (!index.is_object() || weights == index.end() || !weights->is_object() || weights->empty()) {
    return bad_index("it has no weight_map");
  }
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : weights->items()) {
    if (!shard.is_string()) return bad_index("the file of tensor " + tensor + " is not a name");
    const auto& name = shard.get_ref<const std::string&>();
    if (!is_plain_name(name) || !name.ends_with(".safetensors")) {
      return bad_index("\"" + name + "\" is not the name of a safetensors file in the folder");
    }
    shards.insert(name);
    if (map != nullptr) map->emplace_back(tensor, name);
  }
  if (shards.size() > kShardLimit) return bad_index("it names more than 4096 files");
  return std::vector<std::string>(shards.begin(), shards.end());
}

Result<std::unique_ptr<TensorSource>> open_checkpoint(const fs::path& folder) {
  auto checkpoint = std::make_unique<Checkpoint>(folder);
  std::error_code error;
  if (fs::exists(folder / kSingle, error)) {
    CACTUS_CHECK(checkpoint->add(kSingle));
  } else if (fs::exists(folder / kIndex, error)) {
    CACTUS_TRY(text, read_file(folder / kIndex, kFileLimit));
    std::vector<std::pair<std::string, std::string>> map;
    CACTUS_TRY(shards, parse_index(text, &map));
    for (const std::string& shard : shards) CACTUS_CHECK(checkpoint->add(shard));
    CACTUS_CHECK(checkpoint->check_index(map));
  } else {
    return no_checkpoint(folder);
  }
  return std::unique_ptr<TensorSource>(std::move(checkpoint));
}

}  // namespace cactus
