#include "hub/fetch/sidecar.h"

namespace cactus::hub {
namespace {

using nlohmann::json;
constexpr std::uint64_t kLimit = 4u << 20;  // bytes of the text

std::optional<std::uint64_t> number(const json& value) {
  if (!value.is_number_unsigned()) return {};
  return value.get<std::uint64_t>();
}

}  // namespace

std::filesystem::path sidecar_of(const std::filesystem::path& partial) {
  std::filesystem::path path = partial;
  path += ".json";
  return path;
}

std::string write_sidecar(const TreeFile& file, const Sidecar& sidecar) {
  json segments = json::array();
  for (const Segment& s : sidecar.segments) segments.push_back({s.begin, s.end, s.done});
  return json{{"v", 1},
              {"size", file.size},
              {"etag", file.etag},
              {"owner", sidecar.owner.to_json()},
              {"segments", std::move(segments)}}
             .dump(-1, ' ', false, json::error_handler_t::replace) +
         "\n";
}

std::optional<Sidecar> parse_sidecar(std::string_view text, const TreeFile& file) {
  const auto parsed = parse_large_json(text, "sidecar");
  if (!parsed || !parsed->is_object()) return {};
  const auto at = [&](const char* key) -> const json& {
    static const json nothing;
    const auto found = parsed->find(key);
    return found == parsed->end() ? nothing : *found;
  };
  if (number(at("v")) != 1 || number(at("size")) != file.size || at("etag") != file.etag) return {};
  Sidecar sidecar{Owner::from_json(at("owner")), {}};
  std::uint64_t end = 0;
  const json& segments = at("segments");
  if (!segments.is_array()) return {};
  for (const json& item : segments) {
    if (!item.is_array() || item.size() != 3) return {};
    const auto b = number(item[0]), e = number(item[1]), d = number(item[2]);
    if (!b || !e || !d || *b != end || *e < *b || *d > *e - *b) return {};
    end = *e;
    sidecar.segments.push_back({*b, *e, *d});
  }
  if (end != file.size) return {};
  return sidecar;
}

std::optional<Sidecar> read_sidecar(const std::filesystem::path& path, const TreeFile& file) {
  const auto text = read_file(path, kLimit);
  if (!text) return {};
  return parse_sidecar(*text, file);
}

}  // namespace cactus::hub
