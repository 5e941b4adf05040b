#include "engine/tokenizer/post_processor.h"

#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/vocab.h"

namespace cactus::text {
namespace {

constexpr int max_depth = 8;
constexpr std::size_t max_special_ids = 64;

Status append_id(const Json& id, std::vector<std::int32_t>& ids) {
  if (!id.is_number_integer() || id.get<std::int64_t>() < 0 ||
      id.get<std::int64_t>() > Vocab::max_id || ids.size() == max_special_ids) {
    return bad_component("the post-processor", "it adds an id that is out of range");
  }
  ids.push_back(id.get<std::int32_t>());
  return ok_status();
}

// {"single": [{"SpecialToken": {"id": name}}, {"Sequence": {"id": "A"}}], "special_tokens": …}
Status add_template(const Json& json, PostProcessor& out) {
  const Json* single = field(json, "single");
  if (single == nullptr || !single->is_array()) {
    return bad_component("the post-processor TemplateProcessing", "it has no single template");
  }
  const Json* known = field(json, "special_tokens");
  std::vector<std::int32_t> before, after;
  bool text_seen = false;
  for (const Json& item : *single) {
    if (field(item, "Sequence") != nullptr) {
      if (text_seen) {
        return bad_component("the post-processor TemplateProcessing", "it uses the text twice");
      }
      text_seen = true;
      continue;
    }
    const Json* special = field(item, "SpecialToken");
    const std::string name = special == nullptr ? std::string() : string_field(*special, "id");
    const Json* entry = known == nullptr ? nullptr : field(*known, name.c_str());
    const Json* ids = entry == nullptr ? nullptr : field(*entry, "ids");
    if (ids == nullptr || !ids->is_array()) {
      return bad_component("the post-processor TemplateProcessing",
                           "its token \"" + name + "\" has no ids");
    }
    for (const Json& id : *ids) CACTUS_CHECK(append_id(id, text_seen ? after : before));
  }
  out.before.insert(out.before.begin(), before.begin(), before.end());
  out.after.insert(out.after.end(), after.begin(), after.end());
  return ok_status();
}

// BertProcessing, RobertaProcessing: "cls" and "sep", each [token, id].
Status add_pair(const Json& json, PostProcessor& out) {
  for (const bool front : {true, false}) {
    const Json* pair = field(json, front ? "cls" : "sep");
    if (pair == nullptr || !pair->is_array() || pair->size() != 2) {
      return bad_component("the post-processor", "cls or sep is not a token and an id");
    }
    CACTUS_CHECK(append_id((*pair)[1], front ? out.before : out.after));
  }
  return ok_status();
}

Status add(const Json& json, int depth, PostProcessor& out) {
  const std::string type = string_field(json, "type");
  if (depth > max_depth) return bad_component("the post-processor", "it is nested too deep");
  if (type == "ByteLevel") return ok_status();  // concerns offsets only
  if (type == "TemplateProcessing") return add_template(json, out);
  if (type == "BertProcessing" || type == "RobertaProcessing") return add_pair(json, out);
  if (type != "Sequence") return unsupported("post-processor", type);
  const Json* parts = field(json, "processors");
  if (parts == nullptr || !parts->is_array()) {
    return bad_component("the post-processor Sequence", "it has no processors");
  }
  for (const Json& part : *parts) CACTUS_CHECK(add(part, depth + 1, out));
  return ok_status();
}

}  // namespace

Result<PostProcessor> PostProcessor::load(const Json& json) {
  PostProcessor out;
  if (!json.is_null()) CACTUS_CHECK(add(json, 0, out));
  return out;
}

}  // namespace cactus::text
