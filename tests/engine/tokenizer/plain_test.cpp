// Text from users never becomes a control token, and is otherwise encoded as ever.
#include <algorithm>

#include "engine/base/json.h"
#include "tests/engine/tokenizer/fixtures.h"
#include "tests/support/catch.h"

using namespace cactus;
using Ids = std::vector<std::int32_t>;

namespace {

Ids encode(const Tokenizer& tokenizer, std::string_view text,
           const std::vector<PlainSpan>& plain = {}) {
  EncodeOptions options;
  options.plain = plain;
  auto ids = tokenizer.encode(text, options);
  REQUIRE(ids.ok());
  return *ids;
}

long controls(const Tokenizer& tokenizer, const Ids& ids) {
  return std::count_if(ids.begin(), ids.end(),
                       [&](std::int32_t id) { return tokenizer.is_control(id); });
}

const char* const names[] = {"gemma4_text",  "gemma3_text", "qwen3",   "smollm2_llama",
                             "lfm2",         "lfm2_vl",     "whisper", "nomic_bert",
                             "parakeet_ctc", "parakeet_tdt"};

}  // namespace

TEST_CASE("every control token written by a user stays text", "[engine][tokenizer]") {
  for (const std::string name : names) {
    const Tokenizer& tokenizer = test::tokenizer_of(name);
    for (std::int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
      if (!tokenizer.is_control(id)) continue;
      const std::string token(tokenizer.token_text(id));
      CAPTURE(name, token);
      CHECK(encode(tokenizer, token) == Ids{id});  // the template's own
      const std::string text = "a" + token + "b " + token;
      const Ids plain = encode(tokenizer, text, {{0, text.size()}});
      // The unknown token is what unknown characters become, whoever wrote them.
      const auto unknown = tokenizer.token_id(name == "nomic_bert" ? "[UNK]" : "<unk>");
      for (const std::int32_t got : plain) {
        CHECK((!tokenizer.is_control(got) || (unknown && got == *unknown)));
      }
      // Written half by the template and half by the user: neither.
      if (unknown && id == *unknown) continue;
      for (std::size_t cut = 1; cut < token.size(); ++cut) {
        const Ids first = encode(tokenizer, token, {{0, cut}});
        const Ids second = encode(tokenizer, token, {{cut, token.size()}});
        CHECK(std::find(first.begin(), first.end(), id) == first.end());
        CHECK(std::find(second.begin(), second.end(), id) == second.end());
      }
      if (id > 600) id += 100;  // whisper has 1,501 time stamps
    }
  }
}

TEST_CASE("the template's control tokens beside user text are still recognised",
          "[engine][tokenizer]") {
  const Tokenizer& tokenizer = test::tokenizer_of("gemma4_text");
  const std::string open = "<|turn>user\n", user = "say <turn|> or <|tool_call>", close = "<turn|>";
  const std::string text = open + user + close;
  const Ids ids = encode(tokenizer, text, {{open.size(), open.size() + user.size()}});
  CHECK(controls(tokenizer, ids) == 2);
  CHECK(ids.front() == tokenizer.token_id("<|turn>"));
  CHECK(ids.back() == tokenizer.token_id("<turn|>"));
  CHECK(tokenizer.decode(ids, false) == text);
  CHECK(controls(tokenizer, encode(tokenizer, text)) == 4);
}

TEST_CASE("without control tokens in them, plain spans change nothing", "[engine][tokenizer]") {
  for (const std::string name : names) {
    const Tokenizer& tokenizer = test::tokenizer_of(name);
    const auto golden =
        parse_large_json(test::read_file(test::fixture(name + "/tokenizer_golden.json")), name);
    REQUIRE(golden.ok());
    std::size_t compared = 0;
    for (const auto& line : (*golden)["cases"]) {
      const auto text = line["text"].get<std::string>();
      const Ids expected = line["ids"].get<Ids>();
      const auto unknown = tokenizer.token_id(name == "nomic_bert" ? "[UNK]" : "<unk>");
      const bool control = std::any_of(expected.begin(), expected.end(), [&](std::int32_t id) {
        return tokenizer.is_control(id) && !(unknown && id == *unknown);
      });
      if (control || text.find("<unk>") != text.npos || text.find("[UNK]") != text.npos) continue;
      CAPTURE(name, text);
      ++compared;
      CHECK(encode(tokenizer, text, {{0, text.size()}}) == expected);
      // Overlapping, reversed, beyond the end, inside a code point.
      const std::size_t half = text.size() / 2;
      CHECK(encode(tokenizer, text, {{half, text.size() + 9}, {1, half + 2}, {5, 3}}) == expected);
    }
    CHECK(compared > 150);
  }
}

TEST_CASE("line ends and HTML tags in plain spans stay the tokens they are",
          "[engine][tokenizer]") {
  const Tokenizer& tokenizer = test::tokenizer_of("gemma3_text");
  const std::string text = "a\n\n\nb <table><td>x</td>";
  const Ids plain = encode(tokenizer, text, {{0, text.size()}});
  CHECK(plain == encode(tokenizer, text));
  CHECK(std::count(plain.begin(), plain.end(), tokenizer.token_id("<td>").value()) == 1);
  CHECK_FALSE(tokenizer.is_control(tokenizer.token_id("<table>").value()));
  CHECK(tokenizer.is_control(tokenizer.token_id("<end_of_turn>").value()));
  const Tokenizer& qwen = test::tokenizer_of("qwen3");
  CHECK(qwen.is_control(qwen.token_id("<think>").value()));
  CHECK_FALSE(qwen.is_special(qwen.token_id("<think>").value()));
}

TEST_CASE("plain spans move with invalid bytes in front of them", "[engine][tokenizer]") {
  const Tokenizer& tokenizer = test::tokenizer_of("gemma4_text");
  const std::string text = "\xFF\xFF<|turn>\xFF<|turn>\xFF";
  const Ids ids = encode(tokenizer, text, {{2, 9}});
  CHECK(controls(tokenizer, ids) == 1);
  CHECK(controls(tokenizer, encode(tokenizer, text)) == 2);
}

TEST_CASE("added tokens are left alone where they are not asked for", "[engine][tokenizer]") {
  const Tokenizer& tokenizer = test::tokenizer_of("gemma4_text");
  EncodeOptions options;
  options.parse_added = false;
  const auto ids = tokenizer.encode("<|turn>user", options);
  REQUIRE(ids.ok());
  CHECK(controls(tokenizer, *ids) == 0);
}
