#include "hub/source/hub_source.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "engine/base/hash.h"
#include "engine/convert/checkpoint.h"
#include "engine/convert/safetensors.h"

namespace cactus::hub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr std::uint64_t kSmallLimit = 256 << 20;  // of one file beside the weights
constexpr std::size_t kTellEvery = 64 << 10;      // bytes
constexpr std::uint64_t kFirstRead = 64 << 10;    // most headers are shorter

// What the converter asks for, besides the weights.
constexpr std::string_view kSideFiles[] = {"config.json",
                                           "generation_config.json",
                                           "tokenizer.json",
                                           "tokenizer_config.json",
                                           "chat_template.jinja",
                                           "preprocessor_config.json",
                                           "processor_config.json",
                                           "README.md",
                                           kIndex};

Error no_checkpoint(const std::string& repository, const std::vector<TreeFile>& files) {
  std::string why = "it has neither model.safetensors nor model.safetensors.index.json";
  if (std::any_of(files.begin(), files.end(),
                  [](const TreeFile& f) { return f.path.starts_with("pytorch_model"); }))
    why = "weights in PyTorch's own format are not read";
  if (std::any_of(files.begin(), files.end(),
                  [](const TreeFile& f) { return f.path.ends_with(".gguf"); }))
    why = "GGUF files are not read: name the repository they were made from";
  return make_error(ErrorKind::not_found, repository + " holds no safetensors checkpoint", why,
                    "cactus search NAME");
}

}  // namespace

std::vector<TreeFile> side_files(const std::vector<TreeFile>& files) {
  std::vector<TreeFile> found;
  for (const TreeFile& file : files)
    if (std::find(std::begin(kSideFiles), std::end(kSideFiles), file.path) != std::end(kSideFiles))
      found.push_back(file);
  return found;
}

const TreeFile* find_file(const std::vector<TreeFile>& files, std::string_view path) {
  const auto at = std::find_if(files.begin(), files.end(),
                               [&](const TreeFile& file) { return file.path == path; });
  return at == files.end() ? nullptr : &*at;
}

bool has_checkpoint(const std::vector<TreeFile>& files) {
  return find_file(files, kSingle) != nullptr || find_file(files, kIndex) != nullptr;
}

bool is_weight_file(std::string_view path, const std::vector<TreeFile>& files) {
  if (find_file(files, kSingle) != nullptr) return path == kSingle;
  return path.ends_with(".safetensors") && path.find("-of-") != std::string_view::npos;
}

std::uint64_t checkpoint_bytes(const std::vector<TreeFile>& files) {
  std::uint64_t bytes = 0;
  for (const TreeFile& file : files)
    if (is_weight_file(file.path, files)) bytes += file.size;
  return bytes;
}

HubSource::HubSource(std::string repository, fs::path snapshot, const SourceOptions& options)
    : repository_(std::move(repository)),
      snapshot_(std::move(snapshot)),
      headers_(options.headers) {
  const auto read = [this](const Extent& extent, std::span<std::byte> out,
                           const Prefetch::Arrived& arrived, const std::atomic<bool>& stop) {
    return read_shard(extent, out, arrived, &stop);
  };
  prefetch_ = std::make_unique<Prefetch>(read, options.prefetch);
}

Result<std::unique_ptr<HubSource>> HubSource::open(HubApi& api, const HubCache& cache,
                                                   const std::string& repository,
                                                   const std::string& commit,
                                                   const std::vector<TreeFile>& files,
                                                   const SourceOptions& options) {
  if (!has_checkpoint(files)) return no_checkpoint(repository, files);
  CACTUS_TRY(fetched, fetch(api, cache, repository, commit, side_files(files), options.fetch));
  std::unique_ptr<HubSource> source(new HubSource(repository, fetched.snapshot, options));
  std::string index;
  if (find_file(files, kSingle) == nullptr) {
    CACTUS_TRY(text, read_file(source->snapshot_ / kIndex, kSmallLimit));
    index = std::move(text);
  }
  CACTUS_CHECK(source->load({api, cache, commit, files}, index));
  return source;
}

Result<std::unique_ptr<HubSource>> HubSource::peek(HubApi& api, const HubCache& cache,
                                                   const std::string& repository,
                                                   const std::string& commit,
                                                   const std::vector<TreeFile>& files) {
  if (!has_checkpoint(files)) return no_checkpoint(repository, files);
  std::unique_ptr<HubSource> source(new HubSource(repository, {}, {}));
  std::string index;
  if (find_file(files, kSingle) == nullptr) {
    CACTUS_TRY(text, api.small_file(repository, commit, kIndex, kSmallLimit));
    index = std::move(text);
  }
  CACTUS_CHECK(source->load({api, cache, commit, files}, index));
  return source;
}

Status HubSource::load(const Place& place, const std::string& index) {
  identity_ = "hub " + repository_ + " " + place.commit + "\n";
  std::vector<std::string> names = {kSingle};
  std::vector<std::pair<std::string, std::string>> map;
  if (find_file(place.files, kSingle) == nullptr) {
    CACTUS_TRY(shards, parse_index(index, &map));
    names = std::move(shards);
  }
  for (const std::string& name : names) {
    const TreeFile* file = find_file(place.files, name);
    if (file == nullptr)
      return make_error(ErrorKind::incompatible, repository_ + " is not whole",
                        "its index names " + name + ", which the repository does not have");
    CACTUS_CHECK(add(place, *file));
  }
  std::set<std::pair<std::string, std::string>> there;
  std::set<std::string> seen;
  for (const SourceTensor& t : tensors_) {
    if (!seen.insert(t.name).second)
      return make_error(ErrorKind::incompatible,
                        "tensor " + t.name + " stands in two files of " + repository_);
    there.emplace(t.name, names[t.file]);
  }
  for (const auto& pair : map) {
    if (!there.contains(pair))
      return make_error(ErrorKind::incompatible, repository_ + " is not whole",
                        "its index says that tensor " + pair.first + " is in " + pair.second +
                            ", where it is not");
  }
  return ok_status();
}

Status HubSource::add(const Place& place, const TreeFile& file) {
  Shard shard;
  shard.listed = file;
  if (place.cache.has_blob(repository_, file)) {
    CACTUS_TRY(local, File::open(place.cache.blob(repository_, file.etag), File::Mode::read));
    shard.local = std::move(local);
  } else {
    shard.remote = std::make_unique<RemoteFile>(place.api, repository_, place.commit, file);
  }
  const std::size_t index = shards_.size();
  shards_.push_back(std::move(shard));
  if (!headers_.contains(file.path)) {
    CACTUS_TRY(header, read_header(index));
    headers_.emplace(file.path, std::move(header));
  }
  const std::string& header = headers_.at(file.path);
  CACTUS_TRY(tensors, parse_safetensors(header, file.size, file.path));
  for (SourceTensor& tensor : tensors) {
    tensor.file = index;
    tensors_.push_back(std::move(tensor));
  }
  const std::string hash = hash_of(header);
  identity_ += file.path + " " + std::to_string(file.size) + " " + file.etag + " " + hash + "\n";
  provenance_[file.path] = {{"size", file.size}, {"header", hash}};
  provenance_[file.path][file.is_sha256() ? "sha256" : "git_sha1"] = file.etag;
  return ok_status();
}

Result<std::string> HubSource::read_header(std::size_t shard) const {
  const TreeFile& file = shards_[shard].listed;
  if (file.size < 8)
    return make_error(ErrorKind::incompatible, file.path + " is not a whole safetensors file",
                      "it has " + std::to_string(file.size) + " bytes");
  std::string begin(static_cast<std::size_t>(std::min(file.size, kFirstRead)), '\0');
  CACTUS_CHECK(
      read_shard({shard, 0, begin.size()}, std::as_writable_bytes(std::span(begin)), {}, nullptr));
  std::byte prefix[8];
  std::memcpy(prefix, begin.data(), 8);
  CACTUS_TRY(length, header_length(prefix, file.size, file.path));
  std::string header = begin.substr(8, static_cast<std::size_t>(length));
  if (const std::size_t have = header.size(); have < length) {
    header.resize(static_cast<std::size_t>(length));
    CACTUS_CHECK(read_shard({shard, 8 + have, length - have},
                            std::as_writable_bytes(std::span(header)).subspan(have), {}, nullptr));
  }
  return header;
}

Status HubSource::read_shard(const Extent& extent, std::span<std::byte> out,
                             const Prefetch::Arrived& arrived,
                             const std::atomic<bool>* stop) const {
  const Shard& shard = shards_[extent.file];
  if (shard.local) return shard.local->read_at(extent.offset, out);
  std::size_t filled = 0, told = 0;
  const auto sink = [&](std::string_view bytes) {
    const std::size_t n = std::min(bytes.size(), out.size() - filled);
    std::memcpy(out.data() + filled, bytes.data(), n);
    filled += n;
    if (arrived && filled - told >= kTellEvery) arrived(told = filled);
    return true;
  };
  CACTUS_CHECK(shard.remote->read(extent.offset, extent.offset + out.size(), sink, stop));
  if (filled == out.size()) return ok_status();
  return make_error(ErrorKind::network, "the hub sent too little of " + shard.listed.path,
                    std::to_string(filled) + " of " + std::to_string(out.size()) + " bytes came");
}

void HubSource::will_read(std::span<const SourceTensor* const> order) const {
  std::vector<Extent> extents;
  extents.reserve(order.size());
  for (const SourceTensor* t : order) extents.push_back({t->file, t->offset, t->size});
  prefetch_->plan(extents);
}

Status HubSource::read(const SourceTensor& tensor, std::uint64_t offset,
                       std::span<std::byte> out) const {
  return prefetch_->read({tensor.file, tensor.offset + offset, out.size()}, out);
}

Result<std::string> HubSource::file(std::string_view name) const {
  if (!is_plain_name(name))
    return make_error(ErrorKind::incompatible, "\"" + std::string(name) + "\" is not a file name");
  return read_file(snapshot_ / name, kSmallLimit);
}

bool HubSource::ranges_ignored() const {
  return std::any_of(shards_.begin(), shards_.end(), [](const Shard& shard) {
    return shard.remote != nullptr && shard.remote->ignores_ranges();
  });
}

}  // namespace cactus::hub
