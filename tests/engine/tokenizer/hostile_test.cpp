// Files that are broken, contradictory or made to hurt: an error that says why, never a crash.
#include "engine/base/utf8.h"
#include "engine/tokenizer/json_reader.h"
#include "engine/tokenizer/unicode.h"
#include "tests/engine/tokenizer/fixtures.h"
#include "tests/support/catch.h"

using namespace cactus;

namespace {

// A small tokenizer.json; each member can be replaced.
struct File {
  std::string added = "[]", normalizer = "null", pre_tokenizer = "null", post_processor = "null";
  std::string decoder = R"({"type": "Fuse"})";
  std::string type = "\"BPE\"", vocab = R"({"a": 0, "b": 1, "ab": 2, " ": 3})";
  std::string merges = R"([["a", "b"]])", more = "";

  std::string json() const {
    return R"({"added_tokens": )" + added + R"(, "normalizer": )" + normalizer +
           R"(, "pre_tokenizer": )" + pre_tokenizer + R"(, "post_processor": )" + post_processor +
           R"(, "decoder": )" + decoder + R"(, "model": {"type": )" + type + more +
           R"(, "vocab": )" + vocab + R"(, "merges": )" + merges + "}}";
  }
};

std::unique_ptr<const Tokenizer> loaded(const File& file) {
  auto result = Tokenizer::load(file.json(), {});
  if (!result) FAIL(result.error().what << "; " << result.error().why);
  return std::move(result).value();
}

// What the error says, empty where there is none.
std::string complaint(std::string_view json, std::string_view config = {}) {
  auto result = Tokenizer::load(json, config);
  if (result) return {};
  CHECK(result.error().kind == ErrorKind::incompatible);
  return result.error().what + "; " + result.error().why;
}

bool mentions(const std::string& text, const char* part) {
  CAPTURE(text, part);
  return text.find(part) != std::string::npos;
}

using Ids = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("contradictory vocabularies and merges are refused by name", "[engine][tokenizer]") {
  CHECK(complaint(File{}.json()).empty());
  File f;
  f.vocab = R"({"a": 0, "b": 0})";
  CHECK(mentions(complaint(f.json()), "two tokens have the id 0"));
  f.vocab = R"({"a": 0, "a": 1})";
  CHECK(mentions(complaint(f.json()), "listed twice"));
  f.vocab = R"({"a": -1})";
  CHECK(mentions(complaint(f.json()), "has the id -1"));
  f.vocab = R"({"a": 99999999})";
  CHECK(mentions(complaint(f.json()), "ids are 0 to"));
  f.vocab = R"({"a": 1.5})";
  CHECK(mentions(complaint(f.json()), "whole number"));
  f.vocab = R"({"a": 12345678901234567890})";
  CHECK(mentions(complaint(f.json()), "number too long"));
  f.vocab = "{\"a\xFF\": 1}";
  CHECK(mentions(complaint(f.json()), "not UTF-8"));
  f.vocab = R"([["a", -1.5]])";
  CHECK(mentions(complaint(f.json()), "Unigram"));
  f = File{};
  f.merges = R"([["a", "zz"]])";
  CHECK(mentions(complaint(f.json()), "\"zz\": the second is not in the vocabulary"));
  f.merges = R"(["b a"])";
  CHECK(mentions(complaint(f.json()), "what they make is not in the vocabulary"));
  f.merges = R"(["a b c"])";
  CHECK(mentions(complaint(f.json()), "not two tokens"));
  f.merges = R"([["a", "b", "ab"]])";
  CHECK(mentions(complaint(f.json()), "more than two parts"));
  f.merges = R"([["a", ""]])";
  CHECK(mentions(complaint(f.json()), "empty"));
  f = File{};
  f.added = R"([{"id": 1, "content": "<x>", "special": true}])";
  CHECK(mentions(complaint(f.json()), "two tokens have the id 1"));
  f.added = R"([{"id": 5, "content": ")" + std::string(2000, 'x') + R"("}])";
  CHECK(mentions(complaint(f.json()), "one too long"));
  f = File{};
  f.more = R"(, "unk_token": "<none>")";
  CHECK(mentions(complaint(f.json()), "unknown token"));
}

TEST_CASE("components that are not supported are named", "[engine][tokenizer]") {
  File f;
  f.normalizer = R"({"type": "Precompiled", "precompiled_charsmap": ""})";
  CHECK(mentions(complaint(f.json()), "normalizer \"Precompiled\""));
  f = File{};
  f.pre_tokenizer = R"({"type": "UnicodeScripts"})";
  CHECK(mentions(complaint(f.json()), "pre-tokenizer \"UnicodeScripts\""));
  f.pre_tokenizer = R"({"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated"})";
  CHECK(mentions(complaint(f.json()), "regular expression"));
  f.pre_tokenizer = R"({"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Sideways"})";
  CHECK(mentions(complaint(f.json()), "Sideways"));
  f.pre_tokenizer = R"({"type": "Split", "pattern": {"Regex": ")" + std::string(100'000, 'a') +
                    R"("}, "behavior": "Isolated"})";
  CHECK(mentions(complaint(f.json()), "too long"));
  f = File{};
  f.decoder = R"({"type": "CTC"})";
  CHECK(mentions(complaint(f.json()), "decoder \"CTC\""));
  f = File{};
  f.post_processor = R"({"type": "Magic"})";
  CHECK(mentions(complaint(f.json()), "post-processor \"Magic\""));
  f.post_processor =
      R"({"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<x>"}}]})";
  CHECK(mentions(complaint(f.json()), "<x>"));
  f = File{};
  f.type = R"("Unigram")";
  CHECK(mentions(complaint(f.json()), "model \"Unigram\""));
}

TEST_CASE("nested too deep, cut short or followed by more, a file is refused",
          "[engine][tokenizer]") {
  std::string sequence = "null", brackets;
  for (int i = 0; i < 40; ++i) {
    sequence = R"({"type": "Sequence", "normalizers": [)" + sequence + "]}";
  }
  File f;
  f.normalizer = sequence;
  CHECK_FALSE(complaint(f.json()).empty());
  f.normalizer = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(mentions(complaint(f.json()), "nested too deep"));
  const std::string whole = File{}.json();
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(complaint(whole.substr(0, n)).empty());
  CHECK(mentions(complaint(whole + " x"), "behind its end"));
  CHECK_FALSE(complaint(whole, "{\"bos_token\": ").empty());
  CHECK(complaint(whole, "{\"bos_token\": {\"content\": \"a\"}}").empty());
}

TEST_CASE("a regular expression that backtracks without end is an error, not a hang",
          "[engine][tokenizer]") {
  File f;
  f.pre_tokenizer =
      R"({"type": "Split", "pattern": {"Regex": "(a+)+$|(a|aa)+c"}, "behavior": "Isolated"})";
  const auto tokenizer = loaded(f);
  const auto ids = tokenizer->encode(std::string(5000, 'a') + "b");
  REQUIRE_FALSE(ids.ok());
  CHECK(ids.error().kind == ErrorKind::usage);
  CHECK(tokenizer->encode("aab").ok());
}

TEST_CASE("matching that is quadratic in the text ends with the clock", "[engine][tokenizer]") {
  File f;
  f.pre_tokenizer =
      R"({"type": "Split", "pattern": {"Regex": "(?=a)[ab]*[cd]"}, "behavior": "Isolated"})";
  const auto tokenizer = loaded(f);
  CHECK_FALSE(tokenizer->encode(std::string(1 << 20, 'a')).ok());
}

TEST_CASE("merges and pre-tokenizers in any order of the file", "[engine][tokenizer]") {
  const auto result = Tokenizer::load(
      R"({"model": {"merges": ["a b"], "vocab": {"a": 0, "b": 1, "ab": 2}, "type": "BPE"},
          "added_tokens": [{"id": 7, "content": "<s>", "special": true}]})",
      R"({"bos_token": "<s>", "eos_token": {"content": "b"}, "add_bos_token": true})");
  REQUIRE(result.ok());
  const Tokenizer& tokenizer = **result;
  CHECK(tokenizer.vocab_size() == 8);
  CHECK(tokenizer.adds_bos());
  CHECK(tokenizer.eos_id() == 1);
  EncodeOptions options;
  options.add_special = true;
  CHECK(*tokenizer.encode("abb<s>", options) == Ids{7, 2, 1, 7});
}

TEST_CASE("flags of added tokens", "[engine][tokenizer]") {
  File f;
  f.added = R"([{"id": 10, "content": "<s>", "special": true, "lstrip": true, "rstrip": true},
                {"id": 11, "content": "ba", "single_word": true},
                {"id": 12, "content": "AB", "normalized": true},
                {"id": 13, "content": "<s>a", "normalized": false}])";
  f.normalizer = R"({"type": "Lowercase"})";
  const auto tokenizer = loaded(f);
  CHECK(*tokenizer->encode("a  <s>  b") == Ids{0, 10, 1});
  CHECK(*tokenizer->encode("ba a") == Ids{11, 3, 0});
  CHECK(*tokenizer->encode("aba") == Ids{12, 0});  // the normalised text is looked through
  CHECK(*tokenizer->encode("bba") == Ids{1, 1, 0});
  CHECK(*tokenizer->encode("a<s>ab") == Ids{0, 13, 1});  // the longest wins
}

TEST_CASE("control tokens of the normalised text keep out of plain spans", "[engine][tokenizer]") {
  File f;
  f.added = R"([{"id": 10, "content": "[X]", "special": true, "normalized": true}])";
  f.vocab = R"({"a": 0, "b": 1, "ab": 2, "[": 3, "x": 4, "]": 5})";
  f.normalizer = R"({"type": "Sequence", "normalizers":
                     [{"type": "NFKC"}, {"type": "Lowercase"}]})";
  const auto tokenizer = loaded(f);
  const std::string text =
      "a[x]\xEF\xBC\xBBX\xEF\xBC\xBD[X]b";  // in the middle, full-width brackets
  CHECK(*tokenizer->encode(text) == Ids{0, 10, 10, 10, 1});
  const PlainSpan middle{4, 11};
  EncodeOptions options;
  options.plain = {&middle, 1};
  CHECK(*tokenizer->encode(text, options) == Ids{0, 10, 3, 4, 5, 10, 1});
}

TEST_CASE("behaviours of Split", "[engine][tokenizer]") {
  // Pieces are told apart by ignore_merges-free vocabulary: only whole pieces are tokens.
  const struct {
    const char* behavior;
    bool invert;
    std::vector<std::string> pieces;
  } cases[] = {
      {"Removed", false, {"a", "b", "c"}},
      {"Isolated", false, {"a", "-", "b", "-", "-", "c"}},
      {"MergedWithPrevious", false, {"a-", "b-", "-", "c"}},
      {"MergedWithNext", false, {"a", "-b", "-", "-c"}},
      {"Contiguous", false, {"a", "-", "b", "--", "c"}},
      {"Removed", true, {"-", "-", "-"}},
  };
  for (const auto& c : cases) {
    File f;
    f.vocab = R"({"a": 0, "-": 1, "b": 2, "--": 3, "c": 4, "a-": 5, "b-": 6, "-b": 7, "-c": 8})";
    f.merges = R"([["a", "-"], ["b", "-"], ["-", "b"], ["-", "c"], ["-", "-"]])";
    f.pre_tokenizer = R"({"type": "Split", "pattern": {"String": "-"}, "behavior": ")" +
                      std::string(c.behavior) + R"(", "invert": )" + (c.invert ? "true" : "false") +
                      "}";
    const auto tokenizer = loaded(f);
    std::vector<std::string> pieces;
    const auto ids = tokenizer->encode("a-b--c");
    REQUIRE(ids.ok());
    for (const auto id : *ids) pieces.emplace_back(tokenizer->token_text(id));
    CAPTURE(c.behavior, c.invert);
    CHECK(pieces == c.pieces);
  }
}

TEST_CASE("normal forms of a megabyte of marks are linear", "[engine][tokenizer]") {
  // Marks of falling classes, which exchange sorting would take hours for.
  std::string marks = "a";
  for (int i = 0; i < 100'000; ++i) marks += i % 2 == 0 ? "\xCC\x81" : "\xCC\xA3";
  const std::string nfd = text::to_normal_form(marks, text::NormalForm::nfd);
  CHECK(nfd.size() == marks.size());
  CHECK(nfd.substr(0, 5) == "a\xCC\xA3\xCC\xA3");
  CHECK(text::to_normal_form("e\xCC\x81", text::NormalForm::nfc) == "\xC3\xA9");
  CHECK(text::to_normal_form("\xEF\xAC\x81", text::NormalForm::nfkc) == "fi");
  CHECK(text::to_normal_form("\xEA\xB0\x81", text::NormalForm::nfd) ==
        "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8");  // Hangul
}

TEST_CASE("the JSON reader unescapes and refuses as JSON does", "[engine][tokenizer]") {
  std::string_view value;
  text::JsonReader good(R"( "a\n\u00e9\ud83d\ude00\/\"" )");
  REQUIRE(good.read_string(value));
  CHECK(value == "a\n\xC3\xA9\xF0\x9F\x98\x80/\"");
  CHECK(good.at_end());
  for (const char* bad :
       {R"("\ud83d")", R"("\udc00")", R"("\x")", R"("\u12g4")", "\"a\nb\"", "\"a"}) {
    text::JsonReader reader(bad);
    CAPTURE(bad);
    CHECK_FALSE(reader.read_string(value));
  }
  for (const char* bad :
       {"[1,]", "[,1]", "[1 2]", "{\"a\" 1}", "{\"a\":1,}", "{1:2}", "[", "tru"}) {
    text::JsonReader reader(bad);
    CAPTURE(bad);
    CHECK((reader.skip_value().empty() || !reader.at_end()));
  }
  text::JsonReader nested(R"({"a": [1, {"b": null}], "c": "]"} )");
  CHECK(nested.skip_value() == R"({"a": [1, {"b": null}], "c": "]"})");
}
