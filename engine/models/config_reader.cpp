#include "engine/models/config_reader.h"

#include <cmath>

namespace cactus {

ConfigReader::ConfigReader(const Json& object, std::string path)
    : object_(&object), path_(std::move(path)) {
  if (!object.is_object()) {
    error_ = make_error(
        ErrorKind::incompatible,
        (path_.empty() ? "config.json" : "config.json: " + path_) + " is not a JSON object");
  }
}

const Json* ConfigReader::find(std::string_view key) const {
  if (!object_->is_object()) return nullptr;
  const auto at = object_->find(key);
  return at == object_->end() || at->is_null() ? nullptr : &*at;
}

bool ConfigReader::has(std::string_view key) const {
  return find(key) != nullptr;
}

std::string ConfigReader::name(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void ConfigReader::fail(std::string_view key, std::string why) {
  if (error_) return;
  error_ = make_error(ErrorKind::incompatible, "config.json: " + name(key) + " is wrong",
                      std::move(why), "download the model again, or report it to its publisher");
}

void ConfigReader::unsupported(std::string_view key, std::string why) {
  if (error_) return;
  error_ = make_error(ErrorKind::incompatible, "config.json: " + name(key) + " is not supported",
                      std::move(why));
}

void ConfigReader::adopt(Error error) {
  if (!error_) error_ = std::move(error);
}

Status ConfigReader::status() const {
  if (error_) return *error_;
  return ok_status();
}

std::int64_t ConfigReader::integer(std::string_view key, std::int64_t low, std::int64_t high,
                                   std::optional<std::int64_t> fallback) {
  const Json* value = find(key);
  if (value == nullptr) {
    if (!fallback) fail(key, "the field is missing");
    return fallback.value_or(low);
  }
  // An unsigned value beyond int64 would wrap when read as one.
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() ||
                     value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
  const std::int64_t n = fits ? value->get<std::int64_t>() : low;
  if (fits && n >= low && n <= high) return n;
  fail(key, "it must be an integer from " + std::to_string(low) + " to " + std::to_string(high));
  return low;
}

double ConfigReader::real(std::string_view key, double low, double high,
                          std::optional<double> fallback) {
  const Json* value = find(key);
  if (value == nullptr) {
    if (!fallback) fail(key, "the field is missing");
    return fallback.value_or(low);
  }
  const double x = value->is_number() ? value->get<double>() : std::nan("");
  if (x >= low && x <= high) return x;
  fail(key, "it must be a number from " + Json(low).dump() + " to " + Json(high).dump());
  return low;
}

bool ConfigReader::boolean(std::string_view key, std::optional<bool> fallback) {
  const Json* value = find(key);
  if (value == nullptr) {
    if (!fallback) fail(key, "the field is missing");
    return fallback.value_or(false);
  }
  if (value->is_boolean()) return value->get<bool>();
  fail(key, "it must be true or false");
  return false;
}

std::string ConfigReader::text(std::string_view key, std::optional<std::string> fallback) {
  const Json* value = find(key);
  if (value == nullptr) {
    if (!fallback) fail(key, "the field is missing");
    return fallback.value_or("");
  }
  if (value->is_string()) return value->get<std::string>();
  fail(key, "it must be a string");
  return {};
}

std::int64_t ConfigReader::integer_of(std::initializer_list<std::string_view> keys,
                                      std::int64_t low, std::int64_t high, std::int64_t fallback) {
  for (const std::string_view key : keys) {
    if (has(key)) return integer(key, low, high);
  }
  return fallback;
}

}  // namespace cactus
