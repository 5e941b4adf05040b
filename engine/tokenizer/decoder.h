// From tokens back to text: the stages of a tokenizer.json's decoder. Every stage streams, and
// decoding a list of tokens is streaming it whole, so that both give the same text.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace cactus::text {

class DecoderStream;

// Immutable; any number of streams may use one.
class DecoderSpec {
 public:
  // `json`: the file's "decoder", may be null (tokens are joined with spaces then). Errors:
  // incompatible, naming the component.
  static Result<DecoderSpec> load(const Json& json);

  // What `token` stands for in the middle of a text.
  std::string bytes_of(std::string_view token) const;

 private:
  friend class DecoderStream;
  enum class Kind { replace, byte_fallback, fuse, strip, byte_level, metaspace, word_piece, join };
  struct Stage {
    Kind kind = Kind::fuse;
    std::string from, to;             // replace; metaspace: from; word_piece: its prefix is from
    std::size_t start = 0, stop = 0;  // strip: how many `from` at most at each end
    bool flag = false;   // metaspace: drops the first token's; word_piece: cleans up each token
    bool fused = false;  // what arrives are parts of one token
  };

  Status add(const Json& json, int depth);

  std::vector<Stage> stages_;
};

// One text. What push returns is whole code points.
class DecoderStream {
 public:
  explicit DecoderStream(const DecoderSpec& spec) : spec_(&spec), states_(spec.stages_.size()) {}

  void push(std::string_view token, std::string& out) { pass(0, token, out); }
  // Appends what was held back and starts over.
  void finish(std::string& out);

 private:
  struct State {
    std::string held;    // byte_fallback, byte_level: bytes; strip: what may yet be cut off
    bool begun = false;  // a token has arrived
    std::size_t stripped = 0;
  };

  void pass(std::size_t stage, std::string_view token, std::string& out);
  void strip_part(std::size_t stage, std::string_view part, std::string& out);
  void end_bytes(std::size_t stage, std::string& out);

  const DecoderSpec* spec_;
  std::vector<State> states_;
};

}  // namespace cactus::text
