#include "engine/models/tensor_scope.h"

#include <algorithm>

namespace cactus {

std::string source_prefix(std::span<const std::string> source_names,
                          std::initializer_list<const char*> prefixes, const std::string& tensor,
                          const std::string& usual) {
  for (const char* prefix : prefixes) {
    if (std::find(source_names.begin(), source_names.end(), prefix + tensor) !=
        source_names.end()) {
      return prefix;
    }
  }
  return usual;
}

}  // namespace cactus
