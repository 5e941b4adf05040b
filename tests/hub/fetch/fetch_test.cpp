// Whole downloads into the cache.
#include "hub/fetch/fetch.h"

#include "hub/fetch/digest.h"
#include "tests/hub/support.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::hub;
using test::Fault;
using test::HubFixture;
namespace fs = std::filesystem;

namespace {

struct Download : HubFixture {
  explicit Download(std::string token = {}) : HubFixture(std::move(token)), cache(home / "hub") {
    options.segment = 100'000;
    options.checkpoint = 100'000;
    options.revision = "main";
    if (api.has_token()) server.accept("hf_secret");
    commit = server.add("org/model")
                 .commit({{"config.json", "{}"},
                          {"empty.txt", ""},
                          {"deep/notes.txt", "hello"},
                          {"again.txt", "hello"},
                          {"model.safetensors", weights}});
    files = api.tree("org/model", commit).value();
    server.forget_requests();
  }
  Result<FetchReport> run() { return fetch(api, cache, "org/model", commit, files, options); }

  void check_snapshot() const {
    for (const TreeFile& file : files) {
      INFO(file.path);
      const auto path = cache.find("org/model", commit, file.path);
      REQUIRE(path.has_value());
      CHECK(verify_file(*path, file).ok());
    }
    CHECK(cache.commit_of("org/model", "main") == commit);
    int others = 0;
    for (const auto& entry : fs::directory_iterator(cache.repository("org/model") / "blobs"))
      if (entry.path().filename().string().find('.') != std::string::npos) ++others;
    CHECK(others == 0);  // no partial files, no sidecars
  }
  std::size_t requests_for(const std::string& part) const {
    std::size_t n = 0;
    for (const auto& request : server.requests())
      if (request.target.find(part) != std::string::npos) ++n;
    return n;
  }

  const std::string weights = test::noise(1'000'000);
  HubCache cache;
  FetchOptions options;
  std::string commit;
  std::vector<TreeFile> files;
};

}  // namespace

TEST_CASE("fetch: a repository into the cache, in segments", "[hub]") {
  Download hub("hf_secret");
  FetchProgress last;
  std::size_t reports = 0;
  hub.options.progress = [&](const FetchProgress& progress) {
    CHECK(progress.done >= last.done);
    CHECK(progress.total == 1'000'012);
    last = progress;
    ++reports;
  };
  const auto report = hub.run();
  REQUIRE(report.ok());
  CHECK(report->snapshot == hub.cache.snapshot("org/model", hub.commit));
  CHECK(report->fetched >= 1'000'007);
  CHECK(report->cached == 0);
  hub.check_snapshot();
  CHECK(reports >= 1);
  CHECK(last.done == 1'000'012);
  CHECK(hub.requests_for("/cdn/model.safetensors") == 10);
  CHECK(fs::exists(hub.home / "hub/CACHEDIR.TAG"));
  for (const auto& request : hub.server.requests())
    CHECK(request.header("Authorization") == (request.second_host ? "" : "Bearer hf_secret"));

  // All of it is there now: no request at all.
  hub.server.forget_requests();
  const auto again = hub.run();
  REQUIRE(again.ok());
  CHECK(again->cached == 1'000'012);
  CHECK(hub.server.requests().empty());
}

TEST_CASE("fetch: blobs another program has downloaded are used", "[hub]") {
  Download hub;
  const TreeFile& model = hub.files.back();
  REQUIRE(model.path == "model.safetensors");
  const fs::path blob = hub.cache.blob("org/model", model.etag);
  fs::create_directories(blob.parent_path());
  test::write_file(blob, hub.weights);
  const auto report = hub.run();
  REQUIRE(report.ok());
  CHECK(report->cached == 1'000'000);
  CHECK(hub.requests_for("model.safetensors") == 0);
  hub.check_snapshot();
}

TEST_CASE("fetch: trouble of all kinds ends in the same snapshot", "[hub]") {
  Download hub;
  hub.server.inject({.where = "/cdn/", .kind = Fault::Kind::cut, .times = 3, .bytes = 30'000});
  hub.server.inject({.where = "/cdn/", .kind = Fault::Kind::status, .times = 2, .status = 503});
  hub.server.inject({.where = "notes.txt", .kind = Fault::Kind::status, .status = 429});
  hub.server.inject({.where = "/cdn/", .kind = Fault::Kind::status, .times = 1, .status = 403});
  hub.server.inject({.where = "config.json", .kind = Fault::Kind::gzip, .times = -1});
  hub.server.links_work(3);
  REQUIRE(hub.run().ok());
  hub.check_snapshot();
}

TEST_CASE("fetch: a server that ignores ranges sends the file in one piece", "[hub]") {
  Download hub;
  hub.options.segment = 300'000;
  hub.server.inject({.where = "/cdn/", .kind = Fault::Kind::ignore_range, .times = -1});
  REQUIRE(hub.run().ok());
  hub.check_snapshot();
}

TEST_CASE("fetch: ranges ignored for far parts, and a cut in the middle", "[hub]") {
  Download hub;
  const std::string large = test::noise(6'000'000, 3);
  hub.commit = hub.server.add("org/model").commit({{"model.safetensors", large}});
  hub.files = hub.api.tree("org/model", hub.commit).value();
  hub.options.segment = 1'500'000;
  hub.server.inject({.where = "/cdn/", .kind = Fault::Kind::ignore_range, .times = 5});
  hub.server.inject({.where = "/cdn/", .kind = Fault::Kind::cut, .times = 2, .bytes = 2'000'000});
  hub.server.inject({.where = "/cdn/", .kind = Fault::Kind::ignore_range, .times = -1});
  REQUIRE(hub.run().ok());
  hub.check_snapshot();
}

TEST_CASE("fetch: wrong bytes are fetched again, and then refused", "[hub]") {
  Download hub;
  hub.options.connections = 1;
  hub.server.inject(
      {.where = "/cdn/", .kind = Fault::Kind::wrong_bytes, .times = 1, .bytes = 5000});
  REQUIRE(hub.run().ok());
  hub.check_snapshot();

  const std::string other = test::noise(200'000, 7);
  hub.commit = hub.server.add("org/model").commit({{"a.txt", "fine"}, {"b.safetensors", other}});
  hub.files = hub.api.tree("org/model", hub.commit).value();
  hub.server.inject({.where = "/cdn/", .kind = Fault::Kind::wrong_bytes, .times = -1, .bytes = 9});
  const auto report = hub.run();
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().kind == ErrorKind::incompatible);
  CHECK(report.error().what == "b.safetensors has a wrong checksum");
  CHECK_FALSE(hub.cache.find("org/model", hub.commit, "b.safetensors").has_value());
  CHECK(hub.cache.commit_of("org/model", "main") != hub.commit);        // the ref comes last
  CHECK(hub.cache.find("org/model", hub.commit, "a.txt").has_value());  // what is done stays
  hub.server.clear_faults();
  REQUIRE(hub.run().ok());
  hub.check_snapshot();
}

TEST_CASE("fetch: cancelled, and taken up again by the next call", "[hub]") {
  Download hub;
  hub.options.connections = 2;
  hub.server.set_rate(400'000);
  std::atomic<bool> cancel{false};
  hub.options.cancel = &cancel;
  hub.options.progress = [&](const FetchProgress& progress) {
    if (progress.done > 300'000) cancel = true;
  };
  const auto stopped = hub.run();
  REQUIRE_FALSE(stopped.ok());
  CHECK(stopped.error().kind == ErrorKind::cancelled);
  CHECK_FALSE(hub.cache.commit_of("org/model", "main").has_value());
  // The sidecar names this process, which lives; a second process would see it gone.
  for (const auto& entry : fs::directory_iterator(hub.cache.repository("org/model") / "blobs")) {
    if (entry.path().extension() != ".json") continue;
    std::string text = test::read_file(entry.path());
    const auto at = text.find("\"started\":\"") + 11;
    text.insert(at, "1");
    test::write_file(entry.path(), text);
  }
  cancel = false;
  hub.server.set_rate(0);
  hub.options.progress = nullptr;
  CHECK(missing_bytes(hub.cache, "org/model", hub.files) < 800'000);
  const auto report = hub.run();
  REQUIRE(report.ok());
  CHECK(report->resumed > 200'000);
  CHECK(report->fetched < 800'000);
  hub.check_snapshot();
}

TEST_CASE("fetch: too little disk is said before a byte moves", "[hub]") {
  Download hub;
  hub.options.reserve = std::uint64_t{1} << 60;
  const auto report = hub.run();
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().kind == ErrorKind::resources);
  CHECK(report.error().why.find(" are needed, ") != std::string::npos);
  CHECK(hub.server.requests().empty());
}

TEST_CASE("fetch: hostile listings are refused before anything is written", "[hub]") {
  Download hub;
  hub.files[0].path = "../../../evil";
  CHECK(hub.run().error().kind == ErrorKind::incompatible);
  hub.files[0].path = "fine";
  hub.files[0].etag = "../../../evil";
  CHECK(hub.run().error().kind == ErrorKind::incompatible);
  CHECK_FALSE(fs::exists(hub.cache.folder()));
  // And by the hub's own mouth:
  hub.commit = hub.server.add("org/evil").commit({{"../../evil", "x"}});
  CHECK(hub.api.tree("org/evil", "main").error().kind == ErrorKind::incompatible);
}

TEST_CASE("fetch: two at once in one process share the work", "[hub]") {
  Download hub;
  hub.server.set_rate(2'000'000);
  std::optional<Result<FetchReport>> other;
  std::thread second([&] { other = hub.run(); });
  const auto first = hub.run();
  second.join();
  REQUIRE(first.ok());
  REQUIRE(other->ok());
  hub.check_snapshot();
  CHECK(hub.requests_for("/cdn/model.safetensors") == 10);
}
