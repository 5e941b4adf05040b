// `verify`: bundles against their checksums.
#include "engine/weights/verify.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/model_path.h"
#include "cli/models/hub.h"
#include "cli/output/progress.h"
#include "cli/render/format.h"
#include "cli/signals.h"

namespace cactus::cli {
namespace {

struct VerifyFlags {
  std::vector<std::string> models;
  bool json = false, quiet = false;
};

struct Target {
  std::string name;  // as the user knows it
  std::filesystem::path folder;
  std::string repair;                      // the command that makes it anew
  std::optional<std::uint64_t> installed;  // when, of what the store holds
};

// What was named, or everything that is installed.
Result<std::vector<Target>> targets(Context& context, const VerifyFlags& flags) {
  std::vector<Target> found;
  CACTUS_TRY(settings, context.settings());
  const auto add = [&](const hub::Installed& one) {
    const std::string again = one.record.published() ? "cactus rm -y " + one.title() +
                                                           " && cactus download " + one.title()
                                                     : "cactus download --reconvert " + one.title();
    found.push_back({one.title() + " @" + one.version(), one.bundle, again, one.record.installed});
  };
  if (flags.models.empty())
    for (const hub::Installed& one : model_store().list()) add(one);
  for (const std::string& given : flags.models) {
    std::error_code ignored;
    // A folder that is no whole bundle any more is just what should be looked at.
    if (std::filesystem::is_directory(given, ignored)) {
      found.push_back({given, given, "cactus convert --force CHECKPOINT " + shell_word(given), {}});
      continue;
    }
    CACTUS_TRY(located, locate(given, *settings));
    if (located.wanted) {
      CACTUS_CHECK(find_bundle(given, *settings));
    } else if (located.installed) {
      add(*located.installed);
    } else {
      found.push_back({given,
                       located.folder,
                       "cactus convert --force CHECKPOINT " + shell_word(located.folder.string()),
                       {}});
    }
  }
  return found;
}

// Whether another process took it away or put another in its place.
bool is_gone(const Target& target) {
  if (!target.installed) return false;
  const std::vector<hub::Installed> left = model_store().list();
  return std::none_of(left.begin(), left.end(), [&](const hub::Installed& one) {
    return one.bundle == target.folder && one.record.installed == *target.installed;
  });
}

// The first few.
std::string listed(const std::vector<std::string>& problems) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(problems.size(), kShown); ++i)
    text += (i == 0 ? "" : "; ") + problems[i];
  if (problems.size() > kShown)
    text += "; and " + std::to_string(problems.size() - kShown) + " more";
  return text;
}

Result<int> run_verify(Context& context, const VerifyFlags& flags) {
  Terminal& terminal = context.terminal;
  terminal.set_quiet(flags.quiet);
  CACTUS_TRY(all, targets(context, flags));
  const signals::PhaseScope generating(signals::Phase::generating);
  Json objects = Json::array();
  Error damage;
  for (const Target& target : all) {
    ProgressBar bar(terminal, "verifying");
    VerifyOptions options;
    options.cancel = &signals::cancel();
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
      bar.update(done, total, all.size() > 1 ? target.name : "");
    };
    auto report = verify_bundle(target.folder, options);
    bar.clear();
    if ((!report || !report->problems.empty()) && is_gone(target)) {
      const std::string gone = "'" + target.name + "' was removed or replaced meanwhile";
      if (!flags.models.empty())
        return make_error(ErrorKind::not_found, gone, {}, "cactus verify, once more");
      terminal.note(gone);
      continue;
    }
    if (!report) return std::move(report).error();
    objects.push_back({{"bundle", target.folder.string()},
                       {"success", report->problems.empty()},
                       {"tensors", report->tensors},
                       {"bytes", report->bytes},
                       {"problems", report->problems}});
    if (report->problems.empty()) {
      terminal.note("'" + target.name + "' is whole: " + std::to_string(report->tensors) +
                    " tensors, " + format_bytes(static_cast<double>(report->bytes)));
      continue;
    }
    if (!damage.what.empty()) terminal.error(damage);  // the last one is the command's own
    damage = make_error(ErrorKind::incompatible, "'" + target.name + "' is damaged",
                        listed(report->problems), target.repair);
  }
  if (all.empty()) terminal.note("no model is installed");
  if (context.format != Format::text) {
    Json object = {{"v", 1}, {"success", damage.what.empty()}, {"models", objects}};
    if (objects.size() == 1) object.update(objects[0]);
    terminal.out(dump_json(object) + "\n");
    return static_cast<int>(damage.what.empty() ? kOk : kIncompatible);
  }
  if (!damage.what.empty()) return damage;
  return static_cast<int>(kOk);
}

}  // namespace

void add_verify(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("verify", "Read models again and compare their checksums");
  app.group(kGroupModels);
  const auto flags = std::make_shared<VerifyFlags>();
  app.add_option("models", flags->models, "Installed models or folders (default: all installed)")
      ->type_name("MODEL");
  app.add_flag("--json", flags->json, "The result as JSON")->group("Output");
  app.add_flag("-q,--quiet", flags->quiet, "Problems only")->group("Output");
  set_examples(app, {"cactus verify ./model", "cactus verify google/gemma-4-E2B-it"});
  app.callback([&context, flags] {
    context.action = [&context, flags] { return run_verify(context, *flags); };
  });
}

}  // namespace cactus::cli
