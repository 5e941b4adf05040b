#include "hub/hf/hub_api.h"

#include <charconv>
#include <set>

#include "hub/hf/checks.h"
#include "hub/hf/hub_error.h"
#include "hub/hf/parse.h"
#include "hub/net/url.h"

namespace cactus::hub {
namespace {

constexpr int kMostPages = 2000;
constexpr std::size_t kMostFiles = 200'000;

std::string api_url(const HubEnvironment& environment, std::string_view repository) {
  return environment.endpoint + "/api/models/" + std::string(repository);
}

}  // namespace

HubApi::HubApi(net::HttpClient& client, const HubEnvironment& environment, TokenSource* tokens,
               HubOptions options)
    : client_(client), environment_(environment), tokens_(tokens), options_(std::move(options)) {}

bool HubApi::has_token() {
  std::call_once(asked_, [this] {
    if (tokens_ != nullptr) token_ = tokens_->token();
  });
  return !token_.empty();
}

net::Request HubApi::request(std::string url) {
  net::Request request;
  const auto hub = net::parse_url(environment_.endpoint);
  // A mirror repeats the original's addresses.
  const std::string original = std::string(kDefaultEndpoint) + "/";
  if (environment_.endpoint != kDefaultEndpoint && url.rfind(original, 0) == 0)
    url = environment_.endpoint + url.substr(original.size() - 1);
  const auto target = net::parse_url(url);
  if (hub && target && target->same_origin(*hub) && has_token())
    request.secret_headers.push_back({"Authorization", "Bearer ", token_});
  request.url = std::move(url);
  request.redirects = net::Redirects::relative;
  // Who writes http:// into HF_ENDPOINT has a hub of his own.
  request.plain = hub && hub->scheme == "http" ? net::Plain::any : net::Plain::refused;
  request.timeouts.first_byte = environment_.metadata_timeout;
  request.timeouts.idle = environment_.download_timeout;
  request.cancel = options_.cancel;
  return request;
}

std::string HubApi::resolve_url(std::string_view repository, std::string_view revision,
                                std::string_view path) const {
  return environment_.endpoint + "/" + std::string(repository) + "/resolve/" +
         net::percent_encode(revision) + "/" + net::percent_encode(path, "/");
}

Error HubApi::refusal(const net::Response& response, std::string_view repository,
                      std::string_view revision, std::string_view path) {
  Asked asked{environment_.endpoint, repository, revision, path, has_token(), {}};
  if (is_revision_missing(response)) asked.revisions = known_revisions(repository);
  return refusal_error(response, asked);
}

std::vector<std::string> HubApi::known_revisions(std::string_view repository) {
  net::Request ask = request(api_url(environment_, repository) + "/refs");
  ask.compressed = true;
  const auto response = client_.send(ask);
  std::vector<std::string> names;
  if (!response || !response->ok()) return names;
  if (const auto refs = parse_refs(response->body)) {
    for (const auto* list : {&refs->tags, &refs->branches})
      for (const Ref& ref : *list) names.push_back(ref.name);
  }
  return names;
}

Result<net::Response> HubApi::call(net::Request request, const Target& target) {
  if (environment_.offline) return offline_error(environment_.endpoint);
  for (int failed = 1;; ++failed) {
    net::Exchange exchange = client_.exchange(request);
    const net::Response& response = exchange.response;
    // A redirect elsewhere is an answer too: HEAD of a large file.
    const bool good = exchange.answered() && response.status >= 200 && response.status < 400;
    if (good) {
      warn(response);
      return std::move(exchange.response);
    }
    // Without a network, waiting half a minute before saying so helps nobody.
    const bool absent =
        exchange.reason == net::Reason::dns || exchange.reason == net::Reason::refused;
    const int tries = absent ? std::min(2, options_.backoff.tries) : options_.backoff.tries;
    const bool passing =
        exchange.answered() ? is_passing(response.status) : is_passing(exchange.reason);
    const auto asked = asked_wait(response.headers);
    const auto wait = asked.value_or(options_.backoff.wait(failed));
    if (!passing || failed >= tries || wait > options_.backoff.asked_most) {
      if (!exchange.answered()) return std::move(exchange.error);
      return refusal(response, target.repository, target.revision, target.path);
    }
    if (options_.notice) options_.notice(wait_notice(wait, exchange));
    if (!pause(wait, options_.cancel)) return make_error(ErrorKind::cancelled, "cancelled");
  }
}

void HubApi::warn(const net::Response& response) {
  // "topic; message", shown once for each topic.
  std::string text(response.headers.get("x-hf-warning").substr(0, 500));
  if (text.empty() || !options_.notice) return;
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  const auto semicolon = text.find(';');
  {
    const std::lock_guard lock(mutex_);
    if (!warned_.insert(text.substr(0, semicolon)).second) return;
  }
  const auto from = semicolon == std::string::npos ? 0 : text.find_first_not_of(' ', semicolon + 1);
  options_.notice("the hub says: " + text.substr(std::min(from, text.size())));
}

Result<net::Response> HubApi::json(const std::string& url, const Target& target) {
  net::Request ask = request(url);
  ask.compressed = true;
  CACTUS_TRY(response, call(std::move(ask), target));
  if (response.status >= 300) {
    return make_error(ErrorKind::network, "the hub sends this request elsewhere",
                      "HTTP " + std::to_string(response.status), "check HF_ENDPOINT, if it is set");
  }
  if (is_web_page(response)) return portal_error(environment_.endpoint);
  return std::move(response);
}

Result<RepositoryInfo> HubApi::info(std::string_view repository, std::string_view revision) {
  CACTUS_CHECK(check_repository(repository));
  std::string url = api_url(environment_, repository);
  if (!revision.empty()) url += "/revision/" + net::percent_encode(revision);
  CACTUS_TRY(response, json(url, {repository, revision, {}}));
  return parse_info(response.body);
}

Result<Refs> HubApi::refs(std::string_view repository) {
  CACTUS_CHECK(check_repository(repository));
  CACTUS_TRY(response, json(api_url(environment_, repository) + "/refs", {repository, {}, {}}));
  return parse_refs(response.body);
}

Result<std::vector<TreeFile>> HubApi::tree(std::string_view repository, std::string_view revision) {
  CACTUS_CHECK(check_repository(repository));
  std::string url = api_url(environment_, repository) + "/tree/" + net::percent_encode(revision) +
                    "?recursive=true&expand=false";
  std::vector<TreeFile> all;
  std::set<std::string> paths;
  for (int page = 0; !url.empty(); ++page) {
    if (page == kMostPages || all.size() > kMostFiles) {
      return make_error(ErrorKind::incompatible,
                        "the list of files of " + std::string(repository) + " does not end");
    }
    CACTUS_TRY(response, json(url, {repository, revision, {}}));
    CACTUS_TRY(files, parse_tree(response.body));
    for (TreeFile& file : files) {
      if (!paths.insert(file.path).second) {
        return make_error(ErrorKind::incompatible, "the repository lists '" + file.path + "' twice",
                          {}, "do not use this repository; tell its owner");
      }
      all.push_back(std::move(file));
    }
    std::string next = next_page(response.headers.get("link"));
    if (!next.empty()) {
      const auto here = net::parse_url(response.url);
      const auto there = here ? net::resolve_url(*here, next) : here;
      if (!there) return there.error();
      next = there->text;
    }
    url = std::move(next);
  }
  return all;
}

Result<FileMetadata> HubApi::resolve(std::string_view repository, std::string_view revision,
                                     std::string_view path) {
  CACTUS_CHECK(check_repository(repository));
  net::Request ask = request(resolve_url(repository, revision, path));
  ask.method = "HEAD";
  CACTUS_TRY(response, call(std::move(ask), {repository, revision, path}));
  const net::Headers& headers = response.headers;
  FileMetadata file;
  file.commit = headers.get("x-repo-commit");
  if (!is_commit(file.commit)) return portal_error(environment_.endpoint);
  file.etag =
      bare_etag(headers.has("x-linked-etag") ? headers.get("x-linked-etag") : headers.get("etag"));
  if (!is_hex(file.etag, 40) && !is_hex(file.etag, 64)) return portal_error(environment_.endpoint);
  std::string_view size = headers.get("x-linked-size");
  if (size.empty() && response.ok()) size = headers.get("content-length");
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), file.size);
  if (error != std::errc{} || end != size.data() + size.size())
    return portal_error(environment_.endpoint);
  if (response.status >= 300) file.location = headers.get("location");
  return file;
}

Result<std::string> HubApi::small_file(std::string_view repository, std::string_view revision,
                                       std::string_view path, std::uint64_t limit) {
  CACTUS_CHECK(check_repository(repository));
  net::Request ask = request(resolve_url(repository, revision, path));
  ask.redirects = net::Redirects::all;
  ask.compressed = true;
  ask.max_body = limit;
  CACTUS_TRY(response, call(std::move(ask), {repository, revision, path}));
  return std::move(response.body);
}

Result<std::vector<RepositoryInfo>> HubApi::search(const SearchQuery& query) {
  std::string url = environment_.endpoint + "/api/models?search=" + net::percent_encode(query.text);
  if (!query.author.empty()) url += "&author=" + net::percent_encode(query.author);
  for (const std::string& filter : query.filters) url += "&filter=" + net::percent_encode(filter);
  url += "&sort=" + net::percent_encode(query.sort) + "&direction=-1&full=true&config=true" +
         "&limit=" + std::to_string(query.limit);
  CACTUS_TRY(response, json(url, {}));
  return parse_search(response.body);
}

Status HubApi::access(std::string_view repository) {
  CACTUS_CHECK(check_repository(repository));
  CACTUS_TRY(response, call(request(api_url(environment_, repository) + "/auth-check"),
                            {repository, {}, {}}));
  (void)response;
  return ok_status();
}

Result<Account> HubApi::whoami() {
  CACTUS_TRY(response, json(environment_.endpoint + "/api/whoami-v2", {}));
  return parse_account(response.body);
}

}  // namespace cactus::hub
