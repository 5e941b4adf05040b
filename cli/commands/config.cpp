// `config`: the settings file, read, edited in place, explained.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/config_edit.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/external_editor.h"
#include "cli/files.h"
#include "cli/introspect.h"
#include "cli/redact.h"

namespace cactus::cli {
namespace {

Result<int> get(Context& context, const std::string& name) {
  CACTUS_TRY(settings, context.settings());
  if (find_setting(name) == nullptr) return unknown_setting(name);
  if (const auto value = settings->text(name)) context.terminal.out(*value + "\n");
  return static_cast<int>(kOk);
}

Result<int> set(const std::string& name, const std::string& value) {
  CACTUS_CHECK(set_setting(name, value));
  return static_cast<int>(kOk);
}

Result<int> unset(const std::string& name) {
  CACTUS_TRY(removed, unset_setting(name));
  if (!removed && find_setting(name) == nullptr) return unknown_setting(name);
  return static_cast<int>(kOk);
}

// A setting's value for a list: headers may hold a key, other settings by mistake.
std::string shown(const std::string& name, const Setting& setting) {
  if (!name.starts_with("providers.") || !name.ends_with(".headers"))
    return redact::text(setting.value);
  std::string text;
  for (const std::string& line : setting.texts) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    text += (text.empty() ? "" : ",") + line.substr(0, colon) + ": …";
  }
  return text;
}

Result<int> list(Context& context, bool origin) {
  CACTUS_TRY(settings, context.settings());
  if (context.format != Format::text) {
    Json object = Json::object();
    for (const auto& [name, setting] : settings->all())
      object[name] = {{"value", shown(name, setting)}, {"origin", setting.origin}};
    context.terminal.out(dump_json(object, 2) + "\n");
    return static_cast<int>(kOk);
  }
  for (const auto& [name, setting] : settings->all())
    context.terminal.out((origin ? setting.origin + "\t" : "") + name + "=" + shown(name, setting) +
                         "\n");
  return static_cast<int>(kOk);
}

Result<int> edit(Context& context) {
  CACTUS_TRY(content, config_text());
  std::string text = content;
  if (text.empty()) {
    text = "# Settings of cactus; `cactus config list --origin` shows what is in force.\n";
    std::string section;
    for (const SettingKey& key : setting_keys()) {
      const std::string name(key.name);
      const std::size_t dot = name.find('.');
      if (name.substr(0, dot) != section) text += "\n[" + name.substr(0, dot) + "]\n";
      section = name.substr(0, dot);
      text += "# " + name.substr(dot + 1) + " =  # " + std::string(key.help) + "\n";
    }
  }
  CACTUS_TRY(edited, edit_text(text, ".toml"));
  if (edited == text) return static_cast<int>(kOk);
  CACTUS_CHECK(write_file(config_file(), edited, 0600));
  // Said now rather than at the next run; the edit is kept either way.
  CACTUS_CHECK(context.settings());
  return static_cast<int>(kOk);
}

}  // namespace

void add_config(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("config", "Read and change settings");
  app.group(kGroupSystem);
  app.require_subcommand(1, 1);
  const auto name = std::make_shared<std::string>();
  const auto value = std::make_shared<std::string>();
  const auto flag = std::make_shared<bool>(false);
  const auto add = [&](const char* command, const char* summary, auto action) {
    CLI::App& sub = *app.add_subcommand(command, summary);
    sub.group("Commands");
    sub.callback([&context, action] { context.action = action; });
    return &sub;
  };
  const auto key = [&](CLI::App* sub) {
    sub->add_option("name", *name, "Setting")->type_name("KEY")->required();
  };
  CLI::App* sub = add("get", "Print a setting", [&context, name] { return get(context, *name); });
  key(sub);
  set_examples(*sub, {"cactus config get ui.color"});
  sub = add("set", "Change a setting in the user's file",
            [name, value] { return set(*name, *value); });
  key(sub);
  sub->add_option("value", *value, "New value")->type_name("VALUE")->required();
  set_examples(*sub, {"cactus config set run.temp 0.7", "cactus config set alias.g ./model"});
  sub = add("unset", "Remove a setting from the user's file", [name] { return unset(*name); });
  key(sub);
  set_examples(*sub, {"cactus config unset run.temp"});
  sub = add("list", "All settings in force", [&context, flag] { return list(context, *flag); });
  sub->add_flag("--origin", *flag, "Where each value comes from");
  sub->add_flag("--json")->description("As JSON, with origins");  // into context.format, by app.cpp
  set_examples(*sub, {"cactus config list --origin"});
  sub = add("edit", "Open the user's file in an editor", [&context] { return edit(context); });
  sub = add("path", "Where the user's file is", [&context]() -> Result<int> {
    context.terminal.out(config_file().string() + "\n");
    return static_cast<int>(kOk);
  });
  set_examples(*sub, {"cactus config path"});
  set_examples(app, {"cactus config set run.temp 0.7", "cactus config list --origin"});
}

}  // namespace cactus::cli
