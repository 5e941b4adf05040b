// The macOS Keychain: generic passwords, service "cactus:PROVIDER", readable after the first unlock
// on this machine only. Compiled there only.
#include <CoreFoundation/CoreFoundation.h>
#include <Security/Security.h>

#include "auth/store.h"

namespace cactus::auth {
namespace {

// A CoreFoundation object that is released with its holder.
template <class T>
class Held {
 public:
  explicit Held(T object) : object_(object) {}
  ~Held() {
    if (object_ != nullptr) CFRelease(object_);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  T get() const { return object_; }
  T* out() { return &object_; }

 private:
  T object_;
};

using HeldString = Held<CFStringRef>;

CFStringRef make_string(std::string_view text) {
  return CFStringCreateWithBytes(nullptr, reinterpret_cast<const UInt8*>(text.data()),
                                 static_cast<CFIndex>(text.size()), kCFStringEncodingUTF8, false);
}

Error failure(const char* what, OSStatus status) {
  std::string why = "error " + std::to_string(status);
  const HeldString message(SecCopyErrorMessageString(status, nullptr));
  char text[256];
  if (message.get() != nullptr &&
      CFStringGetCString(message.get(), text, sizeof text, kCFStringEncodingUTF8))
    why = text;
  return make_error(ErrorKind::auth, std::string("the Keychain did not ") + what, why,
                    "cactus auth login PROVIDER --storage file");
}

class MacKeychain : public SecretStore {
 public:
  std::string_view name() const override { return "keychain"; }
  std::string place() const override { return "the macOS Keychain"; }

  Result<Secret> get(std::string_view provider) override {
    const Query query(provider);
    CFDictionarySetValue(query.get(), kSecReturnData, kCFBooleanTrue);
    CFDictionarySetValue(query.get(), kSecMatchLimit, kSecMatchLimitOne);
    Held<CFTypeRef> data(nullptr);
    const OSStatus status = SecItemCopyMatching(query.get(), data.out());
    if (status == errSecItemNotFound) return Secret();
    if (status != errSecSuccess) return failure("give the key", status);
    const auto bytes = static_cast<CFDataRef>(data.get());
    return Secret(std::string_view(reinterpret_cast<const char*>(CFDataGetBytePtr(bytes)),
                                   static_cast<std::size_t>(CFDataGetLength(bytes))));
  }

  Status put(std::string_view provider, const Secret& key) override {
    const Query query(provider);
    const Held<CFDataRef> data(CFDataCreate(nullptr,
                                            reinterpret_cast<const UInt8*>(key.expose().data()),
                                            static_cast<CFIndex>(key.size())));
    const Held<CFMutableDictionaryRef> changes(CFDictionaryCreateMutable(
        nullptr, 0, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks));
    CFDictionarySetValue(changes.get(), kSecValueData, data.get());
    OSStatus status = SecItemUpdate(query.get(), changes.get());
    if (status == errSecItemNotFound) {
      CFDictionarySetValue(query.get(), kSecValueData, data.get());
      CFDictionarySetValue(query.get(), kSecAttrAccessible,
                           kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly);
      status = SecItemAdd(query.get(), nullptr);
    }
    if (status != errSecSuccess) return failure("keep the key", status);
    return ok_status();
  }

  Result<bool> erase(std::string_view provider) override {
    const Query query(provider);
    const OSStatus status = SecItemDelete(query.get());
    if (status == errSecItemNotFound) return false;
    if (status != errSecSuccess) return failure("forget the key", status);
    return true;
  }

 private:
  // What names the key of one provider.
  class Query {
   public:
    explicit Query(std::string_view provider)
        : service_(make_string("cactus:" + std::string(provider))),
          account_(make_string(provider)),
          fields_(CFDictionaryCreateMutable(nullptr, 0, &kCFTypeDictionaryKeyCallBacks,
                                            &kCFTypeDictionaryValueCallBacks)) {
      CFDictionarySetValue(get(), kSecClass, kSecClassGenericPassword);
      CFDictionarySetValue(get(), kSecAttrService, service_.get());
      CFDictionarySetValue(get(), kSecAttrAccount, account_.get());
    }
    CFMutableDictionaryRef get() const { return fields_.get(); }

   private:
    HeldString service_, account_;
    Held<CFMutableDictionaryRef> fields_;
  };
};

}  // namespace

Result<std::unique_ptr<SecretStore>> system_keychain() {
  return std::unique_ptr<SecretStore>(std::make_unique<MacKeychain>());
}

}  // namespace cactus::auth
