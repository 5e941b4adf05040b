// Public chat templates, read in place, against what the reference renders.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "engine/base/json.h"
#include "engine/template/chat_template.h"
#include "tests/support/catch.h"

using namespace cactus;
namespace fs = std::filesystem;

namespace {

std::optional<fs::path> golden_folder() {
  const char* set = std::getenv("CACTUS_GOLDEN");
  const fs::path root =
      set != nullptr ? fs::path(set) : fs::path(CACTUS_SOURCE) / "../shared/golden";
  const fs::path folder = root / "chat_templates";
  if (fs::exists(folder / "jinja_golden.json")) return folder;
  WARN("skipped: no golden templates at " << folder.string() << " (set CACTUS_GOLDEN)");
  return std::nullopt;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Noon of the day, in local time.
std::int64_t noon_of(const std::string& date) {
  std::tm t{};
  t.tm_year = std::stoi(date.substr(0, 4)) - 1900;
  t.tm_mon = std::stoi(date.substr(5, 2)) - 1;
  t.tm_mday = std::stoi(date.substr(8, 2));
  t.tm_hour = 12;
  t.tm_isdst = -1;
  return std::mktime(&t);
}

}  // namespace

TEST_CASE("template: golden chat templates render as the reference does", "[engine][golden]") {
  const auto folder = golden_folder();
  if (!folder) return;
  const auto golden = parse_json(read(*folder / "jinja_golden.json"), "jinja_golden.json");
  REQUIRE(golden);
  const std::int64_t now = noon_of(golden->at("rendered_on").get<std::string>());
  std::map<std::string, std::unique_ptr<const ChatTemplate>> templates;
  int agreed = 0, raised = 0;
  for (const Json& c : golden->at("cases")) {
    const auto name = c.at("template").get<std::string>();
    INFO(name << " / " << c.at("case").get<std::string>());
    auto& loaded = templates[name];
    if (loaded == nullptr) {
      auto parsed = ChatTemplate::parse(read(*folder / name));
      if (!parsed) FAIL(parsed.error().what << ": " << parsed.error().why);
      loaded = std::move(parsed).value();
    }
    Json variables = c.at("variables");
    const auto rendered = loaded->render(variables, {}, now);
    const auto status = c.at("status").get<std::string>();
    if (status == "agreed") {
      ++agreed;
      if (!rendered) FAIL_CHECK(rendered.error().what << ": " << rendered.error().why);
      if (rendered) CHECK(rendered->text == c.at("rendered").get<std::string>());
    } else if (status == "both_raise") {
      ++raised;
      CHECK_FALSE(rendered);
    } else if (c.contains("rendered_hf_python") && c.at("rendered_hf_python").is_string()) {
      // The two oracles differ: Hugging Face's Python is the one that model authors test with.
      if (rendered) CHECK(rendered->text == c.at("rendered_hf_python").get<std::string>());
      CHECK(rendered.ok());
    } else {
      CHECK_FALSE(rendered);
    }
  }
  CHECK(agreed >= 232);
  CHECK(raised >= 18);
}
