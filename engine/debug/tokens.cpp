#include "engine/debug/tokens.h"

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/weights/bundle.h"

namespace cactus {
namespace {

constexpr std::uint64_t max_file_bytes = std::uint64_t{512} << 20;

Error wrong_entry(std::string_view name, std::size_t index, const char* why) {
  return make_error(ErrorKind::usage,
                    std::string(name) + ": entry " + std::to_string(index) + " is wrong", why);
}

Result<std::vector<std::int32_t>> ids_of(const nlohmann::json& list, std::string_view name,
                                         std::size_t index) {
  std::vector<std::int32_t> ids;
  if (!list.is_array()) return wrong_entry(name, index, "it is not a list of token ids");
  for (const auto& id : list) {
    if (!id.is_number_integer() || id < 0 || id > INT32_MAX) {
      return wrong_entry(name, index, "a token id is a whole number from 0 to 2147483647");
    }
    ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

Result<nlohmann::json> parse_list(std::string_view json, std::string_view name) {
  CACTUS_TRY(list, parse_large_json(json, name, ErrorKind::usage));
  if (!list.is_array()) {
    return make_error(ErrorKind::usage, std::string(name) + " is not a JSON list");
  }
  return std::move(list);
}

}  // namespace

Result<std::unique_ptr<const Tokenizer>> open_tokenizer(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::exists(folder / "cactus.json", ignored)) {
    CACTUS_TRY(bundle, Bundle::open(folder));
    CACTUS_TRY(json, bundle->file("tokenizer.json"));
    const Json& config = bundle->manifest().tokenizer_config;
    return Tokenizer::load(json, config.is_object() ? dump_json(config) : std::string());
  }
  CACTUS_TRY(json, read_file(folder / "tokenizer.json", max_file_bytes));
  const std::filesystem::path config_path = folder / "tokenizer_config.json";
  if (!std::filesystem::exists(config_path, ignored)) return Tokenizer::load(json, {});
  CACTUS_TRY(config, read_file(config_path, max_file_bytes));
  return Tokenizer::load(json, config);
}

Result<std::string> encode_texts(const Tokenizer& tokenizer, std::string_view texts_json,
                                 std::string_view name, bool add_special) {
  CACTUS_TRY(texts, parse_list(texts_json, name));
  Json out = Json::array();
  EncodeOptions options;
  options.add_special = add_special;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i].is_string()) return wrong_entry(name, i, "it is not a text");
    CACTUS_TRY(ids, tokenizer.encode(texts[i].get_ref<const std::string&>(), options));
    out.push_back(ids);
  }
  return dump_json(out) + "\n";
}

Result<std::string> decode_ids(const Tokenizer& tokenizer, std::string_view ids_json,
                               std::string_view name, bool skip_special) {
  CACTUS_TRY(lists, parse_list(ids_json, name));
  if (!lists.empty() && lists[0].is_number()) lists = nlohmann::json::array({lists});
  Json out = Json::array();
  for (std::size_t i = 0; i < lists.size(); ++i) {
    CACTUS_TRY(ids, ids_of(lists[i], name, i));
    out.push_back(tokenizer.decode(ids, skip_special));
  }
  return dump_json(out) + "\n";
}

}  // namespace cactus
