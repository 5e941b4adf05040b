// The real program beside a hub of the tests' own: a home, a store and a cache in a folder that
// goes away, and no other address than loopback.
#pragma once
#include <sys/stat.h>

#include <map>
#include <string>
#include <vector>

#include "engine/base/json.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/hub_server.h"
#include "tests/support/process.h"

namespace cactus::test {

struct HubPlace {
  TempDir folder;
  HubServer hub;

  Environment environment(Environment more = {}) const {
    more.insert({{"HF_ENDPOINT", hub.endpoint()},
                 {"HF_HOME", (folder / "hf").string()},
                 {"CACTUS_HOME", (folder / "cactus").string()},
                 {"HOME", folder.path().string()},
                 {"NO_PROXY", "127.0.0.1"}});
    return more;
  }
  Launch launch(std::vector<std::string> arguments, Environment more = {}) const {
    arguments.insert(arguments.begin(), CACTUS_BINARY);
    return {std::move(arguments), "", environment(std::move(more)), folder.path()};
  }
  Finished run(std::vector<std::string> arguments, Environment more = {}) const {
    return test::run(launch(std::move(arguments), std::move(more)));
  }
  // Ends well, and its standard output is one JSON object.
  Json json(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    const Finished finished = run(std::move(arguments));
    INFO(finished.err);
    REQUIRE(finished.code == 0);
    return Json::parse(finished.out);
  }
  // What `list` shows besides the model inside the program.
  Json installed(const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> arguments = {"list"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    Json found = Json::array();
    const Json all = json(std::move(arguments));
    for (const Json& one : all["models"])
      if (!one.value("builtin", false)) found.push_back(one);
    return found;
  }
  std::filesystem::path models() const { return folder / "cactus/models"; }
  // The one install of a model: its folder in the store.
  std::filesystem::path place(const std::string& model) const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(models() / model))
      found.push_back(entry.path());
    REQUIRE(found.size() == 1);
    return found[0];
  }
};

// Every file of a folder but what is said about its install.
inline std::map<std::string, std::string> bundle_files(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name != "install.json" && name != ".last-used") files[name] = read_file(entry.path());
  }
  return files;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The fixture's checkpoint as (path, bytes), to change.
inline std::vector<std::pair<std::string, std::string>> tiny_checkpoint() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const char* name : {"config.json", "generation_config.json", "tokenizer.json",
                           "tokenizer_config.json", "chat_template.jinja", "model.safetensors"})
    files.emplace_back(name, read_file(fixture("gemma4_text") / name));
  return files;
}

// With other weights: one bit of the last tensor's bytes.
inline std::vector<std::pair<std::string, std::string>> changed_checkpoint() {
  auto files = tiny_checkpoint();
  files.back().second[files.back().second.size() - 2] ^= 1;
  return files;
}

}  // namespace cactus::test
