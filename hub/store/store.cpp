#include "hub/store/store.h"

#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <tuple>

#include "engine/base/file.h"
#include "engine/weights/open.h"

namespace cactus::hub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsed = ".last-used";

std::uint64_t changed(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_mtime) : 0;
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (!at->path().filename().string().starts_with('.') && at->is_directory(ignored))
      found.push_back(at->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string key_of(const fs::path& place) {
  return place.parent_path().filename().string() + "--" + place.filename().string();
}

bool matches_revision(const Record& r, std::string_view revision) {
  if (revision.empty() || r.tag == revision || r.revision == revision) return true;
  return is_commit_prefix(revision) &&
         same_ignoring_case(std::string_view(r.commit).substr(0, revision.size()), revision);
}

bool matches_name(const Record& r, const ModelName& name) {
  return (same_ignoring_case(r.name, name.repository) ||
          same_ignoring_case(r.repository, name.repository)) &&
         (name.variant.empty() || name.variant == r.variant) && matches_revision(r, name.revision);
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return text;
}

// "ORG--NAME--int4-v1.15-0123456789ab.partial" → the lock of ORG/NAME:int4; nothing for others.
std::string lock_of_staged(const std::string& name) {
  const std::size_t variant = name.rfind("--");
  const std::size_t end = variant == std::string::npos ? variant : name.find("-v", variant + 2);
  if (end == std::string::npos || name.starts_with("removed--")) return {};
  return lower_case(name.substr(0, end)) + ".lock";
}

// Makes the folder's modification time now, or makes the file.
void touch(const fs::path& file) {
  if (::utimes(file.c_str(), nullptr) == 0) return;
  const auto made = File::open(file, File::Mode::write);
  (void)made;  // a store of others cannot be written; then nobody knows when it was used
}

}  // namespace

std::string_view state_name(State state) {
  switch (state) {
    case State::ready:
      return "ready";
    case State::missing:
      return "missing";
    case State::unreadable:
      return "unreadable";
  }
  return "";
}

std::string Installed::title() const {
  return record.name + ":" + record.variant;
}

std::string Installed::version() const {
  return record.tag.empty() ? record.commit.substr(0, 12) : record.tag;
}

std::vector<Installed> Store::list() const {
  std::vector<Installed> all;
  for (const fs::path& model : folders_in(root_)) {
    for (const fs::path& place : folders_in(model)) {
      auto record = read_record(place);
      if (!record) continue;
      Installed one;
      one.place = place;
      one.bundle = record->bundle.empty() ? place : fs::path(record->bundle);
      one.record = std::move(*record);
      one.last_used = changed(place / kUsed);
      all.push_back(std::move(one));
    }
  }
  std::sort(all.begin(), all.end(), [](const Installed& a, const Installed& b) {
    return std::tie(a.record.name, a.record.variant, b.record.installed, a.place) <
           std::tie(b.record.name, b.record.variant, a.record.installed, b.place);
  });
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i].current = i == 0 || all[i - 1].title() != all[i].title();
  return all;
}

std::vector<Installed> Store::matches(const ModelName& name) const {
  std::vector<Installed> all = list();
  std::erase_if(all, [&](const Installed& one) { return !matches_name(one.record, name); });
  return all;
}

Result<Installed> Store::find(const ModelName& name) const {
  std::vector<Installed> found = matches(name);
  const auto rank = [](const Installed& one) {
    return std::tuple(one.record.variant == kDefaultVariant, one.record.installed);
  };
  const auto best =
      std::max_element(found.begin(), found.end(),
                       [&](const Installed& a, const Installed& b) { return rank(a) < rank(b); });
  if (best == found.end()) {
    return make_error(ErrorKind::not_found, name.text() + " is not installed", "",
                      "cactus download " + name.text());
  }
  return std::move(*best);
}

State Store::state(const Installed& installed) const {
  const auto manifest = read_bundle_manifest(installed.bundle);
  if (manifest) return State::ready;
  return manifest.error().kind == ErrorKind::not_found ? State::missing : State::unreadable;
}

Result<Installed> Store::publish(const Record& record, const fs::path& staged) const {
  Installed made;
  made.record = record;
  made.place = root_ / folder_of(record.name) / record.folder();
  made.bundle = record.bundle.empty() ? made.place : fs::path(record.bundle);
  made.current = true;
  std::error_code error;
  // What a killed run leaves beside the files of a bundle: a record written aside, the converter's
  // journal. A bundle has no hidden files.
  for (const auto& entry : fs::directory_iterator(staged, error))
    if (entry.path().filename().string().starts_with('.')) fs::remove(entry.path(), error);
  CACTUS_CHECK(save_record(staged, record));
  CACTUS_CHECK(make_folders(made.place.parent_path()));
  if (fs::exists(made.place, error)) {
    CACTUS_CHECK(exchange_folders(staged, made.place));
    CACTUS_CHECK(remove_tree(staged));
  } else {
    CACTUS_CHECK(rename_durably(staged, made.place));
  }
  return made;
}

Status Store::set_pinned(const Installed& installed, bool pinned) const {
  Record record = installed.record;
  record.pinned = pinned;
  return save_record(installed.place, record);
}

Status Store::remove(const Installed& installed) const {
  for (const LockOwner& user : users(installed)) {
    return make_error(ErrorKind::policy, installed.title() + " is in use", "by " + user.text(),
                      "end it first: kill " + std::to_string(user.pid));
  }
  // The record last would leave a bundle that lists as whole; moved away first, it is a leftover
  // wherever the removal stops.
  const fs::path aside = staging() / ("removed--" + key_of(installed.place));
  CACTUS_CHECK(make_folders(staging()));
  CACTUS_CHECK(remove_tree(aside));
  CACTUS_CHECK(rename_durably(installed.place, aside));
  CACTUS_CHECK(remove_tree(aside));
  std::error_code ignored;
  fs::remove(installed.place.parent_path(), ignored);  // only when it is empty
  return ok_status();
}

UsageMark Store::use(const Installed& installed) const {
  touch(installed.place / kUsed);
  return UsageMark::make(locks(), key_of(installed.place), "using " + installed.title());
}

std::vector<LockOwner> Store::users(const Installed& installed) const {
  return users_of(locks(), key_of(installed.place));
}

fs::path Store::lock_file(std::string_view repository, std::string_view variant) const {
  // One lock, however the name is spelt.
  return locks() / lower_case(folder_of(repository) + "--" + std::string(variant) + ".lock");
}

std::vector<Leftover> Store::leftovers() const {
  std::vector<Leftover> found;
  std::error_code error;
  for (fs::directory_iterator at(staging(), error), end; !error && at != end; at.increment(error)) {
    const fs::path& path = at->path();
    const std::string lock = lock_of_staged(path.filename().string());
    if (!lock.empty() && lock_owner(locks() / lock)) continue;
    found.push_back({path, "unfinished", tree_bytes(path), changed(path)});
  }
  for (const Installed& one : list())
    if (!one.current && !one.record.pinned && users(one).empty())
      found.push_back({one.place, "old version", tree_bytes(one.place), changed(one.place)});
  error.clear();
  for (fs::directory_iterator at(locks(), error), end; !error && at != end; at.increment(error))
    if (!lock_owner(at->path())) found.push_back({at->path(), "lock", 0, changed(at->path())});
  return found;
}

Result<bool> Store::discard(const Leftover& leftover) const {
  if (leftover.kind == "old version") {
    for (const Installed& one : list()) {
      if (one.place != leftover.path || one.current || one.record.pinned) continue;
      CACTUS_CHECK(remove(one));
      return true;
    }
    return false;
  }
  if (leftover.kind == "lock") {
    CACTUS_TRY(lock, Lock::try_acquire(leftover.path, "cleaning up"));
    if (lock) lock->remove();
    return lock.has_value();
  }
  const std::string name = lock_of_staged(leftover.path.filename().string());
  std::optional<Lock> held;
  if (!name.empty()) {
    CACTUS_TRY(lock, Lock::try_acquire(locks() / name, "cleaning up"));
    if (!lock) return false;
    held = std::move(*lock);
  }
  CACTUS_CHECK(remove_tree(leftover.path));
  if (held) held->remove();
  return true;
}

std::uint64_t tree_bytes(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored) && !at->is_symlink(ignored)) {
      const auto size = at->file_size(ignored);
      if (!ignored) bytes += size;
    }
  }
  return bytes;
}

std::uint64_t now_ns() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace cactus::hub
