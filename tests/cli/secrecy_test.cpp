// No key in anything that cactus writes: a battery of runs with keys of all providers in the
// environment, in the store, from a command and through pipes, at the highest log level, with
// errors of every kind; then every byte of standard output, standard error and every file but the
// store itself is searched.
#include <signal.h>

#include <sstream>

#include "tests/cli/accounts_place.h"

using namespace cactus;
using cactus::test::AccountsPlace;
using cactus::test::Finished;
using cactus::test::test_keys;

namespace {

// The places where a key, or eight bytes out of its middle, stand in `text`.
std::vector<std::string> leaks(const std::string& text) {
  std::vector<std::string> found;
  for (const auto& [name, key] : test_keys())
    for (const std::string& part : {key, key.substr(8, 8), key.substr(key.size() - 12, 8)})
      if (text.find(part) != std::string::npos) found.push_back(name + ": " + part);
  return found;
}

// Lines other than "headers = …".
bool free_of_keys(const std::string& settings) {
  std::istringstream lines(settings);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("headers", 0) != 0 && !leaks(line).empty()) return false;
  return true;
}

struct Battery {
  void run(std::vector<std::string> arguments, std::string input = {},
           test::Environment environment = {}) {
    arguments.emplace_back("-vv");
    environment.emplace("CACTUS_LOG", "trace");
    const Finished finished =
        place.run(std::move(arguments), std::move(input), std::move(environment));
    written += finished.out + finished.err;
    ++runs;
  }
  AccountsPlace place;
  std::string written;
  int runs = 0;
};

}  // namespace

TEST_CASE("secrecy: the search itself finds keys and parts of them", "[cli][auth]") {
  CHECK(leaks("nothing here").empty());
  CHECK_FALSE(leaks("x" + test_keys().at("gemini") + "y").empty());
  CHECK_FALSE(leaks(test_keys().at("openai").substr(4, 20)).empty());
}

TEST_CASE("secrecy: no key in any output or file but the store", "[cli][auth]") {
  Battery battery;
  test::Environment all;
  const std::map<std::string, std::string> variables = {
      {"anthropic", "ANTHROPIC_API_KEY"},   {"openai", "OPENAI_API_KEY"},
      {"gemini", "GEMINI_API_KEY"},         {"deepseek", "DEEPSEEK_API_KEY"},
      {"openrouter", "OPENROUTER_API_KEY"}, {"cluster", "CACTUS_CLUSTER_API_KEY"},
      {"huggingface", "HF_TOKEN"}};
  for (const auto& [name, variable] : variables) all[variable] = test_keys().at(name);
  for (const auto& [name, key] : test_keys()) {
    battery.run({"auth", "login", name, "--with-token"}, key);
    battery.run({"auth", "login", name, "--with-token"}, key, all);
    battery.run({"auth", "login", name, "--with-token"}, key + " and more");
    battery.run({"auth", "login", name, key});
    battery.run({"auth", "login", name, "--key", key});
    battery.run({"auth", "status", name, "--online"});
    battery.run({"auth", "status", name, "--online", "--json"}, "", all);
    // The key of one provider at another: rejected; a server that repeats what it was sent; a
    // redirect; a page of a hotel; nobody there.
    for (const char* other : {"openai", "broken", "moved", "page"})
      battery.run({"auth", "login", "openai-compatible", "--name", "lab", "--base-url",
                   battery.place.accounts.base_url(other), "--with-token"},
                  key);
    battery.run({"auth", "login", "openai-compatible", "--name", "lab", "--base-url",
                 "https://user:" + key + "@127.0.0.1:9", "--with-token"},
                key);
  }
  battery.run({"auth", "status"}, "", all);
  battery.run({"auth", "default", "openai/gpt-4.1"}, "", all);
  battery.run({"config", "set", "handoff.enabled", "true"}, "", all);
  battery.run({"config", "set", "providers.cluster.headers",
               "X-Gateway-Key: " + test_keys().at("cluster") + "-gateway"});
  battery.run({"config", "list", "--origin"}, "", all);
  battery.run({"config", "list", "--json"}, "", all);
  battery.run({"run", "m", "hello"}, "", all);
  battery.run({"run", "m", "hello", "--cloud"}, "", all);
  battery.run({"run", "m", "hello", "--json"}, "", all);
  battery.run({"run", "nowhere", "hello"}, "", all);
  battery.run({"usage"}, "", all);
  battery.run({"--version", "--json"}, "", all);
  battery.run({"help", "environment"}, "", all);
  battery.run({"auth", "logout", "--all"}, "", all);
  CHECK(battery.runs > 90);

  INFO(battery.written.substr(0, 2000));
  CHECK(leaks(battery.written) == std::vector<std::string>{});
  int files = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(battery.place.folder.path())) {
    if (!entry.is_regular_file() || entry.path().filename() == "credentials.json") continue;
    // Headers with a key are the user's own doing; what cactus wrote there is not.
    const bool settings = entry.path().filename() == "config.toml";
    if (settings) REQUIRE(free_of_keys(test::read_file(entry.path())));
    if (settings) continue;
    ++files;
    INFO(entry.path());
    CHECK(leaks(test::read_file(entry.path())) == std::vector<std::string>{});
  }
  CHECK(files >= 2);
}

TEST_CASE("secrecy: a program that dies says nothing about the key it held", "[cli][auth]") {
  const AccountsPlace place;
  for (const int signal : {SIGABRT, SIGSEGV, SIGTERM}) {
    test::Child child(place.launch({"run", "m", "!slow 1000", "-vv"}, "",
                                   {{"OPENAI_API_KEY", test_keys().at("openai")}}));
    REQUIRE(child.read_until("1 2 "));
    child.send(signal);
    const Finished finished = child.wait();
    CHECK(leaks(finished.out + finished.err).empty());
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(place.folder.path()))
    if (entry.is_regular_file()) CHECK(leaks(test::read_file(entry.path())).empty());
}
