// The one interface to cloud models: a conversation in, a streamed answer or a typed error out. One
// call of send() is one HTTP request: retries, budgets, consent and the choice of a provider belong
// to the caller (retry.h, breaker.h, policy, budget).
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/json.h"

namespace cactus {

class Secret;  // engine/base/secret.h

// An image or a sound that belongs to a message of the user.
struct Attachment {
  enum class Kind { image, audio };
  Kind kind = Kind::image;
  std::string media_type;  // "image/jpeg", "audio/wav"
  std::string bytes;       // the file's contents, not encoded
  std::string name;        // what notices call it; never sent
  // Index of its message in CloudRequest::messages; unset: the last message of the user.
  std::optional<std::size_t> message;
};

struct CloudRequest {
  std::string model;   // as the provider names it
  std::string system;  // may be empty. System messages in `messages` are appended to it
  // OpenAI-style: {"role": "user"|"assistant"|"tool"|"system", "content": text, null or a list of
  // {"type": "text", "text"}, "tool_calls": [{"id", "function": {"name", "arguments"}}] or the
  // engine's [{"name", "arguments"}], "tool_call_id"}. Missing ids of calls are made up, the same
  // for a call and its result. "provider_state" is what CloudReply::message holds.
  Json messages = Json::array();
  Json tools;  // OpenAI-style [{"type": "function", "function": {…}}] (or the inner objects), or
               // null
  std::vector<Attachment> attachments;
  std::int64_t max_output_tokens = 4096;  // thoughts count too
  Json extra_body;                        // object merged over the body (merge patch), or null
  std::vector<std::pair<std::string, std::string>> headers;  // sent besides; no key belongs here
};

// Tokens as the provider counted them.
struct CloudUsage {
  std::int64_t input = 0;        // all of the prompt, cached or not
  std::int64_t output = 0;       // all that is paid as output, thoughts included
  std::int64_t cached = 0;       // of `input`: read from the provider's cache
  std::int64_t cache_write = 0;  // of `input`: written to it (Anthropic charges it higher)
  // False: reported while the answer was under way, so that more output may have been paid for.
  bool whole = true;
  bool operator==(const CloudUsage&) const = default;
};

// Sees the answer as it arrives, on the thread that called send().
class CloudEvents {
 public:
  virtual ~CloudEvents() = default;
  // Whole code points, never empty. False: nobody reads any more; send() ends as cancelled.
  virtual bool on_text(std::string_view) { return true; }
  virtual bool on_thought(std::string_view) { return true; }
  virtual void on_tool_call(const Json&) {}  // one of CloudReply::tool_calls, when it is whole
  // Cumulative, each time the provider reports it, also when the call fails afterwards.
  virtual void on_usage(const CloudUsage&) {}
};

enum class CloudFinish { stop, length, tool_calls };

struct CloudReply {
  std::string text;
  Json tool_calls = Json::array();  // [{"id", "name", "arguments": {…}}]
  CloudFinish finish = CloudFinish::stop;
  std::optional<CloudUsage> usage;   // unset: the provider reported none
  std::string request_id;            // the provider's, may be empty
  std::string model;                 // as the provider reported it, may be empty
  std::vector<std::string> notices;  // "photo.png was not sent: …"
  // The message for the history: role assistant, content, tool_calls, and "provider_state" where
  // this provider wants something back with the next request (others ignore it).
  Json message;
  double first_text_ms = 0, total_ms = 0;  // since send() began; first_text_ms 0: no text came
};

enum class CloudErrorKind {
  config,       // our side: base URL not allowed, no such provider, request cannot be written
  auth,         // 401, 403: the key is wrong or may not do this
  billing,      // 402, quota used up: waiting does not help
  rate_limit,   // 429
  overloaded,   // 503, 529
  server,       // other 5xx, or an error event
  bad_request,  // 400, 404, 422 …: this request will never work (model, parameter)
  too_large,    // 413, longer than the model's context
  network,      // cannot connect, cut before the answer was whole
  tls,          // certificate not trusted
  redirect,     // refused: a redirect would carry the key to another place
  timeout,      // one of CloudDeadlines
  refused,      // the model, or a filter of the provider, refused to answer
  malformed,  // not what the protocol says: an HTML page, broken JSON, an answer beyond all limits
  cancelled,  // `cancel` was set, or the sink said so
};

struct CloudError {
  CloudErrorKind kind = CloudErrorKind::malformed;
  int http_status = 0;  // 0: there was none
  // How long the provider asks to wait.
  std::optional<std::chrono::milliseconds> retry_after;
  // Whether the same request may work in a moment (retry.h decides about time and output).
  bool retryable = false;
  bool sent = true;                 // the whole request left: a model may have run
  bool output_began = false;        // text or a thought reached the sink
  bool blames_attachment = false;   // an image or sound: without it the request may pass
  std::optional<CloudUsage> usage;  // what was reported before it failed: it may be charged
  std::string request_id;
  // One line for a person: printable, at most 300 bytes, no key. What the provider said is part of
  // it, without control characters.
  std::string message;
};

// "rate_limit", for reasons and JSON.
std::string_view cloud_error_name(CloudErrorKind kind);

// A reply or an error.
class [[nodiscard]] CloudResult {
 public:
  CloudResult(CloudReply reply) : reply_(std::move(reply)) {}
  CloudResult(CloudError error) : error_(std::move(error)) {}
  explicit operator bool() const { return reply_.has_value(); }
  CloudReply& operator*() { return *reply_; }
  const CloudReply& operator*() const { return *reply_; }
  CloudReply* operator->() { return &*reply_; }
  const CloudReply* operator->() const { return &*reply_; }
  const CloudError& error() const { return error_; }

 private:
  std::optional<CloudReply> reply_;
  CloudError error_;
};

// All count from the start of send(), `idle` from the last event that carried something: comments
// and pings keep nothing alive.
struct CloudDeadlines {
  std::chrono::milliseconds first_output{15'000};  // first text, thought or piece of a call
  std::chrono::milliseconds idle{15'000};
  std::chrono::milliseconds total{180'000};
};

// One provider at one base URL. Threads: send() may run on several at once.
class Provider {
 public:
  virtual ~Provider() = default;
  virtual std::string_view name() const = 0;  // "anthropic", or what the user called it
  virtual std::string_view base_url() const = 0;
  // Why this attachment cannot be sent there: "takes no sound"; empty when it can (some models
  // still refuse it).
  virtual std::string refusal(const Attachment& attachment) const = 0;
  // An upper bound of the tokens it is there, for its price.
  virtual std::int64_t most_tokens(const Attachment& attachment) const = 0;

  // The JSON that send() would post, for showing it and for the worst case of its price: a token is
  // at least a byte of it, images and audio excepted. Errors: usage.
  virtual Result<std::string> body(const CloudRequest& request) const = 0;

  // Asks, streams into `sink`, returns when the answer is whole. `cancel` (may be null) is polled
  // at least every 100 ms. No redirect is followed and the certificate is always verified.
  virtual CloudResult send(const CloudRequest& request, const Secret& key, CloudEvents& sink,
                           const std::atomic<bool>* cancel, const CloudDeadlines& deadlines) = 0;
};

}  // namespace cactus
