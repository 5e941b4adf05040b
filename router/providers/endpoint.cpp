#include "router/providers/endpoint.h"

#include "engine/base/secret.h"
#include "hub/net/url.h"
#include "router/providers/exchange.h"
#include "router/providers/openai_chat.h"
#include "router/providers/safe_text.h"

namespace cactus {
namespace {

using providers::Protocol;

std::unique_ptr<Protocol> protocol_of(std::string_view kind) {
  if (kind == "anthropic") return providers::anthropic();
  if (kind == "openai") return providers::openai_responses();
  if (kind == "gemini") return providers::gemini();
  if (const providers::Quirks* quirks = providers::quirks_of(kind))
    return providers::openai_chat(*quirks);
  return nullptr;
}

class Endpoint : public Provider {
 public:
  Endpoint(ProviderConfig config, std::unique_ptr<Protocol> protocol, net::HttpClient& client)
      : config_(std::move(config)), protocol_(std::move(protocol)), client_(client) {}

  std::string_view name() const override { return config_.name; }
  std::string_view base_url() const override { return config_.base_url; }

  std::string refusal(const Attachment& attachment) const override {
    return providers::refusal(attachment, protocol_->intake());
  }

  std::int64_t most_tokens(const Attachment& attachment) const override {
    if (attachment.kind == Attachment::Kind::image) return protocol_->intake().most_image_tokens;
    // 32 tokens a second at most, and a second of speech is never below 750 bytes.
    return static_cast<std::int64_t>(attachment.bytes.size() / 16) + 1000;
  }

  Result<std::string> body(const CloudRequest& request) const override {
    CACTUS_TRY(encoded, encode(request));
    return dump_json(encoded.body);
  }

  CloudResult send(const CloudRequest& request, const Secret& key, CloudEvents& sink,
                   const std::atomic<bool>* cancel, const CloudDeadlines& deadlines) override {
    Result<providers::Encoded> encoded = encode(request);
    if (!encoded) {
      CloudError error;
      error.kind = CloudErrorKind::config;
      error.message = providers::safe_line(
          encoded.error().what + (encoded.error().why.empty() ? "" : ": " + encoded.error().why),
          300, key);
      return error;
    }
    net::Request http;
    http.method = "POST";
    http.url = config_.base_url + encoded->path;
    http.body = dump_json(encoded->body);
    http.headers = std::move(encoded->headers);
    http.headers.add("Content-Type", "application/json");
    http.headers.add("Accept", "text/event-stream");
    for (const auto& [name, value] : config_.headers) http.headers.add(name, value);
    for (const auto& [name, value] : request.headers) http.headers.add(name, value);
    http.plain = config_.allow_plain_http ? net::Plain::any : net::Plain::loopback;
    CloudResult result = providers::exchange(
        {client_, *protocol_, std::move(http), key, request.model, cancel, deadlines}, sink);
    if (result) result->notices = std::move(encoded->notices);
    return result;
  }

 private:
  Result<providers::Encoded> encode(const CloudRequest& request) const {
    CACTUS_TRY(encoded, protocol_->encode(request));
    providers::merge_body(encoded.body, config_.extra_body);
    providers::merge_body(encoded.body, request.extra_body);
    return std::move(encoded);
  }

  ProviderConfig config_;
  std::unique_ptr<Protocol> protocol_;
  net::HttpClient& client_;
};

// Without the slash at its end, nor the version that the protocol's paths begin with.
std::string tidy(std::string url, std::string_view kind) {
  const std::string_view version = kind == "anthropic" ? "/v1" : kind == "gemini" ? "/v1beta" : "";
  while (!url.empty() && url.back() == '/') url.pop_back();
  if (!version.empty() && url.ends_with(version)) url.resize(url.size() - version.size());
  return url;
}

}  // namespace

const std::vector<std::string>& provider_kinds() {
  static const std::vector<std::string> kinds = {
      "anthropic",         "openai",     "gemini", "deepseek", "openrouter", "vllm", "ollama",
      "openai-compatible", "openai-chat"};
  return kinds;
}

void apply_environment(ProviderConfig& config,
                       const std::function<const char*(const char*)>& variable) {
  const auto value = [&](const char* name) {
    const char* text = variable(name);
    return std::string(text == nullptr ? "" : text);
  };
  const bool openai = config.kind == "openai" || config.kind == "openai-chat";
  const std::string url = config.kind == "anthropic" ? value("ANTHROPIC_BASE_URL")
                          : openai                   ? value("OPENAI_BASE_URL")
                          : config.kind == "gemini"  ? value("GEMINI_BASE_URL")
                                                     : "";
  if (!url.empty()) config.base_url = url;
  if (!openai) return;
  if (const auto org = value("OPENAI_ORG_ID"); !org.empty())
    config.headers.emplace_back("OpenAI-Organization", org);
  if (const auto project = value("OPENAI_PROJECT_ID"); !project.empty())
    config.headers.emplace_back("OpenAI-Project", project);
}

Result<std::unique_ptr<Provider>> make_provider(const ProviderConfig& given,
                                                net::HttpClient& client) {
  ProviderConfig config = given;
  if (config.name.empty()) config.name = config.kind;
  std::unique_ptr<Protocol> protocol = protocol_of(config.kind);
  if (protocol == nullptr) {
    std::string all;
    for (const std::string& kind : provider_kinds()) all += (all.empty() ? "" : ", ") + kind;
    return make_error(ErrorKind::usage, "no provider of the kind '" + config.kind + "'",
                      "there are " + all);
  }
  if (config.base_url.empty()) config.base_url = protocol->base_url();
  config.base_url = tidy(std::move(config.base_url), config.kind);
  if (config.base_url.empty()) {
    return make_error(
        ErrorKind::usage, "the provider '" + config.name + "' has no address",
        "a server of your own needs base_url",
        "cactus config set providers." + config.name + ".base_url http://HOST:PORT/v1");
  }
  auto url = net::parse_url(config.base_url);
  if (!url) return std::move(url).error();
  if (url->scheme == "http" && !url->loopback() && !config.allow_plain_http) {
    return make_error(ErrorKind::usage,
                      "the address of the provider '" + config.name + "' is not encrypted",
                      "the key would cross the network readable by everyone: " + url->shown(),
                      "use https://, or set providers." + config.name + ".allow_http = true");
  }
  return std::unique_ptr<Provider>(
      std::make_unique<Endpoint>(std::move(config), std::move(protocol), client));
}

}  // namespace cactus
