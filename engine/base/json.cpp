#include "engine/base/json.h"

namespace cactus {
namespace {

template <class J>
Result<J> parse(std::string_view text, std::string_view name, ErrorKind kind, int max_depth) {
  bool too_deep = false;
  auto guard = [&](int depth, typename J::parse_event_t, J&) {
    if (depth > max_depth) too_deep = true;
    return !too_deep;
  };
  try {
    J value = J::parse(text.begin(), text.end(), guard, true, false);
    if (too_deep) {
      return make_error(kind, std::string(name) + " is nested too deeply",
                        "more than " + std::to_string(max_depth) + " levels");
    }
    return value;
  } catch (const std::exception& e) {
    std::string why = e.what();
    // "[json.exception.parse_error.101] parse error at …": the tag in brackets is no help to a reader.
    if (auto end = why.find("] "); end != std::string::npos) why.erase(0, end + 2);
    return make_error(kind, std::string(name) + " is not valid JSON", std::move(why));
  }
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view name, ErrorKind kind,
                        int max_depth) {
  return parse<Json>(text, name, kind, max_depth);
}

Result<nlohmann::json> parse_large_json(std::string_view text, std::string_view name,
                                        ErrorKind kind, int max_depth) {
  return parse<nlohmann::json>(text, name, kind, max_depth);
}

std::string dump_json(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cactus
