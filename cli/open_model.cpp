#include "cli/open_model.h"

#include "cli/services.h"
#include "engine/builtin/builtin.h"
#include "engine/weights/bundle.h"

namespace cactus::cli {

Result<std::shared_ptr<const Model>> open_model(const std::filesystem::path& found) {
  CACTUS_TRY(bundle, found == kBuiltinPath ? open_builtin() : Bundle::open(found));
  return Model::open(std::move(bundle));
}

}  // namespace cactus::cli
