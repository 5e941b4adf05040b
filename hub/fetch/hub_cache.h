// The cache of the Hugging Face tools, in its exact layout, shared with them:
//   models--ORG--NAME/refs/REVISION   blobs/ETAG   snapshots/COMMIT/PATH -> ../../blobs/ETAG
//   trees/COMMIT.json   .no_exist/COMMIT/PATH   and .locks/models--ORG--NAME/ETAG.lock beside.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "hub/hf/repository.h"

namespace cactus::hub {

class HubCache {
 public:
  // Makes nothing yet. `symlinks` off: snapshots hold copies.
  explicit HubCache(std::filesystem::path folder, bool symlinks = true)
      : folder_(std::move(folder)), symlinks_(symlinks) {}

  const std::filesystem::path& folder() const { return folder_; }
  Status prepare() const;                                       // the folder, with its CACHEDIR.TAG
  std::filesystem::path repository(std::string_view id) const;  // …/models--ORG--NAME
  std::filesystem::path blob(std::string_view id, std::string_view etag) const;
  std::filesystem::path snapshot(std::string_view id, std::string_view commit) const;
  std::filesystem::path lock_file(std::string_view id, std::string_view etag) const;
  // Repositories with anything in the cache, as ORG/NAME, sorted.
  std::vector<std::string> repositories() const;

  // The commit a branch or tag led to when it was last asked for; a full commit is itself.
  std::optional<std::string> commit_of(std::string_view id, std::string_view revision) const;
  Status write_ref(std::string_view id, std::string_view revision, std::string_view commit) const;

  // Takes away what names a commit whose snapshot is gone: its refs and its listing.
  void forget(std::string_view id, std::string_view commit) const;

  // The file of a snapshot, if all its bytes are there.
  std::optional<std::filesystem::path> find(std::string_view id, std::string_view commit,
                                            std::string_view path) const;
  // A blob of that size, downloaded by whichever program.
  bool has_blob(std::string_view id, const TreeFile& file) const;
  // Puts a blob that is there into a snapshot.
  Status link(std::string_view id, std::string_view commit, const TreeFile& file) const;

  bool known_missing(std::string_view id, std::string_view commit, std::string_view path) const;
  Status mark_missing(std::string_view id, std::string_view commit, std::string_view path) const;

  // All files of a commit. Written by whoever has listed it: with it a snapshot can be proved
  // complete without a network.
  std::optional<std::vector<TreeFile>> tree(std::string_view id, std::string_view commit) const;
  Status write_tree(std::string_view id, std::string_view commit,
                    const std::vector<TreeFile>& files) const;

 private:
  std::filesystem::path folder_;
  bool symlinks_;
};

}  // namespace cactus::hub
