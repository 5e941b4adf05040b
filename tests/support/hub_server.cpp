#include "tests/support/hub_server.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace cactus::test {
namespace {

using Json = nlohmann::json;

std::string decode(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The components of a target's path, each decoded: a revision keeps its slashes.
std::vector<std::string> parts_of(const std::string& target) {
  std::vector<std::string> parts;
  const std::string path = target.substr(0, target.find('?'));
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    parts.push_back(decode(path.substr(at, end - at)));
    at = end + 1;
  }
  return parts;
}

void answer(httplib::Response& response, const Json& json) {
  response.status = 200;
  response.set_content(json.dump(), "application/json");
}

void refuse(httplib::Response& response, int status, const std::string& code,
            const std::string& message) {
  response.status = status;
  if (!code.empty()) response.set_header("X-Error-Code", code);
  response.set_header("X-Error-Message", message);
  response.set_content(Json{{"error", message}}.dump(), "application/json");
}

}  // namespace

std::string SeenRequest::header(const std::string& name) const {
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  };
  for (const auto& [n, value] : headers)
    if (lower(n) == lower(name)) return value;
  return {};
}

HubServer::HubServer() {
  // cpp-httplib cuts the asked range out of whatever a handler answers, refusals too: hide it.
  using Serve = void (HubServer::*)(const httplib::Request&, httplib::Response&);
  const auto handler = [this](Serve serve) {
    return [this, serve](const httplib::Request& request, httplib::Response& response) {
      (this->*serve)(request, response);
      const_cast<httplib::Request&>(request).ranges.clear();
    };
  };
  hub_.routes().Get(".*", handler(&HubServer::serve_hub));
  cdn_.routes().Get(".*", handler(&HubServer::serve_cdn));
  hub_.start();
  cdn_.start();
}

HubServer::~HubServer() {
  hub_.stop();
  cdn_.stop();
}

HubRepo& HubServer::add(const std::string& id) {
  const std::lock_guard lock(*mutex_);
  auto& repo = repos_[id];
  if (!repo) repo.reset(new HubRepo(id, mutex_));
  return *repo;
}

void HubServer::rename(const std::string& old, const std::string& id) {
  const std::lock_guard lock(*mutex_);
  renamed_[old] = id;
}

void HubServer::accept(const std::string& token, const std::set<std::string>& gated) {
  const std::lock_guard lock(*mutex_);
  tokens_[token] = gated;
}

void HubServer::inject(Fault fault) {
  const std::lock_guard lock(*mutex_);
  if (fault.where.rfind("/cdn/", 0) == 0) fault.second_host = true;
  faults_.push_back(std::move(fault));
}

void HubServer::clear_faults() {
  const std::lock_guard lock(*mutex_);
  faults_.clear();
}

void HubServer::set_page(std::size_t entries) {
  const std::lock_guard lock(*mutex_);
  page_ = entries;
}

void HubServer::expire_links() {
  const std::lock_guard lock(*mutex_);
  for (auto& [name, link] : links_) link.left = 0;
}

void HubServer::links_work(int times) {
  const std::lock_guard lock(*mutex_);
  link_uses_ = times;
}

void HubServer::set_rate(std::uint64_t bytes_per_second) {
  const std::lock_guard lock(*mutex_);
  rate_ = bytes_per_second;
}

std::vector<SeenRequest> HubServer::requests() const {
  const std::lock_guard lock(*mutex_);
  return seen_;
}

void HubServer::forget_requests() {
  const std::lock_guard lock(*mutex_);
  seen_.clear();
}

void HubServer::record(const httplib::Request& request, bool second_host) {
  SeenRequest seen{second_host, request.method, request.target, {}};
  for (const auto& [name, value] : request.headers) seen.headers.emplace(name, value);
  seen_.push_back(std::move(seen));
}

std::optional<Fault> HubServer::fault_for(const std::string& target, bool second_host) {
  for (auto at = faults_.begin(); at != faults_.end(); ++at) {
    if (at->second_host != second_host || target.find(at->where) == std::string::npos) continue;
    const Fault fault = *at;
    if (at->times > 0 && --at->times == 0) faults_.erase(at);
    return fault;
  }
  return {};
}

HubRepo* HubServer::readable(const httplib::Request& request, httplib::Response& response,
                             const std::string& id) {
  const auto found = repos_.find(id);
  const std::string header = request.get_header_value("Authorization");
  const bool sent = header.rfind("Bearer ", 0) == 0;
  const auto token = tokens_.find(sent ? header.substr(7) : "");
  if (sent && token == tokens_.end()) {
    refuse(response, 401, "", "Invalid credentials in Authorization header");
    return nullptr;
  }
  if (found == repos_.end() || (found->second->access_ == HubRepo::Access::needs_token && !sent)) {
    refuse(response, sent ? 404 : 401, sent ? "RepoNotFound" : "",
           sent ? "Repository not found" : "Invalid username or password.");
    return nullptr;
  }
  HubRepo& repo = *found->second;
  if (repo.disabled_) {
    refuse(response, 403, "", "Access to this resource is disabled.");
    return nullptr;
  }
  const bool gated =
      repo.access_ == HubRepo::Access::gated || repo.access_ == HubRepo::Access::pending;
  const bool accepted =
      sent && repo.access_ != HubRepo::Access::pending && token->second.count(id) > 0;
  // What is said about a gated repository is open; its files are not.
  const bool about = request.path == "/api/models/" + id ||
                     request.path.rfind("/api/models/" + id + "/revision/", 0) == 0 ||
                     request.path == "/api/models/" + id + "/refs" ||
                     request.path.rfind("/api/models/" + id + "/tree/", 0) == 0;
  if (gated && !accepted && !about) {
    const std::string why = repo.access_ == HubRepo::Access::pending
                                ? "Your request to access model " + id + " is awaiting a review"
                                : "Access to model " + id + " is restricted";
    refuse(response, sent ? 403 : 401, "GatedRepo", why);
    return nullptr;
  }
  return &repo;
}

const HubFiles* HubServer::files_at(const HubRepo& repo, const std::string& revision,
                                    std::string* commit, httplib::Response& response) {
  for (const auto* names : {&repo.branches_, &repo.tags_}) {
    if (const auto at = names->find(revision); at != names->end()) *commit = at->second;
  }
  // A commit may be shortened, as git allows.
  if (commit->empty() && revision.size() >= 7) {
    for (const auto& [name, files] : repo.commits_)
      if (name.rfind(revision, 0) == 0) *commit = name;
  }
  const auto at = repo.commits_.find(*commit);
  if (at != repo.commits_.end()) return &at->second;
  refuse(response, 404, "RevisionNotFound", "Invalid rev id: " + revision);
  return nullptr;
}

std::string HubServer::info(const HubRepo& repo, const std::string& commit) const {
  Json json = Json::parse(repo.info_);
  json["id"] = repo.id_;
  json["modelId"] = repo.id_;
  json["sha"] = commit;
  json["private"] = repo.access_ == HubRepo::Access::needs_token;
  json["disabled"] = repo.disabled_;
  json["gated"] = false;
  if (repo.access_ == HubRepo::Access::gated) json["gated"] = "auto";
  if (repo.access_ == HubRepo::Access::pending) json["gated"] = "manual";
  if (!json.contains("lastModified")) json["lastModified"] = "2026-01-02T03:04:05.000Z";
  if (!json.contains("tags")) json["tags"] = Json::array();
  json["siblings"] = Json::array();
  if (const auto at = repo.commits_.find(commit); at != repo.commits_.end())
    for (const auto& [path, file] : at->second) json["siblings"].push_back({{"rfilename", path}});
  return json.dump();
}

void HubServer::api(const httplib::Request& request, httplib::Response& response,
                    const std::vector<std::string>& parts) {
  // api models ORG NAME [what [revision …]]
  const std::string id = parts[2] + "/" + parts[3];
  HubRepo* const repo = readable(request, response, id);
  if (repo == nullptr) return;
  const std::string what = parts.size() > 4 ? parts[4] : "revision";
  const std::string revision = parts.size() > 5 ? parts[5] : "main";
  if (what == "refs") {
    Json json = {{"branches", Json::array()}, {"tags", Json::array()}, {"converts", Json::array()}};
    for (const auto& [name, commit] : repo->branches_)
      json["branches"].push_back(
          {{"name", name}, {"ref", "refs/heads/" + name}, {"targetCommit", commit}});
    for (const auto& [name, commit] : repo->tags_)
      json["tags"].push_back(
          {{"name", name}, {"ref", "refs/tags/" + name}, {"targetCommit", commit}});
    answer(response, json);
  } else if (what == "tree") {
    tree(request, response, *repo, revision);
  } else if (what == "auth-check") {
    response.status = 200;
  } else if (what == "revision") {
    std::string commit;
    if (files_at(*repo, revision, &commit, response) == nullptr) return;
    response.status = 200;
    response.set_content(info(*repo, commit), "application/json");
  } else {
    refuse(response, 404, "", "Sorry, we can't find the page you are looking for.");
  }
}

void HubServer::tree(const httplib::Request& request, httplib::Response& response,
                     const HubRepo& repo, const std::string& revision) {
  std::string commit;
  const HubFiles* const files = files_at(repo, revision, &commit, response);
  if (files == nullptr) return;
  const std::size_t from =
      request.has_param("cursor") ? std::stoul(request.get_param_value("cursor")) : 0;
  Json page = Json::array();
  std::set<std::string> folders;
  std::vector<Json> entries;
  for (const auto& [path, file] : *files) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      if (folders.insert(path.substr(0, slash)).second)
        entries.push_back({{"type", "directory"},
                           {"path", path.substr(0, slash)},
                           {"size", 0},
                           {"oid", std::string(40, 'd')}});
    Json entry = {{"type", "file"}, {"path", path}, {"size", file->size}, {"oid", file->git_oid}};
    if (file->large)
      entry["lfs"] = {
          {"oid", file->sha256}, {"size", file->size}, {"pointerSize", file->pointer.size()}};
    entries.push_back(std::move(entry));
  }
  for (std::size_t i = from; i < std::min(entries.size(), from + page_); ++i)
    page.push_back(entries[i]);
  if (from + page_ < entries.size()) {
    response.set_header("Link", "<" + endpoint() + "/api/models/" + repo.id_ + "/tree/" + commit +
                                    "?recursive=true&expand=false&cursor=" +
                                    std::to_string(from + page_) + ">; rel=\"next\"");
  }
  answer(response, page);
}

void HubServer::search(const httplib::Request& request, httplib::Response& response) {
  Json list = Json::array();
  const std::string text = request.get_param_value("search");
  const std::string author = request.get_param_value("author");
  for (const auto& [id, repo] : repos_) {
    if (id.find(text) == std::string::npos) continue;
    if (!author.empty() && id.rfind(author + "/", 0) != 0) continue;
    if (repo->access_ == HubRepo::Access::needs_token) continue;
    const auto main = repo->branches_.find("main");
    list.push_back(Json::parse(info(*repo, main == repo->branches_.end() ? "" : main->second)));
  }
  answer(response, list);
}

void HubServer::serve_hub(const httplib::Request& request, httplib::Response& response) {
  std::optional<Fault> fault;
  const std::lock_guard lock(*mutex_);
  record(request, false);
  fault = fault_for(request.target, false);
  response.set_header("RateLimit", "\"api\";r=499;t=200");
  if (fault && fault->kind == Fault::Kind::status) {
    response.headers.erase("RateLimit");
    response.status = fault->status;
    for (const auto& [name, value] : fault->headers) response.set_header(name, value);
    response.set_content("fault", "text/plain");
    return;
  }
  if (fault && fault->kind == Fault::Kind::html) {
    response.status = 200;
    response.set_content("<!DOCTYPE html><html>Welcome to the hotel</html>", "text/html");
    return;
  }
  const std::vector<std::string> parts = parts_of(request.target);
  const bool is_api = parts.size() >= 2 && parts[0] == "api";
  if (is_api && parts[1] == "whoami-v2") {
    const std::string header = request.get_header_value("Authorization");
    if (header.size() < 8 || tokens_.count(header.substr(7)) == 0)
      return refuse(response, 401, "", "Invalid credentials in Authorization header");
    return answer(response, {{"name", "tester"}, {"orgs", {{{"name", "testers"}}}}});
  }
  if (is_api && parts[1] == "models" && parts.size() == 2) return search(request, response);

  const std::size_t first = is_api ? 2 : 0;
  if (parts.size() < first + 2) return refuse(response, 404, "", "no such page");
  const std::string id = parts[first] + "/" + parts[first + 1];
  if (const auto moved = renamed_.find(id); moved != renamed_.end()) {
    std::string target = request.target;
    target.replace(target.find(id), id.size(), moved->second);
    response.set_redirect(target, 307);
    return;
  }
  if (is_api) return api(request, response, parts);
  if (parts.size() > 4 && parts[2] == "resolve") return resolve(request, response, parts, fault);
  refuse(response, 404, "", "no such page");
}

void HubServer::resolve(const httplib::Request& request, httplib::Response& response,
                        const std::vector<std::string>& parts, const std::optional<Fault>& fault) {
  const HubRepo* const repo = readable(request, response, parts[0] + "/" + parts[1]);
  if (repo == nullptr) return;
  std::string commit;
  const HubFiles* const files = files_at(*repo, parts[3], &commit, response);
  if (files == nullptr) return;
  response.set_header("X-Repo-Commit", commit);
  std::string path = parts[4];
  for (std::size_t i = 5; i < parts.size(); ++i) path += "/" + parts[i];
  const auto at = files->find(path);
  if (at == files->end()) return refuse(response, 404, "EntryNotFound", "Entry not found");
  const std::shared_ptr<const HubFile> file = at->second;
  const std::string etag = fault && fault->kind == Fault::Kind::wrong_etag
                               ? std::string(file->etag().size(), '0')
                               : file->etag();
  if (!file->large) {
    response.set_header("ETag", "\"" + etag + "\"");
    return send(request, response, file, fault, 0);
  }
  const std::string name = file->sha256 + "-" + std::to_string(next_link_++);
  links_[name] = {file, link_uses_};
  response.set_header("X-Linked-Etag", "\"" + etag + "\"");
  response.set_header("X-Linked-Size", std::to_string(file->size));
  response.set_header("ETag", "W/\"the-redirect\"");
  response.set_redirect(
      cdn_.url("/cdn/" + path + "?link=" + name + "&X-Amz-Signature=not-for-logs"), 302);
}

void HubServer::serve_cdn(const httplib::Request& request, httplib::Response& response) {
  const std::lock_guard lock(*mutex_);
  record(request, true);
  const auto fault = fault_for(request.target, true);
  if (fault && fault->kind == Fault::Kind::status) {
    response.status = fault->status;
    for (const auto& [name, value] : fault->headers) response.set_header(name, value);
    return;
  }
  const auto link = links_.find(request.get_param_value("link"));
  if (link == links_.end() || link->second.left == 0) {
    response.status = 403;
    response.set_content("<Error><Code>AccessDenied</Code></Error>", "application/xml");
    return;
  }
  if (link->second.left > 0) --link->second.left;
  response.set_header("ETag", "\"storage-etag\"");
  send(request, response, link->second.file, fault, rate_);
}

}  // namespace cactus::test
