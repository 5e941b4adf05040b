// A CloudRequest put in order, so that an encoder only translates: system texts gathered, calls
// matched with their results, what nobody accepts left out.
#pragma once
#include <string>
#include <vector>

#include "router/provider.h"

namespace cactus::providers {

struct Call {
  std::string id;
  std::string name;
  Json arguments = Json::object();
};

enum class Role { user, assistant, tool };

struct Turn {
  Role role = Role::user;
  std::string text;                            // of a tool: its result
  std::vector<Call> calls;                     // assistant
  std::string call_id, name;                   // tool: the call it answers
  std::vector<const Attachment*> attachments;  // user; point into the request
  Json state;  // assistant: "provider_state", null unless it is of this provider and model
};

struct Tool {
  std::string name, description;
  Json parameters;  // JSON schema, an object
};

struct Conversation {
  std::string system;
  std::vector<Turn> turns;  // none empty, the last one not the assistant's
  std::vector<Tool> tools;
  std::vector<std::string> notices;  // what was left out
};

// What a provider takes along.
struct Intake {
  std::string_view state_of;                // "provider" of the states it knows
  std::vector<std::string_view> images;     // media types
  std::vector<std::string_view> audio;      // media types
  std::size_t most_image_bytes = 5u << 20;  // each, in base64
  std::int64_t most_image_tokens = 50'000;  // of one of at most 1568 pixels
  std::size_t most_attached = 18u << 20;    // together, in base64; the newest come first
  bool starts_with_user = false;            // answers before the first question are left out
};

// Calls without a result and results without a call are left out: every provider refuses them. The
// result points into `request`. Errors: usage (a message that is none, nothing to answer).
Result<Conversation> read_conversation(const CloudRequest& request, const Intake& intake);

// Why `attachment` cannot be sent, as what follows a provider's name: "takes no sound"; empty when
// it can.
std::string refusal(const Attachment& attachment, const Intake& intake);

std::string base64(std::string_view bytes);

// `extra` merged over `body` (null removes a member), as JSON merge patch does.
void merge_body(Json& body, const Json& extra);

}  // namespace cactus::providers
