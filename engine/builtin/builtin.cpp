#include "engine/builtin/builtin.h"

namespace cactus {

Result<std::shared_ptr<const Bundle>> open_builtin() {
  if (builtin_files().empty()) {
    return make_error(ErrorKind::not_found, "this program was built without a model inside",
                      "its source had no packaging/builtin/bundle",
                      "cactus run FOLDER, with a folder made by cactus convert");
  }
  return Bundle::open(builtin_files(), std::filesystem::path(kBuiltinName));
}

}  // namespace cactus
