#include "engine/template/render_cases.h"

#include "engine/base/json.h"

namespace cactus {

Result<Json> render_cases(const ChatTemplate& chat_template, const Json& cases,
                          const Json& defaults, std::optional<std::int64_t> now) {
  if (!cases.is_array()) {
    return make_error(ErrorKind::usage, "the cases are not a list",
                      "a list of objects with messages, tools and further variables is needed");
  }
  Json texts = Json::array();
  for (const Json& one : cases) {
    if (!one.is_object()) {
      return make_error(ErrorKind::usage,
                        "case " + std::to_string(texts.size()) + " is not an object");
    }
    Json variables = defaults.is_object() ? defaults : Json::object();
    for (const auto& [name, value] : one.items()) variables[name] = value;
    auto rendered = chat_template.render(variables, {}, now);
    if (rendered) {
      texts.push_back(std::move(rendered->text));
    } else {
      const Error& error = rendered.error();
      texts.push_back({{"error", error.why.empty() ? error.what : error.what + ": " + error.why}});
    }
  }
  return texts;
}

}  // namespace cactus
