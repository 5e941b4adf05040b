// All tools: the schemas they were trained with, and arguments that nobody should send.
#include "tests/cli/local_tools/environment.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using namespace cactus::cli;

TEST_CASE("local tools: the schemas are those the model was trained with", "[cli]") {
  const Json file = Json::parse(
      test::read_file(std::filesystem::path(CACTUS_SOURCE) / "packaging/builtin/tools.json"));
  CHECK(local_tool_schemas() == file);
  CHECK(file.size() == 14);
  for (const Json& tool : file) {
    const std::string name = tool["function"]["name"];
    INFO(name);
    CHECK(is_local_tool(name));
    // What the schema requires, the tool asks for by name.
    World world;
    for (const Json& key : tool["function"]["parameters"]["required"]) {
      const Error error = world.fail(name, Json::object());
      CHECK(error.kind == ErrorKind::usage);
      CHECK(error.what.find("without '") != std::string::npos);
      (void)key;
    }
  }
  World world;
  CHECK(world.fail("rm", {{"path", "/"}}).why.find("calculator, ") != std::string::npos);
}

TEST_CASE("local tools: a single number is no arithmetic", "[cli]") {
  World world;
  for (const char* number : {"2028", "2028?", "-3.5"})
    CHECK(world.fail("calculator", {{"expression", number}}).why.find("single number") !=
          std::string::npos);
  for (const char* sum : {"2028 + 0", "twelve", "50%", "2,000"})
    CHECK(world.ok("calculator", {{"expression", sum}}).value.contains("result"));
}

TEST_CASE("local tools: hostile arguments end in an error or an answer, never worse", "[cli]") {
  World world;
  const std::string long_text(3'000, 'x'), deep(2'000, '(');
  const std::vector<Json> values = {nullptr,
                                    true,
                                    false,
                                    0,
                                    -1,
                                    1,
                                    7,
                                    1e308,
                                    -1e308,
                                    0.1,
                                    INT64_MAX,
                                    INT64_MIN,
                                    UINT64_MAX,
                                    "",
                                    " ",
                                    "5",
                                    "five",
                                    "\xff\xfe",
                                    "a\0b",
                                    std::string("\0", 1),
                                    long_text,
                                    deep,
                                    "9^9^9^9",
                                    "1/0",
                                    "'; rm -rf /",
                                    "$(reboot)",
                                    "../../../etc/passwd",
                                    "\u202e\u0301",
                                    Json::array(),
                                    Json::array({1, nullptr}),
                                    Json::object(),
                                    Json::array({"a", "b"}),
                                    Json::array({Json::array({Json::array()})}),
                                    "31 February",
                                    "25:61",
                                    "today",
                                    "Berlin",
                                    "km",
                                    "NaN",
                                    "inf",
                                    "-0",
                                    "1e400",
                                    "words",
                                    "after",
                                    "days"};
  const ToolEnvironment environment = world.environment();
  int answers = 0, errors = 0;
  for (const Json& tool : local_tool_schemas()) {
    const std::string name = tool["function"]["name"];
    std::vector<std::string> keys;
    for (const auto& [key, schema] : tool["function"]["parameters"]["properties"].items())
      keys.push_back(key);
    const auto attempt = [&](const Json& arguments) {
      const auto answer = run_local_tool(name, arguments, environment);
      answer ? ++answers : ++errors;
      if (!answer && answer.error().what.empty()) FAIL(name << dump_json(arguments));
      if (answer) dump_json(answer->value);
    };
    for (const Json& value : values) {
      attempt(value);  // not even an object
      Json all = Json::object();
      for (const std::string& key : keys) {
        attempt({{key, value}});
        all[key] = value;
      }
      attempt(all);
      for (const Json& other : values) {  // every pair, for the first two parameters
        if (keys.size() < 2) break;
        Json two = {{keys[0], value}};
        two[keys[1]] = other;
        if (keys.size() > 2) two[keys[2]] = "after";
        attempt(two);
      }
    }
  }
  const std::string huge(2 << 20, 'x');
  for (const Json& tool : local_tool_schemas())
    for (const auto& [key, schema] : tool["function"]["parameters"]["properties"].items())
      CHECK_FALSE(
          run_local_tool(tool["function"]["name"].get<std::string>(), {{key, huge}}, environment));
  CHECK(answers > 500);
  CHECK(errors > 3'000);
}
