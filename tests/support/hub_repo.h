// A repository of the test hub (hub_server.h): commits, branches, tags, who may read it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace cactus::test {

struct HubFile {
  std::string bytes;             // or, for large ones,
  std::filesystem::path stored;  // read from here
  std::uint64_t size = 0;
  bool large = false;   // LFS: served by the second host, named by its SHA-256
  std::string sha256;   // of the bytes, when large
  std::string git_oid;  // SHA-1 of the git blob: of the bytes, or of the pointer of a large file
  std::string pointer;  // the LFS pointer's text
  const std::string& etag() const { return large ? sha256 : git_oid; }
  std::string read(std::uint64_t begin, std::uint64_t end) const;
};

// Files by path.
using HubFiles = std::map<std::string, std::shared_ptr<const HubFile>>;

std::shared_ptr<const HubFile> hub_file(std::string bytes, bool large);
std::shared_ptr<const HubFile> hub_file(const std::filesystem::path& stored, bool large);

class HubRepo {
 public:
  enum class Access { open, needs_token, gated, pending };  // gated: terms; see HubServer::accept

  // A new commit on `branch` with exactly these files (path, bytes); its 40 hex digits. Files named
  // *.safetensors or of 100 kB and more are large unless said otherwise.
  std::string commit(const std::vector<std::pair<std::string, std::string>>& files,
                     const std::string& branch = "main");
  // The same of all files below a folder; large ones are read where they lie.
  std::string commit_folder(const std::filesystem::path& folder,
                            const std::string& branch = "main");
  void tag(const std::string& name, const std::string& commit);
  void set_access(Access access);
  void disable();                          // "Access to this resource is disabled."
  void set_info(const std::string& json);  // members to add to the answer of /api/models/ID

 private:
  friend class HubServer;
  HubRepo(std::string id, std::shared_ptr<std::mutex> mutex)
      : id_(std::move(id)), mutex_(std::move(mutex)) {}
  std::string add_commit(HubFiles files, const std::string& branch);

  std::string id_;
  std::shared_ptr<std::mutex> mutex_;
  std::map<std::string, HubFiles> commits_;
  std::map<std::string, std::string> branches_, tags_;
  Access access_ = Access::open;
  bool disabled_ = false;
  std::string info_ = "{}";
};

}  // namespace cactus::test
