#include "cli/models/facts.h"

#include <cstdio>

#include "engine/models/family.h"

namespace cactus::cli {
namespace {

std::uint64_t number_at(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number_unsigned()) return 0;
  return object[key].get<std::uint64_t>();
}

bool has(const Json& config, const char* key) {
  return config.contains(key) && config[key].is_object();
}

}  // namespace

ModelFacts facts_of(const Json& config) {
  ModelFacts facts;
  if (!config.is_object()) return facts;
  if (config.contains("architectures") && config["architectures"].is_array() &&
      !config["architectures"].empty() && config["architectures"][0].is_string())
    facts.architecture = config["architectures"][0].get<std::string>();
  if (const auto family = family_of(config)) facts.family = (*family)->name;
  facts.context = number_at(config, "max_position_embeddings");
  if (facts.context == 0 && has(config, "text_config"))
    facts.context = number_at(config["text_config"], "max_position_embeddings");
  facts.modalities = {"text"};
  if (has(config, "vision_config")) facts.modalities.push_back("image");
  if (has(config, "audio_config")) facts.modalities.push_back("audio");
  return facts;
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

std::string counted_parameters(std::uint64_t n) {
  char text[32];
  const double count = static_cast<double>(n);
  if (n >= 1'000'000'000) {
    std::snprintf(text, sizeof text, "%.1f B", count / 1e9);
  } else if (n >= 1'000'000) {
    std::snprintf(text, sizeof text, "%.0f M", count / 1e6);
  } else {
    std::snprintf(text, sizeof text, "%.0f k", count / 1e3);
  }
  return text;
}

}  // namespace cactus::cli
