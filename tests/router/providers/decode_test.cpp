// Streams as providers really send them, with their oddities, and as they should not.
#include "router/providers/openai_chat.h"
#include "router/providers/protocol.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::providers;

namespace {

struct Sink : CloudEvents {
  std::string text, thought;
  std::vector<CloudUsage> usage;
  bool on_text(std::string_view piece) override {
    text += piece;
    return true;
  }
  bool on_thought(std::string_view piece) override {
    thought += piece;
    return true;
  }
  void on_usage(const CloudUsage& u) override { usage.push_back(u); }
};

struct Decoded {
  Sink sink;
  Step last = Step::nothing;
  CloudResult result = CloudError{};
};

// The events' data in order; then the end of the stream.
Decoded decode(const Protocol& protocol, const std::vector<std::string>& events) {
  Decoded out;
  Answer answer(out.sink, "p", "asked");
  const auto decoder = protocol.decoder(answer);
  for (const std::string& data : events) {
    out.last = decoder->event({"", data});
    if (out.last >= Step::done) break;
  }
  if (out.last < Step::done) out.last = decoder->end();
  out.result = out.last == Step::done ? answer.finish(decoder->state()) : answer.take_error();
  return out;
}

Decoded chat(const std::vector<std::string>& events, const char* kind = "openai-compatible") {
  return decode(*openai_chat(*quirks_of(kind)), events);
}

std::string choice(const std::string& delta, const std::string& reason = "null") {
  return R"({"choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + reason + "}]}";
}

}  // namespace

TEST_CASE("decode: chat tolerates what compatible servers leave out", "[router]") {
  // No usage, no reason, only the mark of the end.
  auto d = chat({choice(R"({"content":"a"})", "\"\""), choice(R"({"content":"b"})"), "[DONE]"});
  REQUIRE(d.result);
  CHECK(d.result->text == "ab");
  CHECK_FALSE(d.result->usage);
  // A reason, but no mark.
  d = chat({choice(R"({"content":"a"})", "\"stop\"")});
  REQUIRE(d.result);
  // Neither: cut.
  d = chat({choice(R"({"content":"a"})")});
  REQUIRE_FALSE(d.result);
  CHECK(d.result.error().kind == CloudErrorKind::network);
  CHECK(d.result.error().output_began);
  // The whole message at once, as a server that does not stream.
  d = chat(
      {R"({"choices":[{"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}],
               "usage":{"prompt_tokens":3,"completion_tokens":2}})"});
  REQUIRE(d.result);
  CHECK(d.result->text == "whole");
  CHECK(*d.result->usage == CloudUsage{3, 2, 0, 0});
}

TEST_CASE("decode: chat counts cached tokens under either name", "[router]") {
  const std::string end = choice(R"({"content":"a"})", "\"stop\"");
  auto d = chat({end, R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,
                         "prompt_cache_hit_tokens":5}})"});
  CHECK(*d.result->usage == CloudUsage{9, 2, 5, 0});
  d = chat({end, R"({"choices":[],"usage":{"prompt_tokens":-9,"completion_tokens":1e300,
                    "prompt_tokens_details":"?"}})"});
  CHECK_FALSE(d.result->usage);  // no request is free of input
}

TEST_CASE("decode: a count is of the whole answer only when it came with its end", "[router]") {
  const std::string text = choice(R"({"content":"a"})");
  const std::string so_far =
      R"({"choices":[{"index":0,"delta":{"content":"b"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}})";
  auto d = chat({text, so_far});
  CHECK(*d.result.error().usage == CloudUsage{9, 1, 0, 0, false});
  d = chat({text, so_far, "[DONE]"});
  CHECK(*d.result->usage == CloudUsage{9, 1, 0, 0, false});
  const std::string sum = R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}})";
  CHECK(*chat({text, so_far, sum, "[DONE]"}).result->usage == CloudUsage{9, 2, 0, 0});
  // Cut after the sum: nothing is missing from it.
  CHECK(*chat({text, sum}).result.error().usage == CloudUsage{9, 2, 0, 0});
  CHECK(*chat({text, R"({"choices":[],"usage":{"prompt_tokens":9}})", "[DONE]"}).result->usage ==
        CloudUsage{9, 0, 0, 0, false});

  const std::string start =
      R"({"type":"message_start","message":{"usage":{"input_tokens":5,"output_tokens":1}}})";
  const std::string block =
      R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}})";
  d = decode(*anthropic(), {start, block});
  CHECK(*d.result.error().usage == CloudUsage{5, 1, 0, 0, false});
  // A gateway that leaves the counts out of the last event.
  d = decode(*anthropic(),
             {start, block, R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})"});
  CHECK(*d.result->usage == CloudUsage{5, 1, 0, 0, false});
  d = decode(*anthropic(), {start, R"({"type":"message_delta","delta":{"stop_reason":"refusal"},
                                      "usage":{"output_tokens":3}})"});
  CHECK(*d.result.error().usage == CloudUsage{5, 3, 0, 0});

  const auto gemini_chunk = [](const std::string& reason, int output) {
    return R"({"candidates":[{"content":{"parts":[{"text":"a"}]})" + reason +
           R"(}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":)" +
           std::to_string(output) + "}}";
  };
  d = decode(*gemini(), {gemini_chunk("", 1)});
  CHECK(*d.result.error().usage == CloudUsage{4, 1, 0, 0, false});
  d = decode(*gemini(), {gemini_chunk("", 1), gemini_chunk(R"(,"finishReason":"STOP")", 2)});
  CHECK(*d.result->usage == CloudUsage{4, 2, 0, 0});
  d = decode(*gemini(), {gemini_chunk(R"(,"finishReason":"SAFETY")", 2)});
  CHECK(*d.result.error().usage == CloudUsage{4, 2, 0, 0});
}

TEST_CASE("decode: chat reads thoughts under either name, once", "[router]") {
  auto d = chat({choice(R"({"reasoning_content":"h","reasoning":"h"})"),
                 choice(R"({"reasoning":"m"})"), choice(R"({"content":"a"})", "\"stop\"")});
  CHECK(d.sink.thought == "hm");
  REQUIRE(d.result);
  CHECK(d.result->text == "a");
}

TEST_CASE("decode: chat tells calls apart, numbered or not", "[router]") {
  const auto call = [](const std::string& index, const std::string& id, const std::string& name,
                       const std::string& arguments) {
    return choice("{\"tool_calls\":[{" + index + "\"id\":" + id +
                  ",\"function\":{\"name\":" + name + ",\"arguments\":" + arguments + "}}]}");
  };
  const std::string end = choice("{}", "\"stop\"");  // Ollama says stop
  const auto names = [](const Decoded& d) {
    std::string all;
    for (const Json& c : d.result->tool_calls)
      all += c["id"].get<std::string>() + "=" + c["name"].get<std::string>() +
             dump_json(c["arguments"]) + ";";
    return all;
  };
  auto d = chat({call("\"index\":0,", "\"a\"", "\"f\"", "\"{\\\"x\\\":\""),
                 call("\"index\":0,", "null", "null", "\"1}\""),
                 call("\"index\":1,", "\"b\"", "\"g\"", "\"\""), end});
  REQUIRE(d.result);
  CHECK(names(d) == "a=f{\"x\":1};b=g{};");
  CHECK(d.result->finish == CloudFinish::tool_calls);
  // Every call numbered 0, or none numbered.
  for (const char* index : {"\"index\":0,", ""}) {
    d = chat(
        {call(index, "\"a\"", "\"f\"", "\"{}\""), call(index, "\"b\"", "\"g\"", "\"{}\""), end});
    REQUIRE(d.result);
    CHECK(names(d) == "a=f{};b=g{};");
  }
  // Arguments as an object; broken arguments; no name.
  d = chat({call("", "\"a\"", "\"f\"", "{\"x\":1}"), end});
  CHECK(names(d) == "a=f{\"x\":1};");
  d = chat({call("", "\"a\"", "\"f\"", "\"{\\\"x\\\":\""), end});
  REQUIRE_FALSE(d.result);
  CHECK(d.result.error().kind == CloudErrorKind::malformed);
  d = chat({call("", "\"a\"", "null", "\"{}\""), end});
  CHECK_FALSE(d.result);
  d = chat({call("", "\"a\"", "\"f\"", "\"{\\\"x\\\":\""), choice("{}", "\"length\"")});
  REQUIRE_FALSE(d.result);
  CHECK(d.result.error().message.find("too few output tokens") != std::string::npos);
}

TEST_CASE("decode: chat errors in the stream, in every shape", "[router]") {
  auto d = chat({R"({"error":{"code":429,"message":"slow down","metadata":{}}})"});  // OpenRouter
  CHECK(d.result.error().kind == CloudErrorKind::rate_limit);
  CHECK(d.result.error().retryable);
  d = chat({choice(R"({"content":"a"})"), R"({"error":"model crashed"})"});  // Ollama
  CHECK(d.result.error().kind == CloudErrorKind::server);
  CHECK(d.result.error().message.find("model crashed") != std::string::npos);
  CHECK(d.result.error().output_began);
  d = chat({R"({"error":{"message":"flagged","code":403,"metadata":{"reasons":["violence"]}}})"});
  CHECK(d.result.error().kind == CloudErrorKind::refused);
  d = chat({choice(R"({"content":"a"})", "\"content_filter\"")});
  CHECK(d.result.error().kind == CloudErrorKind::refused);
  d = chat({choice("{}", "\"stop\"")});
  CHECK(d.result.error().kind == CloudErrorKind::malformed);  // an empty answer
  for (const char* odd : {"", "3", "null", "[]", "\"x\"", "{\"choices\":{}}", "{\"choices\":[3]}",
                          "{\"choices\":[{\"delta\":[1],\"finish_reason\":7}]}"}) {
    INFO(odd);
    CHECK_FALSE(chat({odd}).result);
  }
}

TEST_CASE("decode: DeepSeek's thoughts go back with its calls", "[router]") {
  const std::string call = choice(
      R"({"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]})", "\"tool_calls\"");
  auto d = chat({choice(R"({"reasoning_content":"hm"})"), call}, "deepseek");
  REQUIRE(d.result);
  CHECK(d.result->message["provider_state"]["thoughts"] == "hm");
  CHECK(d.result->message["provider_state"]["model"] == "asked");
  d = chat({choice(R"({"reasoning_content":"hm"})"), call}, "vllm");
  CHECK_FALSE(d.result->message.contains("provider_state"));
}

TEST_CASE("decode: Anthropic adds up its counters and keeps signed thoughts", "[router]") {
  auto d = decode(
      *anthropic(),
      {R"({"type":"message_start","message":{"model":"m","usage":{"input_tokens":10,
          "cache_creation_input_tokens":20,"cache_read_input_tokens":30,"output_tokens":1}}})",
       R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"S"}})",
       R"({"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"D"}})",
       R"({"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})",
       R"({"type":"content_block_stop","index":2})", R"({"type":"something_new"})",
       R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":40}})",
       R"({"type":"message_stop"})"});
  REQUIRE(d.result);
  CHECK(*d.result->usage == CloudUsage{60, 40, 30, 20});
  CHECK(d.sink.usage.size() == 2);
  CHECK(d.result->message["provider_state"]["thinking"] ==
        Json::parse(R"([{"type":"thinking","thinking":"hm","signature":"S"},
                        {"type":"redacted_thinking","data":"D"}])"));
  CHECK(d.result->tool_calls[0]["arguments"] == Json::object());
}

TEST_CASE("decode: Anthropic without its last event is whole, without its reason it is not",
          "[router]") {
  const std::string text =
      R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}})";
  CHECK(
      decode(*anthropic(), {text, R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})"})
          .result);
  CHECK_FALSE(decode(*anthropic(), {text}).result);
  auto d = decode(*anthropic(), {text, R"({"type":"message_delta","delta":{"stop_reason":"refusal",
                                          "stop_details":{"category":"cyber"}}})"});
  CHECK(d.result.error().kind == CloudErrorKind::refused);
  CHECK(d.result.error().message.find("cyber") != std::string::npos);
  d = decode(*anthropic(),
             {text, R"({"type":"error","error":{"type":"overloaded_error","message":"busy"}})"});
  CHECK(d.result.error().kind == CloudErrorKind::overloaded);
  CHECK(d.result.error().output_began);
}

TEST_CASE("decode: Responses that end badly", "[router]") {
  const auto last = [](const std::string& response) {
    return decode(*openai_responses(),
                  {R"({"type":"response.output_text.delta","output_index":0,"delta":"a"})",
                   R"({"type":"response.failed","response":)" + response + "}"})
        .result;
  };
  CHECK(last(R"({"status":"completed"})"));
  CHECK(last(R"({"status":"failed","error":{"code":"server_error","message":"x"}})").error().kind ==
        CloudErrorKind::server);
  CHECK(last(R"({"status":"failed","error":{"code":"rate_limit_exceeded","message":"x"}})")
            .error()
            .kind == CloudErrorKind::rate_limit);
  CHECK(last(R"({"status":"incomplete","incomplete_details":{"reason":"content_filter"}})")
            .error()
            .kind == CloudErrorKind::refused);
  CHECK(last(R"({"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}})")
            ->finish == CloudFinish::length);
  CHECK(last("null"));  // it says completed by saying nothing else
}

TEST_CASE("decode: Responses give reasoning back only when it is encrypted", "[router]") {
  const std::vector<std::string> events = {
      R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"E"}})",
      R"({"type":"response.output_item.done","output_index":1,"item":{"type":"reasoning","id":"r2","summary":[]}})",
      R"({"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{\"x\":1}"}})",
      R"({"type":"response.completed","response":{"status":"completed"}})"};
  auto d = decode(*openai_responses(), events);
  REQUIRE(d.result);
  CHECK(d.result->tool_calls[0]["arguments"]["x"] == 1);
  CHECK(d.result->message["provider_state"]["reasoning"] ==
        Json::parse(R"([{"type":"reasoning","summary":[],"encrypted_content":"E"}])"));
}

TEST_CASE("decode: Gemini's reasons to stop", "[router]") {
  const auto stop = [](const std::string& reason) {
    return decode(*gemini(),
                  {R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":")" +
                   reason + "\"}]}"})
        .result;
  };
  CHECK(stop("STOP")->finish == CloudFinish::stop);
  CHECK(stop("MAX_TOKENS")->finish == CloudFinish::length);
  for (const char* reason :
       {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "NEW_ONE"})
    CHECK(stop(reason).error().kind == CloudErrorKind::refused);
  CHECK(stop("MALFORMED_FUNCTION_CALL").error().kind == CloudErrorKind::malformed);
  CHECK(stop("OTHER").error().kind == CloudErrorKind::server);
  CHECK(stop("FINISH_REASON_UNSPECIFIED").error().kind == CloudErrorKind::network);
  auto d = decode(
      *gemini(),
      {R"({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}})"});
  CHECK(d.result.error().kind == CloudErrorKind::refused);
  CHECK(d.result.error().usage->input == 4);
}

TEST_CASE("decode: Gemini counts thoughts as output and keeps them out of the text", "[router]") {
  auto d =
      decode(*gemini(),
             {R"({"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"a"}]},
      "finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"cachedContentTokenCount":2,
      "candidatesTokenCount":3,"thoughtsTokenCount":4,"toolUsePromptTokenCount":1}})"});
  REQUIRE(d.result);
  CHECK(d.result->text == "a");
  CHECK(d.sink.thought == "hm");
  CHECK(*d.result->usage == CloudUsage{6, 7, 2, 0});
  // A list of chunks, as without alt=sse; an error in a list.
  d = decode(*gemini(), {R"([{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},
                             {"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}])"});
  REQUIRE(d.result);
  CHECK(d.result->text == "ab");
  d = decode(*gemini(), {R"([{"error":{"code":503,"message":"x","status":"UNAVAILABLE"}}])"});
  CHECK(d.result.error().kind == CloudErrorKind::overloaded);
}

TEST_CASE("decode: an answer beyond all limits is given up", "[router]") {
  const std::string big(1u << 20, 'x');
  std::vector<std::string> events;
  for (int i = 0; i < 9; ++i) events.push_back(choice("{\"content\":\"" + big + "\"}"));
  auto d = chat(events);
  CHECK(d.result.error().kind == CloudErrorKind::malformed);
  CHECK(d.sink.text.size() <= (8u << 20));
  events.clear();
  for (int i = 0; i < 300; ++i)
    events.push_back(choice("{\"tool_calls\":[{\"id\":\"" + std::to_string(i) +
                            "\",\"function\":{\"name\":\"f\"}}]}"));
  CHECK(chat(events).result.error().message.find("too many tools") != std::string::npos);
  // Depth is limited before anything is built.
  CHECK(chat({std::string(100000, '[')}).result.error().kind == CloudErrorKind::malformed);
}
