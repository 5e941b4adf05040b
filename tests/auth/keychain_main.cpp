// The system keychain from a process of its own, so that tests choose its session bus:
//   put PROVIDER KEY | get PROVIDER | erase PROVIDER
#include <iostream>
#include <string>

#include "auth/store.h"

int main(int argc, char** argv) {
  const auto fail = [](const cactus::Error& error) {
    std::cout << "error: " << error.what << " (" << error.why << ")\n";
    return 1;
  };
  if (argc < 3) return 2;
  const std::string verb = argv[1], provider = argv[2];
  const auto store = cactus::auth::system_keychain();
  if (!store) return fail(store.error());
  if (verb == "put" && argc == 4) {
    const auto status = (*store)->put(provider, cactus::Secret(argv[3]));
    if (!status) return fail(status.error());
    std::cout << "kept\n";
  } else if (verb == "get") {
    const auto key = (*store)->get(provider);
    if (!key) return fail(key.error());
    std::cout << "[" << key->expose() << "]\n";
  } else {
    const auto erased = (*store)->erase(provider);
    if (!erased) return fail(erased.error());
    std::cout << (*erased ? "erased\n" : "none\n");
  }
  return 0;
}
