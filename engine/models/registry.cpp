// The table of model families.
#include "engine/models/family.h"
#include "engine/models/gemma4/decoder.h"
#include "engine/models/gemma4/plan.h"
#include "engine/models/llama/decoder.h"
#include "engine/models/llama/plan.h"

namespace cactus {
namespace {

constexpr Family kFamilies[] = {
    {"gemma4", gemma4::matches, gemma4::plan, gemma4::load_decoder},
    {"llama", llama::matches, llama::plan, llama::load_decoder},
};

// What a configuration calls its architecture.
std::string architecture_of(const Json& config) {
  if (!config.is_object()) return "unnamed";
  if (const auto names = config.find("architectures");
      names != config.end() && names->is_array() && !names->empty() && (*names)[0].is_string()) {
    return (*names)[0].get<std::string>();
  }
  const auto type = config.find("model_type");
  return type != config.end() && type->is_string() ? type->get<std::string>() : "unnamed";
}

}  // namespace

std::span<const Family> families() {
  return kFamilies;
}

Result<const Family*> family_of(const Json& config) {
  std::string supported;
  for (const Family& family : families()) {
    if (family.matches(config)) return &family;
    supported += (supported.empty() ? "" : ", ") + std::string(family.name);
  }
  return make_error(ErrorKind::incompatible,
                    "the architecture " + architecture_of(config) + " is not supported",
                    "supported are: " + supported);
}

}  // namespace cactus
