#include "hub/hf/parse.h"

#include <algorithm>

#include "engine/base/json.h"
#include "hub/hf/checks.h"
#include "hub/names/name.h"

namespace cactus::hub {
namespace {

using nlohmann::json;

constexpr std::size_t kMostItems = 200'000;  // files, tags, branches
constexpr std::size_t kMostText = 1000;

Error unreadable(std::string_view what) {
  return make_error(ErrorKind::network, "the hub's answer cannot be read",
                    "it is not the " + std::string(what) + " that was asked for");
}

Result<json> parsed(std::string_view text, std::string_view what) {
  auto value = parse_large_json(text, "the hub's answer", ErrorKind::network);
  if (!value) return unreadable(what);
  return value;
}

// The member of that name; null when there is none or `object` is none.
const json& member(const json& object, const char* name) {
  static const json nothing;
  if (!object.is_object()) return nothing;
  const auto at = object.find(name);
  return at == object.end() ? nothing : *at;
}

// Text for people and comparisons: no control characters, not endless.
std::string text_of(const json& value) {
  if (!value.is_string()) return {};
  std::string text = value.get_ref<const std::string&>().substr(0, kMostText);
  std::erase_if(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  return text;
}

std::uint64_t number_of(const json& value) {
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

bool flag_of(const json& value) {
  return value.is_boolean() && value.get<bool>();
}

std::vector<std::string> texts_of(const json& value) {
  std::vector<std::string> out;
  if (!value.is_array()) return out;
  for (const json& item : value)
    if (item.is_string() && out.size() < kMostItems) out.push_back(text_of(item));
  return out;
}

std::string licence_of(const json& object, const std::vector<std::string>& tags) {
  for (const std::string& tag : tags)
    if (tag.rfind("license:", 0) == 0) return tag.substr(8);
  return text_of(member(member(object, "cardData"), "license"));
}

Gate gate_of(const json& value) {
  if (value.is_string()) return value == "manual" ? Gate::manual : Gate::automatic;
  return flag_of(value) ? Gate::automatic : Gate::none;
}

Result<RepositoryInfo> info_of(const json& object) {
  RepositoryInfo info;
  info.id = text_of(member(object, "id"));
  if (info.id.empty()) info.id = text_of(member(object, "modelId"));
  if (!is_repository(info.id)) return unreadable("description of a model");
  info.commit = text_of(member(object, "sha"));
  if (!info.commit.empty() && !is_commit(info.commit)) return unreadable("description of a model");
  info.last_modified = text_of(member(object, "lastModified"));
  info.is_private = flag_of(member(object, "private"));
  info.disabled = flag_of(member(object, "disabled"));
  info.gate = gate_of(member(object, "gated"));
  info.tags = texts_of(member(object, "tags"));
  info.pipeline = text_of(member(object, "pipeline_tag"));
  info.library = text_of(member(object, "library_name"));
  info.licence = licence_of(object, info.tags);
  const json& config = member(object, "config");
  const auto architectures = texts_of(member(config, "architectures"));
  if (!architectures.empty()) info.architecture = architectures.front();
  info.model_type = text_of(member(config, "model_type"));
  info.parameters = number_of(member(member(object, "safetensors"), "total"));
  info.downloads = number_of(member(object, "downloads"));
  info.likes = number_of(member(object, "likes"));
  const json& siblings = member(object, "siblings");
  if (siblings.is_array()) {
    for (const json& sibling : siblings) {
      const json& name = member(sibling, "rfilename");
      if (!name.is_string() || !is_safe_path(name.get_ref<const std::string&>())) continue;
      if (info.files.size() < kMostItems) info.files.push_back(name.get<std::string>());
    }
  }
  return info;
}

std::vector<Ref> refs_of(const json& list) {
  std::vector<Ref> refs;
  if (!list.is_array()) return refs;
  for (const json& item : list) {
    Ref ref{text_of(member(item, "name")), text_of(member(item, "targetCommit"))};
    // A name that git would not allow was not made by git: nothing could be asked for by it.
    if (is_revision(ref.name) && is_safe_path(ref.name) && is_commit(ref.commit) &&
        refs.size() < kMostItems)
      refs.push_back(std::move(ref));
  }
  return refs;
}

Error hostile(const std::string& path, std::string why) {
  return make_error(ErrorKind::incompatible,
                    "the repository lists a file that cannot be stored: '" + path + "'",
                    std::move(why), "do not use this repository; tell its owner");
}

Result<TreeFile> file_of(const json& entry) {
  const json& path = member(entry, "path");
  if (!path.is_string()) return unreadable("list of files");
  TreeFile file;
  file.path = path.get<std::string>();
  if (!is_safe_path(file.path))
    return hostile(text_of(path), "its path leads out of the folder, or is no plain path");
  file.git_oid = text_of(member(entry, "oid"));
  const json& lfs = member(entry, "lfs");
  const json& size = lfs.is_object() ? member(lfs, "size") : member(entry, "size");
  file.etag = lfs.is_object() ? text_of(member(lfs, "oid")) : file.git_oid;
  if (!size.is_number_unsigned() || !is_hex(file.git_oid, 40) ||
      !is_hex(file.etag, lfs.is_object() ? 64 : 40))
    return hostile(file.path, "its size or checksum is missing or no number");
  file.size = size.get<std::uint64_t>();
  if (file.size > std::uint64_t{1} << 50) return hostile(file.path, "it would be too large");
  file.pointer_size = number_of(member(lfs, "pointerSize"));
  file.xet_hash = text_of(member(entry, "xetHash"));
  return file;
}

}  // namespace

Result<RepositoryInfo> parse_info(std::string_view text) {
  CACTUS_TRY(value, parsed(text, "description of a model"));
  return info_of(value);
}

Result<std::vector<RepositoryInfo>> parse_search(std::string_view text) {
  CACTUS_TRY(value, parsed(text, "list of models"));
  if (!value.is_array()) return unreadable("list of models");
  std::vector<RepositoryInfo> list;
  for (const json& item : value) {
    // A model without an organisation ("gpt2") has no name here.
    if (auto info = info_of(item)) list.push_back(std::move(*info));
  }
  return list;
}

Result<Refs> parse_refs(std::string_view text) {
  CACTUS_TRY(value, parsed(text, "list of versions"));
  if (!value.is_object()) return unreadable("list of versions");
  return Refs{refs_of(member(value, "branches")), refs_of(member(value, "tags"))};
}

Result<std::vector<TreeFile>> parse_tree(std::string_view text) {
  CACTUS_TRY(value, parsed(text, "list of files"));
  if (!value.is_array() || value.size() > kMostItems) return unreadable("list of files");
  std::vector<TreeFile> files;
  for (const json& entry : value) {
    if (member(entry, "type") != "file") continue;
    CACTUS_TRY(file, file_of(entry));
    files.push_back(std::move(file));
  }
  return files;
}

Result<Account> parse_account(std::string_view text) {
  CACTUS_TRY(value, parsed(text, "account"));
  Account account;
  account.name = text_of(member(value, "name"));
  if (account.name.empty()) return unreadable("account");
  const json& list = member(value, "orgs");
  if (list.is_array())
    for (const json& item : list) account.organisations.push_back(text_of(member(item, "name")));
  return account;
}

std::string next_page(std::string_view link) {
  while (!link.empty()) {
    const auto open = link.find('<');
    const auto close = link.find('>', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) break;
    const std::string_view rest = link.substr(close + 1);
    const auto comma = rest.find(',');
    const std::string_view parameters = rest.substr(0, comma);
    if (parameters.find("rel=\"next\"") != std::string_view::npos ||
        parameters.find("rel=next") != std::string_view::npos)
      return std::string(link.substr(open + 1, close - open - 1));
    link = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return {};
}

std::string_view bare_etag(std::string_view etag) {
  if (etag.rfind("W/", 0) == 0) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
    etag = etag.substr(1, etag.size() - 2);
  return etag;
}

}  // namespace cactus::hub
