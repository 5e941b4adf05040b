#include "cli/models/shared_files.h"

#include <set>
#include <system_error>

namespace cactus::cli {
namespace {

namespace fs = std::filesystem;

// What the links below a folder lead to.
std::set<fs::path> targets(const fs::path& folder) {
  std::set<fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code ignored;
    if (!at->is_symlink(ignored)) continue;
    const fs::path real = fs::weakly_canonical(at->path(), ignored);
    if (!ignored) found.insert(real);
  }
  return found;
}

}  // namespace

Status remove_shared_files(Context& context, const hub::Store& store, const hub::Installed& gone) {
  if (gone.record.bundle.empty()) return ok_status();
  CACTUS_TRY(environment, hub_environment(context));
  const hub::HubCache cache(environment.cache, environment.symlinks);
  const fs::path snapshot = cache.snapshot(gone.record.repository, gone.record.commit);
  // A record may be older than a move of the cache: nothing outside of it is touched.
  const fs::path inside = gone.bundle.lexically_relative(snapshot);
  if (inside.empty() || inside.begin()->string() == "..") return ok_status();
  for (const hub::Installed& other : store.list())
    if (other.bundle == gone.bundle) return ok_status();
  const std::set<fs::path> doomed = targets(gone.bundle);
  std::error_code error;
  fs::remove_all(gone.bundle, error);
  fs::remove(snapshot, error);  // only when it is empty
  // Other programs take a name that leads to no snapshot for damage.
  if (!fs::exists(snapshot, error)) cache.forget(gone.record.repository, gone.record.commit);
  const fs::path repository = cache.repository(gone.record.repository);
  const std::set<fs::path> kept = targets(repository / "snapshots");
  const fs::path blobs = fs::weakly_canonical(repository / "blobs", error);
  for (const fs::path& blob : doomed)
    if (!kept.contains(blob) && blob.parent_path() == blobs) fs::remove(blob, error);
  return ok_status();
}

}  // namespace cactus::cli
