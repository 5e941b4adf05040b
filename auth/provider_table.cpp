#include "auth/provider_table.h"

#include <algorithm>
#include <cctype>

namespace cactus::auth {
namespace {

constexpr std::size_t kLongestName = 40;

constexpr ProviderInfo kTable[] = {
    {.name = "anthropic",
     .title = "Anthropic",
     .base_url = "https://api.anthropic.com",
     .base_url_variable = "ANTHROPIC_BASE_URL",
     .variables = {"ANTHROPIC_API_KEY"},
     .key_page = "https://platform.claude.com/settings/keys",
     .check_path = "/v1/models?limit=100",
     .models_path = "/v1/models?limit=100",
     .header = "x-api-key",
     .prefix = ""},
    {.name = "openai",
     .title = "OpenAI",
     .base_url = "https://api.openai.com/v1",
     .base_url_variable = "OPENAI_BASE_URL",
     .variables = {"OPENAI_API_KEY"},
     .key_page = "https://platform.openai.com/api-keys",
     .check_path = "/models",
     .models_path = "/models",
     .header = "Authorization",
     .prefix = "Bearer "},
    {.name = "gemini",
     .title = "Google Gemini",
     .base_url = "https://generativelanguage.googleapis.com",
     .base_url_variable = "GEMINI_BASE_URL",
     .variables = {"GEMINI_API_KEY", "GOOGLE_API_KEY"},
     .key_page = "https://aistudio.google.com/apikey",
     .check_path = "/v1beta/models?pageSize=100",
     .models_path = "/v1beta/models?pageSize=100",
     .header = "x-goog-api-key",
     .prefix = ""},
    {.name = "deepseek",
     .title = "DeepSeek",
     .base_url = "https://api.deepseek.com",
     .base_url_variable = "",
     .variables = {"DEEPSEEK_API_KEY"},
     .key_page = "https://platform.deepseek.com/api_keys",
     .check_path = "/models",
     .models_path = "/models",
     .header = "Authorization",
     .prefix = "Bearer "},
    {.name = "openrouter",
     .title = "OpenRouter",
     .base_url = "https://openrouter.ai/api/v1",
     .base_url_variable = "",
     .variables = {"OPENROUTER_API_KEY"},
     .key_page = "https://openrouter.ai/settings/keys",
     .check_path = "/key",
     .models_path = "/models",
     .header = "Authorization",
     .prefix = "Bearer "},
    {.name = "openai-compatible",
     .title = "A server of your own (OpenAI-compatible: vLLM, Ollama …)",
     .base_url = "",
     .base_url_variable = "",
     .variables = {},
     .key_page = "",
     .check_path = "/models",
     .models_path = "/models",
     .header = "Authorization",
     .prefix = "Bearer "},
    {.name = "huggingface",
     .title = "Hugging Face (downloads)",
     .base_url = "https://huggingface.co",
     .base_url_variable = "HF_ENDPOINT",
     .variables = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"},
     .key_page = "https://huggingface.co/settings/tokens",
     .check_path = "/api/whoami-v2",
     .models_path = "",
     .header = "Authorization",
     .prefix = "Bearer ",
     .answers = false},
};

}  // namespace

std::span<const ProviderInfo> provider_table() {
  return kTable;
}

const ProviderInfo* find_provider(std::string_view name) {
  for (const ProviderInfo& info : kTable)
    if (info.name == name) return &info;
  return nullptr;
}

const ProviderInfo& compatible_provider() {
  return *find_provider("openai-compatible");
}

bool is_own_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= kLongestName &&
         std::isalnum(static_cast<unsigned char>(name[0])) != 0 &&
         std::all_of(name.begin(), name.end(), allowed) && find_provider(name) == nullptr;
}

std::string own_variable(std::string_view name) {
  std::string variable = "CACTUS_";
  for (const char c : name)
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable + "_API_KEY";
}

}  // namespace cactus::auth
