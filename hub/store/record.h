// install.json: what is known about an installed bundle. docs/hub.md describes its fields.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cactus::hub {

inline constexpr std::string_view kRecordFile = "install.json";

struct Record {
  std::string name;        // ORG/NAME that was asked for, as the hub spells it
  std::string variant;     // "int4"
  std::string repository;  // where the bytes came from: `name` itself, or its publisher's
  std::string revision;    // asked for: tag, branch, commit; empty: none
  std::string tag;         // of published weights, "v1.15"; empty when converted here
  std::string commit;      // 40 hexadecimal digits, of `repository`
  std::string format;      // of the bundle, "1.15"
  std::string licence;
  std::string bundle;          // folder in the Hugging Face cache; empty: beside the record
  std::uint64_t bytes = 0;     // of the bundle
  std::uint64_t installed = 0; // nanoseconds since 1970: the newest of a model is the one in use
  bool pinned = false;

  bool published() const { return !tag.empty(); }
  // "int4-v1.15-0123456789ab": the name of its folder.
  std::string folder() const;
};

// incompatible when the text is no record: unknown version, a member missing or of a wrong type,
// names that are none, a commit that is none.
Result<Record> parse_record(std::string_view text, std::string_view file);
std::string write_record(const Record& record);

Result<Record> read_record(const std::filesystem::path& folder);
// In one step; durable when it returns.
Status save_record(const std::filesystem::path& folder, const Record& record);

}  // namespace cactus::hub
