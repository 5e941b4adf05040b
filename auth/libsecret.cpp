#include "auth/libsecret.h"

#include <dlfcn.h>

namespace cactus::auth::libsecret {
namespace {

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

const Functions* load() {
  static const Functions* const loaded = []() -> const Functions* {
    void* library = dlopen("libsecret-1.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return nullptr;
    static Functions f;
    // GLib's own come from what libsecret itself is linked with.
    const bool all = find(library, "secret_password_store_sync", f.store) &&
                     find(library, "secret_password_lookup_sync", f.lookup) &&
                     find(library, "secret_password_clear_sync", f.clear) &&
                     find(library, "secret_password_free", f.free_password) &&
                     find(library, "g_error_free", f.free_error) &&
                     find(library, "g_cancellable_new", f.cancellable_new) &&
                     find(library, "g_cancellable_cancel", f.cancel) &&
                     find(library, "g_object_unref", f.unref);
    return all ? &f : nullptr;
  }();
  return loaded;
}

}  // namespace cactus::auth::libsecret
