// cactus with the echoing model.
#include "cli/cli.h"
#include "tests/cli/echo_services.h"

int main(int argc, char** argv) {
  return cactus::cli::run(argc, argv, cactus::cli::echo_services());
}
