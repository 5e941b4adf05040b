// Any bytes as a stream of events: how they are cut into pieces changes nothing, data is UTF-8, and
// no event is larger than allowed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/utf8.h"
#include "router/sse/parser.h"

using namespace cactus;

namespace {

constexpr std::size_t kMost = 64;

struct Parsed {
  std::vector<std::pair<std::string, std::string>> events;
  bool too_large = false;
  bool operator==(const Parsed&) const = default;
};

Parsed parse(std::string_view text, std::size_t step) {
  Parsed out;
  sse::Parser parser(kMost);
  const auto sink = [&](const sse::Event& event) {
    if (!utf8::is_valid(event.data) || !utf8::is_valid(event.type)) std::abort();
    // A byte that is not UTF-8 becomes three.
    if (event.data.size() > 3 * kMost || event.type.size() > 3 * kMost) std::abort();
    out.events.emplace_back(event.type, event.data);
    return true;
  };
  for (std::size_t i = 0; i < text.size(); i += step) {
    if (!parser.feed(text.substr(i, step), sink)) break;
  }
  parser.finish(sink);
  out.too_large = parser.too_large();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Parsed whole = parse(text, text.size() + 1);
  if (!(parse(text, 1 + data[0] % 9) == whole)) std::abort();
  return 0;
}
