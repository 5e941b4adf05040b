#include "tests/support/scripted_model.h"

#include "engine/models/gemma4/decoder.h"
#include "engine/template/chat_template.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/catch.h"
#include "tests/support/memory_bundle.h"

namespace cactus::test {
namespace {

constexpr std::int64_t kVocab = 768;
constexpr std::int32_t kEos = 1;

class ScriptedState final : public DecoderState {
 public:
  explicit ScriptedState(Script& script) : script_(script) {}
  std::int64_t length() const override { return static_cast<std::int64_t>(script_.seen.size()); }
  bool rewind(std::int64_t length) override {
    if (length > this->length()) return false;
    script_.seen.resize(static_cast<std::size_t>(length));
    return true;
  }
  void mark() override {}
  std::int64_t bytes() const override { return 0; }

 private:
  Script& script_;
};

class ScriptedDecoder final : public Decoder {
 public:
  explicit ScriptedDecoder(Script& script) : script_(script) {
    info_ = {.vocab = kVocab, .hidden = 8, .layers = 2, .context = script.context};
  }
  const DecoderInfo& info() const override { return info_; }
  DecoderWork work(std::int64_t) const override { return {}; }
  std::unique_ptr<DecoderState> make_state(const StateOptions&) const override {
    return std::make_unique<ScriptedState>(script_);
  }
  Result<std::span<const float>> forward(kernels::Exec&, DecoderState&,
                                         std::span<const std::int32_t> ids,
                                         const ForwardRequest& request) const override {
    if (request.cancel != nullptr && *request.cancel) {
      return make_error(ErrorKind::cancelled, "cancelled");
    }
    if (script_.on_forward) script_.on_forward();
    script_.seen.insert(script_.seen.end(), ids.begin(), ids.end());
    script_.calls.push_back(static_cast<std::int64_t>(ids.size()));
    const std::vector<float> hidden(ids.size() * 8, 0.5f);
    if (request.on_hidden)
      request.on_hidden(1, hidden.data(), static_cast<std::int64_t>(ids.size()));
    if (request.no_logits) return std::span<const float>();
    logits_.assign(kVocab, 0.0f);
    const bool more = script_.next < script_.reply.size();
    logits_[static_cast<std::size_t>(more ? script_.reply[script_.next++] : kEos)] = 50;
    return std::span<const float>(logits_);
  }

 private:
  Script& script_;
  DecoderInfo info_;
  mutable std::vector<float> logits_;
};

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().what << ": " << result.error().why);
  return std::move(result).value();
}

class TestModel final : public Model {
 public:
  explicit TestModel(std::unique_ptr<const Decoder> decoder, std::shared_ptr<const Bundle> bundle)
      : bundle_(std::move(bundle)),
        decoder_(std::move(decoder)),
        tokenizer_(must(Tokenizer::load(must(bundle_->file("tokenizer.json")),
                                        must(bundle_->file("tokenizer_config.json"))))),
        chat_template_(must(ChatTemplate::parse(must(bundle_->file("chat_template.jinja"))))) {}
  const Bundle& bundle() const override { return *bundle_; }
  const Decoder& decoder() const override { return *decoder_; }
  const Tokenizer& tokenizer() const override { return *tokenizer_; }
  const ChatTemplate* chat_template() const override { return chat_template_.get(); }
  std::string name() const override { return "test"; }

 private:
  std::shared_ptr<const Bundle> bundle_;
  std::unique_ptr<const Decoder> decoder_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  std::unique_ptr<const ChatTemplate> chat_template_;
};

}  // namespace

std::shared_ptr<const Model> scripted_model(Script& script) {
  return std::make_shared<TestModel>(std::make_unique<ScriptedDecoder>(script),
                                     memory_bundle("gemma4_text", kernels::Type::f32));
}

void set_reply(Script& script, const Model& model, const std::string& text) {
  script.reply = must(model.tokenizer().encode(text));
  script.next = 0;
  script.calls.clear();
}

std::shared_ptr<const Model> fixture_model() {
  auto bundle = memory_bundle("gemma4_text", kernels::Type::f32);
  auto decoder = must(gemma4::load_decoder(bundle));
  return std::make_shared<TestModel>(std::move(decoder), std::move(bundle));
}

}  // namespace cactus::test
