#include "engine/template/from_json.h"

#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/template/failure.h"

namespace cactus::jinja {
namespace {

Value text_of(const std::string& text, bool user) {
  return Text(utf8::is_valid(text) ? text : utf8::sanitize(text), user);
}

Value convert(const Json& json, bool user, int depth) {
  if (depth > kMaxDataDepth) fail("a variable is nested too deeply", ErrorKind::resources);
  switch (json.type()) {
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_integer:
      return json.get<std::int64_t>();
    case Json::value_t::number_unsigned: {
      const auto value = json.get<std::uint64_t>();
      if (value > INT64_MAX) return static_cast<double>(value);
      return static_cast<std::int64_t>(value);
    }
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
      return text_of(json.get_ref<const std::string&>(), user);
    case Json::value_t::array: {
      std::vector<Value> items;
      items.reserve(json.size());
      for (const Json& item : json) items.push_back(convert(item, user, depth + 1));
      return make_list(std::move(items));
    }
    case Json::value_t::object: {
      Dict dict;
      for (const auto& [key, item] : json.items()) {
        dict.set(text_of(key, user), convert(item, user, depth + 1));
      }
      return make_dict(std::move(dict));
    }
    default:
      return {};
  }
}

}  // namespace

Value from_json(const Json& json, bool user) {
  return convert(json, user, 0);
}

}  // namespace cactus::jinja
