#include "hub/hf/checks.h"

#include <algorithm>
#include <string>

#include "hub/names/name.h"

namespace cactus::hub {
namespace {

constexpr std::size_t kMostPath = 1000, kMostComponent = 255;

}  // namespace

Status check_repository(std::string_view repository) {
  if (is_repository(repository)) return ok_status();
  std::string shown(repository.substr(0, 100));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
  return make_error(ErrorKind::usage, "'" + shown + "' is no name of a model on Hugging Face",
                    "it must be ORG/NAME of letters, digits, '-', '_' and '.'");
}

bool is_safe_path(std::string_view path) {
  if (path.empty() || path.size() > kMostPath) return false;
  if (std::any_of(path.begin(), path.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f || c == '\\' || c == ':';
      }))
    return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view component = path.substr(at, end - at);
    if (component.empty() || component == "." || component == ".." ||
        component.size() > kMostComponent)
      return false;
    at = end + 1;
  }
  return true;
}

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace cactus::hub
