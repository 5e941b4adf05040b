// Byte-pair merging against the definition, and its cost on hostile text.
#include "engine/tokenizer/bpe.h"

#include <map>

#include "tests/support/catch.h"

using namespace cactus::text;
using Ids = std::vector<std::int32_t>;

namespace {

class Random {
 public:
  std::size_t below(std::size_t n) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>(state_ >> 33) % n;
  }

 private:
  std::uint64_t state_ = 11;
};

using Merges = std::map<std::pair<std::string, std::string>, std::size_t>;

// The definition: again and again the pair of lowest rank, of several the leftmost.
std::vector<std::string> merge_by_definition(std::string_view text, const Merges& merges) {
  std::vector<std::string> parts;
  for (const char c : text) parts.emplace_back(1, c);
  while (true) {
    std::size_t best_rank = SIZE_MAX, best = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto it = merges.find({parts[i], parts[i + 1]});
      if (it != merges.end() && it->second < best_rank) {
        best_rank = it->second;
        best = i;
      }
    }
    if (best_rank == SIZE_MAX) return parts;
    parts[best] += parts[best + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

struct Model {
  Vocab vocab{64};
  std::vector<std::string> tokens;
  void add(const std::string& token) {
    REQUIRE(vocab.add(token, static_cast<std::int64_t>(tokens.size())) == Vocab::Added::yes);
    tokens.push_back(token);
  }
};

// Letters, and runs of them that are tokens of 2, 4, 8, … letters.
struct RunModel : Model {
  explicit RunModel(const std::string& unit, int doublings) {
    add(unit);
    for (int i = 0; i < doublings; ++i) add(tokens.back() + tokens.back());
    bpe = std::make_unique<Bpe>(vocab, 16);
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      REQUIRE(bpe->add_merge(tokens[i], tokens[i]));
    }
    REQUIRE(bpe->end_merges());
    bpe->finish({});
  }
  std::unique_ptr<Bpe> bpe;
};

std::string repeated(const std::string& unit, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += unit;
  return out;
}

}  // namespace

TEST_CASE("merges happen in the order of the definition, in pieces of any length",
          "[engine][tokenizer]") {
  Random random;
  for (int round = 0; round < 40; ++round) {
    Model model;
    const std::string letters = std::string("abcdefgh").substr(0, 2 + random.below(7));
    for (const char c : letters) model.add(std::string(1, c));
    Merges merges;
    for (int tries = 0; tries < 60; ++tries) {
      const std::string left = model.tokens[random.below(model.tokens.size())];
      const std::string right = model.tokens[random.below(model.tokens.size())];
      if (left.size() + right.size() > 12) continue;
      if (model.vocab.find(left + right) == Vocab::none) model.add(left + right);
      // Several ways to make one token, and some pairs twice: the later rank counts.
      merges[{left, right}] = static_cast<std::size_t>(tries);
    }
    // Ranks as the file would have them.
    std::map<std::size_t, std::pair<std::string, std::string>> by_rank;
    for (const auto& [pair, rank] : merges) by_rank[rank] = pair;
    Bpe bpe(model.vocab, 4);
    for (const auto& [rank, pair] : by_rank) REQUIRE(bpe.add_merge(pair.first, pair.second));
    REQUIRE(bpe.end_merges());
    bpe.finish({});
    BpeScratch scratch;
    for (int sample = 0; sample < 60; ++sample) {
      // Short pieces are scanned, long ones queued, repeated ones remembered.
      std::string text;
      const std::size_t length = 1 + random.below(sample % 3 == 0 ? 400 : 30);
      const bool runs = sample % 2 == 0;
      while (text.size() < length) {
        text += std::string(runs ? 1 + random.below(9) : 1, letters[random.below(letters.size())]);
      }
      Ids ids;
      bpe.encode(text, scratch, ids);
      std::vector<std::string> parts;
      for (const auto id : ids) parts.emplace_back(model.vocab.text(id));
      CAPTURE(text);
      CHECK(parts == merge_by_definition(text, merges));
    }
  }
}

TEST_CASE("the work of merging grows with the text and not faster", "[engine][tokenizer]") {
  const struct {
    std::string unit;
    int doublings;
  } kinds[] = {{"a", 5}, {"\xE2\x96\x81", 5}, {"\xF0\x9F\x98\x80", 3}, {"a", 13}};
  for (const auto& kind : kinds) {
    const RunModel model(kind.unit, kind.doublings);
    std::uint64_t work[2] = {};
    for (int i = 0; i < 2; ++i) {
      const std::size_t count = std::size_t{1} << (14 + 4 * i);
      BpeScratch scratch;
      Ids ids;
      model.bpe->encode(repeated(kind.unit, count), scratch, ids);
      REQUIRE(ids.size() == count >> kind.doublings);
      work[i] = scratch.operations();
    }
    CAPTURE(kind.unit, work[0], work[1]);
    CHECK(work[0] > 0);
    CHECK(work[1] < 17 * work[0]);
  }
}

TEST_CASE("unknown characters fuse, or stand alone, or fall back to bytes", "[engine][tokenizer]") {
  Model model;
  for (const char* token : {"<unk>", "a", "b", "ab"}) model.add(token);
  const auto encode = [&](const BpeOptions& options, const char* text) {
    Bpe bpe(model.vocab, 1);
    REQUIRE(bpe.add_merge("a", "b"));
    REQUIRE(bpe.end_merges());
    bpe.finish(options);
    BpeScratch scratch;
    Ids ids;
    bpe.encode(text, scratch, ids);
    return ids;
  };
  BpeOptions options;
  CHECK(encode(options, "axxb") == Ids{3});  // dropped, as the reference does without unk_token
  options.unknown = 0;
  CHECK(encode(options, "axxb") == Ids{1, 0, 0, 2});
  options.fuse_unknown = true;
  CHECK(encode(options, "axxbx") == Ids{1, 0, 2, 0});
  for (int b = 0; b < 256; ++b) {
    const char* hex = "0123456789ABCDEF";
    model.add(std::string("<0x") + hex[b / 16] + hex[b % 16] + ">");
  }
  options.byte_fallback = true;
  CHECK(encode(options, "a\xC3\xA9") == Ids{1, 4 + 0xC3, 4 + 0xA9});
}

TEST_CASE("a merge of tokens that do not exist is refused with its name", "[engine][tokenizer]") {
  Model model;
  for (const char* token : {"a", "b", "ab"}) model.add(token);
  Bpe bpe(model.vocab, 1);
  CHECK(bpe.add_merge("a", "b"));
  CHECK(bpe.add_merge("ab", "zz"));  // found wrong with its batch
  CHECK_FALSE(bpe.end_merges());
  CHECK(bpe.merge_error().find("zz") != std::string::npos);
  CHECK_FALSE(bpe.add_merge("a", "b"));
}
