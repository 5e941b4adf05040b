// `cactus auth` as a process: every verb, every provider, through pipes. No session bus, so keys
// lie in the file; the keychain itself is tested in tests/auth.
#include <sys/stat.h>

#include "engine/base/json.h"
#include "tests/cli/accounts_place.h"

using namespace cactus;
using cactus::test::AccountsPlace;
using cactus::test::test_keys;

namespace {
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
}  // namespace

TEST_CASE("auth: a key through a pipe is checked, stored and given back", "[cli][auth]") {
  const AccountsPlace place;
  for (const auto& [name, key] : test_keys()) {
    INFO(name);
    const auto in = place.run({"auth", "login", name, "--with-token"}, key + "\n");
    INFO(in.err);
    CHECK(in.code == 0);
    CHECK(in.out.empty());
    CHECK(has(in.err, name + " takes the key"));
    CHECK(has(in.err, "stored in"));
    CHECK(place.run({"auth", "token", name}).out == key + "\n");
  }
  struct stat info {};
  REQUIRE(stat(place.credentials().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  REQUIRE(stat((place.folder / "config").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);

  const auto status = place.run({"auth", "status", "--online", "--json"});
  CHECK(status.code == 0);
  const auto object = parse_json(status.out, "status");
  REQUIRE(object);
  CHECK(object->at("handoff_enabled") == false);
  REQUIRE(object->at("providers").size() == test_keys().size());
  for (const Json& line : object->at("providers")) {
    CHECK(line.at("online") == "accepted");
    CHECK(line.at("source") == place.credentials().string());
  }

  CHECK(place.run({"auth", "logout", "openai"}).code == 0);
  CHECK(place.run({"auth", "token", "openai"}).code == 4);
  CHECK(place.run({"auth", "token", "gemini"}).code == 0);
  CHECK(place.run({"auth", "logout", "--all"}).code == 0);
  for (const auto& [name, key] : test_keys()) {
    CHECK(place.run({"auth", "token", name}).code == 4);
    CHECK_FALSE(has(test::read_file(place.credentials()), key));
  }
}

TEST_CASE("auth: a key that is not taken is not stored", "[cli][auth]") {
  const AccountsPlace place;
  for (const char* name : {"anthropic", "openai", "gemini", "huggingface"}) {
    const auto in = place.run({"auth", "login", name, "--with-token"}, test_keys().at(name) + "x");
    CHECK(in.code == 4);
    CHECK(has(in.err, "does not take this key"));
  }
  CHECK_FALSE(std::filesystem::exists(place.credentials()));
  // Without a check, or where nobody can be asked, it is.
  CHECK(
      place.run({"auth", "login", "openai", "--with-token", "--no-verify"}, "unchecked-key").code ==
      0);
  const auto offline = place.run({"auth", "login", "anthropic", "--with-token"}, "offline-key",
                                 {{"ANTHROPIC_BASE_URL", "http://127.0.0.1:9"}});
  CHECK(offline.code == 0);
  CHECK(has(offline.err, "could not be checked"));
  CHECK(place.run({"auth", "token", "anthropic"}).out == "offline-key\n");
  const auto rejected = place.run({"auth", "status", "openai", "--online"});
  CHECK(rejected.code == 4);
  CHECK(has(rejected.out, "rejected"));
}

TEST_CASE("auth: what was meant otherwise is said", "[cli][auth]") {
  const AccountsPlace place;
  const auto says = [&](std::vector<std::string> arguments, int code, const std::string& text) {
    const auto finished = place.run(std::move(arguments), "");
    INFO(finished.err);
    CHECK(finished.code == code);
    CHECK(has(finished.err, text));
  };
  says({"auth"}, 2, "no terminal");
  says({"auth", "login", "openai"}, 2, "--with-token");
  says({"auth", "login", "openai", "--with-token"}, 2, "no key came");
  says({"auth", "login", "opnai", "--with-token"}, 2, "did you mean 'openai'");
  says({"auth", "login", "openai", "--storage", "paper"}, 2, "--storage");
  says({"auth", "login", "openai", "--storage", "keychain", "--with-token"}, 2, "no key came");
  says({"auth", "login", "openai-compatible", "--with-token"}, 2, "needs a name");
  says({"auth", "login", "openai-compatible", "--name", "lab", "--with-token"}, 2,
       "needs an address");
  says(
      {"auth", "login", "openai-compatible", "--name", "openai", "--base-url", "https://x.invalid"},
      2, "cannot be its name");
  says({"auth", "login", "openai-compatible", "--name", "lab", "--base-url",
        "http://lab.invalid/v1", "--with-token"},
       2, "unencrypted");
  says({"auth", "logout"}, 2, "--all");
  says({"auth", "status", "banana"}, 2, "no provider 'banana'");
  says({"auth", "token", "openai"}, 4, "auth login openai");
  says({"auth", "default", "openai"}, 2, "no model of openai");
  says({"auth", "default", "huggingface/x"}, 2, "answers no questions");
}

TEST_CASE("auth: the environment goes before what is stored, and status says so", "[cli][auth]") {
  const AccountsPlace place;
  REQUIRE(place
              .run({"auth", "login", "openai", "--with-token", "--no-verify"},
                   "stored-key-of-openai-1234")
              .code == 0);
  const test::Environment set = {{"OPENAI_API_KEY", "variable-key-of-openai-1234"}};
  CHECK(place.run({"auth", "token", "openai"}, "", set).out == "variable-key-of-openai-1234\n");
  const auto status = place.run({"auth", "status", "openai"}, "", set);
  CHECK(has(status.out, "from OPENAI_API_KEY (before " + place.credentials().string() + ")"));
  CHECK(has(place.run({"auth", "login", "openai", "--with-token", "--no-verify"}, "k2", set).err,
            "OPENAI_API_KEY is set"));
  CHECK(has(place.run({"auth", "logout", "openai"}, "", set).err, "there still is a key"));
}

TEST_CASE("auth: open rights on the file are an error with the repair", "[cli][auth]") {
  const AccountsPlace place;
  REQUIRE(
      place.run({"auth", "login", "openai", "--with-token", "--no-verify"}, "stored-key").code ==
      0);
  std::filesystem::permissions(place.credentials(), std::filesystem::perms(0644));
  const auto token = place.run({"auth", "token", "openai"});
  CHECK(token.code == 4);
  CHECK(has(token.err, "try: chmod 600 " + place.credentials().string()));
  const auto status = place.run({"auth", "status"});
  CHECK(status.code == 4);
  CHECK(has(status.out, "chmod 600"));
}

TEST_CASE("auth: default sets the order of hand-offs, logout takes it back", "[cli][auth]") {
  const AccountsPlace place;
  for (const char* name : {"openai", "anthropic"})
    REQUIRE(place.run({"auth", "login", name, "--with-token"}, test_keys().at(name)).code == 0);
  CHECK(place.run({"auth", "default", "openai/gpt-4.1"}).code == 0);
  const auto second = place.run({"auth", "default", "anthropic/claude-haiku-4-5"});
  CHECK(second.code == 0);
  CHECK(has(second.err, "config set handoff.enabled true"));  // nobody was there to consent
  const auto list = [&] { return place.run({"config", "get", "handoff.providers"}).out; };
  CHECK(list() == "anthropic/claude-haiku-4-5,openai/gpt-4.1\n");
  CHECK(place.run({"config", "get", "handoff.enabled"}).out == "false\n");
  CHECK(has(place.run({"auth", "default", "openai/gpt-of-next-year"}).err, "price"));
  CHECK(list() == "openai/gpt-of-next-year,anthropic/claude-haiku-4-5\n");
  CHECK(place.run({"config", "set", "handoff.enabled", "true"}).code == 0);
  CHECK(has(place.run({"auth", "status"}).out, "hand-off      to openai/gpt-of-next-year"));
  CHECK(place.run({"auth", "logout", "openai"}).code == 0);
  CHECK(list() == "anthropic/claude-haiku-4-5\n");
  CHECK(place.run({"auth", "logout", "anthropic"}).code == 0);
  CHECK(list().find("anthropic") == std::string::npos);
  CHECK(place.run({"config", "get", "handoff.enabled"}).out == "false\n");
  // A target without a key is what status complains about.
  CHECK(place.run({"auth", "default", "deepseek/deepseek-flash"}).code == 0);
  CHECK(place.run({"auth", "status"}).code == 4);
}

TEST_CASE("auth: a server of the user's own", "[cli][auth]") {
  const AccountsPlace place;
  const auto in = place.run({"auth", "login", "openai-compatible", "--name", "lab", "--base-url",
                             place.accounts.base_url("cluster") + "/", "--with-token"},
                            test_keys().at("cluster"));
  INFO(in.err);
  CHECK(in.code == 0);
  CHECK(has(place.settings(), "[providers.lab]"));
  CHECK(place.run({"auth", "token", "lab"}).out == test_keys().at("cluster") + "\n");
  CHECK(place.run({"auth", "status", "lab", "--online"}).code == 0);
  CHECK(
      has(place.run({"auth", "token", "lab"}, "", {{"CACTUS_LAB_API_KEY", "other"}}).out, "other"));
  CHECK(place.run({"config", "set", "providers.lab.key_command", "printf,from-a-command"}).code ==
        0);
  CHECK(place.run({"auth", "logout", "lab"}).code == 0);
  CHECK(place.run({"auth", "token", "lab"}).out == "from-a-command\n");
}

TEST_CASE("auth: a key on the command line is refused, whatever the command", "[cli][auth]") {
  const AccountsPlace place;
  for (const auto& [name, key] : test_keys()) {
    if (name == "cluster") continue;  // looks like nothing in particular
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"auth", "login", name, key},
                                               {"auth", "login", name, "--token=" + key},
                                               {"run", "m", key},
                                               {key},
                                               {"config", "set", "run.system", key},
                                               {"run", "--json", "m", key}}) {
      const auto finished = place.run(arguments);
      INFO(finished.err);
      CHECK(finished.code == 2);
      CHECK(has(finished.err, "it is now in your shell history; rotate it"));
      CHECK_FALSE(has(finished.err + finished.out, key));
    }
  }
  // A question that only mentions one is a question.
  CHECK(place.run({"run", "m", "what is " + test_keys().at("openai") + "?"}).code == 0);
}
