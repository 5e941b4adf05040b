// What a stream of events has made of the answer so far. Decoders write into it; it tells the sink
// and keeps the limits.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/provider.h"

namespace cactus::providers {

// What one event meant. Only `output` ends the wait for the first output; `nothing` does not even
// count against silence.
enum class Step {
  nothing,  // a ping
  alive,    // progress that nobody sees
  output,   // text, thought or a piece of a call
  done,     // the answer is whole; what follows is not read
  failed,   // Answer::take_error() says why
};
// Of two things that one event meant, the one that matters more.
inline Step more(Step a, Step b) {
  return a < b ? b : a;
}

class Answer {
 public:
  // `provider` marks the state that goes into the history (Intake::state_of).
  Answer(CloudEvents& sink, std::string provider, std::string asked_model)
      : sink_(sink), provider_(std::move(provider)), asked_model_(std::move(asked_model)) {}

  // Each returns what to return from the decoder.
  Step text(std::string_view piece);
  Step thought(std::string_view piece);
  // Pieces of the call that the provider numbers `index`; empty parts add nothing.
  Step call_piece(std::int64_t index, std::string_view id, std::string_view name,
                  std::string_view arguments);
  // Replaces the pieces of its arguments (providers repeat them whole at the end).
  Step call_arguments(std::int64_t index, std::string_view arguments);
  void call_state(std::int64_t index, Json state);
  Step fail(CloudErrorKind kind, std::string message, bool retryable = false);
  Step fail(CloudError error);
  Step refuse(std::string why);  // empty: the provider gave no reason

  void usage(const CloudUsage& usage);  // cumulative
  const CloudUsage& usage_so_far() const { return usage_; }

  // At the end: tells the sink about the calls and makes the reply. An error when a call is broken
  // or nothing came at all. `state` (an object or null) becomes "provider_state", with the states
  // of calls as {"calls": {id: state}}.
  CloudResult finish(Json state = nullptr);

  bool began() const { return began_; }
  bool has_calls() const { return !calls_.empty(); }
  bool has_text() const { return !text_.empty(); }
  const std::string& thoughts() const { return thoughts_; }
  void replace_error(CloudError error) { error_ = std::move(error); }
  // The error so far, with usage and the like filled in.
  CloudError take_error();

  CloudFinish finish_reason = CloudFinish::stop;
  std::string model, request_id;  // as the provider says

 private:
  struct OpenCall {
    std::string id, name, arguments;
    Json state;
  };
  bool grow(std::size_t bytes);
  OpenCall* call_at(std::int64_t index);

  CloudEvents& sink_;
  std::string provider_, asked_model_;
  std::string text_, thoughts_;
  std::map<std::int64_t, OpenCall> calls_;
  CloudUsage usage_;
  bool usage_known_ = false;
  bool began_ = false;
  std::size_t size_ = 0;
  std::optional<CloudError> error_;
};

}  // namespace cactus::providers
