// How a tokenizer.json cuts a normalised text into the pieces that the model sees one by one.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/tokenizer/regex.h"

namespace cactus::text {

// A text and its pieces from left to right; bytes between pieces were removed.
struct Pieces {
  std::string text;
  std::vector<Range> ranges;
  bool at_start = false;  // the first piece begins where the user's text begins
};

class PreTokenizer {
 public:
  // `json`: the file's "pre_tokenizer", may be null. Errors: incompatible, naming the component.
  static Result<PreTokenizer> load(const Json& json);

  // Cuts the pieces into smaller ones. Errors: usage, for the limits of a regular expression.
  Status apply(Pieces& pieces, const MatchBudget& budget) const;

  // The model's vocabulary spells bytes as letters ("Ġ" for a space): the pieces stay as they are,
  // and the model maps byte by byte.
  bool byte_level() const { return byte_level_; }

 private:
  enum class Behavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };
  enum class Prefix { never, first, always };
  enum class Kind { split, prefix_space, metaspace };
  struct Step {
    Kind kind = Kind::split;
    std::vector<Regex> pattern;  // split, and metaspace where it splits: one
    Behavior behavior = Behavior::isolated;
    bool invert = false;
    std::string replacement;  // metaspace: what stands for a space; prefix_space: " "
    Prefix prefix = Prefix::never;
  };

  Status add(const Json& json, int depth);
  Status add_split(std::string_view regex, Behavior behavior, bool invert = false);
  Status add_metaspace(const Json& json);
  static Status split(const Step& step, Pieces& pieces, const MatchBudget& budget);
  static void metaspace(const Step& step, Pieces& pieces);
  static Result<Behavior> read_behavior(const std::string& name);

  std::vector<Step> steps_;
  bool byte_level_ = false;
};

}  // namespace cactus::text
