// OpenAI Chat Completions and the servers that speak it, each with its quirks.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "router/providers/protocol.h"

namespace cactus::providers {

struct Quirks {
  std::string_view name;
  std::string_view base_url;  // empty: the user names one
  std::string_view length = "max_tokens";
  bool stream_usage = true;  // understands stream_options.include_usage
  std::vector<std::string_view> images = {"image/jpeg", "image/png", "image/gif", "image/webp"};
  std::vector<std::string_view> audio = {"audio/wav", "audio/mpeg"};
  // The field of an answer's thoughts that must come back with its calls; empty: none.
  std::string_view echo_thoughts;
};

// Servers by kind ("openai-chat", "deepseek", …); null: none of that name.
const Quirks* quirks_of(std::string_view kind);

}  // namespace cactus::providers
