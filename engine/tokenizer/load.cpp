#include "engine/tokenizer/load.h"

#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/json_reader.h"

namespace cactus {
namespace text {
namespace {

constexpr std::size_t max_component_bytes = 4 << 20;
constexpr std::size_t max_added_tokens = 1 << 20;

Error broken(std::string what, std::string why) {
  return make_error(ErrorKind::incompatible, "tokenizer.json: " + std::move(what), std::move(why),
                    "download the model again");
}

std::string shown(std::string_view token) {
  return "\"" + utf8::sanitize(token.substr(0, 60)) + "\"";
}

// A string, or null as the empty string.
bool read_optional_string(JsonReader& reader, std::string& value) {
  value.clear();
  if (reader.peek() != '"') return !reader.skip_value().empty();
  std::string_view text;
  if (!reader.read_string(text)) return false;
  value = text;
  return true;
}

bool read_optional_bool(JsonReader& reader, bool& value) {
  const char c = reader.peek();
  return c == 't' || c == 'f' ? reader.read_bool(value) : !reader.skip_value().empty();
}

}  // namespace

Result<TokenizerConfig> TokenizerConfig::load(std::string_view json) {
  TokenizerConfig config;
  if (json.empty()) return config;
  JsonReader reader(json);
  // A token is its text, or an object with the text as "content".
  auto read_token = [&](std::string& token) {
    if (reader.peek() != '{') return read_optional_string(reader, token);
    std::string_view key;
    for (reader.begin_object(); reader.next_member(key);) {
      key == "content" ? void(read_optional_string(reader, token)) : void(reader.skip_value());
    }
    return reader.ok();
  };
  std::string_view key;
  for (reader.begin_object(); reader.next_member(key);) {
    if (key == "bos_token") {
      read_token(config.bos);
    } else if (key == "eos_token") {
      read_token(config.eos);
    } else if (key == "add_bos_token") {
      read_optional_bool(reader, config.add_bos);
    } else {
      reader.skip_value();
    }
  }
  if (!reader.ok()) {
    return make_error(ErrorKind::incompatible, "tokenizer_config.json cannot be read",
                      reader.error(), "download the model again");
  }
  return config;
}

class Loader {
 public:
  explicit Loader(std::string_view json)
      // Gemma 4: 32 MB, 262,144 tokens.
      : reader_(json), impl_(std::make_unique<Tokenizer::Impl>(json.size() / 120)) {}

  Result<std::unique_ptr<const Tokenizer::Impl>> load(std::string_view config_json) {
    CACTUS_TRY(config, TokenizerConfig::load(config_json));
    CACTUS_CHECK(read_file());
    CACTUS_CHECK(register_added_tokens());
    CACTUS_TRY(normalizer, component(normalizer_, &Normalizer::load));
    impl_->normalizer = std::move(normalizer);
    CACTUS_TRY(pre, component(pre_tokenizer_, &PreTokenizer::load));
    impl_->pre_tokenizer = std::move(pre);
    CACTUS_TRY(post, component(post_processor_, &PostProcessor::load));
    impl_->post_processor = std::move(post);
    CACTUS_CHECK(finish_model());
    CACTUS_CHECK(index_added_tokens());
    CACTUS_TRY(decoder, component(decoder_, &DecoderSpec::load));
    impl_->decoder = std::move(decoder);
    apply_config(config);
    return std::unique_ptr<const Tokenizer::Impl>(std::move(impl_));
  }

 private:
  Error syntax() const { return broken("it is not the JSON it should be", reader_.error()); }

  template <class Load>
  auto component(std::string_view json, Load read) -> decltype(read(Json())) {
    if (json.empty()) return read(Json());
    if (json.size() > max_component_bytes) {
      return broken("one of its components is too large", std::to_string(json.size()) + " bytes");
    }
    CACTUS_TRY(parsed, parse_json(json, "tokenizer.json"));
    return read(parsed);
  }

  Status read_file() {
    std::string_view key;
    for (reader_.begin_object(); reader_.next_member(key);) {
      if (key == "added_tokens") {
        CACTUS_CHECK(read_added_tokens());
      } else if (key == "model") {
        CACTUS_CHECK(read_model());
      } else if (key == "normalizer") {
        normalizer_ = reader_.skip_value();
      } else if (key == "pre_tokenizer") {
        pre_tokenizer_ = reader_.skip_value();
      } else if (key == "post_processor") {
        post_processor_ = reader_.skip_value();
      } else if (key == "decoder") {
        decoder_ = reader_.skip_value();
      } else {
        reader_.skip_value();
      }
    }
    if (!reader_.ok()) return syntax();
    if (!reader_.at_end()) return broken("there is text behind its end", {});
    if (!vocab_seen_) return broken("it has no vocabulary", {});
    return ok_status();
  }

  Status read_added_tokens() {
    if (reader_.peek() == 'n') return reader_.skip_value().empty() ? Status(syntax()) : ok_status();
    std::string_view key;
    for (reader_.begin_array(); reader_.next_element();) {
      AddedToken token;
      std::int64_t id = -1;
      token.normalized = false;
      bool normalized_given = false;
      for (reader_.begin_object(); reader_.next_member(key);) {
        if (key == "id") {
          reader_.read_int(id);
        } else if (key == "content") {
          read_optional_string(reader_, token.content);
        } else if (key == "single_word") {
          read_optional_bool(reader_, token.single_word);
        } else if (key == "lstrip") {
          read_optional_bool(reader_, token.lstrip);
        } else if (key == "rstrip") {
          read_optional_bool(reader_, token.rstrip);
        } else if (key == "normalized") {
          normalized_given = true;
          read_optional_bool(reader_, token.normalized);
        } else if (key == "special") {
          read_optional_bool(reader_, token.special);
        } else {
          reader_.skip_value();
        }
      }
      if (!reader_.ok()) return syntax();
      if (!normalized_given) token.normalized = !token.special;
      if (token.content.empty()) continue;
      if (id < 0 || id > Vocab::max_id) {
        return broken(
            "the added token " + shown(token.content) + " has the id " + std::to_string(id),
            "ids are 0 to " + std::to_string(Vocab::max_id));
      }
      if (token.content.size() > AddedTokens::max_token_bytes ||
          added_.size() == max_added_tokens) {
        return broken("too many added tokens, or one too long", shown(token.content));
      }
      token.id = static_cast<std::int32_t>(id);
      added_.push_back(std::move(token));
    }
    return reader_.ok() ? ok_status() : Status(syntax());
  }

  Status read_model() {
    std::string_view key, merges;
    for (reader_.begin_object(); reader_.next_member(key);) {
      if (key == "type") {
        read_optional_string(reader_, model_.type);
      } else if (key == "vocab") {
        CACTUS_CHECK(read_vocab());
      } else if (key == "merges") {
        if (vocab_seen_) {
          CACTUS_CHECK(read_merges(reader_));
        } else {
          merges = reader_.skip_value();
        }
      } else if (key == "unk_token") {
        read_optional_string(reader_, model_.unknown);
      } else if (key == "continuing_subword_prefix") {
        model_.prefix_given = reader_.peek() == '"';
        read_optional_string(reader_, model_.prefix);
      } else if (key == "end_of_word_suffix") {
        read_optional_string(reader_, model_.suffix);
      } else if (key == "fuse_unk") {
        read_optional_bool(reader_, model_.fuse_unknown);
      } else if (key == "byte_fallback") {
        read_optional_bool(reader_, model_.byte_fallback);
      } else if (key == "ignore_merges") {
        read_optional_bool(reader_, model_.ignore_merges);
      } else if (key == "max_input_chars_per_word") {
        reader_.read_int(model_.max_characters);
      } else {
        reader_.skip_value();
      }
    }
    if (!reader_.ok()) return syntax();
    if (merges.empty() || !vocab_seen_) return ok_status();
    JsonReader late(merges);
    return read_merges(late);
  }

  Status read_vocab() {
    if (reader_.peek() == '[') return unsupported("model", "Unigram");
    if (vocab_seen_) return broken("it has two vocabularies", {});
    vocab_seen_ = true;
    std::string_view token;
    std::int64_t id = 0;
    for (reader_.begin_object(); reader_.next_member(token);) {
      // The key's text may be in the reader's scratch: the number that follows leaves it alone.
      if (!reader_.read_int(id)) break;
      switch (impl_->vocab.add(token, id)) {
        case Vocab::Added::yes:
          break;
        case Vocab::Added::duplicate_id:
          return broken("two tokens have the id " + std::to_string(id), shown(token));
        case Vocab::Added::duplicate_text:
          return broken("the token " + shown(token) + " is listed twice", {});
        case Vocab::Added::bad_id:
          return broken("the token " + shown(token) + " has the id " + std::to_string(id),
                        "ids are 0 to " + std::to_string(Vocab::max_id));
        case Vocab::Added::bad_text:
          if (!token.empty()) return broken("the token " + shown(token) + " is not UTF-8", {});
          break;  // the empty token of some vocabularies is never produced
      }
    }
    return reader_.ok() ? ok_status() : Status(syntax());
  }

  // [["a", "b"], …], or ["a b", …] as older files have it.
  Status read_merges(JsonReader& reader) {
    if (reader.peek() == 'n') {
      return reader.skip_value().empty() ? Status(syntax()) : ok_status();
    }
    if (impl_->bpe != nullptr) return broken("it has two lists of merges", {});
    // Indented, Gemma 4's take 48 bytes each.
    impl_->bpe = std::make_unique<Bpe>(impl_->vocab, (reader.size() - reader.position()) / 48,
                                       model_.prefix.size());
    std::string left, right;
    std::string_view part;
    for (reader.begin_array(); reader.next_element();) {
      std::string_view a, b;
      if (reader.peek() == '[') {
        if (!reader.begin_array() || !reader.next_element() || !reader.read_string(part)) break;
        // A view into the file stays; one into the reader's scratch does not.
        const bool stays = reader.in_text(part);
        if (!stays) left = part;
        a = stays ? part : std::string_view(left);
        if (!reader.next_element() || !reader.read_string(b)) break;
        right = reader.in_text(b) ? std::string() : std::string(b);
        if (!reader.in_text(b)) b = right;
        if (reader.next_element()) return broken("a merge has more than two parts", shown(a));
      } else {
        if (!reader.read_string(part)) break;
        if (part.starts_with("#version")) continue;
        const std::size_t space = part.find(' ');
        if (space == std::string_view::npos ||
            part.find(' ', space + 1) != std::string_view::npos) {
          return broken("a merge is not two tokens", shown(part));
        }
        a = part.substr(0, space);
        b = part.substr(space + 1);
      }
      if (!reader.ok()) break;
      if (!impl_->bpe->add_merge(a, b))
        return broken("a merge is wrong", impl_->bpe->merge_error());
    }
    if (reader.ok() && !impl_->bpe->end_merges()) {
      return broken("a merge is wrong", impl_->bpe->merge_error());
    }
    if (!reader.ok()) return broken("its merges are not the JSON they should be", reader.error());
    return ok_status();
  }

  Status register_added_tokens() {
    for (AddedToken& token : added_) {
      // The vocabulary's id counts where the two differ, as in the reference.
      if (const std::int32_t known = impl_->vocab.find(token.content); known != Vocab::none) {
        token.id = known;
        continue;
      }
      switch (impl_->vocab.add(token.content, token.id)) {
        case Vocab::Added::yes:
          break;
        case Vocab::Added::duplicate_id:
          return broken("two tokens have the id " + std::to_string(token.id), shown(token.content));
        default:
          return broken("the added token " + shown(token.content) + " is not UTF-8", {});
      }
    }
    impl_->flags.resize(static_cast<std::size_t>(impl_->vocab.size()));
    for (const AddedToken& token : added_) {
      std::uint8_t& flags = impl_->flags[static_cast<std::size_t>(token.id)];
      if (token.special) flags |= Tokenizer::Impl::special_flag;
      if (is_control_token(token)) flags |= Tokenizer::Impl::control_flag;
    }
    return ok_status();
  }

  Status finish_model() {
    const std::string& type = model_.type;
    const bool bpe = type == "BPE" || (type.empty() && impl_->bpe != nullptr);
    if (!bpe && type != "WordPiece" && !type.empty()) return unsupported("model", type);
    std::int32_t unknown = Vocab::none;
    if (!model_.unknown.empty()) {
      unknown = impl_->vocab.find(model_.unknown);
      if (unknown == Vocab::none) {
        return broken("the unknown token is not in the vocabulary", shown(model_.unknown));
      }
    }
    if (!bpe) {
      impl_->bpe.reset();
      impl_->word_piece.unknown = unknown;
      if (model_.prefix_given) impl_->word_piece.prefix = model_.prefix;
      impl_->word_piece.max_characters =
          static_cast<std::size_t>(std::clamp<std::int64_t>(model_.max_characters, 0, 1000));
      return ok_status();
    }
    if (impl_->bpe == nullptr) impl_->bpe = std::make_unique<Bpe>(impl_->vocab, 0);
    for (const AddedToken& token : added_) {
      if (is_control_token(token)) impl_->bpe->forbid(token.id);
    }
    BpeOptions options;
    options.unknown = unknown;
    options.fuse_unknown = model_.fuse_unknown;
    options.byte_fallback = model_.byte_fallback;
    options.ignore_merges = model_.ignore_merges;
    options.byte_level = impl_->pre_tokenizer.byte_level();
    options.prefix = model_.prefix;
    options.suffix = model_.suffix;
    impl_->bpe->finish(options);
    return ok_status();
  }

  Status index_added_tokens() {
    const MatchBudget budget(reader_.size());
    for (const AddedToken& token : added_) {
      if (!token.normalized) {
        impl_->raw_added.add(token, token.content);
        continue;
      }
      std::string content = token.content;
      CACTUS_CHECK(impl_->normalizer.apply(content, budget));
      if (content.empty() || content.size() > AddedTokens::max_token_bytes) continue;
      impl_->normalized_added.add(token, content);
    }
    return ok_status();
  }

  void apply_config(const TokenizerConfig& config) {
    const auto id_of = [&](const std::string& token) -> std::optional<std::int32_t> {
      const std::int32_t id = token.empty() ? Vocab::none : impl_->vocab.find(token);
      return id == Vocab::none ? std::nullopt : std::optional(id);
    };
    impl_->bos = id_of(config.bos);
    impl_->eos = id_of(config.eos);
    auto& before = impl_->post_processor.before;
    const bool has_bos =
        impl_->bos && std::find(before.begin(), before.end(), *impl_->bos) != before.end();
    if (config.add_bos && impl_->bos && !has_bos) before.insert(before.begin(), *impl_->bos);
  }

  JsonReader reader_;
  std::unique_ptr<Tokenizer::Impl> impl_;
  std::vector<AddedToken> added_;
  ModelOptions model_;
  bool vocab_seen_ = false;
  std::string_view normalizer_, pre_tokenizer_, post_processor_, decoder_;
};

}  // namespace text

Result<std::unique_ptr<const Tokenizer>> Tokenizer::load(std::string_view tokenizer_json,
                                                         std::string_view tokenizer_config_json) {
  text::Loader loader(tokenizer_json);
  CACTUS_TRY(impl, loader.load(tokenizer_config_json));
  return std::unique_ptr<const Tokenizer>(new Tokenizer(std::move(impl)));
}

}  // namespace cactus
