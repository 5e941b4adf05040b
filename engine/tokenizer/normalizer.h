// What a tokenizer.json does to a text before it is cut into pieces.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/tokenizer/regex.h"
#include "engine/tokenizer/unicode.h"

namespace cactus::text {

class Normalizer {
 public:
  // `json`: the file's "normalizer", may be null. Errors: incompatible, naming the component.
  static Result<Normalizer> load(const Json& json);

  bool empty() const { return steps_.empty(); }
  // Rewrites `text` (UTF-8) in place. Errors: usage, for the limits of a regular expression and
  // for a text that grows beyond max_normalized_bytes.
  Status apply(std::string& text, const MatchBudget& budget) const;

 private:
  enum class Kind { replace, prepend, normal_form, lowercase, strip, strip_accents, bert };
  struct Step {
    Kind kind = Kind::replace;
    std::vector<Regex> pattern;  // replace: one
    std::string content;         // replace, prepend
    NormalForm form = NormalForm::nfc;
    bool left = true, right = true;                                            // strip
    bool clean_text = false, chinese = false, accents = false, lower = false;  // bert
  };

  Status add(const Json& json, int depth);
  static Status apply_step(const Step& step, std::string& text, const MatchBudget& budget);

  std::vector<Step> steps_;
};

// Reads a pattern: {"String": …} or {"Regex": …}.
Result<Regex> load_pattern(const Json& json, std::string_view owner);

// 20 times the longest context known; merging needs 44 bytes for each.
inline constexpr std::size_t max_normalized_bytes = std::size_t{64} << 20;

}  // namespace cactus::text
