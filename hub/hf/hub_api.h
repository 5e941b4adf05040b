// Calls to the Hugging Face Hub (or a mirror of it). Thread-safe. Each call repeats itself where
// that helps (429, 408, 5xx, broken connections) and ends in a value or an error that says what,
// why and what to try: not_found (repository, revision, file), auth (token, terms), network (no
// network, rate limit, captive portal), policy (offline), cancelled.
#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hub/hf/backoff.h"
#include "hub/hf/environment.h"
#include "hub/hf/repository.h"
#include "hub/hf/token.h"
#include "hub/net/http_client.h"

namespace cactus::hub {

struct HubOptions {
  const std::atomic<bool>* cancel = nullptr;
  // One line for a person when a call waits or the hub warns: "paused, again in 4 s (429)". From
  // whichever thread made the call.
  std::function<void(std::string_view)> notice;
  Backoff backoff;
};

class HubApi {
 public:
  // Keeps references: `client` and `environment` outlive it. `tokens` may be null.
  HubApi(net::HttpClient& client, const HubEnvironment& environment, TokenSource* tokens,
         HubOptions options = {});

  // Repositories are "ORG/NAME" (checked), revisions tags, branches, "refs/pr/N" or commits.
  Result<RepositoryInfo> info(std::string_view repository, std::string_view revision = {});
  Result<Refs> refs(std::string_view repository);
  // All files below `revision`, all pages. Errors besides: incompatible, for paths that leave the
  // folder or are named twice.
  Result<std::vector<TreeFile>> tree(std::string_view repository, std::string_view revision);
  Result<FileMetadata> resolve(std::string_view repository, std::string_view revision,
                               std::string_view path);
  // A small file (config.json) of at most `limit` bytes, not stored, not hashed.
  Result<std::string> small_file(std::string_view repository, std::string_view revision,
                                 std::string_view path, std::uint64_t limit = 4u << 20);
  Result<std::vector<RepositoryInfo>> search(const SearchQuery& query);
  // Whether this token may read the repository.
  Status access(std::string_view repository);
  Result<Account> whoami();

  // For fetch: where a file is, requests that carry the token (to the hub's host only), and what a
  // refusal means.
  std::string resolve_url(std::string_view repository, std::string_view revision,
                          std::string_view path) const;
  net::Request request(std::string url);
  Error refusal(const net::Response& response, std::string_view repository,
                std::string_view revision = {}, std::string_view path = {});

  bool has_token();
  net::HttpClient& client() { return client_; }
  const HubEnvironment& environment() const { return environment_; }
  const HubOptions& options() const { return options_; }

 private:
  struct Target {
    std::string_view repository, revision, path;
  };
  Result<net::Response> call(net::Request request, const Target& target);
  Result<net::Response> json(const std::string& url, const Target& target);
  std::vector<std::string> known_revisions(std::string_view repository);
  void warn(const net::Response& response);

  net::HttpClient& client_;
  const HubEnvironment& environment_;
  TokenSource* tokens_;
  HubOptions options_;
  std::once_flag asked_;
  Secret token_;
  std::mutex mutex_;
  std::set<std::string> warned_;
};

}  // namespace cactus::hub
