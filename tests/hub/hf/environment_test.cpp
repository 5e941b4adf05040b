#include "hub/hf/environment.h"

#include <map>

#include "hub/hf/token.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using namespace cactus::hub;

namespace {

Result<HubEnvironment> with(std::map<std::string, std::string> variables) {
  return hub_environment([&](const char* name) -> const char* {
    const auto at = variables.find(name);
    return at == variables.end() ? nullptr : at->second.c_str();
  });
}

}  // namespace

TEST_CASE("environment: places", "[hub]") {
  CHECK(with({{"HOME", "/h"}})->cache == "/h/.cache/huggingface/hub");
  CHECK(with({{"HOME", "/h"}})->token_file == "/h/.cache/huggingface/token");
  CHECK(with({{"HOME", "/h"}, {"XDG_CACHE_HOME", "/x"}})->cache == "/x/huggingface/hub");
  CHECK(with({{"HOME", "/h"}, {"HF_HOME", "~/hf"}})->cache == "/h/hf/hub");
  CHECK(with({{"HF_HOME", "/hf"}, {"HUGGINGFACE_HUB_CACHE", "/old"}})->cache == "/old");
  CHECK(with({{"HUGGINGFACE_HUB_CACHE", "/old"}, {"HF_HUB_CACHE", "/new"}})->cache == "/new");
  CHECK(with({{"HF_HOME", "/hf"}, {"HF_TOKEN_PATH", "/t"}})->token_file == "/t");
}

TEST_CASE("environment: endpoint", "[hub]") {
  CHECK(with({})->endpoint == "https://huggingface.co");
  CHECK(with({{"HF_ENDPOINT", "https://mirror.example/"}})->endpoint == "https://mirror.example");
  CHECK(with({{"HF_ENDPOINT", "mirror"}}).error().kind == ErrorKind::usage);
  CHECK(with({{"HF_ENDPOINT", "https://u:p@mirror.example"}}).error().kind == ErrorKind::usage);
}

TEST_CASE("environment: switches and numbers", "[hub]") {
  for (const char* on : {"1", "ON", "yes", "True"}) CHECK(with({{"HF_HUB_OFFLINE", on}})->offline);
  for (const char* off : {"", "0", "no", "off", "2"})
    CHECK_FALSE(with({{"HF_HUB_OFFLINE", off}})->offline);
  CHECK(with({{"TRANSFORMERS_OFFLINE", "1"}})->offline);
  CHECK_FALSE(with({{"HF_HUB_DISABLE_SYMLINKS", "1"}})->symlinks);
  CHECK(with({{"HF_HUB_ETAG_TIMEOUT", "3"}})->metadata_timeout.count() == 3);
  CHECK(with({{"HF_HUB_ETAG_TIMEOUT", "soon"}})->metadata_timeout.count() == 10);
}

TEST_CASE("environment: the token and its file", "[hub]") {
  test::TempDir folder;
  test::write_file(folder / "token", "hf_file\n");
  auto environment = with({{"HF_HOME", folder.path().string()}});
  CHECK(EnvironmentToken(*environment).token().expose() == "hf_file");
  environment = with({{"HF_HOME", folder.path().string()}, {"HF_TOKEN", " hf_var\r\n"}});
  CHECK(EnvironmentToken(*environment).token().expose() == "hf_var");
  environment = with({{"HF_HOME", folder.path().string()},
                      {"HF_TOKEN", "hf_var"},
                      {"HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"}});
  CHECK(EnvironmentToken(*environment).token().empty());
  environment = with({{"HF_HOME", "/no/such/folder"}});
  CHECK(EnvironmentToken(*environment).token().empty());
}
