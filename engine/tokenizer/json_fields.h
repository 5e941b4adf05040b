// Members of a component's object in tokenizer.json, each with the value that the reference assumes
// where it is absent; a member of the wrong type counts as absent.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/utf8.h"

namespace cactus::text {

inline const Json* field(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

inline bool bool_field(const Json& object, const char* name, bool absent) {
  const Json* f = field(object, name);
  return f != nullptr && f->is_boolean() ? f->get<bool>() : absent;
}

inline std::string string_field(const Json& object, const char* name,
                                std::string_view absent = {}) {
  const Json* f = field(object, name);
  return f != nullptr && f->is_string() ? f->get<std::string>() : std::string(absent);
}

inline std::int64_t int_field(const Json& object, const char* name, std::int64_t absent) {
  const Json* f = field(object, name);
  return f != nullptr && f->is_number_integer() ? f->get<std::int64_t>() : absent;
}

inline Error bad_component(std::string_view owner, std::string_view why) {
  return make_error(ErrorKind::incompatible,
                    "tokenizer.json: " + std::string(owner) + " cannot be read", std::string(why));
}

inline Error unsupported(std::string_view stage, std::string_view type) {
  return make_error(ErrorKind::incompatible,
                    "tokenizer.json: the " + std::string(stage) + " \"" +
                        utf8::sanitize(type.substr(0, 100)) + "\" is not supported",
                    "this version knows the tokenizers of the model families it runs",
                    "a newer cactus, or another model");
}

}  // namespace cactus::text
