// What every tool is: a function of its arguments and of the world as it is handed in.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace cactus::cli {

// Where TZif files come from (RFC 8536).
class ZoneFiles {
 public:
  virtual ~ZoneFiles() = default;
  // "Europe/Berlin", …: every name there is, sorted. Errors: resources, when there is no database.
  virtual Result<std::vector<std::string>> names() const = 0;
  virtual Result<std::string> read(const std::string& name) const = 0;  // `name` is one of names()
  // The zone of this machine: a name, or "" when only its file is known (then local_file has it).
  virtual std::string local_name() const = 0;
  virtual Result<std::string> local_file() const = 0;
};

struct ToolEnvironment {
  std::function<std::int64_t()> now;  // seconds since 1970-01-01 00:00 UTC
  const ZoneFiles* zones = nullptr;
  std::function<Status(std::span<std::uint8_t>)> random;  // unpredictable bytes
};

// The real clock, /usr/share/zoneinfo and the system's generator. Lives as long as the program.
const ToolEnvironment& system_environment();

// `value` for programs, `sentence` for people.
struct ToolAnswer {
  Json value;
  std::string sentence;
  std::string secret = {};  // a password: the part that never leaves the machine
};

// What a model sent, read leniently: "5" is a number where one is expected, 5 a text. Errors name
// the tool and the argument.
class Arguments {
 public:
  Arguments(std::string_view tool, const Json& values) : tool_(tool), values_(values) {}

  bool has(std::string_view key) const;
  // Without white space around it unless `exact`; an absent one is empty.
  Result<std::string> text(std::string_view key, bool required = true, bool exact = false) const;
  Result<std::optional<std::int64_t>> integer(std::string_view key, std::int64_t least,
                                              std::int64_t most) const;
  Result<std::string> number(std::string_view key) const;  // decimal digits, as JSON writes them
  Result<std::optional<bool>> boolean(std::string_view key) const;
  Result<std::string> choice(std::string_view key, std::span<const std::string_view> words) const;
  Result<std::vector<std::string>> texts(std::string_view key) const;

 private:
  const Json* find(std::string_view key) const;
  Error missing(std::string_view key) const;
  Error wrong(std::string_view key, const std::string& expected) const;

  std::string_view tool_;
  const Json& values_;
};

inline constexpr std::size_t kMostText = 1 << 20;  // bytes of a text argument

// `text` between quotation marks for an error, shortened.
std::string in_quotes(std::string_view text);
// "1 day", "2 days".
std::string counted_noun(std::int64_t count, std::string_view singular);

}  // namespace cactus::cli
