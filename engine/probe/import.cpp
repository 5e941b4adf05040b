#include "engine/probe/import.h"

#include <cmath>
#include <cstring>
#include <vector>

namespace cactus {

Result<Head> parse_published_probe(std::string_view bytes, const std::string& name) {
  constexpr char kMagic[8] = {'C', 'H', 'P', '1', '0', 'P', '6', '\0'};
  constexpr std::uint32_t kMostHidden = 1u << 16;
  const auto broken = [&](const std::string& why) {
    return make_error(ErrorKind::incompatible, name + " is not a published probe", why,
                      "the file handoff_probe.bin as it was published");
  };
  struct {
    std::uint32_t version, hidden, width, first, second;
  } h;
  constexpr std::size_t kBody = sizeof kMagic + sizeof h;
  if (bytes.size() < kBody || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0)
    return broken("it does not begin with CHP10P6");
  std::memcpy(&h, bytes.data() + sizeof kMagic, sizeof h);
  if (h.version != 1) return broken("its version is " + std::to_string(h.version) + ", not 1");
  if (h.width != kProbeWidth || h.first != kProbeFirst || h.second != kProbeSecond ||
      h.hidden < 1 || h.hidden > kMostHidden)
    return broken("its sizes are not d, 32, 128, 64");
  std::vector<float> values(HeadLayout(h.hidden).total);
  if (bytes.size() != kBody + values.size() * sizeof(float))
    return broken("it has " + std::to_string(bytes.size()) + " bytes instead of " +
                  std::to_string(kBody + values.size() * sizeof(float)));
  std::memcpy(values.data(), bytes.data() + kBody, values.size() * sizeof(float));
  for (const float v : values)
    if (!std::isfinite(v)) return broken("one of its numbers is not finite");
  return Head(h.hidden, values);
}

}  // namespace cactus
