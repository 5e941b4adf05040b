// What a file of this folder brings: how one provider's requests are written and its streams are
// read. Both are pure functions of bytes; endpoint.h does the sending.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/secret.h"
#include "hub/net/http_client.h"
#include "router/providers/answer.h"
#include "router/providers/conversation.h"
#include "router/sse/parser.h"

namespace cactus::providers {

struct Encoded {
  std::string path;  // after the base URL, with its query
  Json body;
  net::Headers headers;
  std::vector<std::string> notices;
};

// Reads one stream into one Answer.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual Step event(const sse::Event& event) = 0;
  // The stream ended, or nothing more will be waited for: done when the answer is whole all the
  // same.
  virtual Step end() = 0;
  virtual Json state() const { return nullptr; }  // for Answer::finish
};

class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual std::string_view base_url() const = 0;  // the provider's own; empty: the user names one
  virtual Intake intake() const = 0;
  // Errors: usage.
  virtual Result<Encoded> encode(const CloudRequest& request) const = 0;
  virtual std::unique_ptr<Decoder> decoder(Answer& answer) const = 0;
  virtual net::SecretHeader key_header(const Secret& key) const = 0;
};

// The event's data as JSON; on failure tells the answer and returns nothing.
std::optional<Json> event_json(const sse::Event& event, Answer& answer);
// An error object inside a stream.
Step stream_error(const Json& body, Answer& answer);
// The connection ended before the answer did.
Step cut_short(Answer& answer);

std::unique_ptr<Protocol> anthropic();
std::unique_ptr<Protocol> openai_responses();
std::unique_ptr<Protocol> gemini();
struct Quirks;  // openai_chat.h
std::unique_ptr<Protocol> openai_chat(const Quirks& quirks);

}  // namespace cactus::providers
