// Every line of the reference's tokenizer_golden.json files.
#include "engine/base/json.h"
#include "tests/engine/tokenizer/fixtures.h"
#include "tests/support/catch.h"

using namespace cactus;
using Ids = std::vector<std::int32_t>;

namespace {

const char* const cases[] = {"gemma4_text",  "gemma3_text", "qwen3",   "smollm2_llama",
                             "lfm2",         "lfm2_vl",     "whisper", "nomic_bert",
                             "parakeet_ctc", "parakeet_tdt"};

nlohmann::json golden_of(const std::string& name) {
  auto json =
      parse_large_json(test::read_file(test::fixture(name + "/tokenizer_golden.json")), name);
  REQUIRE(json.ok());
  return *json;
}

}  // namespace

TEST_CASE("texts become the reference's ids, and ids its texts", "[engine][tokenizer]") {
  for (const std::string name : cases) {
    const Tokenizer& tokenizer = test::tokenizer_of(name);
    const nlohmann::json golden = golden_of(name);
    REQUIRE(golden["cases"].size() >= 240);
    for (const auto& line : golden["cases"]) {
      const auto text = line["text"].get<std::string>();
      CAPTURE(name, text);
      const auto ids = tokenizer.encode(text);
      REQUIRE(ids.ok());
      CHECK(*ids == line["ids"].get<Ids>());
      EncodeOptions with_special;
      with_special.add_special = true;
      const auto special = tokenizer.encode(text, with_special);
      REQUIRE(special.ok());
      CHECK(*special == line["ids_with_special"].get<Ids>());
      CHECK(tokenizer.decode(line["ids"].get<Ids>(), false) == line["decoded"].get<std::string>());
      CHECK(tokenizer.decode(line["ids"].get<Ids>(), true) ==
            line["decoded_skip_special"].get<std::string>());
      std::vector<std::string> tokens;
      for (const std::int32_t id : *ids) tokens.emplace_back(tokenizer.token_text(id));
      CHECK(tokens == line["tokens"].get<std::vector<std::string>>());
    }
    REQUIRE(golden["decode_cases"].size() >= 25);
    for (const auto& line : golden["decode_cases"]) {
      const auto ids = line["ids"].get<Ids>();
      CAPTURE(name, ids);
      CHECK(tokenizer.decode(ids, false) == line["decoded"].get<std::string>());
      CHECK(tokenizer.decode(ids, true) == line["decoded_skip_special"].get<std::string>());
    }
  }
}
