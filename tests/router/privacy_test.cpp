// What leaves: the visible conversation, less what the patterns take out.
#include "router/privacy.h"

#include "tests/support/catch.h"

using namespace cactus;

namespace {

std::string redacted(const std::vector<std::string>& patterns, std::string text) {
  const auto redactor = Redactor::create(patterns);
  REQUIRE(redactor.ok());
  const auto count = redactor->apply(text);
  REQUIRE(count.ok());
  return std::to_string(*count) + " " + text;
}

}  // namespace

TEST_CASE("privacy: built-in patterns", "[router]") {
  // Key-shaped texts are put together here, so that no file holds one.
  const std::string many(32, 'a');
  for (const std::string& key :
       {"sk-ant-" + many, "sk-" + many, "AIza" + many, "hf_" + many, "ghp_" + many,
        "AKIA" + std::string(16, 'B'), "eyJ" + many + ".eyJ" + many + "." + many}) {
    INFO(key);
    CHECK(redacted({"keys"}, "use " + key + ", then go") == "1 use [key], then go");
  }
  const std::string pem = "PRIVATE KEY-----\n" + many + "\n";
  CHECK(redacted({"keys"}, "a\n-----BEGIN RSA " + pem + "-----END RSA PRIVATE KEY-----\nb") ==
        "1 a\n[key]\nb");
  CHECK(redacted({"keys"}, "cut short: -----BEGIN " + pem) == "1 cut short: [key]");
  CHECK(redacted({"keys"}, "a task-oriented sk-ill") == "0 a task-oriented sk-ill");
  CHECK(redacted({"email"}, "to a.b+c@example.co.uk!") == "1 to [email]!");
  CHECK(redacted({"email"}, "not @here nor a@b") == "0 not @here nor a@b");
  CHECK(redacted({"phone"}, "call +44 20 7946 0958 now") == "1 call [phone] now");
  CHECK(redacted({"phone"}, "1.15.0 and 2026-11-24") == "0 1.15.0 and 2026-11-24");
  CHECK(redacted({"card"}, "4111 1111 1111 1111") == "1 [card]");
  CHECK(redacted({"card"}, "4111 1111 1111 1112") == "0 4111 1111 1111 1112");
  CHECK(redacted({"card", "email"}, "a@b.cd 4111-1111-1111-1111") == "2 [email] [card]");
}

TEST_CASE("privacy: the user's own patterns", "[router]") {
  CHECK(redacted({"(?i)project\\s+falcon"}, "Project  FALCON is late") == "1 [redacted] is late");
  CHECK(redacted({}, "anything") == "0 anything");
  const auto broken = Redactor::create({"("});
  REQUIRE_FALSE(broken);
  CHECK(broken.error().kind == ErrorKind::usage);
  CHECK(broken.error().what.find("'('") != std::string::npos);
}

TEST_CASE("privacy: a pattern without end sends nothing", "[router]") {
  const auto redactor = Redactor::create({"(a+)+$"});
  REQUIRE(redactor.ok());
  std::string text = std::string(5000, 'a') + "!";
  CHECK_FALSE(redactor->apply(text));
}

TEST_CASE("privacy: only what is visible in the conversation is sent", "[router]") {
  const auto redactor = Redactor::create({"email"});
  REQUIRE(redactor.ok());
  const Json messages = Json::parse(R"([
    {"role": "system", "content": "I am x@y.org", "path": "/home/me"},
    {"role": "user", "content": [{"type": "text", "text": "mail x@y.org"},
                                 {"type": "image", "path": "/home/me/cat.png"}]},
    {"role": "assistant", "content": "half", "interrupted": true, "thought": "secret",
     "confidence": 0.3, "tool_calls": [{"id": "x@y.org", "type": "function",
       "function": {"name": "send", "arguments": {"to": ["x@y.org"]}}}]},
    {"role": "tool", "tool_call_id": "x@y.org", "content": "sent to x@y.org"}])");
  const auto sent = outgoing(messages, Json(), *redactor);
  REQUIRE(sent.ok());
  CHECK(sent->messages == Json::parse(R"([
    {"role": "system", "content": "I am [email]"},
    {"role": "user", "content": [{"type": "text", "text": "mail [email]"}]},
    {"role": "assistant", "content": "half", "tool_calls": [{"id": "x@y.org", "type": "function",
       "function": {"name": "send", "arguments": {"to": ["[email]"]}}}]},
    {"role": "tool", "content": "sent to [email]", "tool_call_id": "x@y.org"}])"));
  CHECK(sent->redactions == 4);
  CHECK(sent->withheld == 1);
}
