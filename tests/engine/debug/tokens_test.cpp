// The library behind `cactus debug tokens`, on the golden folders as they are.
#include "engine/debug/tokens.h"

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "tests/support/catch.h"

using namespace cactus;

namespace {

const std::filesystem::path folder = std::filesystem::path(CACTUS_FIXTURES) / "lfm2";

}  // namespace

TEST_CASE("debug tokens: lists in, lists out, both ways", "[engine][debug]") {
  const auto tokenizer = open_tokenizer(folder);
  REQUIRE(tokenizer.ok());
  const auto golden_text = read_file(folder / "tokenizer_golden.json", 1 << 24);
  REQUIRE(golden_text.ok());
  const auto golden = nlohmann::json::parse(*golden_text);
  nlohmann::json texts, ids, ids_with_special, decoded, without_special;
  for (const auto& line : golden["cases"]) {
    texts.push_back(line["text"]);
    ids.push_back(line["ids"]);
    ids_with_special.push_back(line["ids_with_special"]);
    decoded.push_back(line["decoded"]);
    without_special.push_back(line["decoded_skip_special"]);
  }
  const auto json_of = [](const Result<std::string>& result) {
    REQUIRE(result.ok());
    return nlohmann::json::parse(*result);
  };
  CHECK(json_of(encode_texts(**tokenizer, texts.dump(), "in", false)) == ids);
  CHECK(json_of(encode_texts(**tokenizer, texts.dump(), "in", true)) == ids_with_special);
  CHECK(json_of(decode_ids(**tokenizer, ids.dump(), "in", false)) == decoded);
  CHECK(json_of(decode_ids(**tokenizer, ids.dump(), "in", true)) == without_special);
  CHECK(json_of(decode_ids(**tokenizer, ids[1].dump(), "in", false))[0] == decoded[1]);
  CHECK(json_of(encode_texts(**tokenizer, "[]", "in", false)) == nlohmann::json::array());
}

TEST_CASE("debug tokens: wrong input is named", "[engine][debug]") {
  const auto tokenizer = open_tokenizer(folder);
  REQUIRE(tokenizer.ok());
  for (const char* bad : {"{}", "[1]", "[\"a\", null]", "[\"a", ""}) {
    CAPTURE(bad);
    const auto result = encode_texts(**tokenizer, bad, "strings.json", false);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().kind == ErrorKind::usage);
    CHECK(result.error().what.find("strings.json") != std::string::npos);
  }
  for (const char* bad :
       {"\"a\"", "[[1.5]]", "[[-1]]", "[[99999999999]]", "[[1], \"a\"]", "[1, [2]]"}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_ids(**tokenizer, bad, "ids.json", false).ok());
  }
  const auto nowhere = open_tokenizer(folder / "nothing");
  REQUIRE_FALSE(nowhere.ok());
  CHECK(nowhere.error().kind == ErrorKind::not_found);
}
