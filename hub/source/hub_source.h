// A repository on the hub as a source of tensors, read by ranges while the converter works: nothing
// but small files is stored. Weight files that are in the Hugging Face cache are read from there.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/file.h"
#include "engine/convert/tensor_source.h"
#include "hub/fetch/fetch.h"
#include "hub/fetch/remote_file.h"
#include "hub/source/prefetch.h"

namespace cactus::hub {

// The JSON of safetensors headers, by the file's path in the repository.
using Headers = std::map<std::string, std::string>;

struct SourceOptions {
  PrefetchOptions prefetch;
  FetchOptions fetch;  // of the small files
  Headers headers;     // read already, of this commit
};

// The weight files of a checkpoint in a listing: model.safetensors, or what an index names.
bool has_checkpoint(const std::vector<TreeFile>& files);
// Whether `path` of this listing is one of its weight files, as far as names tell: the single file,
// else the shards (…-00001-of-00002.safetensors).
bool is_weight_file(std::string_view path, const std::vector<TreeFile>& files);
// Bytes of all of them.
std::uint64_t checkpoint_bytes(const std::vector<TreeFile>& files);
// What the converter reads besides the weights: config.json, tokenizer.json, …
std::vector<TreeFile> side_files(const std::vector<TreeFile>& files);
const TreeFile* find_file(const std::vector<TreeFile>& files, std::string_view path);

class HubSource final : public TensorSource {
 public:
  // `files` is the whole listing of `commit`. Fetches the small files (configuration, tokenizer, …)
  // into the cache and reads the headers of the weight files. `api` and `cache` outlive the source.
  // Errors: those of fetching, not_found (no checkpoint there), incompatible (broken headers).
  static Result<std::unique_ptr<HubSource>> open(HubApi& api, const HubCache& cache,
                                                 const std::string& repository,
                                                 const std::string& commit,
                                                 const std::vector<TreeFile>& files,
                                                 const SourceOptions& options);

  // The same without the small files: nothing is stored, tensors() is all there is to ask for.
  static Result<std::unique_ptr<HubSource>> peek(HubApi& api, const HubCache& cache,
                                                 const std::string& repository,
                                                 const std::string& commit,
                                                 const std::vector<TreeFile>& files);

  std::span<const SourceTensor> tensors() const override { return tensors_; }
  void will_read(std::span<const SourceTensor* const> order) const override;
  Status read(const SourceTensor& tensor, std::uint64_t offset,
              std::span<std::byte> out) const override;
  Result<std::string> file(std::string_view name) const override;
  std::string identity() const override { return identity_; }
  Json provenance() const override { return provenance_; }
  std::string name() const override { return repository_; }

  // The server sends whole files whatever is asked: reading tensors from it would cost more than
  // downloading the files.
  bool ranges_ignored() const;
  // The tensor's file is in the Hugging Face cache.
  bool is_local(const SourceTensor& tensor) const { return shards_[tensor.file].local.has_value(); }
  const Headers& headers() const { return headers_; }

 private:
  // One weight file: in the cache, or remote.
  struct Shard {
    TreeFile listed;
    std::optional<File> local;
    std::unique_ptr<RemoteFile> remote;
  };

  // Where the repository's files are.
  struct Place {
    HubApi& api;
    const HubCache& cache;
    const std::string& commit;
    const std::vector<TreeFile>& files;
  };

  HubSource(std::string repository, std::filesystem::path snapshot, const SourceOptions& options);
  // `index` is the text of model.safetensors.index.json; empty for a single file.
  Status load(const Place& place, const std::string& index);
  Status add(const Place& place, const TreeFile& file);
  Result<std::string> read_header(std::size_t shard) const;
  Status read_shard(const Extent& extent, std::span<std::byte> out,
                    const Prefetch::Arrived& arrived, const std::atomic<bool>* stop) const;

  std::string repository_;
  std::filesystem::path snapshot_;
  std::vector<Shard> shards_;
  std::vector<SourceTensor> tensors_;
  Headers headers_;
  std::string identity_;
  Json provenance_ = Json::object();
  std::unique_ptr<Prefetch> prefetch_;  // last: its threads read the shards
};

}  // namespace cactus::hub
