// The providers whose keys cactus keeps: where their keys come from and how one is checked without
// spending anything. How they are talked to is router/providers' business.
#pragma once
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cactus::auth {

struct ProviderInfo {
  std::string_view name;                      // "anthropic"
  std::string_view title;                     // "Anthropic"
  std::string_view base_url;                  // without the paths below; empty: the user names one
  std::string_view base_url_variable;         // "ANTHROPIC_BASE_URL", or empty
  std::array<std::string_view, 2> variables;  // the usual ones, in order; may be empty
  std::string_view key_page;                  // where a person gets a key
  std::string_view check_path;                // answers 200 to a good key and costs nothing
  std::string_view models_path;               // lists models; empty: none
  std::string_view header, prefix;            // "Authorization", "Bearer "
  bool answers = true;                        // false: huggingface, which only keeps weights
};

// In the order of the menu.
std::span<const ProviderInfo> provider_table();
// Null when there is none of this name.
const ProviderInfo* find_provider(std::string_view name);
// What every server speaks that the user adds under a name of his own.
const ProviderInfo& compatible_provider();

// A name for a server of the user's: lower-case letters, digits, '-' and '_', at most 40, and none
// of the table.
bool is_own_name(std::string_view name);

// CACTUS_<NAME>_API_KEY, which goes before every other variable: "my-server" →
// CACTUS_MY_SERVER_API_KEY.
std::string own_variable(std::string_view name);

}  // namespace cactus::auth
