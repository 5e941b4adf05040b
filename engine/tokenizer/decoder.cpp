#include "engine/tokenizer/decoder.h"

#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/tokenizer/byte_letters.h"
#include "engine/tokenizer/json_fields.h"

namespace cactus::text {
namespace {

constexpr int max_depth = 8;
constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t done = 0;;) {
    const std::size_t at = text.find(from, done);
    out.append(text.substr(done, at == std::string_view::npos ? at : at - done));
    if (at == std::string_view::npos) return out;
    out.append(to);
    done = at + from.size();
  }
}

// English punctuation and contractions as BERT's tokenizer rejoins them.
std::string tidy(std::string text) {
  constexpr std::string_view pairs[][2] = {{" .", "."},     {" ?", "?"},           {" !", "!"},
                                           {" ,", ","},     {" ' ", "'"},          {" n't", "n't"},
                                           {" 'm", "'m"},   {" do not", " don't"}, {" 's", "'s"},
                                           {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& pair : pairs) {
    if (text.find(pair[0]) != std::string::npos) text = replace_all(text, pair[0], pair[1]);
  }
  return text;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "<0xXX>", else -1.
int byte_token(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return -1;
  const int high = hex_digit(token[3]), low = hex_digit(token[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// The bytes that a token of letters stands for, or the token itself where one is no letter.
std::string spelled_bytes(std::string_view token) {
  std::string bytes;
  for (std::string_view rest = token; !rest.empty();) {
    const utf8::Decoded d = utf8::decode(rest);
    const int byte = letter_byte(d.code_point);
    if (byte < 0) return std::string(token);
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
    rest.remove_prefix(d.length);
  }
  return bytes;
}

}  // namespace

Result<DecoderSpec> DecoderSpec::load(const Json& json) {
  DecoderSpec spec;
  if (json.is_null()) {
    Stage join;
    join.kind = Kind::join;
    spec.stages_.push_back(join);
  } else {
    CACTUS_CHECK(spec.add(json, 0));
  }
  return spec;
}

Status DecoderSpec::add(const Json& json, int depth) {
  const std::string type = string_field(json, "type");
  if (depth > max_depth) return bad_component("the decoder", "it is nested too deep");
  Stage stage;
  stage.fused = !stages_.empty() && (stages_.back().fused || stages_.back().kind == Kind::fuse ||
                                     stages_.back().kind == Kind::byte_level);
  if (type == "Sequence") {
    const Json* parts = field(json, "decoders");
    if (parts == nullptr || !parts->is_array()) {
      return bad_component("the decoder Sequence", "it has no decoders");
    }
    for (const Json& part : *parts) CACTUS_CHECK(add(part, depth + 1));
    return ok_status();
  }
  if (type == "Replace") {
    const Json* pattern = field(json, "pattern");
    stage.kind = Kind::replace;
    stage.from = pattern == nullptr ? std::string() : string_field(*pattern, "String");
    stage.to = string_field(json, "content");
    if (stage.from.empty()) return unsupported("decoder", "Replace without a String pattern");
    if (stage.fused) return unsupported("decoder", "Replace behind Fuse or ByteLevel");
  } else if (type == "ByteFallback") {
    stage.kind = Kind::byte_fallback;
    if (stage.fused) return ok_status();  // one long token is no byte token
  } else if (type == "Fuse") {
    if (stage.fused) return ok_status();
  } else if (type == "Strip") {
    stage.kind = Kind::strip;
    stage.from = string_field(json, "content");
    const std::int64_t start = int_field(json, "start", 0), stop = int_field(json, "stop", 0);
    if (stage.from.empty() || utf8::decode(stage.from).length != stage.from.size() || start < 0 ||
        stop < 0 || start > 1000 || stop > 1000) {
      return bad_component("the decoder Strip",
                           "its content is not one character, or its counts "
                           "are out of range");
    }
    stage.start = static_cast<std::size_t>(start);
    stage.stop = static_cast<std::size_t>(stop);
  } else if (type == "ByteLevel") {
    stage.kind = Kind::byte_level;
    if (stage.fused) return unsupported("decoder", "ByteLevel behind Fuse");
  } else if (type == "Metaspace") {
    stage.kind = Kind::metaspace;
    stage.from = string_field(json, "replacement", "\xE2\x96\x81");
    const std::string scheme = string_field(
        json, "prepend_scheme", bool_field(json, "add_prefix_space", true) ? "always" : "never");
    stage.flag = scheme != "never";
    if (stage.from.empty() || stage.fused) return unsupported("decoder", "Metaspace of this form");
  } else if (type == "WordPiece") {
    stage.kind = Kind::word_piece;
    stage.from = string_field(json, "prefix", "##");
    stage.flag = bool_field(json, "cleanup", true);
    if (stage.fused) return unsupported("decoder", "WordPiece behind Fuse or ByteLevel");
  } else {
    return unsupported("decoder", type);
  }
  stages_.push_back(std::move(stage));
  return ok_status();
}

std::string DecoderSpec::bytes_of(std::string_view token) const {
  std::string bytes(token);
  for (const Stage& stage : stages_) {
    if (stage.kind == Kind::replace) bytes = replace_all(bytes, stage.from, stage.to);
    if (stage.kind == Kind::metaspace) bytes = replace_all(bytes, stage.from, " ");
    if (stage.kind == Kind::byte_level) bytes = spelled_bytes(bytes);
    if (stage.kind == Kind::byte_fallback) {
      if (const int byte = byte_token(bytes); byte >= 0) {
        return std::string(1, static_cast<char>(static_cast<unsigned char>(byte)));
      }
    }
    if (stage.kind == Kind::word_piece && !stage.from.empty()) {
      bytes = bytes.starts_with(stage.from) ? bytes.substr(stage.from.size()) : " " + bytes;
    }
    if (stage.kind == Kind::join) bytes = " " + bytes;
  }
  return bytes;
}

void DecoderStream::pass(std::size_t index, std::string_view token, std::string& out) {
  using Kind = DecoderSpec::Kind;
  if (index == states_.size()) {
    out.append(token);
    return;
  }
  const DecoderSpec::Stage& stage = spec_->stages_[index];
  State& state = states_[index];
  const bool first = !state.begun;
  state.begun = true;
  switch (stage.kind) {
    case Kind::fuse:
      return pass(index + 1, token, out);
    case Kind::join:
      return first ? pass(index + 1, token, out) : pass(index + 1, " " + std::string(token), out);
    case Kind::replace:
      return pass(index + 1, replace_all(token, stage.from, stage.to), out);
    case Kind::metaspace:
      return pass(index + 1,
                  replace_all(token, stage.from,
                              first && stage.flag ? std::string_view() : std::string_view(" ")),
                  out);
    case Kind::word_piece: {
      std::string piece(token);
      if (!first && token.starts_with(stage.from)) {
        piece.erase(0, stage.from.size());
      } else if (!first) {
        piece.insert(0, " ");
      }
      return pass(index + 1, stage.flag ? tidy(std::move(piece)) : piece, out);
    }
    case Kind::byte_fallback:
      if (const int byte = byte_token(token); byte >= 0) {
        state.held.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
        return;
      }
      end_bytes(index, out);
      return pass(index + 1, token, out);
    case Kind::byte_level: {
      state.held += spelled_bytes(token);
      const std::size_t tail = utf8::incomplete_tail(state.held);
      const std::string ready =
          utf8::sanitize(std::string_view(state.held).substr(0, state.held.size() - tail));
      state.held.erase(0, state.held.size() - tail);
      return ready.empty() ? void() : pass(index + 1, ready, out);
    }
    case Kind::strip:
      strip_part(index, token, out);
      if (!stage.fused) {
        state = State{};
      }
      return;
  }
}

// A run of byte tokens is one string, or one U+FFFD for each byte where the run is not UTF-8: known
// only when the run ends.
void DecoderStream::end_bytes(std::size_t index, std::string& out) {
  std::string bytes;
  bytes.swap(states_[index].held);
  if (bytes.empty()) return;
  if (utf8::is_valid(bytes)) return pass(index + 1, bytes, out);
  for (std::size_t i = 0; i < bytes.size(); ++i) pass(index + 1, replacement_character, out);
}

void DecoderStream::strip_part(std::size_t index, std::string_view part, std::string& out) {
  const DecoderSpec::Stage& stage = spec_->stages_[index];
  State& state = states_[index];
  while (state.stripped < stage.start && part.starts_with(stage.from)) {
    part.remove_prefix(stage.from.size());
    ++state.stripped;
  }
  if (part.empty()) return;
  state.stripped = stage.start;  // the beginning is over
  std::string text = std::move(state.held);
  text.append(part);
  std::size_t end = text.size();
  for (std::size_t n = 0;
       n < stage.stop && std::string_view(text).substr(0, end).ends_with(stage.from); ++n) {
    end -= stage.from.size();
  }
  state.held = stage.fused ? text.substr(end) : std::string();
  text.resize(end);
  if (!text.empty()) pass(index + 1, text, out);
}

void DecoderStream::finish(std::string& out) {
  using Kind = DecoderSpec::Kind;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const Kind kind = spec_->stages_[i].kind;
    if (kind == Kind::byte_fallback) end_bytes(i, out);
    if (kind == Kind::byte_level && !states_[i].held.empty()) {
      pass(i + 1, utf8::sanitize(states_[i].held), out);
    }
  }
  for (State& state : states_) state = State{};
}

}  // namespace cactus::text
