// Any bytes as a chat template, rendered with a conversation that holds what templates look for;
// and, after a zero byte, any bytes as what the user says. Nothing crashes, texts are UTF-8, spans
// lie in them in order.
#include <cstdint>
#include <cstdlib>

#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/template/chat_template.h"

using namespace cactus;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = std::min(input.find('\0'), size);
  auto parsed = ChatTemplate::parse(std::string(input.substr(0, zero)));
  if (!parsed) return 0;
  const Json variables = {
      {"messages",
       {{{"role", "system"}, {"content", "s"}},
        {{"role", "user"}, {"content", utf8::sanitize(input.substr(std::min(zero + 1, size)))}},
        {{"role", "assistant"}, {"content", nullptr}, {"n", {1, 2.5, true, {{"k", "v"}}}}}}},
      {"tools", {{{"name", "f"}}}},
      {"bos_token", "<s>"},
      {"x", 3},
  };
  RenderLimits limits;
  limits.steps = 200'000;
  limits.output_bytes = 1 << 20;
  const auto rendered = (*parsed)->render(variables, limits, 1700000000);
  if (!rendered) {
    require(!rendered.error().what.empty());
    return 0;
  }
  require(utf8::is_valid(rendered->text));
  std::size_t at = 0;
  for (const auto& span : rendered->user_spans) {
    require(span.begin >= at && span.begin < span.end && span.end <= rendered->text.size());
    at = span.end + 1;
  }
  return 0;
}
