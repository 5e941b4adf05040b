#include "router/providers/conversation.h"

#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::providers;

namespace {

Intake any() {
  Intake intake;
  intake.state_of = "p";
  intake.images = {"image/png"};
  return intake;
}

Result<Conversation> read(const char* messages, Intake intake = any()) {
  static CloudRequest request;  // the result points into it
  request = {};
  request.messages = Json::parse(messages);
  return read_conversation(request, intake);
}

// "U:text A:text[c1,c2] T(c1):text"
std::string shape(const Conversation& conversation) {
  std::string out;
  for (const Turn& turn : conversation.turns) {
    if (!out.empty()) out += ' ';
    out += turn.role == Role::user        ? "U"
           : turn.role == Role::assistant ? "A"
                                          : "T(" + turn.call_id + ")";
    out += ":" + turn.text;
    if (turn.calls.empty()) continue;
    out += '[';
    for (const Call& call : turn.calls) out += call.id + (&call == &turn.calls.back() ? "]" : ",");
  }
  return out;
}

}  // namespace

TEST_CASE("conversation: system texts are gathered, wherever they stand", "[router]") {
  const auto c = read(R"([{"role": "system", "content": "a"}, {"role": "user", "content": "x"},
                          {"role": "developer", "content": "b"}])");
  REQUIRE(c.ok());
  CHECK(c->system == "a\n\nb");
  CHECK(shape(*c) == "U:x");
}

TEST_CASE("conversation: calls and results are matched by id, by name, in order", "[router]") {
  CHECK(shape(*read(R"([{"role": "user", "content": "x"},
    {"role": "assistant", "tool_calls": [{"name": "f", "arguments": {}}, {"name": "g", "arguments": {}},
                                         {"name": "f", "arguments": {}}]},
    {"role": "tool", "name": "g", "content": "1"}, {"role": "tool", "content": "2"},
    {"role": "tool", "name": "f", "content": "3"}])")) ==
        "U:x A:[call,call_2,call_3] T(call):2 T(call_2):1 T(call_3):3");
  // The same id in two answers stays two calls.
  CHECK(shape(*read(R"([{"role": "user", "content": "x"},
    {"role": "assistant", "tool_calls": [{"id": "call_0", "name": "f"}]},
    {"role": "tool", "tool_call_id": "call_0", "content": "1"},
    {"role": "assistant", "tool_calls": [{"id": "call_0", "name": "f"}]},
    {"role": "tool", "tool_call_id": "call_0", "content": "2"}])")) ==
        "U:x A:[call_0] T(call_0):1 A:[call_0_2] T(call_0_2):2");
  // Characters that some provider refuses.
  CHECK(shape(*read(R"([{"role": "user", "content": "x"},
    {"role": "assistant", "tool_calls": [{"id": "a.b:c/d", "name": "f"}]},
    {"role": "tool", "tool_call_id": "a.b:c/d", "content": "1"}])")) ==
        "U:x A:[a_b_c_d] T(a_b_c_d):1");
}

TEST_CASE("conversation: calls without results, and results without calls, are left out",
          "[router]") {
  CHECK(shape(*read(R"([{"role": "user", "content": "x"},
    {"role": "assistant", "content": "y", "tool_calls": [{"id": "a", "name": "f"}, {"id": "b", "name": "f"}]},
    {"role": "tool", "tool_call_id": "b", "content": "1"},
    {"role": "tool", "tool_call_id": "b", "content": "twice"},
    {"role": "tool", "tool_call_id": "z", "content": "2"},
    {"role": "user", "content": "go on"}])")) == "U:x A:y[b] T(b):1 U:go on");
  CHECK(shape(*read(R"([{"role": "user", "content": "x"},
    {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "name": "f"}]},
    {"role": "user", "content": "never mind"}])")) == "U:x U:never mind");
}

TEST_CASE("conversation: what is empty or comes before the first question goes", "[router]") {
  CHECK(shape(*read(R"([{"role": "user", "content": "x"}, {"role": "assistant", "content": " \n"},
                        {"role": "user", "content": "y"}])")) == "U:x U:y");
  Intake strict = any();
  strict.starts_with_user = true;
  const char* greeting =
      R"([{"role": "assistant", "content": "hello"}, {"role": "user", "content": "y"}])";
  CHECK(shape(*read(greeting, strict)) == "U:y");
  CHECK(shape(*read(greeting)) == "A:hello U:y");
}

TEST_CASE("conversation: nothing to ask is an error that says why", "[router]") {
  const auto why = [](const char* messages) {
    const auto c = read(messages);
    REQUIRE_FALSE(c.ok());
    CHECK(c.error().kind == ErrorKind::usage);
    return c.error().why;
  };
  CHECK(why("[]") == "no message is left that can be sent");
  CHECK(why(R"([{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}])") ==
        "the last message is an answer, not a question");
  CHECK_FALSE(why(R"([3])").empty());
  CHECK_FALSE(why(R"([{"role": "wizard", "content": "x"}])").empty());
  CHECK_FALSE(read(R"({"role": "user"})").ok());
}

TEST_CASE("conversation: attachments find their message, the newest first when room is short",
          "[router]") {
  CloudRequest request;
  request.messages =
      Json::parse(R"([{"role": "system", "content": "s"}, {"role": "user", "content": "a"},
    {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}])");
  const auto image = [](const char* name, std::size_t size, std::optional<std::size_t> at,
                        const char* type = "image/png") {
    return Attachment{Attachment::Kind::image, type, std::string(size, 'x'), name, at};
  };
  request.attachments = {image("old", 60, 1),
                         image("new1", 30, {}),
                         image("new2", 30, 3),
                         image("lost", 1, 2),
                         image("big", 1000, {}),
                         image("bmp", 1, {}, "image/bmp"),
                         {Attachment::Kind::audio, "audio/wav", "x", "", {}}};
  Intake intake = any();
  intake.most_image_bytes = 1000;
  intake.most_attached = 100;
  const auto c = read_conversation(request, intake);
  REQUIRE(c.ok());
  CHECK(c->turns[0].attachments.empty());
  REQUIRE(c->turns[2].attachments.size() == 2);
  CHECK(c->turns[2].attachments[0]->name == "new1");
  CHECK(c->turns[2].attachments[1]->name == "new2");
  CHECK(c->notices ==
        std::vector<std::string>{"old was not sent: the request would be too large",
                                 "lost was not sent: its message is not part of the request",
                                 "big was not sent: this provider takes at most 0 MB of it",
                                 "bmp was not sent: this provider does not take image/bmp",
                                 "a sound was not sent: this provider takes no sound"});
}

TEST_CASE("conversation: base64", "[router]") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64(std::string_view("\0\xFF\x7F", 3)) == "AP9/");
}
