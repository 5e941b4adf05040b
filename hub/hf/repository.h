// What the hub says about a repository.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace cactus::hub {

enum class Gate { none, automatic, manual };

struct RepositoryInfo {
  std::string id;             // ORG/NAME as the hub writes it (renamed repositories answer anew)
  std::string commit;         // 40 hex digits
  std::string last_modified;  // ISO 8601
  bool is_private = false;
  bool disabled = false;
  Gate gate = Gate::none;
  std::vector<std::string> tags;
  std::string pipeline;          // "text-generation"
  std::string library;           // "transformers"
  std::string licence;           // from the tag "license:…" or the card
  std::string architecture;      // config.architectures[0]
  std::string model_type;        // config.model_type
  std::uint64_t parameters = 0;  // safetensors.total
  std::uint64_t downloads = 0, likes = 0;
  std::vector<std::string> files;
};

struct Ref {
  std::string name;    // "main", "v1.15"
  std::string commit;  // 40 hex digits
};

struct Refs {
  std::vector<Ref> branches, tags;
};

struct TreeFile {
  std::string path;  // relative, checked: no "..", no hidden traversal, no control characters
  std::uint64_t size = 0;
  // What names its blob in the cache: the SHA-256 of large (LFS, xet) files, the git blob SHA-1 of
  // others, lower-case hex.
  std::string etag;
  std::string git_oid;  // of the file or of its LFS pointer
  std::uint64_t pointer_size = 0;
  std::string xet_hash;
  bool is_sha256() const { return etag.size() == 64; }
};

// What a HEAD of resolve says.
struct FileMetadata {
  std::string commit;
  std::string etag;
  std::uint64_t size = 0;
  std::string location;  // signed link of a large file; may hold a signature: do not show
};

struct SearchQuery {
  std::string text, author;
  std::vector<std::string> filters;  // "gemma3_text", "text-generation"
  std::string sort = "downloads";    // likes, lastModified, createdAt, trendingScore
  int limit = 20;
};

struct Account {
  std::string name;
  std::vector<std::string> organisations;
};

}  // namespace cactus::hub
