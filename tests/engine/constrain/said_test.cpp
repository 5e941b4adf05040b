// Arguments copied out of the request: nothing else can be written, and all that was said can.
#include "engine/constrain/said.h"

#include <algorithm>

#include "tests/engine/constrain/walk.h"
#include "tests/support/catch.h"

namespace cactus::test {
namespace {

using constrain::numbers_in;
using constrain::Said;

bool holds(const std::string& text, const std::string& part, bool escaped = true) {
  const Said said(text, escaped);
  Said::Match match = said.start();
  for (const char c : part)
    if (!said.extend(match, static_cast<unsigned char>(c))) return false;
  return said.may_end(match);
}

bool found(const std::string& text, const std::string& number) {
  const auto numbers = numbers_in(text);
  return std::any_of(numbers.begin(), numbers.end(),
                     [&](const constrain::SaidNumber& one) { return one.text == number; });
}

bool takes_calls(const Speaker& speaking, const Json& tools, const std::string& body,
                 const std::string& request) {
  const auto ids = speaking.ids("<|tool_call_start|>" + body + "<|tool_call_end|>");
  return takes(speaking, tools, ids, request);
}

TEST_CASE("said: texts are whole words of the request", "[engine][constrain]") {
  const std::string text = "5km from São Paulo to \"New York\", Rio\n";
  for (const char* part : {"km", "São Paulo", "Paulo to", "5km", "Rio", "\\\"New York\\\", Rio"}) {
    INFO(part);
    CHECK(holds(text, part));
  }
  for (const char* part : {"", "k", "Paul", "aulo", "São Paulo ", " to", "Paris", "Rio\\n", "\\"}) {
    INFO(part);
    CHECK_FALSE(holds(text, part));
  }
  CHECK(holds("a \"b\" c", "\"b\"", false));
  CHECK(holds("back\\slash", "back\\\\slash"));
  CHECK_FALSE(Said(" \n\t ", true).has_words());
  CHECK_FALSE(Said("", true).has_words());
}

TEST_CASE("said: numbers in digits and in words", "[engine][constrain]") {
  const std::pair<const char*, const char*> kSaid[] = {
      {"$1,250.50 please", "1250.5"},
      {"619.0 feet", "619"},
      {"007", "7"},
      {"sort 117,137,470", "137"},
      {"117, 137 and 47", "47"},
      {"3,5 Grad", "3.5"},
      {"3,25 Grad", "3.25"},
      {"it is -5 degrees", "-5"},
      {"minus five", "-5"},
      {"2 million people", "2000000"},
      {"3 and a half hours", "3.5"},
      {"forty-two", "42"},
      {"Twenty one", "21"},
      {"a hundred and five", "105"},
      {"two hundred", "200"},
      {"one thousand three hundred and sixty-nine TB", "1369"},
      {"two thousand seven hundred and forty-eight", "2748"},
      {"twelve hundred", "1200"},
      {"seven and a half kilos", "7.5"},
      {"two point two five", "2.25"},
      {"two and three quarters", "2.75"},
      {"three dozen eggs", "36"},
      {"half a liter", "0.5"},
      {"the third one", "3"},
      {"one two three", "2"},
      {"from 10:30 to 11", "30"},
  };
  for (const auto& [text, number] : kSaid) {
    INFO(text << " → " << number);
    CHECK(found(text, number));
  }
  CHECK(numbers_in("no number here, but a dozenal anda word").empty());
  CHECK_FALSE(found("12 eggs", "1"));
  CHECK_FALSE(found("1,250", "125"));
  // More digits than a double holds are no number that can be copied; neither do they end anything.
  CHECK(numbers_in(std::string(5000, '9')).empty());
  CHECK(numbers_in(std::string(5000, ',')).empty());
  std::string endless = "one";
  for (int i = 0; i < 500; ++i) endless += " hundred";
  CHECK(numbers_in(endless).empty());
}

TEST_CASE("said: a call holds nothing that was not said", "[engine][constrain]") {
  const std::string requests[] = {
      "send Mia \"two words\" at 7, or 12.5 for 30 people\n",
      "größe: back\\slash {x} it's 42\n",
      "...!\n",
      "a a a a a a a a\n",
  };
  for (const char* name : {"deciding", "gemma"}) {
    const Speaker speaking = speaker(name);
    Dice dice(3);
    int texts = 0, numbers = 0;
    for (int round = 0; round < 200; ++round) {
      const std::string& request = requests[static_cast<std::size_t>(round) % 4];
      const Json tools = Json::parse(R"([{"function": {"name": "f", "parameters": {"type": "object",
        "required": [], "properties": {
        "text": {"type": "string"}, "list": {"type": "array", "items": {"type": "string"}},
        "whole": {"type": "integer"}, "any": {"type": "number"},
        "maybe": {"type": ["string", "null"]}, "unit": {"enum": ["celsius", "kelvin"]}}}}}])");
      const auto constraint = constraint_for(speaking, tools, request);
      const auto ids = random_reply(speaking, *constraint, dice, 400);
      if (!ids) continue;
      const Reply reply = speaking.read(*ids);
      CHECK_FALSE(reply.malformed_call);
      for (const Json& call : reply.tool_calls) {
        INFO(request << call.dump());
        CHECK(wrong_with(call, tools) == "");
        for (const auto& [key, value] : call["arguments"].items()) {
          const Json values = value.is_array() ? value : Json::array({value});
          for (const Json& one : values) {
            if (one.is_string() && key != "unit") {
              ++texts;
              CHECK(request.find(one.get<std::string>()) != std::string::npos);
            }
            if (one.is_number()) {
              ++numbers;
              CHECK(found(request, one.dump()));
            }
          }
        }
      }
    }
    CHECK(texts > 50);
    CHECK(numbers > 10);
  }
}

TEST_CASE("said: what is said once serves one argument of a call", "[engine][constrain]") {
  const Speaker speaking = speaker("deciding");
  const Json tools = Json::parse(R"([
    {"function": {"name": "fly", "parameters": {"properties":
      {"from": {"type": "string"}, "to": {"type": "string"}, "day": {"type": "string"}},
      "required": ["from"]}}},
    {"function": {"name": "area", "parameters": {"properties":
      {"width": {"type": "number"}, "height": {"type": "number"}, "name": {"type": "string"}},
      "required": ["width", "height"]}}},
    {"function": {"name": "sort", "parameters": {"properties":
      {"numbers": {"type": "array", "items": {"type": "number"}}}}}}])");
  const auto call = [&](const std::string& body, const std::string& request) {
    return takes_calls(speaking, tools, body, request);
  };
  const std::string trip = "from Rome to New York on Monday";
  CHECK(call(R"(fly(from="Rome",to="New York",day="Monday"))", trip));
  CHECK(call(R"(fly(from="New York",to="Rome",day="on Monday"))", trip));
  CHECK_FALSE(call(R"(fly(from="Rome",to="Rome"))", trip));
  CHECK_FALSE(call(R"(fly(from="Rome",to="Rome to New York"))", trip));
  CHECK_FALSE(call(R"(fly(from="New York",to="York"))", trip));
  CHECK_FALSE(call(R"(fly(from="York",to="New York"))", trip));
  CHECK(call(R"(fly(from="Rome",to="Rome"))", "from Rome to Rome"));
  CHECK(call(R"(fly(from="Rome",to="Rome",day="from"))", "from Rome to Rome"));
  // Another call may take it again.
  CHECK(call(R"(fly(from="Rome",to="York"), fly(from="Rome",to="New"))", trip));
  // Where nothing else is left, it may be taken twice: no call is begun that could not be ended.
  CHECK(call(R"(fly(from="Rome",to="Rome"))", "Rome"));
  CHECK(call(R"(fly(from="from Rome to Oslo",to="Rome"))", "from Rome to Oslo"));

  CHECK(call("area(width=5,height=6)", "5 by 6"));
  CHECK_FALSE(call("area(width=5,height=5)", "5 by 6"));
  CHECK(call("area(width=5,height=5)", "5 by five"));
  CHECK_FALSE(call("area(width=18,height=18)", "18 or 1"));
  CHECK(call("area(width=18,height=1)", "18 or 1"));
  CHECK(call("area(width=1250,height=3)", "1,250 by 3"));
  CHECK_FALSE(call("area(width=1250,height=250)", "1,250 by 3"));
  CHECK_FALSE(call(R"(area(name="plan 5",width=5,height=6))", "plan 5 is 7 by 6"));
  CHECK(call(R"(area(name="plan 5",width=7,height=6))", "plan 5 is 7 by 6"));
  // One number is too few for two: the other one is lacking.
  CHECK_FALSE(call("area(width=5,height=5)", "a side of 5"));
  const auto begun = [&](const std::string& body, const std::string& request) {
    return takes(speaking, tools, speaking.ids("<|tool_call_start|>" + body), request);
  };
  CHECK(begun("area(width=5,height=<|no_tool|>", "a side of 5"));
  CHECK(begun("area(width=<|no_tool|>", "a side of 5"));
  CHECK_FALSE(begun(R"(area(name=<|no_tool|>)", "5 by 6"));
  CHECK(call("sort(numbers=[3, 1, 3])", "3, 1 and 3"));
  CHECK_FALSE(call("sort(numbers=[3, 3])", "3 and 1"));
}

TEST_CASE("said: what cannot be written falls away", "[engine][constrain]") {
  const Speaker speaking = speaker("deciding");
  const Json tools = Json::parse(R"([
    {"function": {"name": "set_timer", "parameters": {"properties":
      {"minutes": {"type": "integer"}, "label": {"type": "string"}}, "required": ["minutes"]}}},
    {"function": {"name": "roll", "parameters": {"properties": {"sides": {"type": "integer"}}}}}])");
  const auto call = [&](const std::string& body, const std::string& request) {
    return takes_calls(speaking, tools, body, request);
  };
  CHECK(call("set_timer(minutes=10)", "ten minutes"));
  CHECK(call("set_timer(minutes=10,label=\"tea\")", "10 minutes for tea"));
  CHECK_FALSE(call("set_timer(minutes=11)", "10 minutes"));
  CHECK_FALSE(call("set_timer(minutes=10,label=\"milk\")", "10 minutes for tea"));
  CHECK_FALSE(call("set_timer(minutes=10)", "set a timer"));
  CHECK(takes(speaking, tools, speaking.ids("<|tool_call_start|>set_timer(minutes=<|no_tool|>"),
              "set a timer"));
  CHECK(call("roll()", "roll"));
  CHECK_FALSE(call("roll(sides=6)", "roll"));
  CHECK(takes(speaking, tools, speaking.ids("<|no_tool|>"), "set a timer"));
  const Json one = Json::array({tools[0]});
  CHECK_FALSE(takes(speaking, one, speaking.ids("<|tool_call_start|>set_timer()"), "set a timer"));
  CHECK(takes(speaking, one, speaking.ids("<|no_tool|>"), "set a timer"));
  // A request that is too long to look up is copied from freely.
  CHECK(call("set_timer(minutes=10)", std::string(Said::kLongest + 1, 'x')));
}

}  // namespace
}  // namespace cactus::test
