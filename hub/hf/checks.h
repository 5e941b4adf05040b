// What names from a person, a file or the network must look like before they are used.
#pragma once
#include <string_view>

#include "engine/base/result.h"

namespace cactus::hub {

// is_repository() of hub/names as a Status. Errors: usage.
Status check_repository(std::string_view repository);

// A path a repository may list: relative, of plain components separated by "/", none of them "." or
// "..", no backslash or control character, at most 1,000 bytes.
bool is_safe_path(std::string_view path);

// Lower-case hex digits, `length` of them.
bool is_hex(std::string_view text, std::size_t length);
inline bool is_commit(std::string_view text) {
  return is_hex(text, 40);
}

}  // namespace cactus::hub
