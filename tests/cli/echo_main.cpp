// cactus with the echoing model.
#include "cli/cli.h"
#include "tests/cli/echo_services.h"

// Leak sanitizer: el_end() of Debian 12's libedit keeps the names given with EL_ADDFN. Its stack
// ends at wcsdup (built without frame pointers), a function that nothing of ours calls.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:wcsdup\n";
}
extern "C" const char* __lsan_default_options() {
  return "print_suppressions=0";
}

int main(int argc, char** argv) {
  return cactus::cli::run(argc, argv, cactus::cli::echo_services());
}
