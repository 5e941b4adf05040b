// What each provider is sent, byte for byte: no sampling parameters, nothing stored, nothing
// besides the conversation.
#include "engine/base/secret.h"
#include "router/providers/openai_chat.h"
#include "router/providers/protocol.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::providers;

namespace {

CloudRequest conversation() {
  CloudRequest request;
  request.model = "m-1";
  request.system = "Be brief.";
  request.max_output_tokens = 300;
  request.messages = Json::parse(R"([
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
    {"role": "assistant", "content": "", "tool_calls": [
      {"id": "c1", "type": "function", "function": {"name": "get", "arguments": "{\"city\": \"Rome\"}"}},
      {"id": "c2", "type": "function", "function": {"name": "get", "arguments": {"city": "Oslo"}}}]},
    {"role": "tool", "tool_call_id": "c2", "content": "{\"sky\": \"grey\"}"},
    {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
    {"role": "user", "content": "And?"}])");
  request.tools =
      Json::parse(R"([{"type": "function", "function": {"name": "get", "description": "d",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}])");
  return request;
}

Json body_of(const Protocol& protocol, const CloudRequest& request) {
  const auto encoded = protocol.encode(request);
  REQUIRE(encoded.ok());
  return encoded->body;
}

}  // namespace

TEST_CASE("encode: Anthropic Messages", "[router]") {
  CHECK(dump_json(body_of(*anthropic(), conversation())) == dump_json(Json::parse(R"({
    "model": "m-1", "max_tokens": 300, "system": "Be brief.",
    "messages": [
      {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": "Hello."},
      {"role": "user", "content": "Weather?"},
      {"role": "assistant", "content": [
        {"type": "tool_use", "id": "c1", "name": "get", "input": {"city": "Rome"}},
        {"type": "tool_use", "id": "c2", "name": "get", "input": {"city": "Oslo"}}]},
      {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "c1", "content": "sunny"},
        {"type": "tool_result", "tool_use_id": "c2", "content": "{\"sky\": \"grey\"}"}]},
      {"role": "user", "content": "And?"}],
    "tools": [{"name": "get", "description": "d", "input_schema":
      {"type": "object", "properties": {"city": {"type": "string"}}}}],
    "stream": true})")));
}

TEST_CASE("encode: OpenAI Responses", "[router]") {
  CHECK(dump_json(body_of(*openai_responses(), conversation())) == dump_json(Json::parse(R"({
    "model": "m-1", "instructions": "Be brief.",
    "input": [
      {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": "Hello."},
      {"role": "user", "content": "Weather?"},
      {"type": "function_call", "call_id": "c1", "name": "get", "arguments": "{\"city\":\"Rome\"}"},
      {"type": "function_call", "call_id": "c2", "name": "get", "arguments": "{\"city\":\"Oslo\"}"},
      {"type": "function_call_output", "call_id": "c1", "output": "sunny"},
      {"type": "function_call_output", "call_id": "c2", "output": "{\"sky\": \"grey\"}"},
      {"role": "user", "content": "And?"}],
    "tools": [{"type": "function", "name": "get", "description": "d", "parameters":
      {"type": "object", "properties": {"city": {"type": "string"}}}, "strict": false}],
    "max_output_tokens": 300, "store": false, "stream": true})")));
}

TEST_CASE("encode: OpenAI Chat Completions, and the field for the length", "[router]") {
  const Json expected = Json::parse(R"({
    "model": "m-1",
    "messages": [
      {"role": "system", "content": "Be brief."},
      {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": "Hello."},
      {"role": "user", "content": "Weather?"},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "get", "arguments": "{\"city\":\"Rome\"}"}},
        {"id": "c2", "type": "function", "function": {"name": "get", "arguments": "{\"city\":\"Oslo\"}"}}]},
      {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
      {"role": "tool", "tool_call_id": "c2", "content": "{\"sky\": \"grey\"}"},
      {"role": "user", "content": "And?"}],
    "tools": [{"type": "function", "function": {"name": "get", "description": "d", "parameters":
      {"type": "object", "properties": {"city": {"type": "string"}}}}}],
    "max_completion_tokens": 300, "stream": true, "stream_options": {"include_usage": true}})");
  CHECK(dump_json(body_of(*openai_chat(*quirks_of("openai-chat")), conversation())) ==
        dump_json(expected));
  for (const char* kind : {"deepseek", "openrouter", "vllm", "ollama", "openai-compatible"}) {
    INFO(kind);
    const Json body = body_of(*openai_chat(*quirks_of(kind)), conversation());
    CHECK(body["max_tokens"] == 300);
    CHECK_FALSE(body.contains("max_completion_tokens"));
    CHECK(body["messages"] == expected["messages"]);
  }
  CHECK(quirks_of("anthropic") == nullptr);
}

TEST_CASE("encode: Gemini", "[router]") {
  const auto encoded = gemini()->encode(conversation());
  REQUIRE(encoded.ok());
  CHECK(encoded->path == "/v1beta/models/m-1:streamGenerateContent?alt=sse");
  CHECK(dump_json(encoded->body) == dump_json(Json::parse(R"({
    "contents": [
      {"role": "user", "parts": [{"text": "Hi"}]},
      {"role": "model", "parts": [{"text": "Hello."}]},
      {"role": "user", "parts": [{"text": "Weather?"}]},
      {"role": "model", "parts": [
        {"functionCall": {"name": "get", "args": {"city": "Rome"}}},
        {"functionCall": {"name": "get", "args": {"city": "Oslo"}}}]},
      {"role": "user", "parts": [
        {"functionResponse": {"name": "get", "response": {"result": "sunny"}}},
        {"functionResponse": {"name": "get", "response": {"sky": "grey"}}}]},
      {"role": "user", "parts": [{"text": "And?"}]}],
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "tools": [{"functionDeclarations": [{"name": "get", "description": "d", "parameters":
      {"type": "object", "properties": {"city": {"type": "string"}}}}]}],
    "generationConfig": {"maxOutputTokens": 300}})")));
  // Names go into a path: nothing in one may leave it.
  CloudRequest odd = conversation();
  odd.model = "models/../a?b#c d";
  CHECK(gemini()->encode(odd)->path ==
        "/v1beta/models/..%2Fa%3Fb%23c%20d:streamGenerateContent?alt=sse");
}

TEST_CASE("encode: Gemini's signatures and ids go back unchanged", "[router]") {
  CloudRequest request = conversation();
  request.model = "gemini-3-pro";
  Json body = body_of(*gemini(), request);
  // A call that came from elsewhere: the first of a turn carries the documented placeholder.
  CHECK(body["contents"][3]["parts"][0]["thoughtSignature"] == "skip_thought_signature_validator");
  CHECK_FALSE(body["contents"][3]["parts"][1].contains("thoughtSignature"));
  request.messages[3]["provider_state"] = Json::parse(
      R"({"provider": "gemini", "model": "gemini-3-pro", "calls": {"c1": {"signature": "AA==", "id": "x"}}})");
  body = body_of(*gemini(), request);
  CHECK(body["contents"][3]["parts"][0]["thoughtSignature"] == "AA==");
  CHECK(body["contents"][3]["parts"][0]["functionCall"]["id"] == "x");
  CHECK(body["contents"][4]["parts"][0]["functionResponse"]["id"] == "x");
  CHECK_FALSE(body["contents"][3]["parts"][1].contains("thoughtSignature"));
}

TEST_CASE("encode: Gemini gets the part of a schema that it takes", "[router]") {
  CloudRequest request = conversation();
  request.tools = Json::parse(R"([
    {"name": "f", "parameters": {"$schema": "x", "type": "object", "additionalProperties": false,
      "properties": {
        "type": {"type": ["string", "null"], "default": 3, "enum": ["a", "b"]},
        "n": {"type": "integer", "enum": [1, 2], "minimum": 0},
        "l": {"type": "array", "items": {"type": "object", "additionalProperties": true,
              "properties": {"x": {"oneOf": [{"type": "string"}, {"type": "number"}]}}}}},
      "required": ["n"]}},
    {"name": "nothing"}])");
  CHECK(dump_json(body_of(*gemini(), request)["tools"]) == dump_json(Json::parse(R"([
    {"functionDeclarations": [
      {"name": "f", "description": "", "parameters": {"type": "object", "properties": {
        "type": {"type": "string", "nullable": true, "enum": ["a", "b"]},
        "n": {"type": "integer", "minimum": 0},
        "l": {"type": "array", "items": {"type": "object", "properties": {
              "x": {"anyOf": [{"type": "string"}, {"type": "number"}]}}}}},
        "required": ["n"]}},
      {"name": "nothing", "description": ""}]}])")));
}

TEST_CASE("encode: thoughts go back to the one who thought them, with their calls only",
          "[router]") {
  CloudRequest request = conversation();
  const auto with_state = [&](const char* provider, const char* model, const char* key) {
    CloudRequest r = request;
    r.messages[3]["provider_state"] = {{"provider", provider}, {"model", model}};
    r.messages[3]["provider_state"][key] =
        Json::parse(R"([{"type": "thinking", "signature": "s"}])");
    r.messages[1]["provider_state"] = r.messages[3]["provider_state"];  // no calls: never sent
    return r;
  };
  const auto blocks = [](const Json& body) { return body["messages"][3]["content"]; };
  Json body = body_of(*anthropic(), with_state("anthropic", "m-1", "thinking"));
  CHECK(blocks(body)[0] == Json::parse(R"({"type": "thinking", "signature": "s"})"));
  CHECK(blocks(body).size() == 3);
  CHECK(body["messages"][1]["content"] == "Hello.");
  CHECK(blocks(body_of(*anthropic(), with_state("anthropic", "m-2", "thinking"))).size() == 2);
  CHECK(blocks(body_of(*anthropic(), with_state("gemini", "m-1", "thinking"))).size() == 2);
  CHECK(body_of(*openai_responses(), with_state("openai", "m-1", "reasoning"))["input"].size() ==
        9);
  CHECK(body_of(*openai_responses(), with_state("openai", "m-2", "reasoning"))["input"].size() ==
        8);
  CloudRequest deep = with_state("deepseek", "m-1", "x");
  deep.messages[3]["provider_state"]["thoughts"] = "hm";
  CHECK(body_of(*openai_chat(*quirks_of("deepseek")), deep)["messages"][4]["reasoning_content"] ==
        "hm");
}

TEST_CASE("encode: images and sound as each takes them", "[router]") {
  CloudRequest request;
  request.model = "m-1";
  request.messages = Json::parse(R"([{"role": "user", "content": "What?"}])");
  request.attachments.push_back({Attachment::Kind::image, "image/jpeg", "abc", "a.jpg", {}});
  request.attachments.push_back({Attachment::Kind::audio, "audio/mpeg", "de", "b.mp3", {}});
  CHECK(dump_json(body_of(*anthropic(), request)["messages"]) == dump_json(Json::parse(R"([
    {"role": "user", "content": [{"type": "image", "source":
      {"type": "base64", "media_type": "image/jpeg", "data": "YWJj"}}, {"type": "text", "text": "What?"}]}])")));
  CHECK(dump_json(body_of(*openai_responses(), request)["input"]) == dump_json(Json::parse(R"([
    {"role": "user", "content": [{"type": "input_text", "text": "What?"},
      {"type": "input_image", "image_url": "data:image/jpeg;base64,YWJj", "detail": "auto"}]}])")));
  CHECK(dump_json(body_of(*openai_chat(*quirks_of("openai-chat")), request)["messages"]) ==
        dump_json(Json::parse(R"([
    {"role": "user", "content": [{"type": "text", "text": "What?"},
      {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,YWJj"}},
      {"type": "input_audio", "input_audio": {"data": "ZGU=", "format": "mp3"}}]}])")));
  CHECK(dump_json(body_of(*gemini(), request)["contents"]) == dump_json(Json::parse(R"([
    {"role": "user", "parts": [{"inlineData": {"mimeType": "image/jpeg", "data": "YWJj"}},
      {"inlineData": {"mimeType": "audio/mpeg", "data": "ZGU="}}, {"text": "What?"}]}])")));
  const auto encoded = anthropic()->encode(request);
  CHECK(encoded->notices ==
        std::vector<std::string>{"b.mp3 was not sent: this provider takes no sound"});
}
