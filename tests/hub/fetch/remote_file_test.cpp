// Ranges of a file at its source, whatever the hub and its second host do.
#include "hub/fetch/remote_file.h"

#include "tests/hub/support.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::hub;
using test::Fault;
using test::HubFixture;

namespace {

struct Remote : HubFixture {
  explicit Remote(std::size_t size = 300'000, const std::string& name = "model.safetensors",
                  std::string token = {})
      : HubFixture(std::move(token)), bytes(test::noise(size)) {
    commit = server.add("org/model").commit({{name, bytes}});
    if (has_token()) server.accept("hf_secret");
    file.emplace(api, "org/model", commit, api.tree("org/model", commit)->front());
    server.forget_requests();
  }
  bool has_token() { return api.has_token(); }

  Result<std::string> read(std::uint64_t begin, std::uint64_t end, ReadOptions options = {}) {
    std::string got;
    const Status status = file->read(
        begin, end,
        [&](std::string_view piece) {
          got += piece;
          return true;
        },
        options);
    if (!status) return status.error();
    return got;
  }

  std::string bytes, commit;
  std::optional<RemoteFile> file;
};

}  // namespace

TEST_CASE("remote file: any range, small and large files", "[hub]") {
  for (const char* name : {"config.json", "model.safetensors"}) {
    Remote remote(50'000, name);
    for (const auto& [begin, end] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
             {0, 50'000}, {0, 8}, {8, 9}, {123, 45'678}, {49'999, 50'000}, {7, 7}}) {
      const auto got = remote.read(begin, end);
      REQUIRE(got.ok());
      CHECK(*got == remote.bytes.substr(begin, end - begin));
    }
    CHECK(remote.read(0, 50'001).error().kind == ErrorKind::incompatible);
  }
}

TEST_CASE("remote file: the link is asked for once and the token stays at the hub", "[hub]") {
  Remote remote(300'000, "model.safetensors", "hf_secret");
  for (std::uint64_t i = 0; i < 5; ++i) CHECK(remote.read(i * 1000, i * 1000 + 500).ok());
  int at_hub = 0, elsewhere = 0;
  for (const auto& request : remote.server.requests()) {
    (request.second_host ? elsewhere : at_hub)++;
    CHECK(request.header("Authorization") == (request.second_host ? "" : "Bearer hf_secret"));
    for (const auto& [name, value] : request.headers)
      if (request.second_host) CHECK(value.find("hf_secret") == std::string::npos);
    CHECK(request.header("Accept-Encoding") == "identity");
  }
  CHECK(at_hub == 1);
  CHECK(elsewhere == 5);
}

TEST_CASE("remote file: broken connections go on where they broke", "[hub]") {
  Remote remote;
  remote.server.inject({.where = "/cdn/", .kind = Fault::Kind::cut, .times = 3, .bytes = 50'000});
  CHECK(remote.read(1000, 299'000).value() == remote.bytes.substr(1000, 298'000));
  std::vector<std::string> ranges;
  for (const auto& request : remote.server.requests())
    if (request.second_host) ranges.push_back(request.header("Range"));
  CHECK(ranges == std::vector<std::string>{"bytes=1000-298999", "bytes=51000-298999",
                                           "bytes=101000-298999", "bytes=151000-298999"});
}

TEST_CASE("remote file: connections that never bring a byte end the patience", "[hub]") {
  Remote remote;
  remote.server.inject({.where = "/cdn/", .kind = Fault::Kind::cut, .times = -1, .bytes = 0});
  const auto got = remote.read(0, 1000);
  REQUIRE_FALSE(got.ok());
  CHECK(got.error().kind == ErrorKind::network);
}

TEST_CASE("remote file: silence leads to a new connection", "[hub]") {
  Remote remote;
  remote.environment.download_timeout = std::chrono::seconds(1);
  remote.server.inject(
      {.where = "/cdn/", .kind = Fault::Kind::stall, .bytes = 10'000, .milliseconds = 1500});
  CHECK(remote.read(0, 300'000).value() == remote.bytes);
}

TEST_CASE("remote file: slow drip arrives", "[hub]") {
  Remote remote(2000);
  remote.server.inject(
      {.where = "/cdn/", .kind = Fault::Kind::drip, .bytes = 200, .milliseconds = 20});
  CHECK(remote.read(0, 2000).value() == remote.bytes);
}

TEST_CASE("remote file: links that expire are asked for again", "[hub]") {
  Remote remote;
  CHECK(remote.read(0, 10).ok());
  remote.server.expire_links();
  CHECK(remote.read(10, 20).value() == remote.bytes.substr(10, 10));
  remote.server.links_work(1);  // each for one request only
  remote.server.expire_links();
  for (std::uint64_t at = 0; at < 50'000; at += 10'000) {
    const auto got = remote.read(at, at + 100);
    INFO((got.ok() ? "" : got.error().what + ": " + got.error().why));
    CHECK((got.ok() && *got == remote.bytes.substr(at, 100)));
  }
  remote.server.links_work(0);
  remote.server.expire_links();
  CHECK(remote.read(0, 10).error().kind == ErrorKind::network);
}

TEST_CASE("remote file: waits for a busy host as it asks", "[hub]") {
  Remote remote;
  remote.server.inject({.where = "/cdn/",
                        .kind = Fault::Kind::status,
                        .status = 429,
                        .headers = {{"Retry-After", "1"}}});
  remote.server.inject({.where = "/cdn/", .kind = Fault::Kind::status, .times = 2, .status = 503});
  std::vector<std::string> notices;
  ReadOptions options;
  options.notice = [&](std::string_view text) { notices.emplace_back(text); };
  const auto started = std::chrono::steady_clock::now();
  CHECK(remote.read(0, 300'000, options).value() == remote.bytes);
  CHECK(std::chrono::steady_clock::now() - started >= std::chrono::seconds(1));
  REQUIRE(notices.size() == 6);
  CHECK(notices[0] == "paused, again in 1 s (429)");
  CHECK(notices[5].empty());
}

TEST_CASE("remote file: servers that ignore ranges", "[hub]") {
  Remote remote(3'000'000);
  remote.server.inject({.where = "/cdn/", .kind = Fault::Kind::ignore_range, .times = -1});
  CHECK(remote.read(0, 8).value() == remote.bytes.substr(0, 8));
  CHECK(remote.file->ignores_ranges());
  CHECK(remote.read(1000, 2000).value() == remote.bytes.substr(1000, 1000));
  CHECK(remote.read(2'000'000, 2'000'100).error().kind == ErrorKind::incompatible);
  ReadOptions all;
  all.skip_any_length = true;
  CHECK(remote.read(2'000'000, 2'000'100, all).value() == remote.bytes.substr(2'000'000, 100));
}

TEST_CASE("remote file: servers that compress all the same", "[hub]") {
  for (const char* name : {"config.json", "model.safetensors"}) {
    Remote remote(20'000, name);
    const std::string where = std::string(name) == "config.json" ? "resolve" : "/cdn/";
    remote.server.inject({.where = where, .kind = Fault::Kind::gzip, .times = -1});
    CHECK(remote.read(0, 20'000).value() == remote.bytes);
    CHECK(remote.read(100, 200).value() == remote.bytes.substr(100, 100));
  }
}

TEST_CASE("remote file: another file than the one listed", "[hub]") {
  Remote remote;
  remote.server.inject({.where = "resolve", .kind = Fault::Kind::wrong_etag});
  CHECK(remote.read(0, 10).error().kind == ErrorKind::incompatible);
  remote.server.inject({.where = "resolve", .kind = Fault::Kind::html});
  const Error portal = remote.read(0, 10).error();
  CHECK(portal.kind == ErrorKind::network);
  CHECK(portal.what.find("web page") != std::string::npos);
}

TEST_CASE("remote file: refusals, offline, stopping", "[hub]") {
  Remote remote;
  remote.server.add("org/model").set_access(test::HubRepo::Access::gated);
  const Error gated = remote.read(0, 10).error();
  CHECK(gated.kind == ErrorKind::auth);
  CHECK(gated.what == "org/model is gated");
  remote.server.add("org/model").set_access(test::HubRepo::Access::open);

  CHECK(remote.file->read(0, 1000, [](std::string_view) { return false; }).error().kind ==
        ErrorKind::cancelled);
  std::atomic<bool> cancel{true};
  CHECK(remote.file
            ->read(
                0, 1000, [](std::string_view) { return true; }, &cancel)
            .error()
            .kind == ErrorKind::cancelled);
  remote.environment.offline = true;
  remote.server.forget_requests();
  CHECK(remote.read(0, 10).error().kind == ErrorKind::policy);
  CHECK(remote.server.requests().empty());
}
