#include "hub/fetch/hub_cache.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "engine/base/file.h"
#include "hub/hf/checks.h"
#include "hub/names/name.h"

namespace cactus::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "models--";

// The tag that backup programs look for (bford.info/cachedir).
constexpr std::string_view kTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# Models downloaded from the Hugging Face Hub: they can be downloaded again.\n";

bool usable(std::string_view id, std::string_view commit) {
  return is_repository(id) && is_commit(commit);
}

Error unusable(std::string_view what) {
  return make_error(ErrorKind::usage, "no place in the cache for " + std::string(what));
}

// From snapshots/COMMIT/a/b to blobs/ETAG: one step up for each folder of the path, two more.
fs::path link_target(std::string_view path, std::string_view etag) {
  fs::path target;
  for (auto i = std::count(path.begin(), path.end(), '/'); i >= 0; --i) target /= "..";
  return target / ".." / "blobs" / etag;
}

Status copy_aside(const fs::path& from, const fs::path& to) {
  fs::path aside = to;
  aside += ".copying";
  std::error_code error;
  fs::copy_file(from, aside, fs::copy_options::overwrite_existing, error);
  if (error) return file_error("write", to, error.value());
  return rename_durably(aside, to);
}

}  // namespace

fs::path HubCache::repository(std::string_view id) const {
  return folder_ / (std::string(kPrefix) + folder_of(id));
}

fs::path HubCache::blob(std::string_view id, std::string_view etag) const {
  return repository(id) / "blobs" / etag;
}

fs::path HubCache::snapshot(std::string_view id, std::string_view commit) const {
  return repository(id) / "snapshots" / commit;
}

fs::path HubCache::lock_file(std::string_view id, std::string_view etag) const {
  return folder_ / ".locks" / (std::string(kPrefix) + folder_of(id)) /
         (std::string(etag) + ".lock");
}

std::vector<std::string> HubCache::repositories() const {
  std::vector<std::string> ids;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.rfind(kPrefix, 0) != 0) continue;
    std::string id = name.substr(kPrefix.size());
    const auto dashes = id.find("--");
    if (dashes == std::string::npos) continue;
    id.replace(dashes, 2, "/");
    if (is_repository(id)) ids.push_back(std::move(id));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Status HubCache::prepare() const {
  CACTUS_CHECK(make_folders(folder_));
  std::error_code error;
  if (!fs::exists(folder_ / "CACHEDIR.TAG", error))
    CACTUS_CHECK(write_file_atomic(folder_ / "CACHEDIR.TAG", kTag));
  return ok_status();
}

std::optional<std::string> HubCache::commit_of(std::string_view id,
                                               std::string_view revision) const {
  if (!is_repository(id)) return {};
  if (is_commit(revision)) return std::string(revision);
  if (!is_safe_path(revision)) return {};
  auto text = read_file(repository(id) / "refs" / revision, 1000);
  if (!text) return {};
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  if (!is_commit(*text)) return {};
  return std::move(*text);
}

void HubCache::forget(std::string_view id, std::string_view commit) const {
  if (!usable(id, commit)) return;
  const fs::path refs = repository(id) / "refs";
  std::vector<fs::path> doomed;
  std::error_code error;
  for (fs::recursive_directory_iterator at(refs, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().lexically_relative(refs).generic_string();
    if (commit_of(id, name) == commit) doomed.push_back(at->path());
  }
  doomed.push_back(repository(id) / "trees" / (std::string(commit) + ".json"));
  for (const fs::path& path : doomed) fs::remove(path, error);
}

Status HubCache::write_ref(std::string_view id, std::string_view revision,
                           std::string_view commit) const {
  if (!usable(id, commit) || !is_safe_path(revision)) return unusable(revision);
  if (is_commit(revision)) return ok_status();  // it is its own
  const fs::path path = repository(id) / "refs" / revision;
  CACTUS_CHECK(make_folders(path.parent_path()));
  return write_file_atomic(path, commit);
}

std::optional<fs::path> HubCache::find(std::string_view id, std::string_view commit,
                                       std::string_view path) const {
  if (!usable(id, commit) || !is_safe_path(path)) return {};
  fs::path file = snapshot(id, commit) / path;
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};
  return file;
}

bool HubCache::has_blob(std::string_view id, const TreeFile& file) const {
  std::error_code error;
  const fs::path path = blob(id, file.etag);
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == file.size && !error;
}

Status HubCache::link(std::string_view id, std::string_view commit, const TreeFile& file) const {
  const bool named = is_hex(file.etag, 40) || is_hex(file.etag, 64);
  if (!usable(id, commit) || !is_safe_path(file.path) || !named) return unusable(file.path);
  const fs::path path = snapshot(id, commit) / file.path;
  CACTUS_CHECK(make_folders(path.parent_path()));
  const fs::path target = link_target(file.path, file.etag);
  std::error_code error;
  if (symlinks_) {
    if (fs::read_symlink(path, error) == target) return ok_status();
    // Aside and renamed: who reads the snapshot meanwhile finds the old file or the new one.
    fs::path aside = path;
    aside += "." + std::to_string(::getpid()) + ".link";
    fs::remove(aside, error);
    if (::symlink(target.c_str(), aside.c_str()) == 0) return rename_durably(aside, path);
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EINVAL)
      return file_error("write", path, errno);
  }
  if (fs::is_regular_file(path, error) && fs::file_size(path, error) == file.size && !error)
    return ok_status();
  return copy_aside(blob(id, file.etag), path);
}

bool HubCache::known_missing(std::string_view id, std::string_view commit,
                             std::string_view path) const {
  std::error_code error;
  return usable(id, commit) && is_safe_path(path) &&
         fs::exists(repository(id) / ".no_exist" / commit / path, error);
}

Status HubCache::mark_missing(std::string_view id, std::string_view commit,
                              std::string_view path) const {
  if (!usable(id, commit) || !is_safe_path(path)) return unusable(path);
  const fs::path mark = repository(id) / ".no_exist" / commit / path;
  CACTUS_CHECK(make_folders(mark.parent_path()));
  return write_file_atomic(mark, {});
}

}  // namespace cactus::hub
