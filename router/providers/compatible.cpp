// The servers that speak OpenAI's Chat Completions: one row each.
#include <array>

#include "router/providers/openai_chat.h"

namespace cactus::providers {
namespace {

std::array<Quirks, 6> make_rows() {
  std::array<Quirks, 6> rows;
  auto& [openai, deepseek, openrouter, vllm, ollama, generic] = rows;

  openai.name = "openai-chat";
  openai.base_url = "https://api.openai.com/v1";
  openai.length = "max_completion_tokens";  // reasoning models reject max_tokens

  deepseek.name = "deepseek";
  deepseek.base_url = "https://api.deepseek.com";
  deepseek.images = {};
  deepseek.audio = {};
  deepseek.echo_thoughts = "reasoning_content";

  openrouter.name = "openrouter";
  openrouter.base_url = "https://openrouter.ai/api/v1";

  vllm.name = "vllm";  // its address is the user's

  ollama.name = "ollama";
  ollama.base_url = "http://localhost:11434/v1";
  ollama.audio = {};

  generic.name = "openai-compatible";
  return rows;
}

}  // namespace

const Quirks* quirks_of(std::string_view kind) {
  static const std::array<Quirks, 6> rows = make_rows();
  for (const Quirks& row : rows) {
    if (row.name == kind) return &row;
  }
  return nullptr;
}

}  // namespace cactus::providers
