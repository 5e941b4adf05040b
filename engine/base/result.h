// Results by value: everything that can fail on input returns Result<T> (or Status); no exception
// crosses a folder, nothing below cli prints or exits.
#pragma once
#include <string>
#include <utility>
#include <variant>

namespace cactus {

// What kind of failure it is decides the exit code (cli/exit_code.h) and nothing else.
enum class ErrorKind {
  internal,      // our own mistake
  usage,         // wrong flag, wrong configuration, wrong input text
  not_found,     // model or file
  auth,          // key or gate
  network,       // network, provider, rate limit, timeout
  incompatible,  // weights: corrupt, unsupported, of another version
  resources,     // disk, memory, CPU
  policy,        // refused by the user's own rules
  cancelled,     // Ctrl-C
};

// Three sentences for a person: what happened, why, and what to do about it (the last two may be
// empty). No trailing full stop, no newline.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string what;
  std::string why;
  std::string fix;  // printed after "try: "
};

struct Unit {};

// A T or an Error. Test with `if (!r)`, take the value with `*r`, `r->` or `std::move(r).value()`.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

using Status = Result<Unit>;
inline Status ok_status() { return Unit{}; }

inline Error make_error(ErrorKind kind, std::string what, std::string why = {},
                        std::string fix = {}) {
  return Error{kind, std::move(what), std::move(why), std::move(fix)};
}

// CACTUS_TRY(name, expression): name becomes the value, or the function returns the error.
// CACTUS_CHECK(expression): the same for a Status.
#define CACTUS_TRY(name, ...)                                        \
  auto name##_result = (__VA_ARGS__);                                \
  if (!name##_result) return std::move(name##_result).error();       \
  auto& name = *name##_result
#define CACTUS_CHECK(...)                                            \
  do {                                                               \
    auto check_result = (__VA_ARGS__);                               \
    if (!check_result) return std::move(check_result).error();       \
  } while (false)

}  // namespace cactus
