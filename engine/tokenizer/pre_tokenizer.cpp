#include "engine/tokenizer/pre_tokenizer.h"

#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/normalizer.h"

namespace cactus::text {
namespace {

constexpr int max_depth = 8;

// The expression of GPT-2's paper code, which ByteLevel uses where use_regex is set.
constexpr std::string_view gpt2_words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view punctuation = R"([\p{P}!-/:-@\[-`{-~])";
constexpr std::string_view white_space = R"(\s)";

// Matches and the gaps between them, covering `whole` without empty parts.
struct Part {
  Range range;
  bool match = false;
};

void cover(const Range& whole, const std::vector<Range>& matches, bool invert,
           std::vector<Part>& parts) {
  parts.clear();
  std::size_t done = whole.begin;
  for (const Range& m : matches) {
    const Range match{m.begin + whole.begin, m.end + whole.begin};
    if (match.begin > done) parts.push_back({{done, match.begin}, invert});
    parts.push_back({match, !invert});
    done = match.end;
  }
  if (done < whole.end) parts.push_back({{done, whole.end}, invert});
}

}  // namespace

Result<PreTokenizer> PreTokenizer::load(const Json& json) {
  PreTokenizer pre;
  if (!json.is_null()) CACTUS_CHECK(pre.add(json, 0));
  return pre;
}

Result<PreTokenizer::Behavior> PreTokenizer::read_behavior(const std::string& name) {
  if (name == "Removed") return Behavior::removed;
  if (name == "Isolated") return Behavior::isolated;
  if (name == "MergedWithPrevious") return Behavior::merged_with_previous;
  if (name == "MergedWithNext") return Behavior::merged_with_next;
  if (name == "Contiguous") return Behavior::contiguous;
  return unsupported("split behavior", name);
}

Status PreTokenizer::add_split(std::string_view regex, Behavior behavior, bool invert) {
  CACTUS_TRY(pattern, Regex::compile(regex));
  Step step;
  step.pattern.push_back(std::move(pattern));
  step.behavior = behavior;
  step.invert = invert;
  steps_.push_back(std::move(step));
  return ok_status();
}

Status PreTokenizer::add_metaspace(const Json& json) {
  Step step;
  step.kind = Kind::metaspace;
  step.replacement = string_field(json, "replacement", "\xE2\x96\x81");
  if (step.replacement.empty()) return bad_component("Metaspace", "its replacement is empty");
  const std::string scheme = string_field(
      json, "prepend_scheme", bool_field(json, "add_prefix_space", true) ? "always" : "never");
  if (scheme != "always" && scheme != "first" && scheme != "never") {
    return unsupported("Metaspace prepend_scheme", scheme);
  }
  step.prefix = scheme == "always"  ? Prefix::always
                : scheme == "first" ? Prefix::first
                                    : Prefix::never;
  const std::string replacement = step.replacement;
  steps_.push_back(std::move(step));
  if (!bool_field(json, "split", true)) return ok_status();
  Step cut;
  cut.pattern.push_back(Regex::literal(replacement));
  cut.behavior = Behavior::merged_with_next;
  steps_.push_back(std::move(cut));
  return ok_status();
}

Status PreTokenizer::add(const Json& json, int depth) {
  const std::string type = string_field(json, "type");
  if (depth > max_depth) return bad_component("the pre-tokenizer", "it is nested too deep");
  if (byte_level_) return unsupported("pre-tokenizer behind ByteLevel", type);
  if (type == "Sequence") {
    const Json* parts = field(json, "pretokenizers");
    if (parts == nullptr || !parts->is_array()) {
      return bad_component("the pre-tokenizer Sequence", "it has no pretokenizers");
    }
    for (const Json& part : *parts) CACTUS_CHECK(add(part, depth + 1));
    return ok_status();
  }
  if (type == "Split") {
    CACTUS_TRY(pattern, load_pattern(json, "the pre-tokenizer Split"));
    CACTUS_TRY(behavior, read_behavior(string_field(json, "behavior")));
    Step step;
    step.pattern.push_back(std::move(pattern));
    step.behavior = behavior;
    step.invert = bool_field(json, "invert", false);
    steps_.push_back(std::move(step));
    return ok_status();
  }
  if (type == "Digits") {
    const bool each = bool_field(json, "individual_digits", false);
    return add_split(R"(\p{N})", each ? Behavior::isolated : Behavior::contiguous);
  }
  if (type == "ByteLevel") {
    if (bool_field(json, "add_prefix_space", true)) {
      Step step;
      step.kind = Kind::prefix_space;
      step.replacement = " ";
      step.prefix = Prefix::always;
      steps_.push_back(std::move(step));
    }
    if (bool_field(json, "use_regex", true)) {
      CACTUS_CHECK(add_split(gpt2_words, Behavior::isolated));
    }
    byte_level_ = true;
    return ok_status();
  }
  if (type == "Metaspace") return add_metaspace(json);
  if (type == "Whitespace") {
    return add_split(R"([\p{L}\p{M}\p{N}\p{Pc}]+|[^\p{L}\p{M}\p{N}\p{Pc}\s]+)", Behavior::removed,
                     true);
  }
  if (type == "WhitespaceSplit") return add_split(white_space, Behavior::removed);
  if (type == "Punctuation") {
    CACTUS_TRY(behavior, read_behavior(string_field(json, "behavior", "Isolated")));
    return add_split(punctuation, behavior);
  }
  if (type == "BertPreTokenizer") {
    CACTUS_CHECK(add_split(white_space, Behavior::removed));
    return add_split(punctuation, Behavior::isolated);
  }
  return unsupported("pre-tokenizer", type);
}

Status PreTokenizer::apply(Pieces& pieces, const MatchBudget& budget) const {
  for (const Step& step : steps_) {
    if (step.kind == Kind::split) {
      CACTUS_CHECK(split(step, pieces, budget));
    } else {
      metaspace(step, pieces);
    }
    if (pieces.text.size() > max_normalized_bytes) {
      return make_error(ErrorKind::usage, "the text is too long for the tokenizer",
                        "cut into pieces, it exceeds 64 MiB", "a shorter text");
    }
  }
  return ok_status();
}

Status PreTokenizer::split(const Step& step, Pieces& pieces, const MatchBudget& budget) {
  const std::string_view text = pieces.text;
  std::vector<Range> out, matches;
  std::vector<Part> parts;
  const std::size_t start = pieces.ranges.empty() ? 0 : pieces.ranges.front().begin;
  for (const Range& whole : pieces.ranges) {
    matches.clear();
    CACTUS_CHECK(step.pattern[0].find_all(text.substr(whole.begin, whole.size()), budget, matches));
    if (matches.empty() && !step.invert) {
      out.push_back(whole);
      continue;
    }
    cover(whole, matches, step.invert, parts);
    const std::size_t first = out.size();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      const bool after_match = i > 0 && parts[i - 1].match;
      bool joins = false;  // the part extends the piece before it
      switch (step.behavior) {
        case Behavior::removed:
          if (part.match) continue;
          break;
        case Behavior::isolated:
          break;
        case Behavior::merged_with_previous:
          joins = part.match && !after_match;
          break;
        // Of several matches in a row the last one takes what follows.
        case Behavior::merged_with_next:
          joins = after_match && !part.match;
          break;
        case Behavior::contiguous:
          joins = i > 0 && part.match == after_match;
          break;
      }
      if (joins && out.size() > first) {
        out.back().end = part.range.end;
      } else {
        out.push_back(part.range);
      }
    }
  }
  pieces.ranges.swap(out);
  pieces.at_start =
      pieces.at_start && !pieces.ranges.empty() && pieces.ranges.front().begin == start;
  return ok_status();
}

// Spaces become the replacement, and a piece that does not begin with it gets one in front.
void PreTokenizer::metaspace(const Step& step, Pieces& pieces) {
  std::string out;
  out.reserve(pieces.text.size() + pieces.text.size() / 2);
  for (std::size_t i = 0; i < pieces.ranges.size(); ++i) {
    Range& range = pieces.ranges[i];
    const std::string_view piece = std::string_view(pieces.text).substr(range.begin, range.size());
    const std::size_t begin = out.size();
    const bool has = piece.starts_with(' ') || piece.starts_with(step.replacement);
    const bool wanted = step.prefix == Prefix::always ||
                        (step.prefix == Prefix::first && i == 0 && pieces.at_start);
    if (wanted && !has && !piece.empty()) out += step.replacement;
    for (const char c : piece) {
      if (c == ' ') {
        out += step.replacement;
      } else {
        out.push_back(c);
      }
    }
    range = {begin, out.size()};
  }
  pieces.text.swap(out);
}

}  // namespace cactus::text
