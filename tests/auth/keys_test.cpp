// The order of the sources of a key, and programs that print one.
#include "auth/keys.h"

#include <map>

#include "auth/key_command.h"
#include "auth/provider_table.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using namespace cactus::auth;
using cactus::test::TempDir;

namespace {

// A keychain in memory.
class FakeKeychain : public SecretStore {
 public:
  std::string_view name() const override { return "keychain"; }
  std::string place() const override { return "memory"; }
  Result<Secret> get(std::string_view provider) override {
    const auto found = keys.find(std::string(provider));
    return found == keys.end() ? Secret() : found->second;
  }
  Status put(std::string_view provider, const Secret& key) override {
    keys[std::string(provider)] = key;
    return ok_status();
  }
  Result<bool> erase(std::string_view provider) override {
    return keys.erase(std::string(provider)) > 0;
  }
  static inline std::map<std::string, Secret> keys;
};

std::map<std::string, std::string> g_variables;

KeyRing ring(const TempDir& folder) {
  KeyRing made;
  made.variable = [](const char* name) -> const char* {
    const auto found = g_variables.find(name);
    return found == g_variables.end() ? nullptr : found->second.c_str();
  };
  made.credentials = folder / "cactus/credentials.json";
  made.token_file = folder / "token";
  made.keychain = []() -> Result<std::unique_ptr<SecretStore>> {
    return std::unique_ptr<SecretStore>(std::make_unique<FakeKeychain>());
  };
  return made;
}

std::string shown(const std::vector<KeySighting>& seen) {
  std::string text;
  for (const KeySighting& one : seen)
    text += one.source.name.substr(one.source.name.rfind('/') + 1) + "=" +
            std::string(one.key.expose()) + " ";
  return text;
}

}  // namespace

TEST_CASE("keys: environment, keychain, file, command, in this order", "[auth]") {
  const TempDir folder;
  const KeyRing keys = ring(folder);
  g_variables = {
      {"CACTUS_GEMINI_API_KEY", "own"}, {"GEMINI_API_KEY", "usual"}, {"GOOGLE_API_KEY", "google"}};
  FakeKeychain::keys = {{"gemini", Secret("chain")}};
  REQUIRE(FileStore(keys.credentials).put("gemini", Secret("file")));
  const std::vector<std::string> command = {"printf", "command\\nsecond line\\n"};
  const auto all = keys.all("gemini", command);
  REQUIRE(all);
  CHECK(shown(*all) ==
        "CACTUS_GEMINI_API_KEY=own GEMINI_API_KEY=usual GOOGLE_API_KEY=google "
        "keychain=chain credentials.json=file key_command= ");
  const auto found = [&] {
    const auto key = keys.find("gemini", command);
    REQUIRE(key);
    return std::string(key->key.expose());
  };
  CHECK(found() == "own");
  g_variables.erase("CACTUS_GEMINI_API_KEY");
  CHECK(found() == "usual");
  g_variables.erase("GEMINI_API_KEY");
  CHECK(found() == "google");
  g_variables.clear();
  CHECK(found() == "chain");
  FakeKeychain::keys.clear();
  CHECK(found() == "file");
  REQUIRE(FileStore(keys.credentials).erase("gemini"));
  CHECK(found() == "command");
  CHECK(keys.find("gemini")->key.empty());
}

TEST_CASE("keys: a keychain that fails counts as empty, a file that is open to others does not",
          "[auth]") {
  const TempDir folder;
  g_variables.clear();
  KeyRing keys = ring(folder);
  keys.keychain = []() -> Result<std::unique_ptr<SecretStore>> {
    return make_error(ErrorKind::auth, "no bus");
  };
  REQUIRE(FileStore(keys.credentials).put("openai", Secret("file")));
  CHECK(keys.find("openai")->key.expose() == "file");
  std::filesystem::permissions(keys.credentials, std::filesystem::perms(0644));
  CHECK_FALSE(keys.find("openai"));
  g_variables["OPENAI_API_KEY"] = "variable";
  CHECK(keys.find("openai")->key.expose() == "variable");  // the file is not even looked at
  g_variables["OPENAI_API_KEY"] = "two words";
  const auto broken = keys.find("openai");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().what == "OPENAI_API_KEY holds no key");
}

TEST_CASE("keys: Hugging Face's own token file is the last source, for it alone", "[auth]") {
  const TempDir folder;
  g_variables.clear();
  FakeKeychain::keys.clear();
  const KeyRing keys = ring(folder);
  test::write_file(folder / "token", " token-of-hf \n");
  CHECK(keys.find("huggingface")->key.expose() == "token-of-hf");
  CHECK(keys.find("huggingface")->source.kind == SourceKind::token_file);
  CHECK(keys.find("openai")->key.empty());
  g_variables["HF_TOKEN"] = "from-variable";
  CHECK(keys.find("huggingface")->key.expose() == "from-variable");
}

TEST_CASE("keys: every key that is found is made known for masking", "[auth]") {
  const TempDir folder;
  g_variables = {{"OPENAI_API_KEY", "usual"}};
  FakeKeychain::keys = {{"openai", Secret("chain")}};
  KeyRing keys = ring(folder);
  std::string known;
  keys.on_key = [&known](const Secret& key) { known += std::string(key.expose()) + " "; };
  REQUIRE(keys.all("openai"));
  CHECK(known == "usual chain ");
}

TEST_CASE("keys: what cannot be a key is refused without being shown", "[auth]") {
  CHECK(clean_key("  abc\n")->expose() == "abc");
  for (const std::string& wrong :
       {std::string(), std::string(" \n"), std::string("a b"), std::string("a\nb"),
        std::string("a\0b", 3), std::string("a\x1b[31m"), std::string(9000, 'a')}) {
    const auto key = clean_key(wrong);
    REQUIRE_FALSE(key);
    CHECK(key.error().kind == ErrorKind::usage);
    CHECK((key.error().what + key.error().why).find("a b") == std::string::npos);
  }
}

TEST_CASE("key command: words are not a shell's", "[auth]") {
  CHECK(run_key_command({"printf", "%s|%s", "$HOME; echo x", "`id` > /tmp/x"})->expose() ==
        "$HOME; echo x|`id` > /tmp/x");
  CHECK(run_key_command({"printf", "key\\r\\nmore"})->expose() == "key");
  CHECK(run_key_command({"sh", "-c", "read x || echo closed"})->expose() == "closed");
}

TEST_CASE("key command: failures say why and never what was printed", "[auth]") {
  for (const auto& [argv, why] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"/nowhere/program"}, "No such file"},
           {{"sh", "-c", "echo printed-secret; exit 3"}, "it ended with 3"},
           {{"sh", "-c", "kill -9 $$"}, "a signal ended it"},
           {{"true"}, "its first line is empty"},
           {{"sh", "-c", "echo printed-secret; yes printed-secret"}, "more than 64 KiB"}}) {
    INFO(argv.back());
    const auto key = run_key_command(argv);
    REQUIRE_FALSE(key);
    CHECK(key.error().kind == ErrorKind::auth);
    CHECK(key.error().why.find(why) != std::string::npos);
    for (const std::string& part : {key.error().what, key.error().why, key.error().fix})
      CHECK(part.find("printed-secret") == std::string::npos);
  }
  CHECK_FALSE(run_key_command({}));
  // One that never ends is killed, also when it has closed its output.
  for (const char* script : {"echo k; exec sleep 600", "exec >&-; exec sleep 600"}) {
    const auto key = run_key_command({"sh", "-c", script}, std::chrono::milliseconds(200));
    REQUIRE_FALSE(key);
  }
}

TEST_CASE("provider table: names, variables, names of the user's own", "[auth]") {
  for (const char* name : {"anthropic", "openai", "gemini", "deepseek", "openrouter",
                           "openai-compatible", "huggingface"})
    CHECK(find_provider(name) != nullptr);
  CHECK(own_variable("my-server") == "CACTUS_MY_SERVER_API_KEY");
  CHECK(is_own_name("cluster-2"));
  for (const char* wrong : {"", "openai", "Cluster", "a.b", "a b", "-a", "a/b"}) {
    INFO(wrong);
    CHECK_FALSE(is_own_name(wrong));
  }
  CHECK_FALSE(is_own_name(std::string(41, 'a')));
}
