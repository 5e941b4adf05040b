// The bundles that are installed.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "hub/names/name.h"
#include "hub/store/record.h"
#include "hub/store/usage_marks.h"

namespace cactus::hub {

enum class State {
  ready,
  missing,     // its files are gone (for example the Hugging Face cache was emptied)
  unreadable,  // a damaged manifest, or a format this runtime does not read
};
std::string_view state_name(State state);

struct Installed {
  Record record;
  std::filesystem::path place;   // its folder in the store
  std::filesystem::path bundle;  // the folder that is opened: `place`, or one in the cache
  bool current = false;          // what its NAME:VARIANT stands for: the newest install
  std::uint64_t last_used = 0;   // seconds since 1970; 0: never

  std::string title() const;     // "google/gemma-4-E2B-it:int4"
  std::string version() const;   // the tag, or the first twelve digits of the commit
};

// Something in the store that no install needs.
struct Leftover {
  std::filesystem::path path;
  std::string kind;         // "unfinished", "old version", "lock"
  std::uint64_t bytes = 0;
  std::uint64_t changed = 0;  // seconds since 1970
};

// Thread-safe: it has no state but its root. Reads what is on the disk at each call.
class Store {
 public:
  explicit Store(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path locks() const { return root_ / ".locks"; }
  std::filesystem::path staging() const { return root_ / ".staging"; }

  // By name, variant, and newest first. Folders without a readable record are not in it.
  std::vector<Installed> list() const;
  // What `name` stands for, case ignored: of its variants the default one, else the newest; with a
  // revision the install of that tag, branch or commit. Errors: not_found (and then nothing of that
  // name is installed).
  Result<Installed> find(const ModelName& name) const;
  // All versions and variants that `name` covers; empty when none.
  std::vector<Installed> matches(const ModelName& name) const;
  // Looks at the files without reading weights.
  State state(const Installed& installed) const;

  // A place for a new install of this record; `staged` (a finished bundle, its record in it) moves
  // there in one step, an install that is there already is exchanged and then removed.
  Result<Installed> publish(const Record& record, const std::filesystem::path& staged) const;
  Status set_pinned(const Installed& installed, bool pinned) const;
  // Refuses (policy) while other processes use it, naming them. Bundles in the Hugging Face cache
  // keep their files: they are shared with other programs.
  Status remove(const Installed& installed) const;

  // Marks it as used now, by this process, until the mark goes away.
  UsageMark use(const Installed& installed) const;
  std::vector<LockOwner> users(const Installed& installed) const;

  // Unfinished conversions that nobody is at work on, versions that are not current, dead locks.
  std::vector<Leftover> leftovers() const;
  // Takes one away; false when somebody has begun to need it meanwhile.
  Result<bool> discard(const Leftover& leftover) const;

  // The lock that everything that changes NAME:VARIANT holds.
  std::filesystem::path lock_file(std::string_view repository, std::string_view variant) const;

 private:
  std::filesystem::path root_;
};

// Bytes of the files below a folder (links not followed).
std::uint64_t tree_bytes(const std::filesystem::path& folder);
// Nanoseconds since 1970.
std::uint64_t now_ns();

}  // namespace cactus::hub
