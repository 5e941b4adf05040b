// libsecret-1 as far as it is used, loaded when it is first needed, so that a machine without it
// runs the same binary. The shapes are those of its stable C interface (libsecret-1.so.0).
#pragma once
#include <cstdint>

namespace cactus::auth::libsecret {

struct Attribute {
  const char* name;
  int type;  // 0: text
};
struct Schema {
  const char* name;
  int flags;
  Attribute attributes[32];
  int reserved;
  void* reserved_pointers[7];
};
struct GError {
  std::uint32_t domain;
  int code;
  char* message;
};

struct Functions {
  int (*store)(const Schema*, const char* collection, const char* label, const char* password,
               void* cancellable, GError**, ...);
  char* (*lookup)(const Schema*, void* cancellable, GError**, ...);
  int (*clear)(const Schema*, void* cancellable, GError**, ...);
  void (*free_password)(char*);
  void (*free_error)(GError*);
  void* (*cancellable_new)();
  void (*cancel)(void*);
  void (*unref)(void*);
};

// Null when there is no libsecret here. Loaded once and kept.
const Functions* load();

}  // namespace cactus::auth::libsecret
