// Regular expressions of a tokenizer.json (written for Oniguruma) through PCRE2, with limits: both
// the expression and the text may be hostile.
#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace cactus::text {

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
};

// Time that all matching of one encode call may take together. Ordinary expressions need 20 ms a
// megabyte; only one that backtracks without end comes near.
class MatchBudget {
 public:
  explicit MatchBudget(std::size_t text_bytes)
      : deadline_(std::chrono::steady_clock::now() + std::chrono::seconds(1) +
                  std::chrono::microseconds(text_bytes)) {}
  bool spent() const { return std::chrono::steady_clock::now() > deadline_; }

 private:
  std::chrono::steady_clock::time_point deadline_;
};

// Immutable; any number of threads may use one.
class Regex {
 public:
  static Result<Regex> compile(std::string_view pattern);
  // `literal` found as it stands, without PCRE2.
  static Regex literal(std::string_view literal);
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  // Appends all matches in `text` (UTF-8) from left to right, not overlapping, none of them empty.
  // Errors: usage, where the limits are exceeded.
  Status find_all(std::string_view text, const MatchBudget& budget,
                  std::vector<Range>& matches) const;

 private:
  struct Code;
  Regex();
  std::string literal_;
  std::unique_ptr<Code> code_;  // null: literal_
};

// A regular expression that matches exactly `text`.
std::string quote_regex(std::string_view text);

}  // namespace cactus::text
