// Any bytes as text, and any ids, with the tokenizers of the fixtures: encoding with plain spans,
// streaming that gives whole code points and what decoding at once gives, no control token out of
// a plain span.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/base/utf8.h"
#include "engine/tokenizer/tokenizer.h"

using namespace cactus;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

using Tokenizers = std::vector<std::unique_ptr<const Tokenizer>>;

const Tokenizers& tokenizers() {
  static const Tokenizers all = [] {
    Tokenizers list;
    for (const char* name : {"gemma4_text", "qwen3", "lfm2", "nomic_bert", "parakeet_tdt"}) {
      auto loaded = Tokenizer::load(
          read_file(std::string(CACTUS_FIXTURES) + "/" + name + "/tokenizer.json"), {});
      require(loaded.ok());
      list.push_back(std::move(loaded).value());
    }
    return list;
  }();
  return all;
}

void check_stream(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids) {
  Detokenizer stream(tokenizer, false);
  std::string streamed;
  for (const auto id : ids) {
    const std::string piece = stream.push(id);
    require(utf8::is_valid(piece));
    streamed += piece;
  }
  const std::string rest = stream.finish();
  require(utf8::is_valid(rest));
  require(streamed + rest == tokenizer.decode(ids, false));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Tokenizer& tokenizer = *tokenizers()[data[0] % tokenizers().size()];
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);

  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    std::int16_t id = 0;
    std::memcpy(&id, text.data() + i, sizeof id);
    ids.push_back(id % (tokenizer.vocab_size() + 8));
  }
  check_stream(tokenizer, ids);

  const PlainSpan all{0, text.size()};
  const PlainSpan part{data[1] * text.size() / 256, text.size()};
  for (const PlainSpan& span : {all, part}) {
    EncodeOptions options;
    options.plain = {&span, 1};
    const auto encoded = tokenizer.encode(text, options);
    require(encoded.ok());
    check_stream(tokenizer, *encoded);
    if (span.begin != 0) continue;
    for (const auto id : *encoded) {
      const auto token = tokenizer.token_text(id);
      require(!tokenizer.is_control(id) || token == "[UNK]" || token == "<unk>");
    }
  }
  return 0;
}
