#include "cli/cli.h"

int main(int argc, char** argv) {
  return cactus::cli::run(argc, argv);
}
