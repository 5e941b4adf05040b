// A model ready to use: weights, tokenizer, chat template, generation defaults. Immutable; any
// number of sessions may share one.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace cactus {

class Bundle;
class ChatTemplate;
class Decoder;
class Tokenizer;

class Model {
 public:
  // `folder` is a bundle. Errors as Bundle::open, and incompatible for a tokenizer, template or
  // configuration that the engine cannot read.
  static Result<std::shared_ptr<const Model>> open(const std::filesystem::path& folder);
  // The same of a bundle that is open already (converted for this run, or inside the program).
  static Result<std::shared_ptr<const Model>> open(std::shared_ptr<const Bundle> bundle);

  virtual ~Model() = default;
  virtual const Bundle& bundle() const = 0;
  virtual const Decoder& decoder() const = 0;
  virtual const Tokenizer& tokenizer() const = 0;
  virtual const ChatTemplate* chat_template() const = 0;  // null: the model has none
  virtual std::string name() const = 0;                   // source repository, or the folder's name
};

}  // namespace cactus
