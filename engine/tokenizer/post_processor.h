// What a tokenizer.json puts around the ids of one text.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace cactus::text {

struct PostProcessor {
  std::vector<std::int32_t> before;  // for example bos
  std::vector<std::int32_t> after;   // for example eos

  // `json`: the file's "post_processor", may be null. Errors: incompatible, naming the component.
  static Result<PostProcessor> load(const Json& json);
};

}  // namespace cactus::text
