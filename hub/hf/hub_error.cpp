#include "hub/hf/hub_error.h"

#include <algorithm>
#include <numeric>

#include "hub/hf/backoff.h"
#include "hub/net/url.h"

namespace cactus::hub {
namespace {

constexpr const char* kLogin = "cactus auth login huggingface";

// The hub's own words, fit for a terminal.
std::string message_of(const net::Response& response) {
  std::string text(response.headers.get("x-error-message").substr(0, 200));
  std::erase_if(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  return text;
}

std::string host_of(std::string_view endpoint) {
  const auto url = net::parse_url(endpoint);
  return url ? url->host : "the hub";
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

Error missing_repository(const Asked& asked) {
  const std::string name(asked.repository);
  return make_error(ErrorKind::not_found, "no model " + name + " on " + host_of(asked.endpoint),
                    asked.with_token ? "it does not exist, or this token may not see it"
                                     : "it does not exist, or it is private and no token was sent",
                    asked.with_token ? "cactus search " + name.substr(name.find('/') + 1)
                                     : std::string(kLogin) + "  (if it is private)");
}

Error gated(const net::Response& response, const Asked& asked) {
  const std::string name(asked.repository);
  const std::string page = std::string(asked.endpoint) + "/" + name;
  const std::string message = message_of(response);
  if (!asked.with_token) {
    return make_error(ErrorKind::auth, name + " is gated",
                      "its terms must be accepted, by an account whose token is sent",
                      "open " + page + " and accept, then: " + kLogin);
  }
  if (message.find("await") != std::string::npos || message.find("review") != std::string::npos ||
      message.find("pending") != std::string::npos) {
    return make_error(ErrorKind::auth, name + " is gated, and access is not granted yet",
                      "the owner has not answered the request of this account",
                      "look at " + page + " and try again when it is granted");
  }
  return make_error(ErrorKind::auth, name + " is gated",
                    "the account of this token has not accepted its terms",
                    "open " + page + " and accept, then run the same command again");
}

Error missing_revision(const Asked& asked) {
  std::string fix;
  for (const std::string& name : nearest(asked.revision, asked.revisions, 5))
    fix += (fix.empty() ? "one of " : ", ") + name;
  return make_error(
      ErrorKind::not_found,
      "no version '" + std::string(asked.revision) + "' of " + std::string(asked.repository),
      "it has no tag, branch or commit of that name", std::move(fix));
}

Error rate_limited(const net::Response& response, const Asked& asked) {
  const auto wait = asked_wait(response.headers);
  return make_error(
      ErrorKind::network, host_of(asked.endpoint) + " limits the number of requests",
      wait ? "it asks to wait " + std::to_string(wait->count() / 1000) + " s" : "HTTP 429",
      asked.with_token ? "run the same command again later"
                       : std::string(kLogin) + "  (raises the limit)");
}

}  // namespace

bool is_revision_missing(const net::Response& response) {
  return response.headers.get("x-error-code") == "RevisionNotFound";
}

bool is_web_page(const net::Response& response) {
  const std::string_view type = response.headers.get("content-type");
  if (net::same_text(type.substr(0, 9), "text/html")) return true;
  const auto at = response.body.find_first_not_of(" \t\r\n");
  return at != std::string::npos && response.body[at] == '<';
}

Error portal_error(std::string_view endpoint) {
  return make_error(ErrorKind::network,
                    host_of(endpoint) + " answered with a web page instead of data",
                    "this network (a hotel's, a company's) puts a page of its own in between",
                    "sign in with a browser, then run the same command again");
}

Error offline_error(std::string_view endpoint) {
  return make_error(ErrorKind::policy, host_of(endpoint) + " is not asked",
                    "offline by --offline, CACTUS_OFFLINE or HF_HUB_OFFLINE",
                    "run the same command without it");
}

std::vector<std::string> nearest(std::string_view wanted, std::vector<std::string> names,
                                 std::size_t most) {
  // A hostile repository may have very many and very long ones.
  if (names.size() > 1000) names.resize(1000);
  const std::string_view cut = wanted.substr(0, 100);
  std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return distance(cut, std::string_view(a).substr(0, 100)) <
           distance(cut, std::string_view(b).substr(0, 100));
  });
  if (names.size() > most) names.resize(most);
  return names;
}

Error refusal_error(const net::Response& response, const Asked& asked) {
  const int status = response.status;
  const std::string_view code = response.headers.get("x-error-code");
  const std::string message = message_of(response);
  const std::string host = host_of(asked.endpoint);
  if (message.find("Access to this resource is disabled") != std::string::npos) {
    return make_error(ErrorKind::not_found,
                      std::string(asked.repository) + " has been disabled on " + host,
                      "its owner or the hub took it down");
  }
  if (code == "GatedRepo") return gated(response, asked);
  if (code == "RevisionNotFound") return missing_revision(asked);
  if (code == "EntryNotFound") {
    return make_error(ErrorKind::not_found,
                      "no file " + std::string(asked.path) + " in " + std::string(asked.repository),
                      "this version of the repository has none");
  }
  const bool bad_token =
      status == 401 &&
      (message.find("Invalid credentials in Authorization header") != std::string::npos ||
       asked.repository.empty());
  if (bad_token) {
    return make_error(ErrorKind::auth, "the Hugging Face token is not valid",
                      asked.with_token ? host + " rejects it; it may have been revoked"
                                       : host + " wants one here",
                      kLogin);
  }
  if (status == 404 || status == 401) return missing_repository(asked);
  if (status == 403) {
    return make_error(ErrorKind::auth, "no access to " + std::string(asked.repository),
                      message.empty() ? "this token lacks the permission" : message,
                      "give the token read access on " + std::string(asked.endpoint) +
                          "/settings/tokens, or: " + kLogin);
  }
  if (status == 429) return rate_limited(response, asked);
  if (status >= 500) {
    return make_error(ErrorKind::network, host + " has a problem", "HTTP " + std::to_string(status),
                      "run the same command again later");
  }
  return make_error(ErrorKind::network, host + " answered in an unexpected way",
                    "HTTP " + std::to_string(status) + (message.empty() ? "" : ": " + message));
}

}  // namespace cactus::hub
