// Whether the first word of `cactus run` names a model or begins a prompt.
#include "cli/first_word.h"

#include "tests/support/catch.h"

using namespace cactus::cli;

namespace {

// "model|word word", with a model called "what" in the folder when `there`.
std::string split(std::vector<std::string> words, bool there = false) {
  std::string model;
  if (!words.empty()) {
    model = words.front();
    words.erase(words.begin());
  }
  split_first_word(model, words, [&](const std::string&) { return there; });
  std::string text = model + "|";
  for (const std::string& word : words) text += (text.back() == '|' ? "" : " ") + word;
  return text;
}

}  // namespace

TEST_CASE("run: a first word that is a model's name", "[cli]") {
  for (const char* name :
       {"./model", "google/gemma-4-E2B-it", "google/gemma-4-E2B-it:int4@v1.15", "gemma", "smollm2",
        "builtin", "/models/x", "~/m", "my-model", "Qwen3-0.6B", "42"}) {
    INFO(name);
    CHECK(split({name}) == std::string(name) + "|");
  }
  for (const char* name : {"gemma", "llama", "./m", "org/name"})
    CHECK(split({name, "why", "not"}) == std::string(name) + "|why not");
  CHECK(split({"what", "is", "this"}, true) == "what|is this");  // a folder of that name
  CHECK(split({}) == "|");
}

TEST_CASE("run: a first word that begins a prompt", "[cli]") {
  CHECK(split({"what is 18% of 249.90?"}) == "builtin|what is 18% of 249.90?");
  CHECK(split({"what", "is", "18%", "of", "249.90"}) == "builtin|what is 18% of 249.90");
  CHECK(split({"What's", "the", "time"}) == "builtin|What's the time");
  CHECK(split({"how many days until 1 March"}) == "builtin|how many days until 1 March");
  CHECK(split({"convert", "5", "miles"}) == "builtin|convert 5 miles");
  CHECK(split({"5", "miles", "to", "km"}) == "builtin|5 miles to km");
  CHECK(split({"12*7"}) == "builtin|12*7");
  CHECK(split({"(3+4)^2"}) == "builtin|(3+4)^2");
  CHECK(split({"12×7"}) == "builtin|12×7");
  CHECK(split({"18%"}) == "builtin|18%");
  CHECK(split({"Tokyo?"}) == "builtin|Tokyo?");
  CHECK(split({"hello"}) == "builtin|hello");
  CHECK(split({"-"}) == "builtin|-");
  CHECK(split({"roll", "2d6"}) == "builtin|roll 2d6");
}

TEST_CASE("run: what to type when a prompt was meant", "[cli]") {
  CHECK(meant_as_prompt("gemma", {"why", "not"}) ==
        "cactus run builtin 'gemma why not', if that is a prompt");
  CHECK(meant_as_prompt("org/name", {}).empty());
  CHECK(meant_as_prompt("./folder", {}).empty());
}
