// The Secret Service of the desktop (GNOME Keyring, KWallet, KeePassXC), through libsecret. Every
// call has three seconds: D-Bus can wait for ever for a keyring that nobody unlocks.
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>

#include "auth/libsecret.h"
#include "auth/store.h"
#include "auth/time_limit.h"

namespace cactus::auth {
namespace {

constexpr std::chrono::milliseconds kLimit{3000};
// After one call that did not come back no other is made.
std::atomic<bool> g_silent{false};

const libsecret::Schema& schema() {
  static const libsecret::Schema made = {"com.cactus.Key", 0, {{"provider", 0}}, 0, {}};
  return made;
}

bool has_session_bus() {
  if (const char* address = std::getenv("DBUS_SESSION_BUS_ADDRESS");
      address != nullptr && *address != '\0')
    return true;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  struct stat info {};
  return runtime != nullptr && *runtime != '\0' &&
         stat((std::string(runtime) + "/bus").c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

Error unavailable(const std::string& why) {
  return make_error(ErrorKind::auth, "the system keychain cannot be used", why,
                    "cactus auth login PROVIDER --storage file");
}

// What a call brought: a text (owned), success, or an error's words.
struct Answer {
  Secret text;
  bool success = false;
  std::string error;
};

Answer take_error(const libsecret::Functions& f, libsecret::GError* error) {
  Answer answer;
  answer.error = error->message != nullptr ? error->message : "unknown failure";
  f.free_error(error);
  return answer;
}

class SecretService : public SecretStore {
 public:
  explicit SecretService(const libsecret::Functions& functions) : f_(functions) {}
  std::string_view name() const override { return "keychain"; }
  std::string place() const override { return "the Secret Service"; }

  Result<Secret> get(std::string_view provider) override {
    CACTUS_TRY(answer, ask([f = &f_, name = std::string(provider)](void* cancel) {
                 libsecret::GError* error = nullptr;
                 char* text =
                     f->lookup(&schema(), cancel, &error, "provider", name.c_str(), nullptr);
                 if (error != nullptr) return take_error(*f, error);
                 Answer found{Secret(text != nullptr ? std::string_view(text) : ""), true, {}};
                 if (text != nullptr) f->free_password(text);  // wipes it
                 return found;
               }));
    return answer.text;
  }

  Status put(std::string_view provider, const Secret& key) override {
    if (key.expose().find('\0') != std::string_view::npos)
      return make_error(ErrorKind::usage, "a key cannot hold a zero byte");
    CACTUS_TRY(answer, ask([f = &f_, name = std::string(provider), key](void* cancel) {
                 libsecret::GError* error = nullptr;
                 const std::string label = "cactus: key of " + name;
                 const int stored =
                     f->store(&schema(), "default", label.c_str(), key.expose().data(), cancel,
                              &error, "provider", name.c_str(), nullptr);
                 if (error != nullptr) return take_error(*f, error);
                 return Answer{{}, stored != 0, {}};
               }));
    if (!answer.success) return unavailable("it did not keep the key");
    return ok_status();
  }

  Result<bool> erase(std::string_view provider) override {
    CACTUS_TRY(answer, ask([f = &f_, name = std::string(provider)](void* cancel) {
                 libsecret::GError* error = nullptr;
                 const int removed =
                     f->clear(&schema(), cancel, &error, "provider", name.c_str(), nullptr);
                 if (error != nullptr) return take_error(*f, error);
                 return Answer{{}, removed != 0, {}};
               }));
    return answer.success;
  }

 private:
  template <class Call>
  Result<Answer> ask(Call call) {
    if (g_silent.load()) return unavailable("it did not answer within 3 s");
    // Kept by both threads; whoever is last lets go.
    const std::shared_ptr<void> cancel(f_.cancellable_new(), f_.unref);
    const auto answer = within(
        kLimit, [call, cancel] { return call(cancel.get()); },
        [this, cancel] { f_.cancel(cancel.get()); });
    if (!answer) {
      g_silent.store(true);
      return unavailable("it did not answer within 3 s");
    }
    if (!answer->error.empty()) return unavailable(answer->error);
    return *answer;
  }

  const libsecret::Functions& f_;
};

}  // namespace

Result<std::unique_ptr<SecretStore>> system_keychain() {
  if (!has_session_bus()) return unavailable("there is no session bus (a headless or SSH session)");
  const libsecret::Functions* functions = libsecret::load();
  if (functions == nullptr) return unavailable("libsecret-1.so.0 is not installed");
  return std::unique_ptr<SecretStore>(std::make_unique<SecretService>(*functions));
}

}  // namespace cactus::auth
