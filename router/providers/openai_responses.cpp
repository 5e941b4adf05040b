// OpenAI Responses: POST /responses. Nothing is stored there ("store": false).
#include "router/providers/errors.h"
#include "router/providers/fields.h"
#include "router/providers/protocol.h"

namespace cactus::providers {
namespace {

constexpr std::string_view kName = "openai";

Json user_content(const Turn& turn) {
  if (turn.attachments.empty()) return turn.text;
  Json parts = Json::array();
  if (!turn.text.empty()) parts.push_back({{"type", "input_text"}, {"text", turn.text}});
  for (const Attachment* image : turn.attachments) {
    parts.push_back({{"type", "input_image"},
                     {"image_url", "data:" + image->media_type + ";base64," + base64(image->bytes)},
                     {"detail", "auto"}});
  }
  return parts;
}

Json items_of(const Conversation& conversation) {
  Json items = Json::array();
  for (const Turn& turn : conversation.turns) {
    if (turn.role == Role::tool) {
      items.push_back(
          {{"type", "function_call_output"}, {"call_id", turn.call_id}, {"output", turn.text}});
    } else if (turn.role == Role::user) {
      items.push_back({{"role", "user"}, {"content", user_content(turn)}});
    } else {
      if (!turn.calls.empty()) {
        for (const Json& thought : list_of(field(turn.state, "reasoning")))
          items.push_back(thought);
      }
      if (!turn.text.empty()) items.push_back({{"role", "assistant"}, {"content", turn.text}});
      for (const Call& call : turn.calls) {
        items.push_back({{"type", "function_call"},
                         {"call_id", call.id},
                         {"name", call.name},
                         {"arguments", dump_json(call.arguments)}});
      }
    }
  }
  return items;
}

class ResponsesDecoder : public Decoder {
 public:
  explicit ResponsesDecoder(Answer& answer) : answer_(answer) {}

  Step event(const sse::Event& event) override {
    if (event.data == "[DONE]") return end();
    const auto json = event_json(event, answer_);
    if (!json) return Step::failed;
    const std::string_view type = text_at(*json, "type");
    const std::int64_t index = count_at(*json, "output_index");
    if (type == "response.output_text.delta") return answer_.text(text_at(*json, "delta"));
    if (type == "response.reasoning_summary_text.delta" || type == "response.reasoning_text.delta")
      return answer_.thought(text_at(*json, "delta"));
    if (type == "response.function_call_arguments.delta")
      return answer_.call_piece(index, "", "", text_at(*json, "delta"));
    if (type == "response.function_call_arguments.done")
      return answer_.call_arguments(index, text_at(*json, "arguments"));
    if (type == "response.output_item.added" || type == "response.output_item.done")
      return item(index, field(*json, "item"), type == "response.output_item.done");
    if (type == "response.refusal.delta") {
      if (refusal_.size() < 4096) refusal_ += text_at(*json, "delta");
      return Step::alive;
    }
    if (type == "response.completed" || type == "response.incomplete" ||
        type == "response.failed" || type == "response.cancelled") {
      return last(field(*json, "response"));
    }
    if (type == "error" || (type.empty() && json->contains("error")))
      return stream_error(*json, answer_);
    if (type == "response.created") answer_.model = text_at(*json, {"response", "model"});
    return type.substr(0, 9) == "response." ? Step::alive : Step::nothing;
  }

  Step end() override { return complete_ ? Step::done : cut_short(answer_); }

  Json state() const override {
    if (reasoning_.empty() || !answer_.has_calls()) return nullptr;
    return {{"reasoning", reasoning_}};
  }

 private:
  Step item(std::int64_t index, const Json& item, bool whole);
  Step last(const Json& response);

  Answer& answer_;
  std::string refusal_;
  Json reasoning_ = Json::array();  // items that can be given back: those with encrypted content
  bool complete_ = false;
};

Step ResponsesDecoder::item(std::int64_t index, const Json& item, bool whole) {
  const std::string_view type = text_at(item, "type");
  if (type == "function_call") {
    const Step step =
        answer_.call_piece(index, text_at(item, "call_id"), text_at(item, "name"), "");
    return whole ? more(step, answer_.call_arguments(index, text_at(item, "arguments"))) : step;
  }
  if (type == "reasoning" && whole && !text_at(item, "encrypted_content").empty() &&
      reasoning_.size() < 64) {
    reasoning_.push_back({{"type", "reasoning"},
                          {"summary", list_of(field(item, "summary"))},
                          {"encrypted_content", field(item, "encrypted_content")}});
  }
  return Step::alive;
}

Step ResponsesDecoder::last(const Json& response) {
  const Json& reported = field(response, "usage");
  if (reported.is_object()) {
    CloudUsage usage;
    usage.input = count_at(reported, "input_tokens");
    usage.output = count_at(reported, "output_tokens");
    usage.cached = count_at(reported, {"input_tokens_details", "cached_tokens"});
    usage.whole = count_of(field(reported, "output_tokens")).has_value();
    answer_.usage(usage);
  }
  if (!text_at(response, "model").empty()) answer_.model = text_at(response, "model");
  const std::string_view status = text_at(response, "status");
  const std::string_view why = text_at(response, {"incomplete_details", "reason"});
  if (status == "failed" || field(response, "error").is_object())
    return stream_error(response, answer_);
  if (why == "content_filter") return answer_.refuse("content filter");
  if (!refusal_.empty()) return answer_.refuse(refusal_);
  if (status == "incomplete") answer_.finish_reason = CloudFinish::length;
  if (status == "cancelled")
    return answer_.fail(CloudErrorKind::server, "the provider cancelled the answer", true);
  complete_ = true;
  return Step::done;
}

class Responses : public Protocol {
 public:
  std::string_view base_url() const override { return "https://api.openai.com/v1"; }

  Intake intake() const override {
    Intake intake;
    intake.state_of = kName;
    intake.images = {"image/jpeg", "image/png", "image/gif", "image/webp"};
    intake.most_image_bytes = 8u << 20;
    return intake;
  }

  Result<Encoded> encode(const CloudRequest& request) const override {
    CACTUS_TRY(conversation, read_conversation(request, intake()));
    Encoded out;
    out.path = "/responses";
    out.body = {{"model", request.model}};
    if (!conversation.system.empty()) out.body["instructions"] = conversation.system;
    out.body["input"] = items_of(conversation);
    for (const Tool& tool : conversation.tools) {
      out.body["tools"].push_back({{"type", "function"},
                                   {"name", tool.name},
                                   {"description", tool.description},
                                   {"parameters", tool.parameters},
                                   {"strict", false}});
    }
    out.body["max_output_tokens"] = request.max_output_tokens;
    out.body["store"] = false;
    out.body["stream"] = true;
    out.notices = std::move(conversation.notices);
    return out;
  }

  std::unique_ptr<Decoder> decoder(Answer& answer) const override {
    return std::make_unique<ResponsesDecoder>(answer);
  }

  net::SecretHeader key_header(const Secret& key) const override {
    return {"Authorization", "Bearer ", key};
  }
};

}  // namespace

std::unique_ptr<Protocol> openai_responses() {
  return std::make_unique<Responses>();
}

}  // namespace cactus::providers
