#include "cli/cli.h"

#include "cli/services.h"

namespace cactus::cli {

int run(int argc, char** argv) {
  return run(argc, argv, engine_services());
}

}  // namespace cactus::cli
