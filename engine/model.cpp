#include "engine/model.h"

#include <utility>

#include "engine/models/family.h"
#include "engine/template/chat_template.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/weights/bundle.h"

namespace cactus {
namespace {

class LoadedModel final : public Model {
 public:
  LoadedModel(std::shared_ptr<const Bundle> bundle, std::unique_ptr<const Decoder> decoder,
              std::unique_ptr<const Tokenizer> tokenizer,
              std::unique_ptr<const ChatTemplate> chat_template)
      : bundle_(std::move(bundle)),
        decoder_(std::move(decoder)),
        tokenizer_(std::move(tokenizer)),
        chat_template_(std::move(chat_template)) {}

  const Bundle& bundle() const override { return *bundle_; }
  const Decoder& decoder() const override { return *decoder_; }
  const Tokenizer& tokenizer() const override { return *tokenizer_; }
  const ChatTemplate* chat_template() const override { return chat_template_.get(); }

  std::string name() const override {
    const Json& source = bundle_->manifest().source;
    if (source.is_object()) {
      const auto repository = source.find("repository");
      if (repository != source.end() && repository->is_string()) {
        // json::empty() is false for a text, also for an empty one.
        if (auto text = repository->get<std::string>(); !text.empty()) return text;
      }
    }
    const std::filesystem::path folder = bundle_->folder().lexically_normal();
    return folder.has_filename() ? folder.filename().string()
                                 : folder.parent_path().filename().string();
  }

 private:
  std::shared_ptr<const Bundle> bundle_;
  std::unique_ptr<const Decoder> decoder_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  std::unique_ptr<const ChatTemplate> chat_template_;
};

// The template's source: its own file, or (older checkpoints) a member of tokenizer_config.json,
// which is a text or a list of named ones. Empty: the model has none.
Result<std::string> template_source(const Bundle& bundle) {
  Result<std::string> file = bundle.file("chat_template.jinja");
  if (file) return file;
  if (file.error().kind != ErrorKind::not_found) return file;
  const Json& config = bundle.manifest().tokenizer_config;
  if (!config.is_object() || !config.contains("chat_template")) return std::string();
  const Json& member = config["chat_template"];
  if (member.is_string()) return member.get<std::string>();
  if (!member.is_array()) return std::string();
  for (const Json& entry : member) {
    if (entry.is_object() && entry.value("name", Json()) == "default" &&
        entry.value("template", Json()).is_string()) {
      return entry["template"].get<std::string>();
    }
  }
  return std::string();
}

Result<std::unique_ptr<const ChatTemplate>> load_template(const Bundle& bundle) {
  CACTUS_TRY(source, template_source(bundle));
  if (source.empty()) return std::unique_ptr<const ChatTemplate>();
  return ChatTemplate::parse(std::move(source));
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::open(const std::filesystem::path& folder) {
  CACTUS_TRY(bundle, Bundle::open(folder));
  return open(std::move(bundle));
}

Result<std::shared_ptr<const Model>> Model::open(std::shared_ptr<const Bundle> bundle) {
  const Manifest& manifest = bundle->manifest();
  CACTUS_TRY(family, family_of(manifest.config));
  CACTUS_TRY(decoder, family->load(bundle));
  CACTUS_TRY(tokenizer_json, bundle->file("tokenizer.json"));
  CACTUS_TRY(tokenizer, Tokenizer::load(tokenizer_json, manifest.tokenizer_config.is_object()
                                                            ? dump_json(manifest.tokenizer_config)
                                                            : std::string()));
  CACTUS_TRY(chat_template, load_template(*bundle));
  return std::shared_ptr<const Model>(
      std::make_shared<LoadedModel>(bundle, std::unique_ptr<const Decoder>(std::move(decoder)),
                                    std::move(tokenizer), std::move(chat_template)));
}

}  // namespace cactus
