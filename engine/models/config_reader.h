// Reads a model's config.json field by field: every value typed and within its range, the first
// thing wrong kept as an error that names the field. Nothing in a configuration is trusted.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace cactus {

class ConfigReader {
 public:
  // `path` names the object in errors ("text_config"); empty for the top. `object` must outlive it.
  ConfigReader(const Json& object, std::string path);

  // The field, or `fallback` where it is absent or null; without a fallback that is an error. After
  // an error the calls return harmless values (the lower bound, false, …).
  std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high,
                       std::optional<std::int64_t> fallback = {});
  double real(std::string_view key, double low, double high, std::optional<double> fallback = {});
  bool boolean(std::string_view key, std::optional<bool> fallback = {});
  std::string text(std::string_view key, std::optional<std::string> fallback = {});
  // The first of `keys` that is there, as an integer, or `fallback`.
  std::int64_t integer_of(std::initializer_list<std::string_view> keys, std::int64_t low,
                          std::int64_t high, std::int64_t fallback);

  bool has(std::string_view key) const;          // there and not null
  const Json* find(std::string_view key) const;  // null when absent or null
  std::string name(std::string_view key) const;  // "text_config.hidden_size"

  // Records `why` for the field unless something was wrong before.
  void fail(std::string_view key, std::string why);
  // Records that the field demands something the engine does not do.
  void unsupported(std::string_view key, std::string why);

  // Records what a reader of an object inside this one found wrong.
  void adopt(Error error);

  bool ok() const { return !error_; }
  Status status() const;

 private:
  const Json* object_;
  std::string path_;
  std::optional<Error> error_;
};

}  // namespace cactus
