// Graders: what counts as right is written down here.
#include "engine/probe/training/grade.h"

#include <span>

#include "engine/probe/training/cases.h"
#include "tests/support/catch.h"

namespace cactus::test {
namespace {

using namespace cactus::training;

Grade graded(const std::string& grader, const Json& reference, const Answer& answer,
             const Json& limit = nullptr) {
  const auto made = Grader::make(grader, reference, limit);
  if (!made) FAIL(made.error().what);
  const auto grade = made->grade(answer);
  if (!grade) FAIL(grade.error().what);
  return *grade;
}

bool right(const std::string& grader, const Json& reference, const std::string& text,
           const Json& limit = nullptr) {
  return graded(grader, reference, {text, Json::array()}, limit).right;
}

}  // namespace

TEST_CASE("grade: exact, contains, regex", "[engine]") {
  CHECK(right("exact", "two words", "  two \n words "));
  CHECK_FALSE(right("exact", "two words", "two Words"));
  CHECK(right("exact", {"a", "b"}, "b"));
  CHECK(right("contains", "Oslo", "It is OSLO."));
  CHECK(right("contains", {"Rome", "Oslo"}, "It is Oslo."));
  CHECK_FALSE(right("contains", "Oslo", "It is Rome."));
  CHECK(right("regex", "^[0-9]{4}$", "1984"));
  CHECK_FALSE(right("regex", "^[0-9]{4}$", "84"));
  CHECK_FALSE(Grader::make("regex", "(", nullptr));
}

TEST_CASE("grade: choice", "[engine]") {
  for (const char* text : {"B", "B.", "(B)", "B) because", "The answer is B.", "Answer: (B)",
                           "A is tempting, but the answer is B", "I think it must be B",
                           "So the final answer is $\\boxed{B}$", "Not A. B"}) {
    INFO(text);
    CHECK(right("choice", "B", text));
  }
  for (const char* text : {"A", "Because", "", "the answer is A, not B", "B's friend is C"}) {
    INFO(text);
    CHECK_FALSE(right("choice", "B", text));
  }
  CHECK_FALSE(Grader::make("choice", "Z", nullptr));
  CHECK_FALSE(Grader::make("choice", {"A", "B"}, nullptr));
}

TEST_CASE("grade: number", "[engine]") {
  for (const char* text : {"42", "It is 42.", "6 * 7 = 42", "$42.00", "42%", "41 … no, 42"}) {
    INFO(text);
    CHECK(right("number", 42, text));
  }
  for (const char* text : {"", "forty-two", "42 of 43", "-42", "4.2"}) {
    INFO(text);
    CHECK_FALSE(right("number", "42", text));
  }
  CHECK(right("number", 1234567, "1,234,567 people"));
  CHECK(right("number", -3.5, "it is -3.5"));
  CHECK(right("number", 4, "3-4"));  // a range, no sign
  CHECK(right("number", 0.5, ".5"));
  CHECK(right("number", 3.14159, "3.14", 0.01));
  CHECK_FALSE(right("number", 3.14159, "3.14"));
  CHECK(right("number", 1e300, "1e300"));
  double huge = 0;
  CHECK_FALSE(last_number("1e999", huge));
  CHECK_FALSE(Grader::make("number", "none", nullptr));
}

TEST_CASE("grade: calls as trees", "[engine]") {
  const Json calls =
      Json::parse(R"([{"name": "f", "arguments": {"a": 3, "b": [1, {"c": "x"}], "d": true}}])");
  const auto call = [&](const char* text) {
    return graded("json-call", calls, {"", Json::parse(text)}).right;
  };
  CHECK(call(R"([{"name": "f", "arguments": {"d": true, "b": [1.0, {"c": "x"}], "a": 3.0}}])"));
  CHECK_FALSE(call(R"([{"name": "g", "arguments": {"a": 3, "b": [1, {"c": "x"}], "d": true}}])"));
  CHECK_FALSE(call(R"([{"name": "f", "arguments": {"a": 4, "b": [1, {"c": "x"}], "d": true}}])"));
  CHECK_FALSE(call(R"([{"name": "f", "arguments": {"a": 3, "b": [{"c": "x"}, 1], "d": true}}])"));
  CHECK_FALSE(call(R"([{"name": "f", "arguments": {"a": 3, "b": [1, {"c": "x"}], "d": 1}}])"));
  CHECK_FALSE(call(R"([{"name": "f", "arguments": {"a": 3, "b": [1, {"c": "x"}]}}])"));
  CHECK_FALSE(
      call(R"([{"name": "f", "arguments": {"a": 3, "b": [1, {"c": "x"}], "d": true, "e": 0}}])"));
  CHECK_FALSE(call("[]"));
  // in the text, in the usual shapes
  const std::string plain = calls[0].dump();
  CHECK(right("json-call", calls, "Here: " + plain));
  CHECK(right("json-call", calls, R"({"tool_calls": [{"function": )" + plain + "}]}"));
  Json as_text = calls[0];
  as_text["arguments"] = calls[0]["arguments"].dump();
  CHECK(right("json-call", calls, as_text.dump()));
  CHECK_FALSE(right("json-call", calls, "{\"name\": 3}"));
  // no call wanted
  CHECK(right("json-call", Json::array(), "None of these tools fits."));
  CHECK_FALSE(right("json-call", Json::array(), plain));
  // the order of calls counts
  const Json two =
      Json::parse(R"([{"name": "f", "arguments": {}}, {"name": "g", "arguments": {}}])");
  CHECK(graded("json-call", two, {"", two}).right);
  CHECK_FALSE(graded("json-call", two, {"", Json::array({two[1], two[0]})}).right);
  CHECK_FALSE(Grader::make("json-call", {{{"name", 3}}}, nullptr));
  CHECK_FALSE(Grader::make("json-call", "f", nullptr));
}

TEST_CASE("grade: word error rate", "[engine]") {
  CHECK(word_error_rate("the cat sat", "The cat, sat.") == 0);
  CHECK(word_error_rate("the cat sat", "the cat") == Approx(1.0 / 3));
  CHECK(word_error_rate("the cat sat", "a cat sat down") == Approx(2.0 / 3));
  CHECK(std::isinf(word_error_rate("", "words")));
  const Grade grade = graded("wer", "one two three four five six seven eight nine ten",
                             {"one two three four five six seven eight nine eleven", {}});
  CHECK(grade.right);
  CHECK(grade.score == Approx(0.1));
  CHECK_FALSE(right("wer", "one two three four", "one two three five"));
  CHECK(right("wer", "one two three four", "one two three five", 0.25));
}

TEST_CASE("cases: what a line may say", "[engine]") {
  const auto cases = read_cases(R"({"prompt": "p", "system": "s", "answer": 4, "grader": "number"}

{"messages": [{"role": "user", "content": "q"}], "answer": "A", "grader": "choice", "id": "x", "set": "y", "split": "test"}
)",
                                "it");
  REQUIRE(cases);
  REQUIRE(cases->size() == 2);
  CHECK((*cases)[0].messages.size() == 2);
  CHECK((*cases)[0].set == "all");
  CHECK((*cases)[0].id == "1");
  CHECK((*cases)[1].line == 2);
  CHECK((*cases)[1].id == "x");
  CHECK((*cases)[1].split == "test");
  // Without a split: by a hash, about 70, 15 and 15 of a hundred, the same every time.
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many +=
        R"({"prompt": ")" + std::to_string(i) + R"(", "answer": "a", "grader": "exact"})" + "\n";
  const auto split = read_cases(many, "it");
  REQUIRE(split);
  const auto count = [&](const char* name) {
    return std::count_if(split->begin(), split->end(),
                         [&](const Case& c) { return c.split == name; });
  };
  CHECK(std::abs(count("train") - 700) < 60);
  CHECK(std::abs(count("valid") - 150) < 45);
  for (const char* bad :
       {"", "\n\n", "{", "[]", "{}", R"({"prompt": 3, "answer": "a", "grader": "exact"})",
        R"({"prompt": "p", "answer": "a"})", R"({"prompt": "p", "grader": "exact"})",
        R"({"prompt": "p", "answer": "a", "grader": "guess"})",
        R"({"prompt": "p", "answer": [], "grader": "exact"})",
        R"({"prompt": "p", "answer": "a", "grader": "wer", "limit": -1})",
        R"({"prompt": "p", "answer": "a", "grader": "exact", "split": "dev"})",
        R"({"prompt": "p", "answer": "a", "grader": "exact", "tools": 3})",
        R"({"messages": [], "answer": "a", "grader": "exact"})"}) {
    const auto refused = read_cases(bad, "it");
    INFO(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::usage);
  }
  const auto third = read_cases("\n\n{}\n", "it");
  CHECK(third.error().what.find("line 3") != std::string::npos);
}

}  // namespace cactus::test
