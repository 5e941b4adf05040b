#include "engine/session/settings.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/template/chat_template.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tools/reply_format.h"
#include "engine/weights/bundle.h"

namespace cactus {
namespace {

float number(const Json& object, const char* name, float otherwise) {
  if (!object.is_object()) return otherwise;
  const auto member = object.find(name);
  return member != object.end() && member->is_number() ? member->get<float>() : otherwise;
}

Error out_of_range(const char* name, const char* range) {
  return make_error(ErrorKind::usage, std::string(name) + " is out of range", {},
                    std::string("a value ") + range);
}

void add_ids(std::vector<std::int32_t>& ids, const Json& object, const char* name) {
  if (!object.is_object()) return;
  const auto member = object.find(name);
  if (member == object.end()) return;
  const auto add = [&](const Json& id) {
    if (id.is_number_integer()) ids.push_back(id.get<std::int32_t>());
  };
  if (member->is_array()) {
    for (const Json& id : *member) add(id);
  } else {
    add(*member);
  }
}

}  // namespace

Result<SampleSettings> sample_settings(const SampleOptions& asked, const Json& generation) {
  const bool by_default = generation.is_object() && generation.value("do_sample", Json()) == true;
  const bool sampling =
      by_default || asked.temperature || asked.top_k || asked.top_p || asked.min_p;
  SampleSettings s;
  s.temperature = asked.temperature.value_or(sampling ? number(generation, "temperature", 1) : 0);
  s.top_k = asked.top_k.value_or(
      static_cast<int>(std::clamp(number(generation, "top_k", 50), 0.0f, 1e9f)));
  s.top_p = asked.top_p.value_or(number(generation, "top_p", 1));
  s.min_p = asked.min_p.value_or(number(generation, "min_p", 0));
  s.repetition_penalty =
      asked.repetition_penalty.value_or(number(generation, "repetition_penalty", 1));
  if (!(s.temperature >= 0 && s.temperature <= 100)) return out_of_range("temperature", "0 to 100");
  if (s.top_k < 0) return out_of_range("top_k", "of at least 0 (0: off)");
  if (!(s.top_p >= 0 && s.top_p <= 1)) return out_of_range("top_p", "0 to 1");
  if (!(s.min_p >= 0 && s.min_p <= 1)) return out_of_range("min_p", "0 to 1");
  if (!(s.repetition_penalty > 0 && s.repetition_penalty <= 100)) {
    return out_of_range("repetition_penalty", "above 0, at most 100");
  }
  return s;
}

std::vector<std::int32_t> stop_ids(const Model& model) {
  const Manifest& manifest = model.bundle().manifest();
  const Tokenizer& tokenizer = model.tokenizer();
  std::vector<std::int32_t> ids;
  add_ids(ids, manifest.generation, "eos_token_id");
  if (ids.empty()) add_ids(ids, manifest.config, "eos_token_id");
  if (const auto eos = tokenizer.eos_id()) ids.push_back(*eos);
  for (const std::string_view end : turn_markers()) {
    const auto id = tokenizer.token_id(end);
    if (id && model.chat_template() != nullptr && model.chat_template()->contains(end)) {
      ids.push_back(*id);
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace cactus
