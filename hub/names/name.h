// What people call a model on the hub: [hf:]ORG/NAME[:int4|int8|f16][@TAG|BRANCH|COMMIT].
#pragma once
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cactus::hub {

inline constexpr std::string_view kDefaultVariant = "int4";

struct ModelName {
  std::string repository;  // "ORG/NAME", as written
  std::string variant;     // "int4", "int8", "f16"; empty when not said
  std::string revision;    // tag, branch or commit; empty when not said

  std::string text() const;  // as parse_name reads it
  bool operator==(const ModelName&) const = default;
};

// Paths are what begins with `/`, `./`, `../`, `~`, and `.` and `..` themselves.
bool is_path(std::string_view text);

// usage, with what is wrong, for everything that Hugging Face would not take as a repository
// (parts of 1 to 96 letters, digits, `_`, `-`, `.`; no `--` or `..`; no part that begins or ends with
// `-` or `.` or ends with `.git`), unknown variants and impossible revisions. Takes addresses of
// huggingface.co, too.
Result<ModelName> parse_name(std::string_view text);

// ORG/NAME alone.
bool is_repository(std::string_view text);
// What git takes as a tag, branch or commit: no `..`, no `//`, no control characters, 255 bytes at
// most.
bool is_revision(std::string_view text);
// 7 to 40 hexadecimal digits; is_whole_commit: 40 of them.
bool is_commit_prefix(std::string_view text);
bool is_whole_commit(std::string_view text);

bool is_variant(std::string_view text);
int bits_of(std::string_view variant);  // "int4" → 4; 0 when unknown

// "ORG/NAME" → "ORG--NAME": the name of its folder.
std::string folder_of(std::string_view repository);
// ASCII, as repositories are compared with what is installed.
bool same_ignoring_case(std::string_view a, std::string_view b);

}  // namespace cactus::hub
