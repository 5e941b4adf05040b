// The other families' syntaxes, and text as it streams.
#include "tests/engine/tools/reply_collector.h"
#include "tests/support/catch.h"

using namespace cactus;

namespace {

const ReplyFormat& qwen() {
  return format_with({"<think>", "</think>", "<tool_call>", "</tool_call>"});
}
const ReplyFormat& coder() {
  return format_with({"<tool_call>", "</tool_call>", "<function="});
}
const ReplyFormat& lfm() {
  return format_with({"<|tool_call_start|>", "<|tool_call_end|>"});
}

// The same reply however the text is cut.
CollectedReply in_every_split(const ReplyFormat& format, const std::string& text,
                              MarkerSource source = MarkerSource::as_declared) {
  const auto whole = parse_pieces(format, {text}, source);
  for (std::size_t a = 0; a <= text.size(); ++a) {
    if (!(parse_pieces(format, {text.substr(0, a), text.substr(a)}, source) == whole))
      FAIL("split at " << a);
  }
  return whole;
}

}  // namespace

TEST_CASE("reply formats: rows are chosen by what the model knows", "[engine]") {
  CHECK(std::string(qwen().call->name) == "json");
  CHECK(std::string(qwen().thought->name) == "think");
  CHECK(std::string(coder().call->name) == "tagged");
  CHECK(coder().thought == nullptr);
  CHECK(std::string(lfm().call->name) == "python");
  const ReplyFormat& none = format_with({});
  CHECK(none.call == nullptr);
  CHECK(none.thought == nullptr);
  CHECK(&none == &format_with({}));
  const auto reply =
      parse_pieces(none, {"<think>a</think><tool_call>b\n"}, MarkerSource::as_declared);
  CHECK(reply.text == "<think>a</think><tool_call>b\n");
}

TEST_CASE("json calls: thought, text, two calls", "[engine]") {
  const auto reply = in_every_split(qwen(),
                                    "<think>\nÜber zwei Städte.\n</think>\n\nOne "
                                    "moment.\n<tool_call>\n{\"name\": \"w\", \"arguments\": "
                                    "{\"city\": \"Köln\"}}\n</tool_call>\n<tool_call>\n{\"name\": "
                                    "\"t\", \"arguments\": \"{\\\"x\\\": 1}\"}\n"
                                    "</tool_call>\n");
  CHECK(reply.thought == "Über zwei Städte.");
  CHECK(reply.text == "One moment.");
  CHECK(reply.notices.empty());
  CHECK(dump_json(reply.calls) ==
        R"([{"name":"w","arguments":{"city":"Köln"}},{"name":"t","arguments":{"x":1}}])");
  CHECK(reply.whole_code_points);
}

TEST_CASE("json calls: a mention inside a thought is no call, an unterminated thought is a thought",
          "[engine]") {
  const auto reply = in_every_split(qwen(), "<think>\nI could use <tool_call> here.\n\nBut no");
  CHECK(reply.thought == "I could use <tool_call> here.\n\nBut no");
  CHECK(reply.text.empty());
  CHECK(opens_thought(qwen(), "<|im_start|>assistant\n<think>\n"));
  CHECK_FALSE(opens_thought(qwen(), "<|im_start|>assistant\n<think>\n\n</think>\n\n"));
}

TEST_CASE("json calls: malformed ones are kept as text with a notice", "[engine]") {
  for (const char* body : {"{\"name\": \"f\"", "[]", "{\"name\": 3}", "{\"arguments\": {}}", "x",
                           "{\"name\": \"f\", \"arguments\": [1]}"}) {
    INFO(body);
    const auto reply = in_every_split(qwen(), "<tool_call>" + std::string(body) + "</tool_call>");
    CHECK(reply.calls.empty());
    CHECK(reply.notices.size() == 1);
    CHECK(reply.text == body);
  }
  // Found by fuzzing: a parser's message that quotes half of a code point.
  CHECK(parse_pieces(qwen(), {"<tool_call>\n\x93{}</tool_call>"}).whole_code_points);
}

TEST_CASE("tagged calls: parameters with their types guessed from JSON", "[engine]") {
  const auto reply = in_every_split(
      coder(),
      "Sure.\n<tool_call>\n<function=write>\n<parameter=path>\n/a "
      "b\n</parameter>\n<parameter=lines>\n[1, 2]\n"
      "</parameter>\n<parameter=text>\nx\n\ny\n</parameter>\n</function>\n</tool_call>");
  CHECK(reply.text == "Sure.");
  CHECK(dump_json(reply.calls) ==
        R"([{"name":"write","arguments":{"path":"/a b","lines":[1,2],"text":"x\n\ny"}}])");
  CHECK(parse_pieces(coder(), {"<tool_call><function=f></tool_call>"}).notices.size() == 1);
}

TEST_CASE("python calls: arguments of every kind", "[engine]") {
  const std::string body =
      "[w(city=\"S\\u00e3o \\\"P\\\"\", n=-3, f=1.5, ok=True, no=None, xs=['a', 2, (1,)], d={'k': "
      "[false]}), "
      "time.now()]";
  const std::vector<std::string> specials = {"<|tool_call_start|>", "<|tool_call_end|>",
                                             "<|im_end|>"};
  for (std::size_t size : {1U, 4U, 1000U}) {
    const auto reply =
        parse_pieces(lfm(),
                     tokens_of("<|tool_call_start|>" + body + "<|tool_call_end|>Asking.<|im_end|>",
                               specials, size),
                     MarkerSource::as_declared, specials);
    CHECK(reply.text == "Asking.");
    CHECK(dump_json(reply.calls) ==
          R"([{"name":"w","arguments":{"city":"São \"P\"","n":-3,"f":1.5,"ok":true,"no":null,)"
          R"("xs":["a",2,[1]],"d":{"k":[false]}}},{"name":"time.now","arguments":{}}])");
  }
  for (const char* bad :
       {"f(1)", "[f(a=1)", "f(a=)", "f(a='x)", "f", "(a=1)", "f(a=1) g()", "f(a=b)"}) {
    INFO(bad);
    const auto reply =
        parse_pieces(lfm(), {"<|tool_call_start|>" + std::string(bad) + "<|tool_call_end|>"});
    CHECK(reply.calls.empty());
    CHECK(reply.notices.size() == 1);
    CHECK(reply.text == bad);
  }
}

TEST_CASE("replies: code points come whole, broken bytes are replaced", "[engine]") {
  CollectedReply reply;
  std::string first;
  ReplyParser parser(qwen(), [&](const ReplyEvent& event) {
    if (first.empty()) first = event.text;
    collect_into(reply)(event);
  });
  parser.feed({"\xF0\x9F", false});
  parser.feed({"\x98\x80!", false});
  parser.feed({"\xC3", false});
  parser.finish();
  CHECK(first == "😀!");
  CHECK(reply.text == "😀!\uFFFD");
  CHECK(reply.whole_code_points);
}

TEST_CASE("replies: text streams at once unless it may begin a marker", "[engine]") {
  std::string seen;
  ReplyParser parser(qwen(), [&](const ReplyEvent& event) { seen += event.text; });
  parser.feed({"a < b", false});
  CHECK(seen == "a < b");
  parser.feed({" <to", false});
  CHECK(seen == "a < b ");
  parser.feed({"ast>", false});
  CHECK(seen == "a < b <toast>");
}
