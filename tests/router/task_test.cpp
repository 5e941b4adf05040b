// Kinds of task: rules of thumb that anybody can predict.
#include "router/task.h"

#include "tests/support/catch.h"

using namespace cactus;

namespace {

std::string kind(const std::string& question, const Json& tools = Json()) {
  const Json messages = Json::parse(R"([{"role": "system", "content": "You write Python code"},
      {"role": "user", "content": "integral"}, {"role": "assistant", "content": "```c```"}])");
  Json all = messages;
  all.push_back({{"role", "user"}, {"content", question}});
  return std::string(task_name(task_kind(all, tools)));
}

}  // namespace

TEST_CASE("task: the last question decides, by marks and whole words", "[router]") {
  CHECK(kind("Why is the sky blue?") == "general");
  CHECK(kind("What is wrong here? ```x = 1```") == "code");
  CHECK(kind("Sort a list in Python, please") == "code");
  CHECK(kind("Is C++ faster?") == "code");
  CHECK(kind("A codec for pythons") == "general");  // not whole words
  CHECK(kind("Solve x^2 = 2") == "math");
  CHECK(kind("The probability of rain") == "math");
  CHECK(kind("Hello", Json::parse(R"([{"type": "function"}])")) == "tools");
  CHECK(kind("Hello", Json::array()) == "general");
  CHECK(kind(std::string(33'000, 'a')) == "long");
  CHECK(task_kind(Json::array({5, {{"role", "user"}}}), Json()) == TaskKind::general);
  const Json parts = Json::parse(
      R"([{"role": "user", "content": [{"type": "text", "text": "a derivative"}, {"type": "x"}]}])");
  CHECK(task_kind(parts, Json()) == TaskKind::math);
  for (const char* name : {"general", "code", "math", "tools", "long"})
    CHECK(task_name(parse_task(name).value()) == name);
  CHECK_FALSE(parse_task("poetry"));
}
