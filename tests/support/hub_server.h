// A Hugging Face Hub on loopback, with a second host for large files, that misbehaves on command
// and remembers every request.
//
//   HubServer hub;
//   HubRepo& repo = hub.add("google/gemma-tiny");
//   const std::string commit = repo.commit_folder(fixture("gemma4_text"));
//   repo.tag("v1.15", commit);
//   … HF_ENDPOINT = hub.endpoint() …
//   hub.inject({.where = "model.safetensors", .kind = Fault::Kind::cut, .bytes = 1000});
//   for (const auto& request : hub.requests()) CHECK(…);
//
// Small files are answered by the hub itself, large ones (*.safetensors, 100 kB and more) with 302
// to the second host, on another port, by signed links. All public functions may be called while
// requests run. Link cactus_test_http.
#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/hub_repo.h"
#include "tests/support/loopback_server.h"

namespace cactus::test {

struct Fault {
  enum class Kind {
    cut,           // the connection breaks after `bytes` bytes of the body
    stall,         // nothing more comes after `bytes` bytes, for `milliseconds`; then it breaks
    drip,          // `bytes` bytes every `milliseconds`
    status,        // answers `status` with `headers`
    wrong_bytes,   // the byte at `bytes` (of what is sent) is another one
    ignore_range,  // 200 and the whole file
    html,          // 200 and a login page, as a hotel's network does
    gzip,          // compressed, whatever the client accepts; ranges ignored
    wrong_etag,    // headers name another content
  };
  std::string where;  // part of the raw target ("/api/", "resolve/", "/cdn/", a file's name)
  Kind kind = Kind::cut;
  int times = 1;  // requests that meet it; -1: all
  std::uint64_t bytes = 0;
  int milliseconds = 100;
  int status = 503;
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool second_host = false;  // only there; otherwise only at the hub, unless `where` is "/cdn/…"
};

struct SeenRequest {
  bool second_host = false;
  std::string method, target;  // target as sent, with query
  std::multimap<std::string, std::string> headers;
  std::string header(const std::string& name) const;  // empty: none; names in any case
};

class HubServer {
 public:
  HubServer();
  ~HubServer();

  std::string endpoint() const { return hub_.url(); }
  std::string second_host() const { return cdn_.url(); }

  HubRepo& add(const std::string& id);
  // Requests for `old` are redirected (relative, 307) to `id`.
  void rename(const std::string& old, const std::string& id);
  // A valid token, and the repositories whose terms its owner has accepted.
  void accept(const std::string& token, const std::set<std::string>& gated = {});

  void inject(Fault fault);
  void clear_faults();
  void set_page(std::size_t entries);  // of a tree; 1000
  void expire_links();                 // signed links given so far answer 403 from now on
  void links_work(int times);          // each new link that many times; -1: for ever
  // Bytes a second of each large file's answer; 0: as fast as it goes.
  void set_rate(std::uint64_t bytes_per_second);

  std::vector<SeenRequest> requests() const;
  void forget_requests();

 private:
  struct Link {
    std::shared_ptr<const HubFile> file;
    int left = -1;
  };
  struct Answer;

  void serve_hub(const httplib::Request& request, httplib::Response& response);
  void serve_cdn(const httplib::Request& request, httplib::Response& response);
  void record(const httplib::Request& request, bool second_host);
  std::optional<Fault> fault_for(const std::string& target, bool second_host);
  void api(const httplib::Request& request, httplib::Response& response,
           const std::vector<std::string>& parts);
  void resolve(const httplib::Request& request, httplib::Response& response,
               const std::vector<std::string>& parts, const std::optional<Fault>& fault);
  void tree(const httplib::Request& request, httplib::Response& response, const HubRepo& repo,
            const std::string& revision);
  void search(const httplib::Request& request, httplib::Response& response);
  // Null after it has answered with the hub's refusal.
  HubRepo* readable(const httplib::Request& request, httplib::Response& response,
                    const std::string& id);
  const HubFiles* files_at(const HubRepo& repo, const std::string& revision, std::string* commit,
                           httplib::Response& response);
  std::string info(const HubRepo& repo, const std::string& commit) const;
  void send(const httplib::Request& request, httplib::Response& response,
            const std::shared_ptr<const HubFile>& file, const std::optional<Fault>& fault,
            std::uint64_t rate);

  LoopbackServer hub_, cdn_;
  std::shared_ptr<std::mutex> mutex_ = std::make_shared<std::mutex>();
  std::map<std::string, std::unique_ptr<HubRepo>> repos_;
  std::map<std::string, std::string> renamed_;
  std::map<std::string, std::set<std::string>> tokens_;
  std::list<Fault> faults_;
  std::map<std::string, Link> links_;
  int next_link_ = 0, link_uses_ = -1;
  std::size_t page_ = 1000;
  std::uint64_t rate_ = 0;
  std::vector<SeenRequest> seen_;
};

}  // namespace cactus::test
