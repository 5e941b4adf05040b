// `cleanup`: what no install needs.
#include <CLI/CLI.hpp>
#include <charconv>
#include <ctime>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/models/hub.h"
#include "cli/models/shared_files.h"
#include "cli/models/table.h"
#include "cli/render/format.h"

namespace cactus::cli {
namespace {

struct CleanupFlags {
  std::string older_than;
  bool dry_run = false, json = false;
};

// "30d", "12h", "90m" in seconds.
Result<std::uint64_t> parse_age(const std::string& text) {
  std::uint64_t n = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, n);
  const std::string unit(at, end);
  const std::uint64_t seconds = unit == "d" ? 86'400 : unit == "h" ? 3600 : unit == "m" ? 60 : 0;
  if (error != std::errc() || seconds == 0 || n > 100'000)
    return make_error(ErrorKind::usage, "--older-than cannot be '" + text + "'",
                      "it is a number of days, hours or minutes", "cactus cleanup --older-than 30d");
  return n * seconds;
}

// Downloads into the Hugging Face cache that nobody has gone on with for a day.
std::vector<hub::Leftover> stale_downloads(const hub::HubCache& cache) {
  constexpr std::uint64_t kDay = 86'400;
  namespace fs = std::filesystem;
  const auto now = static_cast<std::uint64_t>(std::time(nullptr));
  std::vector<hub::Leftover> found;
  for (const std::string& id : cache.repositories()) {
    std::error_code error;
    for (fs::directory_iterator at(cache.repository(id) / "blobs", error), end;
         !error && at != end; at.increment(error)) {
      const std::string name = at->path().filename().string();
      if (name.find(".incomplete") == std::string::npos) continue;
      std::error_code ignored;
      const auto age = fs::file_time_type::clock::now() - at->last_write_time(ignored);
      const auto seconds =
          static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(age).count());
      if (ignored || seconds < kDay) continue;
      found.push_back({at->path(), "download", at->file_size(ignored), now - seconds});
    }
  }
  return found;
}

Result<int> run_cleanup(Context& context, const CleanupFlags& flags) {
  std::uint64_t least_age = 0;
  if (!flags.older_than.empty()) {
    CACTUS_TRY(age, parse_age(flags.older_than));
    least_age = age;
  }
  const hub::Store store = model_store();
  CACTUS_TRY(environment, hub_environment(context));
  const hub::HubCache cache(environment.cache, environment.symlinks);
  std::vector<hub::Leftover> all = store.leftovers();
  for (hub::Leftover& one : stale_downloads(cache)) all.push_back(std::move(one));
  const auto now = static_cast<std::uint64_t>(std::time(nullptr));
  std::uint64_t bytes = 0;
  Json removed = Json::array();
  for (const hub::Leftover& one : all) {
    if (one.changed + least_age > now && least_age > 0) continue;
    if (!flags.dry_run) {
      hub::Installed old;
      for (const hub::Installed& candidate : store.list())
        if (candidate.place == one.path) old = candidate;
      auto gone = one.kind == "download"
                      ? Result<bool>(std::filesystem::remove_all(one.path) > 0)
                      : store.discard(one);
      if (!gone) return std::move(gone).error();
      if (!*gone) continue;
      if (!old.place.empty()) CACTUS_CHECK(remove_shared_files(context, store, old));
    }
    bytes += one.bytes;
    removed.push_back(
        {{"path", one.path.string()}, {"kind", one.kind}, {"bytes", one.bytes}});
    if (one.kind != "lock")
      context.terminal.note((flags.dry_run ? "would remove " : "removed ") + one.kind + " " +
                            one.path.string() + ", " +
                            format_bytes(static_cast<double>(one.bytes)));
  }
  if (context.format != Format::text) {
    context.terminal.out(dump_json({{"v", 1},
                                    {"success", true},
                                    {"dry_run", flags.dry_run},
                                    {"bytes", bytes},
                                    {"removed", removed}},
                                   2) +
                         "\n");
  } else {
    context.terminal.note(format_bytes(static_cast<double>(bytes)) +
                          (flags.dry_run ? " would be freed" : " freed"));
  }
  return static_cast<int>(kOk);
}

}  // namespace

void add_cleanup(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand(
      "cleanup", "Remove old versions, unfinished downloads and stale locks");
  app.group(kGroupModels);
  const auto flags = std::make_shared<CleanupFlags>();
  app.add_flag("-n,--dry-run", flags->dry_run, "Say what would be removed");
  app.add_option("--older-than", flags->older_than, "Only what has not changed for so long: 30d")
      ->type_name("AGE");
  app.add_flag("--json", flags->json, "The result as JSON")->group("Output");
  set_examples(app, {"cactus cleanup --dry-run", "cactus cleanup --older-than 30d"});
  app.callback([&context, flags] {
    context.action = [&context, flags] { return run_cleanup(context, *flags); };
  });
}

}  // namespace cactus::cli
