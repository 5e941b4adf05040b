#include "hub/net/url.h"

#include <curl/curl.h>

#include <cstdlib>
#include <memory>

#include "hub/net/headers.h"

namespace cactus::net {
namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

// A part of the URL; empty when it is absent.
std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string out = text;
  curl_free(text);
  return out;
}

bool lower_case(std::string& text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (static_cast<unsigned char>(c) <= 0x20) return false;
  }
  return !text.empty();
}

// The URL of a handle that holds one, or why it cannot be used.
Result<Url> finish(CURLU* handle, ErrorKind kind) {
  Url url;
  url.scheme = part(handle, CURLUPART_SCHEME);
  url.host = part(handle, CURLUPART_HOST);
  if ((url.scheme != "http" && url.scheme != "https") || !lower_case(url.host)) {
    return make_error(kind, "not a web address: " + url.scheme + "://" + url.host,
                      "only http and https with a host can be fetched");
  }
  if (!part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty()) {
    return make_error(kind, "the address of " + url.host + " contains a user name or password",
                      "it would be seen by whoever sees the address",
                      "remove what stands before the @");
  }
  if (url.host.size() > 2 && url.host.front() == '[')
    url.host = url.host.substr(1, url.host.size() - 2);
  url.port = std::atoi(part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT).c_str());
  curl_url_set(handle, CURLUPART_FRAGMENT, nullptr, 0);
  url.text = part(handle, CURLUPART_URL);
  return url;
}

Error nonsense(ErrorKind kind) {
  return make_error(kind, "not a web address",
                    "it cannot be read as http://host/path or https://host/path");
}

}  // namespace

bool Url::loopback() const {
  if (host == "localhost" || host == "::1") return true;
  // Digits and dots only: "127.evil.example" is a name.
  return host.rfind("127.", 0) == 0 && host.find_first_not_of("0123456789.") == std::string::npos;
}

std::string Url::shown() const {
  const bool usual = port == (scheme == "https" ? 443 : 80);
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return scheme + "://" + name + (usual ? "" : ":" + std::to_string(port));
}

bool Url::same_origin(const Url& other) const {
  return scheme == other.scheme && host == other.host && port == other.port;
}

Result<Url> parse_url(std::string_view text) {
  const Handle handle(curl_url(), &curl_url_cleanup);
  if (curl_url_set(handle.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK)
    return nonsense(ErrorKind::usage);
  return finish(handle.get(), ErrorKind::usage);
}

Result<Url> resolve_url(const Url& base, std::string_view location) {
  const Handle handle(curl_url(), &curl_url_cleanup);
  if (curl_url_set(handle.get(), CURLUPART_URL, base.text.c_str(), 0) != CURLUE_OK ||
      curl_url_set(handle.get(), CURLUPART_URL, std::string(location).c_str(), 0) != CURLUE_OK)
    return nonsense(ErrorKind::network);
  return finish(handle.get(), ErrorKind::network);
}

bool is_relative(std::string_view location) {
  if (location.rfind("//", 0) == 0 || location.rfind("/\\", 0) == 0 || location.rfind('\\', 0) == 0)
    return false;
  const auto end = location.find_first_of(":/?#");
  return end == std::string_view::npos || location[end] != ':';
}

std::string percent_encode(std::string_view text, std::string_view keep) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' ||
                       keep.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

}  // namespace cactus::net
