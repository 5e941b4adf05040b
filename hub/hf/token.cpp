#include "hub/hf/token.h"

#include "engine/base/file.h"

namespace cactus::hub {

Secret EnvironmentToken::token() {
  if (!environment_.implicit_token) return {};
  if (!environment_.token.empty()) return environment_.token;
  auto text = read_file(environment_.token_file, 4096);
  if (!text) return {};
  std::erase_if(*text, [](char c) { return c == '\r' || c == '\n' || c == ' ' || c == '\t'; });
  return Secret::take(*text);
}

}  // namespace cactus::hub
