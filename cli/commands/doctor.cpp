// `doctor`: is everything as it should be, and what to do if not.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/models/checks.h"
#include "cli/models/hub.h"
#include "cli/models/table.h"
#include "cli/signals.h"
#include "cli/suggest.h"

namespace cactus::cli {
namespace {

struct DoctorFlags {
  std::vector<std::string> checks;
  bool list = false, json = false;
};

const char* name_of(Health health) {
  return health == Health::good ? "good" : health == Health::remark ? "remark" : "problem";
}

Status known(const std::vector<std::string>& names) {
  std::vector<std::string> all;
  for (const Check& check : checks()) all.emplace_back(check.name);
  for (const std::string& name : names) {
    if (std::find(all.begin(), all.end(), name) != all.end()) continue;
    const std::string near = closest(name, all);
    return make_error(ErrorKind::usage,
                      "no check '" + name + "'" +
                          (near.empty() ? "" : " – did you mean '" + near + "'?"),
                      "", "cactus doctor --list-checks");
  }
  return ok_status();
}

Result<int> run_doctor(Context& context, const DoctorFlags& flags) {
  Terminal& terminal = context.terminal;
  if (flags.list) {
    std::string text;
    for (const Check& check : checks()) text += fact(std::string(check.name), std::string(check.help));
    terminal.out(text);
    return static_cast<int>(kOk);
  }
  CACTUS_CHECK(known(flags.checks));
  const auto offline = is_offline(context);  // a broken variable is the business of `settings`
  const signals::PhaseScope blocking(signals::Phase::blocking);
  Json list = Json::array();
  int problems = 0;
  for (const Check& check : checks()) {
    const bool wanted =
        flags.checks.empty() ||
        std::find(flags.checks.begin(), flags.checks.end(), check.name) != flags.checks.end();
    if (!wanted || (check.network && offline && *offline)) continue;
    for (const Finding& finding : check.look(context)) {
      problems += finding.health == Health::problem ? 1 : 0;
      list.push_back({{"check", check.name},
                      {"health", name_of(finding.health)},
                      {"text", finding.text},
                      {"fix", finding.fix}});
      if (context.format != Format::text) continue;
      const char* mark = finding.health == Health::good     ? "✓ "
                         : finding.health == Health::remark ? "! "
                                                            : "✗ ";
      terminal.out(mark + fact(std::string(check.name), finding.text));
      if (finding.health != Health::good && !finding.fix.empty())
        terminal.out("  try: " + finding.fix + "\n");
    }
  }
  if (context.format != Format::text)
    terminal.out(dump_json({{"v", 1}, {"success", problems == 0}, {"findings", list}}, 2) + "\n");
  return static_cast<int>(problems == 0 ? kOk : kInternal);
}

}  // namespace

void add_doctor(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("doctor", "Look for what is wrong (exit 1 when something is)");
  app.group(kGroupSystem);
  const auto flags = std::make_shared<DoctorFlags>();
  app.add_option("checks", flags->checks, "Which checks (default: all)")->type_name("CHECK");
  app.add_flag("--list-checks", flags->list, "What is looked at");
  app.add_flag("--json", flags->json, "As JSON")->group("Output");
  set_examples(app, {"cactus doctor --offline", "cactus doctor models places",
                     "cactus doctor --list-checks"});
  app.callback([&context, flags] {
    context.action = [&context, flags] { return run_doctor(context, *flags); };
  });
}

}  // namespace cactus::cli
