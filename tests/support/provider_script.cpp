#include "tests/support/provider_script.h"

#include <nlohmann/json.hpp>

namespace cactus::test {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kModel = "fake-model-1";

std::string named(const Json& data) {
  return "event: " + data.at("type").get<std::string>() + "\ndata: " + data.dump() + "\n\n";
}

std::string unnamed(const Json& data) {
  return "data: " + data.dump() + "\n\n";
}

// Three pieces, so that a script has a middle.
std::vector<std::string> pieces_of(const std::string& text) {
  const std::size_t third = text.size() / 3;
  return {text.substr(0, third), text.substr(third, third), text.substr(2 * third)};
}

std::vector<std::string> anthropic(const ScriptedAnswer& a) {
  std::vector<std::string> out;
  out.push_back(named({{"type", "message_start"},
                       {"message",
                        {{"id", "msg_1"},
                         {"type", "message"},
                         {"role", "assistant"},
                         {"model", kModel},
                         {"content", Json::array()},
                         {"usage",
                          {{"input_tokens", a.input - a.cached},
                           {"cache_creation_input_tokens", 0},
                           {"cache_read_input_tokens", a.cached},
                           {"output_tokens", 1}}}}}}));
  out.push_back(named({{"type", "ping"}}));
  int index = 0;
  const auto block = [&](Json start, const std::vector<Json>& deltas) {
    out.push_back(
        named({{"type", "content_block_start"}, {"index", index}, {"content_block", start}}));
    for (const Json& delta : deltas)
      out.push_back(named({{"type", "content_block_delta"}, {"index", index}, {"delta", delta}}));
    out.push_back(named({{"type", "content_block_stop"}, {"index", index++}}));
  };
  if (!a.thought.empty()) {
    block({{"type", "thinking"}, {"thinking", ""}, {"signature", ""}},
          {{{"type", "thinking_delta"}, {"thinking", a.thought}},
           {{"type", "signature_delta"}, {"signature", "c2ln"}}});
  }
  if (!a.refuses && !a.text.empty()) {
    std::vector<Json> deltas;
    for (const auto& piece : pieces_of(a.text))
      deltas.push_back({{"type", "text_delta"}, {"text", piece}});
    block({{"type", "text"}, {"text", ""}}, deltas);
  }
  if (a.calls_tool) {
    block({{"type", "tool_use"},
           {"id", "toolu_1"},
           {"name", "get_weather"},
           {"input", Json::object()}},
          {{{"type", "input_json_delta"}, {"partial_json", ""}},
           {{"type", "input_json_delta"}, {"partial_json", "{\"city\": \"Pa"}},
           {{"type", "input_json_delta"}, {"partial_json", "ris\"}"}}});
  }
  const char* reason = a.refuses      ? "refusal"
                       : a.too_long   ? "max_tokens"
                       : a.calls_tool ? "tool_use"
                                      : "end_turn";
  Json delta = {{"stop_reason", reason}, {"stop_sequence", nullptr}};
  if (a.refuses) delta["stop_details"] = {{"type", "refusal"}, {"category", "policy"}};
  out.push_back(named(
      {{"type", "message_delta"}, {"delta", delta}, {"usage", {{"output_tokens", a.output}}}}));
  out.push_back(named({{"type", "message_stop"}}));
  return out;
}

std::vector<std::string> responses(const ScriptedAnswer& a) {
  std::vector<std::string> out;
  int sequence = 0, item = 0;
  const auto add = [&](Json data) {
    data["sequence_number"] = sequence++;
    out.push_back(named(data));
  };
  const Json begun = {{"id", "resp_1"}, {"object", "response"}, {"model", kModel}};
  add({{"type", "response.created"}, {"response", begun}});
  add({{"type", "response.in_progress"}, {"response", begun}});
  if (!a.thought.empty()) {
    add({{"type", "response.reasoning_summary_text.delta"},
         {"output_index", item++},
         {"delta", a.thought}});
  }
  add({{"type", "response.output_item.added"},
       {"output_index", item},
       {"item", {{"type", "message"}, {"role", "assistant"}, {"content", Json::array()}}}});
  if (a.refuses) {
    add({{"type", "response.refusal.delta"}, {"output_index", item}, {"delta", "I will not."}});
  } else {
    for (const auto& piece : pieces_of(a.text))
      add({{"type", "response.output_text.delta"}, {"output_index", item}, {"delta", piece}});
    add({{"type", "response.output_text.done"}, {"output_index", item}, {"text", a.text}});
  }
  ++item;
  if (a.calls_tool) {
    Json call = {{"type", "function_call"},
                 {"id", "fc_1"},
                 {"call_id", "call_1"},
                 {"name", "get_weather"},
                 {"arguments", ""}};
    const std::string arguments = "{\"city\": \"Paris\"}";
    add({{"type", "response.output_item.added"}, {"output_index", item}, {"item", call}});
    for (const auto& piece : pieces_of(arguments)) {
      add({{"type", "response.function_call_arguments.delta"},
           {"output_index", item},
           {"delta", piece}});
    }
    add({{"type", "response.function_call_arguments.done"},
         {"output_index", item},
         {"arguments", arguments}});
    call["arguments"] = arguments;
    add({{"type", "response.output_item.done"}, {"output_index", item}, {"item", call}});
  }
  Json last = begun;
  last["status"] = a.too_long ? "incomplete" : "completed";
  if (a.too_long) last["incomplete_details"] = {{"reason", "max_output_tokens"}};
  last["usage"] = {{"input_tokens", a.input},
                   {"input_tokens_details", {{"cached_tokens", a.cached}}},
                   {"output_tokens", a.output},
                   {"total_tokens", a.input + a.output}};
  add({{"type", a.too_long ? "response.incomplete" : "response.completed"}, {"response", last}});
  return out;
}

Json chat_chunk(const Json& delta, const Json& reason = nullptr) {
  return {{"id", "chatcmpl-1"},
          {"object", "chat.completion.chunk"},
          {"model", kModel},
          {"choices", {{{"index", 0}, {"delta", delta}, {"finish_reason", reason}}}},
          {"usage", nullptr}};
}

std::vector<std::string> chat(const ScriptedAnswer& a) {
  std::vector<std::string> out;
  out.push_back(unnamed(chat_chunk({{"role", "assistant"}, {"content", ""}})));
  if (!a.thought.empty()) out.push_back(unnamed(chat_chunk({{"reasoning_content", a.thought}})));
  if (a.refuses) {
    out.push_back(unnamed(chat_chunk({{"refusal", "I will not."}})));
  } else {
    for (const auto& piece : pieces_of(a.text))
      out.push_back(unnamed(chat_chunk({{"content", piece}})));
  }
  if (a.calls_tool) {
    Json call = {{"index", 0},
                 {"id", "call_1"},
                 {"type", "function"},
                 {"function", {{"name", "get_weather"}, {"arguments", ""}}}};
    out.push_back(unnamed(chat_chunk({{"tool_calls", Json::array({call})}})));
    for (const char* piece : {"{\"city\"", ": \"Paris\"}"}) {
      call = {{"index", 0}, {"function", {{"arguments", piece}}}};
      out.push_back(unnamed(chat_chunk({{"tool_calls", Json::array({call})}})));
    }
  }
  const char* reason = a.too_long ? "length" : a.calls_tool ? "tool_calls" : "stop";
  out.push_back(unnamed(chat_chunk(Json::object(), reason)));
  Json usage = {{"id", "chatcmpl-1"}, {"model", kModel}, {"choices", Json::array()}};
  usage["usage"] = {{"prompt_tokens", a.input},
                    {"completion_tokens", a.output},
                    {"prompt_tokens_details", {{"cached_tokens", a.cached}}}};
  out.push_back(unnamed(usage));
  out.emplace_back("data: [DONE]\n\n");
  return out;
}

Json gemini_chunk(const Json& part, const ScriptedAnswer& a, std::int64_t output) {
  return {{"candidates",
           {{{"content", {{"role", "model"}, {"parts", Json::array({part})}}}, {"index", 0}}}},
          {"usageMetadata",
           {{"promptTokenCount", a.input},
            {"cachedContentTokenCount", a.cached},
            {"candidatesTokenCount", output}}},
          {"modelVersion", kModel},
          {"responseId", "resp-1"}};
}

std::vector<std::string> gemini(const ScriptedAnswer& a) {
  std::vector<std::string> out;
  if (!a.thought.empty())
    out.push_back(unnamed(gemini_chunk({{"text", a.thought}, {"thought", true}}, a, 0)));
  Json last = gemini_chunk({{"text", ""}}, a, a.output);
  if (!a.refuses) {
    for (const auto& piece : pieces_of(a.text))
      out.push_back(unnamed(gemini_chunk({{"text", piece}}, a, 1)));
  }
  if (a.calls_tool) {
    out.push_back(unnamed(
        gemini_chunk({{"functionCall", {{"name", "get_weather"}, {"args", {{"city", "Paris"}}}}},
                      {"thoughtSignature", "c2ln"}},
                     a, 1)));
  }
  last["candidates"][0]["finishReason"] = a.refuses ? "SAFETY" : a.too_long ? "MAX_TOKENS" : "STOP";
  out.push_back(unnamed(last));
  return out;
}

}  // namespace

std::optional<Speech> speech_of(std::string_view path) {
  const auto has = [&](std::string_view part) { return path.find(part) != std::string_view::npos; };
  if (has("/v1/messages")) return Speech::anthropic;
  if (has("/responses")) return Speech::responses;
  if (has("/chat/completions")) return Speech::chat;
  if (has(":streamGenerateContent")) return Speech::gemini;
  return {};
}

std::vector<std::string> events_of(Speech speech, const ScriptedAnswer& answer) {
  switch (speech) {
    case Speech::anthropic:
      return anthropic(answer);
    case Speech::responses:
      return responses(answer);
    case Speech::chat:
      return chat(answer);
    case Speech::gemini:
      return gemini(answer);
  }
  return {};
}

std::string text_event(Speech speech, std::string_view text) {
  switch (speech) {
    case Speech::anthropic:
      return named({{"type", "content_block_delta"},
                    {"index", 0},
                    {"delta", {{"type", "text_delta"}, {"text", text}}}});
    case Speech::responses:
      return named({{"type", "response.output_text.delta"}, {"output_index", 0}, {"delta", text}});
    case Speech::chat:
      return unnamed(chat_chunk({{"content", text}}));
    case Speech::gemini:
      return unnamed(gemini_chunk({{"text", text}}, {}, 1));
  }
  return {};
}

std::string keep_alive(Speech speech) {
  return speech == Speech::anthropic ? named({{"type", "ping"}}) : ": keep-alive\n\n";
}

std::string error_body(Speech speech, int status, std::string_view message) {
  if (speech == Speech::anthropic) {
    const char* type = status == 401   ? "authentication_error"
                       : status == 402 ? "billing_error"
                       : status == 429 ? "rate_limit_error"
                       : status == 529 ? "overloaded_error"
                       : status >= 500 ? "api_error"
                                       : "invalid_request_error";
    return Json{{"type", "error"},
                {"error", {{"type", type}, {"message", message}}},
                {"request_id", "req_1"}}
        .dump();
  }
  if (speech == Speech::gemini) {
    // Google has no 401 or 402 of its own for keys: a wrong one is an invalid argument.
    const char* state = status == 401   ? "UNAUTHENTICATED"
                        : status == 429 ? "RESOURCE_EXHAUSTED"
                        : status >= 500 ? "INTERNAL"
                                        : "INVALID_ARGUMENT";
    return Json{{"error", {{"code", status}, {"message", message}, {"status", state}}}}.dump();
  }
  const char* code = status == 401   ? "invalid_api_key"
                     : status == 402 ? "insufficient_quota"
                     : status == 429 ? "rate_limit_exceeded"
                     : status >= 500 ? "server_error"
                                     : "invalid_request_error";
  return Json{{"error", {{"message", message}, {"type", code}, {"param", nullptr}, {"code", code}}}}
      .dump();
}

std::string error_event(Speech speech, std::string_view message) {
  switch (speech) {
    case Speech::anthropic:
      return named(
          {{"type", "error"}, {"error", {{"type", "overloaded_error"}, {"message", message}}}});
    case Speech::responses:
      return named(
          {{"type", "error"}, {"code", "server_error"}, {"message", message}, {"param", nullptr}});
    case Speech::chat:
      return unnamed({{"error", {{"code", 502}, {"message", message}}}});
    case Speech::gemini:
      return unnamed({{"error", {{"code", 503}, {"message", message}, {"status", "UNAVAILABLE"}}}});
  }
  return {};
}

}  // namespace cactus::test
