// Decoding token by token gives what decoding the list gives, in whole code points.
#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "tests/engine/tokenizer/fixtures.h"
#include "tests/support/catch.h"

using namespace cactus;
using Ids = std::vector<std::int32_t>;

namespace {

// Deterministic on every platform.
class Random {
 public:
  std::int32_t below(std::int32_t n) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int32_t>((state_ >> 33) % static_cast<std::uint64_t>(n));
  }

 private:
  std::uint64_t state_ = 7;
};

void check_stream(const Tokenizer& tokenizer, const Ids& ids, bool skip_special) {
  CAPTURE(ids, skip_special);
  Detokenizer stream(tokenizer, skip_special);
  std::string text;
  for (const std::int32_t id : ids) {
    const std::string piece = stream.push(id);
    CHECK(utf8::is_valid(piece));
    text += piece;
  }
  text += stream.finish();
  CHECK(text == tokenizer.decode(ids, skip_special));
}

}  // namespace

TEST_CASE("a stream equals decoding at once, on the golden lists", "[engine][tokenizer]") {
  for (const std::string name : {"gemma4_text", "qwen3", "whisper", "nomic_bert", "parakeet_tdt"}) {
    const Tokenizer& tokenizer = test::tokenizer_of(name);
    const auto golden =
        parse_large_json(test::read_file(test::fixture(name + "/tokenizer_golden.json")), name);
    REQUIRE(golden.ok());
    for (const char* list : {"cases", "decode_cases", "decode_disputed"}) {
      for (const auto& line : (*golden)[list]) {
        check_stream(tokenizer, line["ids"].get<Ids>(), true);
        check_stream(tokenizer, line["ids"].get<Ids>(), false);
      }
    }
  }
}

TEST_CASE("a stream equals decoding at once, on any ids", "[engine][tokenizer]") {
  for (const std::string name :
       {"gemma4_text", "gemma3_text", "lfm2", "smollm2_llama", "nomic_bert", "parakeet_ctc"}) {
    const Tokenizer& tokenizer = test::tokenizer_of(name);
    Random random;
    for (int round = 0; round < 300; ++round) {
      Ids ids(static_cast<std::size_t>(random.below(12)));
      // Some outside the vocabulary, some negative: they name no token.
      for (auto& id : ids) id = random.below(tokenizer.vocab_size() + 20) - 5;
      check_stream(tokenizer, ids, round % 2 == 0);
    }
  }
}

TEST_CASE("a byte run is one string, or one U+FFFD for each byte", "[engine][tokenizer]") {
  const Tokenizer& tokenizer = test::tokenizer_of("gemma4_text");
  const auto byte = [&](const char* token) { return tokenizer.token_id(token).value(); };
  const Ids smile = {byte("<0xF0>"), byte("<0x9F>"), byte("<0x98>"), byte("<0x80>")};
  Detokenizer stream(tokenizer);
  std::string text;
  for (const auto id : smile) text += stream.push(id);
  CHECK(text.empty());  // a further byte may still spoil the run
  CHECK(stream.finish() == "\xF0\x9F\x98\x80");

  Ids spoiled = smile;
  spoiled.push_back(byte("<0xFF>"));
  std::string marks;
  for (int i = 0; i < 5; ++i) marks += "\xEF\xBF\xBD";
  CHECK(tokenizer.decode(spoiled, true) == marks);
  // The stream can be used again after finish.
  CHECK(stream.push(byte("<0x41>")).empty());
  CHECK(stream.finish() == "A");
}

TEST_CASE("a byte-level stream gives each code point as soon as it is whole",
          "[engine][tokenizer]") {
  const Tokenizer& tokenizer = test::tokenizer_of("qwen3");
  const auto ids = tokenizer.encode("a\xF0\x9F\xA6\x94z");  // a hedgehog, in no vocabulary here
  REQUIRE(ids.ok());
  REQUIRE(ids->size() > 3);
  Detokenizer stream(tokenizer);
  std::string text;
  std::size_t pieces = 0;
  for (const auto id : *ids) {
    const std::string piece = stream.push(id);
    CHECK(utf8::is_valid(piece));
    pieces += !piece.empty();
    text += piece;
  }
  CHECK(text == "a\xF0\x9F\xA6\x94z");
  CHECK(pieces == 3);
  CHECK(stream.finish().empty());
}

TEST_CASE("texts survive the way there and back", "[engine][tokenizer]") {
  const std::string texts[] = {"",
                               " ",
                               "  two  spaces  ",
                               "tabs\tand\r\nlines\n\n\n",
                               "Grüße, 世界! 👩‍👩‍👧‍👦 🇦🇹",
                               "a\xCC\x81\xCC\xA3 na\xC3\xAFve",
                               std::string("nul\0byte", 8),
                               "\xE2\x96\x81 literal",
                               "<notatoken>"};
  // Those without a lossy normaliser.
  for (const std::string name : {"lfm2", "smollm2_llama", "whisper"}) {
    const Tokenizer& tokenizer = test::tokenizer_of(name);
    for (const auto& text : texts) {
      CAPTURE(name, text);
      const auto ids = tokenizer.encode(text);
      REQUIRE(ids.ok());
      CHECK(tokenizer.decode(*ids, false) == text);
    }
  }
  // Gemma's cannot tell a literal U+2581 from a space.
  const Tokenizer& gemma = test::tokenizer_of("gemma4_text");
  for (const auto& text : texts) {
    if (text.find("literal") != std::string::npos) continue;
    const auto ids = gemma.encode(text);
    REQUIRE(ids.ok());
    CHECK(gemma.decode(*ids, false) == text);
  }
}

TEST_CASE("text that is not UTF-8 counts as replacement characters", "[engine][tokenizer]") {
  for (const std::string name : {"gemma4_text", "qwen3", "nomic_bert"}) {
    const Tokenizer& tokenizer = test::tokenizer_of(name);
    const auto broken = tokenizer.encode("ab\xFF\xE2\x82 c");
    const auto replaced = tokenizer.encode("ab\xEF\xBF\xBD\xEF\xBF\xBD c");
    REQUIRE((broken.ok() && replaced.ok()));
    CHECK(*broken == *replaced);
  }
}
