#include "engine/constrain/call_constraint.h"

#include <algorithm>

namespace cactus::constrain {
namespace {

// Whether a string goes on behind these bytes and nothing but characters of it was among them.
bool stays_in_string(std::string_view bytes, const CallGrammar& grammar) {
  // Any rules do: only the string at the top is looked at.
  static const Schema kNone = [] {
    Schema schema;
    schema.names = schema.literals.add_root();
    schema.literals.add(schema.names, "f", 0);
    ObjectNode object;
    object.keys = schema.literals.add_root();
    schema.literals.add(object.keys, "k", 0);
    object.values.push_back(0);
    schema.values.push_back({.kinds = kString});
    schema.objects.push_back(object);
    schema.arguments.push_back(0);
    return schema;
  }();
  const CallGrammar bare{.name_end = "(", .key_end = "=", .control_quotes = grammar.control_quotes};
  const ReplyRules rules{&bare, &kNone, true};
  Acceptor state(rules);
  for (const unsigned char byte :
       {ControlByte::kOpen, static_cast<unsigned char>('f'), static_cast<unsigned char>('('),
        static_cast<unsigned char>('k'), static_cast<unsigned char>('=')}) {
    state.feed(byte);
  }
  state.feed(grammar.control_quotes ? ControlByte::kQuote : '"');
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ControlByte::kFirst || (!grammar.control_quotes && (byte == '"' || byte == '\\')))
      return false;
    if (!state.feed(byte)) return false;
  }
  return true;
}

class CallConstraint final : public TokenConstraint {
 public:
  CallConstraint(std::shared_ptr<const Vocabulary> vocabulary, Schema schema,
                 std::optional<Said> said, bool must_call)
      : vocabulary_(std::move(vocabulary)),
        schema_(std::move(schema)),
        said_(std::move(said)),
        rules_{vocabulary_->syntax().grammar, &schema_, !vocabulary_->syntax().none.empty(),
               must_call && !schema_.arguments.empty(), said_ ? &*said_ : nullptr},
        state_(rules_),
        allowed_(vocabulary_->size()) {}

  bool allows(std::int32_t id) const override {
    if (state_.in_text()) return true;
    if (!known(id)) return false;
    const std::string& bytes = vocabulary_->bytes(id);
    Acceptor next = state_;
    return !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), [&next](char c) {
      return next.feed(static_cast<unsigned char>(c));
    });
  }

  std::span<const std::uint64_t> allowed() override {
    if (state_.in_string()) {
      allowed_ = vocabulary_->plain();
      vocabulary_->others().collect(state_, allowed_);
    } else {
      allowed_.clear();
      vocabulary_->all().collect(state_, allowed_);
    }
    return allowed_.words();
  }

  bool allows_all() const override { return state_.in_text(); }

  void advance(std::int32_t id) override {
    if (!known(id)) return;
    const std::string& bytes = vocabulary_->bytes(id);
    // Between calls only control tokens matter.
    if (state_.in_text() &&
        (bytes.size() != 1 || static_cast<unsigned char>(bytes[0]) < ControlByte::kFirst)) {
      return;
    }
    for (const char c : bytes) state_.feed(static_cast<unsigned char>(c));
  }

  bool complete() const override { return state_.complete(); }

 private:
  bool known(std::int32_t id) const {
    return id >= 0 && static_cast<std::size_t>(id) < vocabulary_->size();
  }

  std::shared_ptr<const Vocabulary> vocabulary_;
  Schema schema_;
  std::optional<Said> said_;
  ReplyRules rules_;
  Acceptor state_;
  TokenSet allowed_;
};

}  // namespace

Result<std::shared_ptr<const Vocabulary>> Vocabulary::create(
    const Tokenizer& tokenizer, const CallSyntax& syntax, std::span<const std::int32_t> stop_ids) {
  const auto cannot = [&syntax](const std::string& why) {
    return make_error(ErrorKind::usage, "this model's calls cannot be held to schemas",
                      "its syntax (" + std::string(syntax.name) + ") " + why);
  };
  if (syntax.grammar == nullptr) return cannot("has no grammar here");
  auto made = std::make_shared<Vocabulary>();
  made->syntax_ = &syntax;
  const auto count = static_cast<std::size_t>(tokenizer.vocab_size());
  made->bytes_.resize(count);
  for (std::int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    if (tokenizer.is_control(id)) continue;
    std::string bytes = tokenizer.token_bytes(id);
    // Bytes that no UTF-8 has stand for control tokens here.
    const bool text = std::all_of(bytes.begin(), bytes.end(), [](char c) {
      return static_cast<unsigned char>(c) < ControlByte::kFirst;
    });
    if (text) made->bytes_[static_cast<std::size_t>(id)] = std::move(bytes);
  }
  const auto set_control = [&](std::string_view text, unsigned char byte) {
    const auto id = tokenizer.token_id(text);
    if (!id || !tokenizer.is_control(*id)) return false;
    made->bytes_[static_cast<std::size_t>(*id)] = std::string(1, static_cast<char>(byte));
    return true;
  };
  for (const std::int32_t id : stop_ids) {
    if (id >= 0 && static_cast<std::size_t>(id) < count) {
      made->bytes_[static_cast<std::size_t>(id)] =
          std::string(1, static_cast<char>(ControlByte::kStop));
    }
  }
  if (!set_control(syntax.open, ControlByte::kOpen) ||
      !set_control(syntax.close, ControlByte::kClose) ||
      (!syntax.none.empty() && !set_control(syntax.none, ControlByte::kNone)) ||
      (syntax.grammar->control_quotes && !set_control(syntax.quote, ControlByte::kQuote))) {
    return cannot("has markers that are no tokens of their own in its vocabulary");
  }
  std::vector<std::pair<std::string, std::int32_t>> all, others;
  made->plain_ = TokenSet(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (made->bytes_[i].empty()) continue;
    const auto id = static_cast<std::int32_t>(i);
    all.emplace_back(made->bytes_[i], id);
    if (stays_in_string(made->bytes_[i], *syntax.grammar)) {
      made->plain_.add(id);
    } else {
      others.emplace_back(made->bytes_[i], id);
    }
  }
  made->all_ = TokenTrie(std::move(all));
  made->others_ = TokenTrie(std::move(others));
  return std::shared_ptr<const Vocabulary>(std::move(made));
}

Result<std::unique_ptr<TokenConstraint>> constrain_calls(
    std::shared_ptr<const Vocabulary> vocabulary, const Json& tools,
    const std::optional<std::string>& request, bool must_call) {
  const bool none = !tools.is_array() || tools.empty();
  if (none && !vocabulary->syntax().none.empty()) {
    return std::unique_ptr<TokenConstraint>(
        std::make_unique<CallConstraint>(std::move(vocabulary), Schema(), std::nullopt, false));
  }
  const CallGrammar& grammar = *vocabulary->syntax().grammar;
  std::optional<Said> said;
  if (request && request->size() <= Said::kLongest) said.emplace(*request, !grammar.control_quotes);
  CACTUS_TRY(schema, compile_schema(tools, grammar, said ? &*said : nullptr));
  return std::unique_ptr<TokenConstraint>(std::make_unique<CallConstraint>(
      std::move(vocabulary), std::move(schema), std::move(said), must_call));
}

}  // namespace cactus::constrain
