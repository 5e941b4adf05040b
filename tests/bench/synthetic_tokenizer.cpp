#include "tests/bench/synthetic_tokenizer.h"

#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "engine/base/utf8.h"

namespace cactus::bench {
namespace {

constexpr std::size_t vocabulary = 262'144;
constexpr std::size_t wanted_merges = 515'000;
const std::string space = "\xE2\x96\x81";

class Random {
 public:
  std::uint32_t next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>(state_ >> 33);
  }
  std::size_t below(std::size_t n) { return next() % n; }
  double unit() { return next() / 2147483648.0; }

 private:
  std::uint64_t state_ = 42;
};

std::vector<std::string> make_syllables() {
  const std::string consonants = "tnshrdlcmwfgypbvk", vowels = "eaoiu";
  std::vector<std::string> out;
  for (const char c : consonants) {
    for (const char v : vowels) out.push_back({c, v});
  }
  for (const char v : vowels) {
    for (const char c : consonants) out.push_back({v, c});
  }
  return out;
}

// The more frequent first.
std::vector<std::string> make_words(std::size_t count) {
  const auto syllables = make_syllables();
  Random random;
  std::vector<std::string> words;
  std::unordered_map<std::string, bool> seen;
  while (words.size() < count) {
    std::string word;
    const std::size_t longest = 1 + (words.size() > 100) + (words.size() > 5000);
    const std::size_t n = 1 + random.below(longest + 1);
    for (std::size_t i = 0; i < n; ++i) word += syllables[random.below(syllables.size())];
    if (seen.emplace(word, true).second) words.push_back(word);
  }
  return words;
}

std::string quoted(const std::string& token) {
  std::string out = "\"";
  for (const char c : token) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

}  // namespace

SyntheticTokenizer make_gemma_shape() {
  std::vector<std::string> tokens;
  std::unordered_map<std::string, std::size_t> ids;
  auto add = [&](const std::string& token) {
    if (tokens.size() < vocabulary && ids.emplace(token, tokens.size()).second) {
      tokens.push_back(token);
    }
  };
  std::string added;
  auto add_special = [&](const std::string& token) {
    added +=
        std::string(added.empty() ? "" : ",") +
        "\n    {\n      \"id\": " + std::to_string(tokens.size()) +
        ",\n      \"content\": " + quoted(token) +
        ",\n      \"single_word\": false,\n      \"lstrip\": false,\n      \"rstrip\": false,\n"
        "      \"normalized\": false,\n      \"special\": true\n    }";
    add(token);
  };
  for (const char* token : {"<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<|turn>", "<turn|>"}) {
    add_special(token);
  }
  for (int i = 0; i < 6000; ++i) add_special("<unused" + std::to_string(i) + ">");
  for (int i = 0; i < 256; ++i) {
    const char* hex = "0123456789ABCDEF";
    add(std::string("<0x") + hex[i / 16] + hex[i % 16] + ">");
  }
  for (char c = '!'; c <= '~'; ++c) add(std::string(1, c));
  add("\n");
  add(space);
  for (char32_t c = 0xA1; c < 0x500; ++c) {
    std::string s;
    utf8::append(s, c);
    add(s);
  }
  for (char32_t c = 0x4E00; c < 0x4E00 + 8000; ++c) {
    std::string s;
    utf8::append(s, c);
    add(s);
  }
  for (char32_t c = 0x1F600; c < 0x1F640; ++c) {
    std::string s;
    utf8::append(s, c);
    add(s);
  }
  std::string run = space;
  for (int i = 0; i < 30; ++i) add(run += space);
  run = "a";
  for (int i = 0; i < 14; ++i) add(run += "a");
  const auto syllables = make_syllables();
  for (const auto& s : syllables) add(s);
  for (const auto& a : syllables) {
    for (const auto& b : syllables) add(a + b);
  }
  // Every prefix of every word, so that a token is always made of one before it.
  const auto words = make_words(400'000);
  for (const auto& word : words) {
    for (std::size_t n = 1; n <= word.size(); ++n) add(space + word.substr(0, n));
  }
  // A merge for every way to split a token in two others.
  std::string merges;
  std::size_t merge_count = 0;
  for (const auto& token : tokens) {
    if (token[0] == '<') continue;
    for (std::size_t cut = 1; cut < token.size() && merge_count < wanted_merges; ++cut) {
      const std::string left = token.substr(0, cut), right = token.substr(cut);
      if (ids.count(left) == 0 || ids.count(right) == 0) continue;
      merges += std::string(merges.empty() ? "" : ",") + "\n      [\n        " + quoted(left) +
                ",\n        " + quoted(right) + "\n      ]";
      ++merge_count;
    }
  }
  SyntheticTokenizer out;
  out.tokens = tokens.size();
  out.merges = merge_count;
  out.json =
      "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n"
      "  \"added_tokens\": [" +
      added +
      "\n  ],\n"
      "  \"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, "
      "\"content\": \"" +
      space +
      "\"},\n"
      "  \"pre_tokenizer\": {\"type\": \"Split\", \"pattern\": {\"String\": \" \"}, "
      "\"behavior\": \"MergedWithPrevious\", \"invert\": false},\n"
      "  \"post_processor\": null,\n"
      "  \"decoder\": {\"type\": \"Sequence\", \"decoders\": [{\"type\": \"Replace\", "
      "\"pattern\": {\"String\": \"" +
      space +
      "\"}, \"content\": \" \"}, "
      "{\"type\": \"ByteFallback\"}, {\"type\": \"Fuse\"}]},\n"
      "  \"model\": {\n    \"type\": \"BPE\",\n    \"unk_token\": \"<unk>\",\n"
      "    \"fuse_unk\": true,\n    \"byte_fallback\": true,\n    \"vocab\": {";
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    out.json +=
        (id == 0 ? "\n      " : ",\n      ") + quoted(tokens[id]) + ": " + std::to_string(id);
  }
  out.json += "\n    },\n    \"merges\": [" + merges + "\n    ]\n  }\n}\n";
  return out;
}

std::string make_text(std::size_t bytes) {
  const auto words = make_words(400'000);
  Random random;
  std::string text;
  while (text.size() < bytes) {
    // Zipf by inversion: rank = N^u.
    const auto rank =
        static_cast<std::size_t>(std::pow(static_cast<double>(words.size()), random.unit())) - 1;
    std::string word = words[rank < words.size() ? rank : words.size() - 1];
    const std::size_t kind = random.below(40);
    if (kind == 0) word = std::to_string(random.below(3000));
    if (kind == 1) word += ",";
    if (kind == 2) word += ".\n";
    if (kind == 3) word[0] = static_cast<char>(word[0] - 'a' + 'A');
    if (kind == 4) word += "\xC3\xA9";
    text += text.empty() || text.back() == '\n' ? word : " " + word;
  }
  text.resize(bytes);
  return text;
}

}  // namespace cactus::bench
