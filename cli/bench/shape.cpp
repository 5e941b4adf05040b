#include "cli/bench/shape.h"

#include <array>

#include "cli/bench/shapes.h"

namespace cactus::cli {
namespace {

struct Shape {
  std::string_view name;
  std::string_view config;
};
constexpr std::array<Shape, 2> kShapes = {
    {{"gemma-4-E2B", kGemma4E2B}, {"gemma-4-E4B", kGemma4E4B}}};

// Writes the entries of "vocab" and "merges" side by side: all words over a small alphabet,
// shortest first, each made of any two parts that are tokens themselves.
class TokenizerText {
 public:
  explicit TokenizerText(std::int64_t vocab) : vocab_(vocab) {}

  std::string write() {
    static constexpr std::array<const char*, 6> control = {"<pad>", "<eos>",   "<bos>",
                                                           "<unk>", "<|turn>", "<turn|>"};
    std::string added;
    for (const char* token : control) {
      if (!added.empty()) added += ',';
      added +=
          R"({"id":)" + std::to_string(next_) + R"(,"content":")" + token +
          R"(","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true})";
      add(token);
    }
    for (int byte = 0; byte < 256; ++byte) {
      static constexpr char hex[] = "0123456789ABCDEF";
      add(std::string("<0x") + hex[byte / 16] + hex[byte % 16] + ">");
    }
    for (int length = 1; next_ < vocab_; ++length) words(length, {});
    return R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[)" + added +
           R"(],"normalizer":{"type":"Replace","pattern":{"String":" "},"content":"▁"},)"
           R"("pre_tokenizer":null,"post_processor":null,"decoder":{"type":"Sequence","decoders":[)"
           R"({"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}]},)"
           R"("model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,)"
           R"("end_of_word_suffix":null,"fuse_unk":true,"byte_fallback":true,"ignore_merges":false,"vocab":{)" +
           tokens_ + R"(},"merges":[)" + merges_ + "]}}";
  }

 private:
  static constexpr std::array<const char*, 27> letters_ = {
      "▁", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m",
      "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z"};

  void add(const std::string& token) {
    if (next_ > 0) tokens_ += ',';
    tokens_ += '"' + token + "\":" + std::to_string(next_++);
  }

  // All words that begin with `parts` and are `length` letters long.
  void words(int length, std::vector<const char*> parts) {
    if (next_ >= vocab_) return;
    if (static_cast<int>(parts.size()) < length) {
      for (const char* letter : letters_) {
        parts.push_back(letter);
        words(length, parts);
        parts.pop_back();
      }
      return;
    }
    std::string word;
    for (const char* p : parts) word += p;
    add(word);
    std::string left;
    for (std::size_t i = 0; i + 1 < parts.size() && i < 2; ++i) {
      left += parts[i];
      if (!merges_.empty()) merges_ += ',';
      merges_ += "[\"" + left + "\",\"" + word.substr(left.size()) + "\"]";
    }
  }

  std::int64_t vocab_, next_ = 0;
  std::string tokens_, merges_;
};

}  // namespace

std::vector<std::string_view> shape_names() {
  std::vector<std::string_view> names;
  for (const Shape& s : kShapes) names.push_back(s.name);
  return names;
}

Result<Json> shape_config(std::string_view name) {
  std::string known;
  for (const Shape& s : kShapes) {
    if (s.name == name) return parse_json(s.config, s.name, ErrorKind::internal);
    known += (known.empty() ? "" : ", ") + std::string(s.name);
  }
  return make_error(ErrorKind::usage, "no shape '" + std::string(name) + "'",
                    "known shapes: " + known,
                    "cactus bench --shape " + std::string(kShapes[0].name));
}

std::string synthetic_tokenizer(std::int64_t vocab) {
  return TokenizerText(vocab).write();
}

}  // namespace cactus::cli
