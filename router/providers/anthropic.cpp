// Anthropic Messages, version 2023-06-01: POST /v1/messages, named events.
#include "router/providers/fields.h"
#include "router/providers/protocol.h"

namespace cactus::providers {
namespace {

constexpr std::string_view kName = "anthropic";

Json user_content(const Turn& turn) {
  if (turn.attachments.empty()) return turn.text;
  Json blocks = Json::array();
  for (const Attachment* image : turn.attachments) {
    blocks.push_back({{"type", "image"},
                      {"source",
                       {{"type", "base64"},
                        {"media_type", image->media_type},
                        {"data", base64(image->bytes)}}}});
  }
  if (!turn.text.empty()) blocks.push_back({{"type", "text"}, {"text", turn.text}});
  return blocks;
}

// Thoughts go back only with the calls they led to, unchanged and first.
Json assistant_content(const Turn& turn) {
  if (turn.calls.empty()) return turn.text;
  Json blocks = Json::array();
  for (const Json& thought : list_of(field(turn.state, "thinking"))) blocks.push_back(thought);
  if (turn.text.find_first_not_of(" \t\r\n") != std::string::npos)
    blocks.push_back({{"type", "text"}, {"text", turn.text}});
  for (const Call& call : turn.calls) {
    blocks.push_back(
        {{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", call.arguments}});
  }
  return blocks;
}

Json messages_of(const Conversation& conversation) {
  Json messages = Json::array();
  bool results = false;  // the last message holds tool results: all of one answer go together
  for (const Turn& turn : conversation.turns) {
    if (turn.role == Role::tool) {
      if (!results) messages.push_back({{"role", "user"}, {"content", Json::array()}});
      messages.back()["content"].push_back(
          {{"type", "tool_result"}, {"tool_use_id", turn.call_id}, {"content", turn.text}});
      results = true;
      continue;
    }
    results = false;
    const bool user = turn.role == Role::user;
    messages.push_back({{"role", user ? "user" : "assistant"},
                        {"content", user ? user_content(turn) : assistant_content(turn)}});
  }
  return messages;
}

class AnthropicDecoder : public Decoder {
 public:
  explicit AnthropicDecoder(Answer& answer) : answer_(answer) {}

  Step event(const sse::Event& event) override {
    if (event.type == "ping") return Step::nothing;
    const auto json = event_json(event, answer_);
    if (!json) return Step::failed;
    const std::string_view type = text_at(*json, "type");
    if (type == "message_start") return start(field(*json, "message"));
    if (type == "content_block_start") return block_start(*json);
    if (type == "content_block_delta") return delta(*json);
    if (type == "content_block_stop") return Step::alive;
    if (type == "message_delta") return message_delta(*json);
    if (type == "message_stop") return end();
    if (type == "error" || json->contains("error")) return stream_error(*json, answer_);
    return Step::nothing;
  }

  Step end() override { return stopped_ ? Step::done : cut_short(answer_); }

  Json state() const override {
    if (thinking_.empty() || !answer_.has_calls()) return nullptr;
    Json blocks = Json::array();
    for (const auto& [index, block] : thinking_) blocks.push_back(block);
    return {{"thinking", std::move(blocks)}};
  }

 private:
  Step start(const Json& message);
  Step block_start(const Json& json);
  Step delta(const Json& json);
  Step message_delta(const Json& json);
  void usage(const Json& reported);

  Answer& answer_;
  Json usage_ = Json::object();            // the last value of each counter
  std::map<std::int64_t, Json> thinking_;  // by content block
  bool stopped_ = false;
};

Step AnthropicDecoder::start(const Json& message) {
  answer_.model = text_at(message, "model");
  usage(field(message, "usage"));
  return Step::alive;
}

Step AnthropicDecoder::block_start(const Json& json) {
  const std::int64_t index = count_at(json, "index");
  const Json& block = field(json, "content_block");
  const std::string_view type = text_at(block, "type");
  if (type == "tool_use") {
    const Json& input = field(block, "input");
    return answer_.call_piece(index, text_at(block, "id"), text_at(block, "name"),
                              input.is_object() && !input.empty() ? dump_json(input) : "");
  }
  if (type == "text") return more(Step::alive, answer_.text(text_at(block, "text")));
  if ((type == "thinking" || type == "redacted_thinking") && thinking_.size() < 256)
    thinking_[index] = block;
  return Step::alive;
}

Step AnthropicDecoder::delta(const Json& json) {
  const std::int64_t index = count_at(json, "index");
  const Json& delta = field(json, "delta");
  const std::string_view type = text_at(delta, "type");
  if (type == "text_delta") return answer_.text(text_at(delta, "text"));
  if (type == "input_json_delta")
    return answer_.call_piece(index, "", "", text_at(delta, "partial_json"));
  const auto block = thinking_.find(index);
  const auto append = [&](const char* key, std::string_view piece) {
    if (block == thinking_.end() || !block->second.is_object()) return;
    block->second[key] = std::string(text_at(block->second, key)) + std::string(piece);
  };
  if (type == "thinking_delta") {
    const std::string_view piece = text_at(delta, "thinking");
    append("thinking", piece);
    return answer_.thought(piece);
  }
  if (type == "signature_delta") append("signature", text_at(delta, "signature"));
  return Step::alive;
}

Step AnthropicDecoder::message_delta(const Json& json) {
  const std::string_view reason = text_at(json, {"delta", "stop_reason"});
  stopped_ = stopped_ || !reason.empty();
  usage(field(json, "usage"));
  if (reason.empty()) return Step::alive;
  if (reason == "refusal")
    return answer_.refuse(std::string(text_at(json, {"delta", "stop_details", "category"})));
  if (reason == "max_tokens" || reason == "model_context_window_exceeded")
    answer_.finish_reason = CloudFinish::length;
  if (reason == "tool_use") answer_.finish_reason = CloudFinish::tool_calls;
  return Step::alive;
}

void AnthropicDecoder::usage(const Json& reported) {
  if (!reported.is_object()) return;
  for (const char* key : {"input_tokens", "output_tokens", "cache_creation_input_tokens",
                          "cache_read_input_tokens"}) {
    if (const auto count = count_of(field(reported, key))) usage_[key] = *count;
  }
  CloudUsage total;
  total.cached = count_at(usage_, "cache_read_input_tokens");
  total.cache_write = count_at(usage_, "cache_creation_input_tokens");
  total.input = count_at(usage_, "input_tokens") + total.cached + total.cache_write;
  total.output = count_at(usage_, "output_tokens");
  total.whole = stopped_;
  answer_.usage(total);
}

class Anthropic : public Protocol {
 public:
  std::string_view base_url() const override { return "https://api.anthropic.com"; }

  Intake intake() const override {
    Intake intake;
    intake.state_of = kName;
    intake.most_image_tokens = 5'000;
    intake.images = {"image/jpeg", "image/png", "image/gif", "image/webp"};
    intake.starts_with_user = true;
    return intake;
  }

  Result<Encoded> encode(const CloudRequest& request) const override {
    CACTUS_TRY(conversation, read_conversation(request, intake()));
    Encoded out;
    out.path = "/v1/messages";
    out.headers.add("anthropic-version", "2023-06-01");
    out.body = {{"model", request.model}, {"max_tokens", request.max_output_tokens}};
    if (!conversation.system.empty()) out.body["system"] = conversation.system;
    out.body["messages"] = messages_of(conversation);
    for (const Tool& tool : conversation.tools) {
      out.body["tools"].push_back({{"name", tool.name},
                                   {"description", tool.description},
                                   {"input_schema", tool.parameters}});
    }
    out.body["stream"] = true;
    out.notices = std::move(conversation.notices);
    return out;
  }

  std::unique_ptr<Decoder> decoder(Answer& answer) const override {
    return std::make_unique<AnthropicDecoder>(answer);
  }

  net::SecretHeader key_header(const Secret& key) const override { return {"x-api-key", "", key}; }
};

}  // namespace

std::unique_ptr<Protocol> anthropic() {
  return std::make_unique<Anthropic>();
}

}  // namespace cactus::providers
