#include "hub/store/record.h"

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/version.h"
#include "hub/names/name.h"

namespace cactus::hub {
namespace {

constexpr std::uint64_t kRecordLimit = 64 << 10;  // bytes

Error broken(std::string_view file, std::string why) {
  return make_error(ErrorKind::incompatible, std::string(file) + " is not a record of an install",
                    std::move(why), "cactus doctor");
}

std::string text_at(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::uint64_t number_at(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}

}  // namespace

std::string Record::folder() const {
  return variant + "-v" + format + "-" + commit.substr(0, 12);
}

Result<Record> parse_record(std::string_view text, std::string_view file) {
  CACTUS_TRY(json, parse_json(text, file, ErrorKind::incompatible, 8));
  if (!json.is_object()) return broken(file, "it is no JSON object");
  if (number_at(json, "v") != 1) return broken(file, "it is of another version than 1");
  Record r;
  r.name = text_at(json, "name");
  r.variant = text_at(json, "variant");
  r.repository = text_at(json, "repository");
  r.revision = text_at(json, "revision");
  r.tag = text_at(json, "tag");
  r.commit = text_at(json, "commit");
  r.format = text_at(json, "format");
  r.licence = text_at(json, "licence");
  r.bundle = text_at(json, "bundle");
  r.bytes = number_at(json, "bytes");
  r.installed = number_at(json, "installed");
  r.pinned = json.contains("pinned") && json["pinned"] == true;
  if (!is_repository(r.name)) return broken(file, "its name is no ORGANISATION/NAME");
  if (!is_repository(r.repository)) return broken(file, "its repository is no ORGANISATION/NAME");
  if (!is_variant(r.variant)) return broken(file, "it has no known variant");
  if (!is_whole_commit(r.commit)) return broken(file, "it has no commit");
  if (!parse_version(r.format)) return broken(file, "it has no weight format");
  if (!r.revision.empty() && !is_revision(r.revision)) return broken(file, "its revision is none");
  if (!r.tag.empty() && !is_revision(r.tag)) return broken(file, "its tag is none");
  if (!r.bundle.empty() && r.bundle.front() != '/')
    return broken(file, "the place of its bundle is no absolute path");
  return r;
}

std::string write_record(const Record& r) {
  const Json json = {{"v", 1},
                     {"name", r.name},
                     {"variant", r.variant},
                     {"repository", r.repository},
                     {"revision", r.revision},
                     {"tag", r.tag},
                     {"commit", r.commit},
                     {"format", r.format},
                     {"licence", r.licence},
                     {"bundle", r.bundle},
                     {"bytes", r.bytes},
                     {"installed", r.installed},
                     {"pinned", r.pinned}};
  return dump_json(json, 2) + "\n";
}

Result<Record> read_record(const std::filesystem::path& folder) {
  const auto file = folder / kRecordFile;
  CACTUS_TRY(text, read_file(file, kRecordLimit));
  return parse_record(text, file.string());
}

Status save_record(const std::filesystem::path& folder, const Record& record) {
  return write_file_atomic(folder / kRecordFile, write_record(record));
}

}  // namespace cactus::hub
