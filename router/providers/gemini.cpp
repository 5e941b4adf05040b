// Gemini: POST /v1beta/models/MODEL:streamGenerateContent?alt=sse, unnamed events, no terminator.
#include <algorithm>

#include "hub/net/url.h"
#include "router/providers/errors.h"
#include "router/providers/fields.h"
#include "router/providers/protocol.h"

namespace cactus::providers {
namespace {

constexpr std::string_view kName = "gemini";

// Gemini takes a part of OpenAPI's schemas and refuses a request with anything else in one.
Json plain_schema(const Json& schema, int depth = 0) {
  Json out = Json::object();
  if (!schema.is_object() || depth > 32) return out;
  for (const auto& [key, value] : schema.items()) {
    if (key == "properties" && value.is_object()) {
      out[key] = Json::object();
      for (const auto& [name, inner] : value.items())
        out[key][name] = plain_schema(inner, depth + 1);
    } else if (key == "items" && value.is_object()) {
      out[key] = plain_schema(value, depth + 1);
    } else if ((key == "anyOf" || key == "oneOf") && value.is_array()) {
      for (const Json& inner : value) out["anyOf"].push_back(plain_schema(inner, depth + 1));
    } else if (key == "type" && value.is_array()) {
      for (const Json& type : value) {
        if (type == "null") {
          out["nullable"] = true;
        } else {
          out["type"] = type;
        }
      }
    } else if (key == "enum" && value.is_array()) {
      const bool texts = std::all_of(value.begin(), value.end(),
                                     [](const Json& entry) { return entry.is_string(); });
      if (texts) out[key] = value;
    } else {
      for (const char* known :
           {"type", "format", "title", "description", "nullable", "minItems", "maxItems",
            "required", "minimum", "maximum", "minLength", "maxLength", "pattern"}) {
        if (key == known) out[key] = value;
      }
    }
  }
  return out;
}

Json user_parts(const Turn& turn) {
  Json parts = Json::array();
  for (const Attachment* a : turn.attachments)
    parts.push_back({{"inlineData", {{"mimeType", a->media_type}, {"data", base64(a->bytes)}}}});
  if (!turn.text.empty()) parts.push_back({{"text", turn.text}});
  return parts;
}

// A call goes back with the signature it came with. Calls of others have none, which Gemini 3
// refuses unless the documented placeholder stands there.
Json model_parts(const Turn& turn, bool needs_signature) {
  Json parts = Json::array();
  if (!turn.text.empty()) parts.push_back({{"text", turn.text}});
  bool first = true;
  for (const Call& call : turn.calls) {
    const Json& state = field(turn.state, {"calls", call.id.c_str()});
    Json part = {{"functionCall", {{"name", call.name}, {"args", call.arguments}}}};
    if (!text_at(state, "id").empty()) part["functionCall"]["id"] = field(state, "id");
    if (!text_at(state, "signature").empty()) {
      part["thoughtSignature"] = field(state, "signature");
    } else if (first && needs_signature && turn.state.is_null()) {
      part["thoughtSignature"] = "skip_thought_signature_validator";
    }
    first = false;
    parts.push_back(std::move(part));
  }
  return parts;
}

// `state`: of the answer that called.
Json result_part(const Turn& turn, const Json& state) {
  auto parsed = parse_json(turn.text, "result");
  Json response = parsed && parsed->is_object() ? std::move(*parsed) : Json{{"result", turn.text}};
  Json part = {{"functionResponse", {{"name", turn.name}, {"response", std::move(response)}}}};
  const Json& id = field(state, {"calls", turn.call_id.c_str(), "id"});
  if (!text_of(id).empty()) part["functionResponse"]["id"] = id;
  return part;
}

Json contents_of(const Conversation& conversation, bool needs_signature) {
  Json contents = Json::array();
  bool results = false;  // the last content holds results: all of one answer go together
  Json state;
  for (const Turn& turn : conversation.turns) {
    if (turn.role == Role::tool) {
      if (!results) contents.push_back({{"role", "user"}, {"parts", Json::array()}});
      contents.back()["parts"].push_back(result_part(turn, state));
      results = true;
      continue;
    }
    results = false;
    state = turn.state;
    const bool user = turn.role == Role::user;
    contents.push_back({{"role", user ? "user" : "model"},
                        {"parts", user ? user_parts(turn) : model_parts(turn, needs_signature)}});
  }
  return contents;
}

// Whether a chunk with this reason is the last one of the answer.
bool ends(std::string_view reason) {
  return !reason.empty() && reason != "FINISH_REASON_UNSPECIFIED";
}

class GeminiDecoder : public Decoder {
 public:
  explicit GeminiDecoder(Answer& answer) : answer_(answer) {}

  Step event(const sse::Event& event) override {
    const auto json = event_json(event, answer_);
    if (!json) return Step::failed;
    if (!json->is_array()) return chunk(*json);
    Step step = Step::nothing;  // not asked for alt=sse: a list of chunks
    for (const Json& one : *json) {
      if (step < Step::done) step = more(step, chunk(one));
    }
    return step;
  }

  Step end() override { return finished_ ? Step::done : cut_short(answer_); }

 private:
  Step chunk(const Json& json);
  Step part(const Json& part);
  Step reason(std::string_view reason);

  Answer& answer_;
  bool finished_ = false;
  std::int64_t calls_ = 0;
};

Step GeminiDecoder::chunk(const Json& json) {
  if (json.contains("error")) return stream_error(json, answer_);
  if (!text_at(json, "modelVersion").empty()) answer_.model = text_at(json, "modelVersion");
  if (!text_at(json, "responseId").empty()) answer_.request_id = text_at(json, "responseId");
  const std::string_view blocked = text_at(json, {"promptFeedback", "blockReason"});
  const Json& candidate = first_of(field(json, "candidates"));
  const Json& reported = field(json, "usageMetadata");
  if (reported.is_object()) {
    CloudUsage usage;
    usage.input =
        count_at(reported, "promptTokenCount") + count_at(reported, "toolUsePromptTokenCount");
    usage.output =
        count_at(reported, "candidatesTokenCount") + count_at(reported, "thoughtsTokenCount");
    usage.cached = count_at(reported, "cachedContentTokenCount");
    usage.whole = finished_ || !blocked.empty() || ends(text_at(candidate, "finishReason"));
    answer_.usage(usage);
  }
  if (!blocked.empty()) return answer_.refuse("the question was blocked, " + std::string(blocked));
  Step step = reported.is_object() ? Step::alive : Step::nothing;
  for (const Json& one : list_of(field(candidate, {"content", "parts"})))
    step = more(step, part(one));
  return more(step, reason(text_at(candidate, "finishReason")));
}

Step GeminiDecoder::part(const Json& part) {
  const Json& call = field(part, "functionCall");
  if (call.is_object()) {
    const std::int64_t index = calls_++;
    const Json& arguments = field(call, "args");
    const Step step =
        answer_.call_piece(index, text_at(call, "id"), text_at(call, "name"),
                           arguments.is_object() ? dump_json(arguments) : std::string());
    Json state = Json::object();
    if (!text_at(part, "thoughtSignature").empty())
      state["signature"] = field(part, "thoughtSignature");
    if (!text_at(call, "id").empty()) state["id"] = field(call, "id");
    if (!state.empty()) answer_.call_state(index, std::move(state));
    return step;
  }
  const Json& thought = field(part, "thought");
  const std::string_view text = text_at(part, "text");
  return thought.is_boolean() && thought.get<bool>() ? answer_.thought(text) : answer_.text(text);
}

Step GeminiDecoder::reason(std::string_view reason) {
  if (!ends(reason)) return Step::nothing;
  finished_ = true;
  if (reason == "STOP") return Step::alive;
  if (reason == "MAX_TOKENS") {
    answer_.finish_reason = CloudFinish::length;
    return Step::alive;
  }
  for (const char* broken :
       {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"}) {
    if (reason == broken) {
      return answer_.fail(CloudErrorKind::malformed,
                          "the cloud model called a tool in a way that makes no sense", true);
    }
  }
  if (reason == "OTHER")
    return answer_.fail(CloudErrorKind::server, "the provider stopped for no stated reason", true);
  return answer_.refuse(std::string(reason));  // SAFETY, RECITATION, BLOCKLIST, …
}

class Gemini : public Protocol {
 public:
  std::string_view base_url() const override { return "https://generativelanguage.googleapis.com"; }

  Intake intake() const override {
    Intake intake;
    intake.state_of = kName;
    intake.most_image_tokens = 5'000;
    intake.images = {"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"};
    intake.audio = {"audio/wav", "audio/mpeg", "audio/aiff",
                    "audio/aac", "audio/ogg",  "audio/flac"};
    intake.most_image_bytes = 18u << 20;
    intake.starts_with_user = true;
    return intake;
  }

  Result<Encoded> encode(const CloudRequest& request) const override {
    CACTUS_TRY(conversation, read_conversation(request, intake()));
    std::string_view model = request.model;
    if (model.substr(0, 7) == "models/") model.remove_prefix(7);
    Encoded out;
    out.path = "/v1beta/models/" + net::percent_encode(model) + ":streamGenerateContent?alt=sse";
    const bool needs_signature = model.substr(0, 8) == "gemini-3";
    out.body = {{"contents", contents_of(conversation, needs_signature)}};
    if (!conversation.system.empty())
      out.body["systemInstruction"] = {{"parts", {{{"text", conversation.system}}}}};
    Json declarations = Json::array();
    for (const Tool& tool : conversation.tools) {
      Json declaration = {{"name", tool.name}, {"description", tool.description}};
      // An object without properties is refused.
      if (!field(tool.parameters, "properties").empty())
        declaration["parameters"] = plain_schema(tool.parameters);
      declarations.push_back(std::move(declaration));
    }
    if (!declarations.empty())
      out.body["tools"] = Json::array({{{"functionDeclarations", std::move(declarations)}}});
    out.body["generationConfig"] = {{"maxOutputTokens", request.max_output_tokens}};
    out.notices = std::move(conversation.notices);
    return out;
  }

  std::unique_ptr<Decoder> decoder(Answer& answer) const override {
    return std::make_unique<GeminiDecoder>(answer);
  }

  net::SecretHeader key_header(const Secret& key) const override {
    return {"x-goog-api-key", "", key};
  }
};

}  // namespace

std::unique_ptr<Protocol> gemini() {
  return std::make_unique<Gemini>();
}

}  // namespace cactus::providers
