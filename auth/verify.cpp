#include "auth/verify.h"

#include <algorithm>

#include "engine/base/json.h"

namespace cactus::auth {
namespace {

constexpr std::chrono::milliseconds kLimit{15'000};
constexpr std::uint64_t kLargest = 8u << 20;

net::Exchange get(net::HttpClient& client, const ProviderInfo& info, std::string_view base_url,
                  std::string_view path, bool allow_http, const Secret& key,
                  const std::atomic<bool>* cancel) {
  net::Request request;
  request.url = std::string(base_url) + std::string(path);
  // Servers of the user's own may take everybody.
  if (!key.empty())
    request.secret_headers.push_back({std::string(info.header), std::string(info.prefix), key});
  if (info.name == "anthropic") request.headers.add("anthropic-version", "2023-06-01");
  request.redirects = net::Redirects::none;  // one would carry the key to another place
  request.plain = allow_http ? net::Plain::any : net::Plain::loopback;
  request.timeouts.total = kLimit;
  request.max_body = kLargest;
  request.cancel = cancel;
  return client.exchange(request);
}

}  // namespace

Verification verify_key(net::HttpClient& client, const ProviderInfo& info,
                        std::string_view base_url, bool allow_http, const Secret& key,
                        const std::atomic<bool>* cancel) {
  const net::Exchange exchange =
      get(client, info, base_url, info.check_path, allow_http, key, cancel);
  if (!exchange.answered())
    return {Verdict::unchecked,
            exchange.error.what + (exchange.error.why.empty() ? "" : ": " + exchange.error.why)};
  const int status = exchange.response.status;
  if (status == 200) {
    // A captive portal answers everything with its own page.
    if (parse_json(exchange.response.body, "the answer")) return {Verdict::accepted, {}};
    return {Verdict::unchecked, "the answer was not the provider's (a web page?)"};
  }
  const std::string code = "the provider answered " + std::to_string(status);
  // Gemini calls a wrong key a bad request.
  const bool bad_key =
      status == 400 && exchange.response.body.find("API_KEY_INVALID") != std::string::npos;
  if (status == 401 || status == 403 || bad_key) return {Verdict::rejected, code};
  return {Verdict::unchecked, code};
}

std::vector<std::string> list_models(net::HttpClient& client, const ProviderInfo& info,
                                     std::string_view base_url, bool allow_http, const Secret& key,
                                     const std::atomic<bool>* cancel) {
  std::vector<std::string> models;
  if (info.models_path.empty()) return models;
  const net::Exchange exchange =
      get(client, info, base_url, info.models_path, allow_http, key, cancel);
  if (!exchange.answered() || exchange.response.status != 200) return models;
  const auto root = parse_json(exchange.response.body, "the list of models");
  if (!root || !root->is_object()) return models;
  constexpr std::string_view kFolder = "models/";  // Gemini's
  for (const auto& [list, name] : {std::pair("data", "id"), std::pair("models", "name")}) {
    if (!root->contains(list) || !root->at(list).is_array()) continue;
    for (const Json& entry : root->at(list)) {
      if (!entry.is_object() || !entry.contains(name) || !entry.at(name).is_string()) continue;
      std::string model = entry.at(name).get<std::string>();
      if (model.starts_with(kFolder)) model.erase(0, kFolder.size());
      models.push_back(std::move(model));
    }
  }
  std::sort(models.begin(), models.end());
  models.erase(std::unique(models.begin(), models.end()), models.end());
  return models;
}

}  // namespace cactus::auth
