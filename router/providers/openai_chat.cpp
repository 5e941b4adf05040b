// OpenAI Chat Completions: POST /chat/completions, unnamed events, "[DONE]". Tolerates what
// compatible servers leave out.
#include "router/providers/openai_chat.h"

#include "router/providers/errors.h"
#include "router/providers/fields.h"

namespace cactus::providers {
namespace {

Json user_content(const Turn& turn) {
  if (turn.attachments.empty()) return turn.text;
  Json parts = Json::array();
  if (!turn.text.empty()) parts.push_back({{"type", "text"}, {"text", turn.text}});
  for (const Attachment* a : turn.attachments) {
    if (a->kind == Attachment::Kind::image) {
      const std::string url = "data:" + a->media_type + ";base64," + base64(a->bytes);
      parts.push_back({{"type", "image_url"}, {"image_url", {{"url", url}}}});
    } else {
      parts.push_back({{"type", "input_audio"},
                       {"input_audio",
                        {{"data", base64(a->bytes)},
                         {"format", a->media_type == "audio/wav" ? "wav" : "mp3"}}}});
    }
  }
  return parts;
}

Json assistant_message(const Turn& turn, std::string_view echo) {
  Json message = {{"role", "assistant"}, {"content", turn.text}};
  if (turn.calls.empty()) return message;
  if (turn.text.empty()) message["content"] = nullptr;
  const std::string_view thoughts = text_at(turn.state, "thoughts");
  if (!echo.empty() && !thoughts.empty()) message[std::string(echo)] = thoughts;
  for (const Call& call : turn.calls) {
    message["tool_calls"].push_back(
        {{"id", call.id},
         {"type", "function"},
         {"function", {{"name", call.name}, {"arguments", dump_json(call.arguments)}}}});
  }
  return message;
}

Json messages_of(const Conversation& conversation, std::string_view echo) {
  Json messages = Json::array();
  if (!conversation.system.empty())
    messages.push_back({{"role", "system"}, {"content", conversation.system}});
  for (const Turn& turn : conversation.turns) {
    if (turn.role == Role::tool) {
      messages.push_back(
          {{"role", "tool"}, {"tool_call_id", turn.call_id}, {"content", turn.text}});
    } else if (turn.role == Role::user) {
      messages.push_back({{"role", "user"}, {"content", user_content(turn)}});
    } else {
      messages.push_back(assistant_message(turn, echo));
    }
  }
  return messages;
}

class ChatDecoder : public Decoder {
 public:
  ChatDecoder(Answer& answer, bool keeps_thoughts)
      : answer_(answer), keeps_thoughts_(keeps_thoughts) {}

  Step event(const sse::Event& event) override {
    if (event.data == "[DONE]") {
      finished_ = true;  // some servers never give a reason
      return end();
    }
    const auto json = event_json(event, answer_);
    if (!json) return Step::failed;
    if (!field(*json, "error").is_null() || event.type == "error")
      return stream_error(*json, answer_);
    if (!text_at(*json, "model").empty()) answer_.model = text_at(*json, "model");
    const Json& choice = first_of(field(*json, "choices"));
    // A server that does not stream sends the whole message.
    const Json& message = field(choice, "message");
    const Step step = this->choice(choice, message.is_object() ? message : field(choice, "delta"));
    // Without a choice it is the sum at the end; with one it may be the count so far.
    const bool known = usage(field(*json, "usage"), finished_ || !choice.is_object());
    return more(step, known ? Step::alive : Step::nothing);
  }

  Step end() override {
    if (!finished_) return cut_short(answer_);
    if (!refusal_.empty() && !answer_.has_text()) return answer_.refuse(refusal_);
    return Step::done;
  }

  Json state() const override {
    if (!keeps_thoughts_ || answer_.thoughts().empty() || !answer_.has_calls()) return nullptr;
    return {{"thoughts", answer_.thoughts()}};
  }

 private:
  bool usage(const Json& reported, bool whole);
  Step choice(const Json& choice, const Json& delta);
  Step tool_call(const Json& call, std::int64_t position);

  Answer& answer_;
  bool keeps_thoughts_;
  bool finished_ = false;
  std::string refusal_;
  std::map<std::int64_t, std::pair<std::string, std::int64_t>> calls_;  // theirs: id, our index
  std::int64_t next_call_ = 0;
};

bool ChatDecoder::usage(const Json& reported, bool whole) {
  if (!reported.is_object()) return false;
  CloudUsage usage;
  usage.input = count_at(reported, "prompt_tokens");
  usage.output = count_at(reported, "completion_tokens");
  usage.cached = count_at(reported, {"prompt_tokens_details", "cached_tokens"});
  if (usage.cached == 0) usage.cached = count_at(reported, "prompt_cache_hit_tokens");  // DeepSeek
  usage.whole = whole && count_of(field(reported, "completion_tokens"));
  answer_.usage(usage);
  return true;
}

Step ChatDecoder::choice(const Json& choice, const Json& delta) {
  Step step = answer_.text(text_at(delta, "content"));
  for (const char* key : {"reasoning_content", "reasoning"}) {
    if (text_at(delta, key).empty()) continue;
    step = more(step, answer_.thought(text_at(delta, key)));
    break;  // some servers send both
  }
  if (refusal_.size() < 4096) refusal_ += text_at(delta, "refusal");
  std::int64_t position = 0;
  for (const Json& call : list_of(field(delta, "tool_calls")))
    step = more(step, tool_call(call, position++));
  const std::string_view reason = text_at(choice, "finish_reason");
  if (reason.empty()) return step;
  finished_ = true;
  if (reason == "content_filter") return answer_.refuse("content filter");
  if (reason == "error")
    return answer_.fail(CloudErrorKind::server, "the provider failed while answering", true);
  if (reason == "length") answer_.finish_reason = CloudFinish::length;
  if (reason == "tool_calls" || reason == "function_call")
    answer_.finish_reason = CloudFinish::tool_calls;
  return more(step, Step::alive);
}

// Some servers number every call 0 or not at all: a new id is a new call.
Step ChatDecoder::tool_call(const Json& call, std::int64_t position) {
  const std::int64_t theirs = count_of(field(call, "index")).value_or(position);
  const std::string_view id = text_at(call, "id");
  const auto known = calls_.find(theirs);
  if (known == calls_.end() || (!id.empty() && known->second.first != id)) {
    if (known != calls_.end() && known->second.first.empty()) {
      known->second.first = id;
    } else {
      calls_[theirs] = {std::string(id), next_call_++};
    }
  }
  const Json& function = field(call, "function");
  const Json& arguments = field(function, "arguments");
  return answer_.call_piece(
      calls_[theirs].second, id, text_at(function, "name"),
      arguments.is_object() ? dump_json(arguments) : std::string(text_of(arguments)));
}

class Chat : public Protocol {
 public:
  explicit Chat(const Quirks& quirks) : quirks_(quirks) {}

  std::string_view base_url() const override { return quirks_.base_url; }

  Intake intake() const override {
    Intake intake;
    intake.state_of = quirks_.name;
    intake.images = quirks_.images;
    intake.audio = quirks_.audio;
    intake.most_image_bytes = 8u << 20;
    return intake;
  }

  Result<Encoded> encode(const CloudRequest& request) const override {
    CACTUS_TRY(conversation, read_conversation(request, intake()));
    Encoded out;
    out.path = "/chat/completions";
    out.body = {{"model", request.model},
                {"messages", messages_of(conversation, quirks_.echo_thoughts)}};
    for (const Tool& tool : conversation.tools) {
      out.body["tools"].push_back({{"type", "function"},
                                   {"function",
                                    {{"name", tool.name},
                                     {"description", tool.description},
                                     {"parameters", tool.parameters}}}});
    }
    out.body[std::string(quirks_.length)] = request.max_output_tokens;
    out.body["stream"] = true;
    if (quirks_.stream_usage) out.body["stream_options"] = {{"include_usage", true}};
    out.notices = std::move(conversation.notices);
    return out;
  }

  std::unique_ptr<Decoder> decoder(Answer& answer) const override {
    return std::make_unique<ChatDecoder>(answer, !quirks_.echo_thoughts.empty());
  }

  net::SecretHeader key_header(const Secret& key) const override {
    return {"Authorization", "Bearer ", key};
  }

 private:
  Quirks quirks_;
};

}  // namespace

std::unique_ptr<Protocol> openai_chat(const Quirks& quirks) {
  return std::make_unique<Chat>(quirks);
}

}  // namespace cactus::providers
