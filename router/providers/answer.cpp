#include "router/providers/answer.h"

#include "router/providers/fields.h"

namespace cactus::providers {
namespace {

constexpr std::size_t kMostBytes = 8u << 20;  // of text, thoughts and calls together
constexpr std::size_t kMostCalls = 256;

}  // namespace

bool Answer::grow(std::size_t bytes) {
  size_ += bytes;
  if (size_ <= kMostBytes) return true;
  fail(CloudErrorKind::malformed, "the answer is longer than 8 MB");
  return false;
}

Step Answer::text(std::string_view piece) {
  if (piece.empty()) return Step::nothing;
  if (!grow(piece.size())) return Step::failed;
  began_ = true;
  text_ += piece;
  return sink_.on_text(piece) ? Step::output : fail(CloudErrorKind::cancelled, "cancelled");
}

Step Answer::thought(std::string_view piece) {
  if (piece.empty()) return Step::nothing;
  if (!grow(piece.size())) return Step::failed;
  began_ = true;
  thoughts_ += piece;
  return sink_.on_thought(piece) ? Step::output : fail(CloudErrorKind::cancelled, "cancelled");
}

Answer::OpenCall* Answer::call_at(std::int64_t index) {
  const auto found = calls_.find(index);
  if (found != calls_.end()) return &found->second;
  if (calls_.size() >= kMostCalls) {
    fail(CloudErrorKind::malformed, "the answer calls too many tools");
    return nullptr;
  }
  return &calls_[index];
}

Step Answer::call_piece(std::int64_t index, std::string_view id, std::string_view name,
                        std::string_view arguments) {
  OpenCall* call = call_at(index);
  if (call == nullptr || !grow(id.size() + name.size() + arguments.size())) return Step::failed;
  if (!id.empty()) call->id = id;
  if (!name.empty()) call->name = name;
  call->arguments += arguments;
  return Step::output;
}

Step Answer::call_arguments(std::int64_t index, std::string_view arguments) {
  OpenCall* call = call_at(index);
  if (call == nullptr || !grow(arguments.size())) return Step::failed;
  call->arguments = arguments;
  return Step::output;
}

void Answer::call_state(std::int64_t index, Json state) {
  if (OpenCall* call = call_at(index)) call->state = std::move(state);
}

Step Answer::fail(CloudError error) {
  if (!error_) error_ = std::move(error);
  return Step::failed;
}

Step Answer::fail(CloudErrorKind kind, std::string message, bool retryable) {
  CloudError error;
  error.kind = kind;
  error.message = std::move(message);
  error.retryable = retryable;
  return fail(std::move(error));
}

Step Answer::refuse(std::string why) {
  return fail(CloudErrorKind::refused,
              "the cloud model refused to answer" + (why.empty() ? "" : ": " + why));
}

void Answer::usage(const CloudUsage& usage) {
  if (usage.input <= 0) return;  // no request is free of input: nothing was counted
  if (usage_known_ && usage == usage_) return;
  usage_ = usage;
  usage_known_ = true;
  sink_.on_usage(usage_);
}

CloudError Answer::take_error() {
  CloudError error = error_.value_or(CloudError{});
  error.output_began = began_;
  if (usage_known_) error.usage = usage_;
  if (error.request_id.empty()) error.request_id = request_id;
  return error;
}

CloudResult Answer::finish(Json state) {
  if (error_) return take_error();
  CloudReply reply;
  Json call_states = Json::object();
  for (auto& [index, open] : calls_) {
    if (open.id.empty()) open.id = "call_" + std::to_string(index);
    Json arguments = Json::object();
    if (open.arguments.find_first_not_of(" \t\r\n") != std::string::npos) {
      auto parsed = parse_json(open.arguments, "arguments");
      const bool cut = finish_reason == CloudFinish::length;
      if (!parsed || !parsed->is_object()) {
        fail(CloudErrorKind::malformed,
             cut ? "the answer ended inside a tool call: too few output tokens allowed"
                 : "the arguments of a tool call are not a JSON object");
        return take_error();
      }
      arguments = std::move(*parsed);
    }
    if (open.name.empty()) {
      fail(CloudErrorKind::malformed, "a tool call has no name");
      return take_error();
    }
    if (!open.state.is_null()) call_states[open.id] = std::move(open.state);
    reply.tool_calls.push_back(
        {{"id", open.id}, {"name", open.name}, {"arguments", std::move(arguments)}});
  }
  if (text_.empty() && reply.tool_calls.empty()) {
    fail(CloudErrorKind::malformed, finish_reason == CloudFinish::length
                                        ? "all output tokens were used for thinking, none is left"
                                        : "the answer is empty");
    return take_error();
  }
  if (!reply.tool_calls.empty()) {
    if (finish_reason == CloudFinish::stop) finish_reason = CloudFinish::tool_calls;
    if (!call_states.empty()) {
      if (!state.is_object()) state = Json::object();
      state["calls"] = std::move(call_states);
    }
  }
  reply.text = std::move(text_);
  reply.finish = finish_reason;
  if (usage_known_) reply.usage = usage_;
  reply.request_id = request_id;
  reply.model = model;
  reply.message = {{"role", "assistant"}, {"content", reply.text}};
  for (const Json& call : reply.tool_calls) {
    sink_.on_tool_call(call);
    reply.message["tool_calls"].push_back(
        {{"id", call["id"]},
         {"type", "function"},
         {"function", {{"name", call["name"]}, {"arguments", call["arguments"]}}}});
  }
  if (state.is_object() && !state.empty()) {
    state["provider"] = provider_;
    state["model"] = asked_model_;
    reply.message["provider_state"] = std::move(state);
  }
  return reply;
}

}  // namespace cactus::providers
