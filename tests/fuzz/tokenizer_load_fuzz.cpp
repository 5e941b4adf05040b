// tokenizer.json of any content: an error or a tokenizer that encodes, streams and decodes.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/base/utf8.h"
#include "engine/tokenizer/tokenizer.h"

using namespace cactus;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

void use(const Tokenizer& tokenizer, std::string_view text) {
  const PlainSpan half{text.size() / 3, text.size() / 2};
  EncodeOptions options;
  options.add_special = true;
  options.plain = {&half, 1};
  const auto ids = tokenizer.encode(text, options);
  if (!ids) return;
  Detokenizer stream(tokenizer, true);
  std::string streamed;
  for (const auto id : *ids) {
    const std::string piece = stream.push(id);
    require(utf8::is_valid(piece));
    streamed += piece;
  }
  streamed += stream.finish();
  require(streamed == tokenizer.decode(*ids, true));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = Tokenizer::load(json, json);
  if (!tokenizer) return 0;
  for (const char* text : {"",
                           " a b  <|turn>\xE2\x96\x81 it's 12,5\n\n\xF0\x9F\x98\x80"
                           "e\xCC\x81",
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\xFF<s>"}) {
    use(**tokenizer, text);
  }
  use(**tokenizer, json.substr(0, 2000));
  return 0;
}
