// The part of hub_cache.h that lists the files of a commit: trees/COMMIT.json,
// {"format_version":1,"files":{PATH:{"size","blob_id","lfs_sha256"?,"lfs_size"?,"xet_hash"?}}}.
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "hub/fetch/hub_cache.h"
#include "hub/hf/checks.h"
#include "hub/names/name.h"

namespace cactus::hub {
namespace {

using nlohmann::json;
constexpr std::uint64_t kLimit = 256u << 20;

std::string text_at(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<std::uint64_t> number_at(const json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_number_unsigned()) return {};
  return at->get<std::uint64_t>();
}

std::optional<TreeFile> file_of(const std::string& path, const json& entry) {
  if (!is_safe_path(path) || !entry.is_object()) return {};
  TreeFile file;
  file.path = path;
  file.git_oid = text_at(entry, "blob_id");
  file.xet_hash = text_at(entry, "xet_hash");
  const std::string sha256 = text_at(entry, "lfs_sha256");
  const auto size = number_at(entry, "size");
  const auto large = number_at(entry, "lfs_size");
  file.etag = sha256.empty() ? file.git_oid : sha256;
  if (!size || !is_hex(file.etag, sha256.empty() ? 40 : 64)) return {};
  file.size = large.value_or(*size);
  return file;
}

}  // namespace

std::optional<std::vector<TreeFile>> HubCache::tree(std::string_view id,
                                                    std::string_view commit) const {
  if (!is_repository(id) || !is_commit(commit)) return {};
  const auto text = read_file(repository(id) / "trees" / (std::string(commit) + ".json"), kLimit);
  if (!text) return {};
  const auto parsed = parse_large_json(*text, "tree");
  if (!parsed || !parsed->is_object() || number_at(*parsed, "format_version") != 1) return {};
  const auto files = parsed->find("files");
  if (files == parsed->end() || !files->is_object()) return {};
  std::vector<TreeFile> list;
  for (const auto& [path, entry] : files->items()) {
    auto file = file_of(path, entry);
    if (!file) return {};
    list.push_back(std::move(*file));
  }
  return list;
}

Status HubCache::write_tree(std::string_view id, std::string_view commit,
                            const std::vector<TreeFile>& files) const {
  if (!is_repository(id) || !is_commit(commit))
    return make_error(ErrorKind::usage, "no place in the cache for " + std::string(id));
  json list = json::object();
  for (const TreeFile& file : files) {
    json entry = {{"size", file.size}, {"blob_id", file.git_oid}};
    if (file.is_sha256()) {
      entry["lfs_sha256"] = file.etag;
      entry["lfs_size"] = file.size;
    }
    if (!file.xet_hash.empty()) entry["xet_hash"] = file.xet_hash;
    list[file.path] = std::move(entry);
  }
  const auto path = repository(id) / "trees" / (std::string(commit) + ".json");
  CACTUS_CHECK(make_folders(path.parent_path()));
  return write_file_atomic(path, json{{"format_version", 1}, {"files", std::move(list)}}.dump(
                                     -1, ' ', false, json::error_handler_t::replace));
}

}  // namespace cactus::hub
