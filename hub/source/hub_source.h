// A repository on the hub as a source of tensors, read by ranges while the converter works: nothing
// but small files is stored. Weight files that are in the Hugging Face cache are read from there.
#pragma once
#include <filesystem>
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

struct SourceOptions {
  PrefetchOptions prefetch;
  FetchOptions fetch;  // of the small files
};

// The weight files of a checkpoint in a listing: model.safetensors, or what an index names.
bool has_checkpoint(const std::vector<TreeFile>& files);
// Bytes of its safetensors files (those at the top of the repository).
std::uint64_t checkpoint_bytes(const std::vector<TreeFile>& files);
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

 private:
  // One weight file: in the cache, or remote.
  struct Shard {
    TreeFile listed;
    std::optional<File> local;
    std::unique_ptr<RemoteFile> remote;
  };

  HubSource(std::string repository, std::filesystem::path snapshot, const SourceOptions& options);
  Status add(HubApi& api, const HubCache& cache, const std::string& commit, const TreeFile& file);
  Status read_shard(const Extent& extent, std::span<std::byte> out,
                    const Prefetch::Arrived& arrived, const std::atomic<bool>* stop) const;

  std::string repository_;
  std::filesystem::path snapshot_;
  std::vector<Shard> shards_;
  std::vector<SourceTensor> tensors_;
  std::string identity_;
  Json provenance_ = Json::object();
  std::unique_ptr<Prefetch> prefetch_;  // last: its threads read the shards
};

}  // namespace cactus::hub
