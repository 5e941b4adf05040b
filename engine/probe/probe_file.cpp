// probe.cactus, byte by byte: docs/probe.md.
#include <bit>
#include <cmath>
#include <cstring>

#include "engine/base/hash.h"
#include "engine/probe/probe.h"

namespace cactus {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is used as it is");

constexpr char kMagic[8] = {'C', 'A', 'C', 'T', 'P', 'R', 'B', '\0'};
constexpr std::uint32_t kHeadAlone = 1, kBlended = 2;  // versions
constexpr std::size_t kHashDigits = 32;
constexpr std::uint32_t kMostHidden = 1u << 16, kMostCard = 4u << 20;

struct Header {
  std::uint32_t version, hidden, width, first, second, layer, card, reserved;
};

std::size_t padded(std::size_t n) {
  return (n + 63) / 64 * 64;
}

Error broken(const std::string& name, const std::string& why) {
  return make_error(ErrorKind::incompatible, name + " is not a probe that can be used", why,
                    "the file as it was made, or a new one: cactus probe train");
}

Result<ProbeCard> parse_card(std::string_view text, std::uint32_t version,
                             const std::string& name) {
  CACTUS_TRY(json, parse_json(text, "the card of " + name));
  if (!json.is_object()) return broken(name, "its card is no JSON object");
  ProbeCard card;
  CACTUS_TRY(model, parse_identity(json.value("model", Json())));
  card.model = std::move(model);
  const Json layer = json.value("layer", Json());
  if (!layer.is_number_integer()) return broken(name, "its card names no layer");
  card.layer = layer.get<std::int64_t>();
  const bool has_blend = !json.value("blend", Json()).is_null();
  if (has_blend != (version == kBlended))
    return broken(name, has_blend ? "it has a blend, its version says that it has none"
                                  : "its version says that it has a blend, its card has none");
  if (has_blend) {
    CACTUS_TRY(blend, parse_blend(json["blend"]));
    card.blend = blend;
  }
  CACTUS_TRY(calibration, parse_calibration(json.value("calibration", Json())));
  card.calibration = std::move(calibration);
  const Json threshold = json.value("threshold", Json());
  if (!threshold.is_null()) {
    if (!threshold.is_number() || !(threshold >= 0.0 && threshold <= 1.0))
      return broken(name, "its threshold is not between 0 and 1");
    card.threshold = threshold.get<double>();
  }
  card.training = json.value("training", Json());
  card.measured = json.value("measured", Json());
  return card;
}

}  // namespace

Json card_json(const ProbeCard& card) {
  Json json = {{"model", identity_json(card.model)},
               {"layer", card.layer},
               {"calibration", calibration_json(card.calibration)},
               {"threshold", card.threshold ? Json(*card.threshold) : Json()},
               {"training", card.training},
               {"measured", card.measured}};
  if (card.blend) json["blend"] = blend_json(*card.blend);
  return json;
}

std::string write_probe(const ProbeCard& card, const Head& head) {
  std::string text = dump_json(card_json(card), 1);
  const Header header{card.blend ? kBlended : kHeadAlone,
                      static_cast<std::uint32_t>(head.hidden()),
                      kProbeWidth,
                      kProbeFirst,
                      kProbeSecond,
                      static_cast<std::uint32_t>(card.layer),
                      static_cast<std::uint32_t>(text.size()),
                      0};
  text.resize(padded(text.size()), '\0');
  std::string body(sizeof header, '\0');
  std::memcpy(body.data(), &header, sizeof header);
  body += text;
  body.append(reinterpret_cast<const char*>(head.parameters().data()),
              head.parameters().size_bytes());
  // magic, hash of everything after it, then header, card and numbers
  return std::string(kMagic, sizeof kMagic) + hash_of(std::string_view(body)) + body;
}

Result<std::shared_ptr<const Probe>> Probe::parse(std::string_view bytes, const std::string& name) {
  constexpr std::size_t kBody = sizeof kMagic + kHashDigits;
  if (bytes.size() < kBody + sizeof(Header) || std::memcmp(bytes.data(), kMagic, 8) != 0)
    return broken(name, "it does not begin as one");
  const std::string_view body = bytes.substr(kBody);
  Header h;
  std::memcpy(&h, body.data(), sizeof h);
  if (h.version != kHeadAlone && h.version != kBlended)
    return broken(name, "its version is " + std::to_string(h.version) + ", this runtime reads " +
                            std::to_string(kHeadAlone) + " and " + std::to_string(kBlended));
  if (h.width != kProbeWidth || h.first != kProbeFirst || h.second != kProbeSecond)
    return broken(name, "its head has other sizes than 32, 128, 64");
  if (h.hidden < 1 || h.hidden > kMostHidden || h.card > kMostCard || h.reserved != 0)
    return broken(name, "its header makes no sense");
  const std::size_t count = HeadLayout(h.hidden).total, card_bytes = padded(h.card);
  if (body.size() != sizeof h + card_bytes + count * sizeof(float))
    return broken(name, "it has " + std::to_string(bytes.size()) + " bytes, its header promises " +
                            std::to_string(kBody + sizeof h + card_bytes + count * 4));
  if (hash_of(body) != bytes.substr(sizeof kMagic, kHashDigits))
    return broken(name, "it is damaged: its checksum does not match");
  CACTUS_TRY(card, parse_card(body.substr(sizeof h, h.card), h.version, name));
  if (card.layer != h.layer || card.model.hidden != h.hidden || card.layer < 1 ||
      card.layer > card.model.layers)
    return broken(name, "its card and its header name different layers or sizes");
  std::vector<float> values(count);
  std::memcpy(values.data(), body.data() + sizeof h + card_bytes, count * sizeof(float));
  for (const float v : values)
    if (!std::isfinite(v)) return broken(name, "one of its numbers is not finite");
  return std::shared_ptr<const Probe>(
      std::make_shared<Probe>(std::move(card), Head(h.hidden, values)));
}

}  // namespace cactus
