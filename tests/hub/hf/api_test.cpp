// The hub's endpoints against a server that answers as huggingface.co does.
#include "tests/hub/support.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::hub;
using test::Fault;
using test::HubFixture;

TEST_CASE("hub api: info, refs, tree over several pages", "[hub]") {
  HubFixture hub;
  test::HubRepo& repo = hub.server.add("org/model-1");
  const std::string first = repo.commit({{"config.json", "{}"}});
  const std::string commit = repo.commit({{"config.json", "{\"a\":1}"},
                                          {"deep/er/notes.txt", "hello"},
                                          {"model.safetensors", std::string(5000, 'w')}});
  repo.tag("v1.15", first);
  repo.set_info(R"({"tags":["license:gemma","text-generation"],"gated":false,"downloads":7,
    "config":{"architectures":["Gemma4ForConditionalGeneration"],"model_type":"gemma4"},
    "safetensors":{"total":123},"pipeline_tag":"text-generation"})");

  const auto info = hub.api.info("org/model-1");
  REQUIRE(info.ok());
  CHECK(info->commit == commit);
  CHECK(info->licence == "gemma");
  CHECK(info->architecture == "Gemma4ForConditionalGeneration");
  CHECK(info->model_type == "gemma4");
  CHECK(info->parameters == 123);
  CHECK(info->files.size() == 3);
  CHECK(hub.api.info("org/model-1", "v1.15")->commit == first);

  const auto refs = hub.api.refs("org/model-1");
  REQUIRE(refs.ok());
  REQUIRE(refs->tags.size() == 1);
  CHECK(refs->tags[0].name == "v1.15");
  CHECK(refs->tags[0].commit == first);
  REQUIRE(refs->branches.size() == 1);
  CHECK(refs->branches[0].commit == commit);

  for (const std::size_t page : {1000U, 2U, 1U}) {
    hub.server.set_page(page);
    const auto tree = hub.api.tree("org/model-1", commit);
    REQUIRE(tree.ok());
    REQUIRE(tree->size() == 3);
    const TreeFile& weights = (*tree)[2];
    CHECK(weights.path == "model.safetensors");
    CHECK(weights.size == 5000);
    CHECK(weights.is_sha256());
    CHECK((*tree)[1].path == "deep/er/notes.txt");
    CHECK((*tree)[1].etag == "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");  // git hash-object
    CHECK_FALSE((*tree)[1].is_sha256());
  }
}

TEST_CASE("hub api: branches with slashes", "[hub]") {
  HubFixture hub;
  test::HubRepo& repo = hub.server.add("org/model");
  repo.commit({{"a", "main"}});
  const std::string commit = repo.commit({{"a", "pr"}}, "refs/pr/1");
  CHECK(hub.api.info("org/model", "refs/pr/1")->commit == commit);
  CHECK(hub.api.small_file("org/model", "refs/pr/1", "a").value() == "pr");
}

TEST_CASE("hub api: what a HEAD says", "[hub]") {
  HubFixture hub("hf_secret");
  hub.server.accept("hf_secret");
  test::HubRepo& repo = hub.server.add("org/model");
  const std::string commit =
      repo.commit({{"config.json", "{}"}, {"model.safetensors", std::string(1234, 'w')}});
  const auto small = hub.api.resolve("org/model", "main", "config.json");
  REQUIRE(small.ok());
  CHECK(small->commit == commit);
  CHECK(small->size == 2);
  CHECK(small->etag == "9e26dfeeb6e641a33dae4961196235bdb965b21b");
  CHECK(small->location.empty());
  const auto large = hub.api.resolve("org/model", "main", "model.safetensors");
  REQUIRE(large.ok());
  CHECK(large->size == 1234);
  CHECK(large->etag.size() == 64);
  CHECK(large->location.rfind(hub.server.second_host(), 0) == 0);
  // The token reached the hub and nobody else.
  for (const auto& request : hub.server.requests()) {
    CHECK_FALSE(request.second_host);
    CHECK(request.header("Authorization") == "Bearer hf_secret");
  }
}

TEST_CASE("hub api: a renamed repository is followed", "[hub]") {
  HubFixture hub;
  const std::string commit = hub.server.add("new/name").commit({{"config.json", "{}"}});
  hub.server.rename("old/name", "new/name");
  CHECK(hub.api.info("old/name")->id == "new/name");
  CHECK(hub.api.resolve("old/name", "main", "config.json")->commit == commit);
  CHECK(hub.api.tree("old/name", "main")->size() == 1);
}

TEST_CASE("hub api: search, access, whoami", "[hub]") {
  HubFixture hub("hf_secret");
  hub.server.accept("hf_secret");
  hub.server.add("org/gemma-a").commit({{"a", "1"}});
  hub.server.add("other/gemma-b").commit({{"a", "1"}});
  hub.server.add("org/qwen").commit({{"a", "1"}});
  SearchQuery query;
  query.text = "gemma";
  CHECK(hub.api.search(query)->size() == 2);
  query.author = "org";
  const auto found = hub.api.search(query);
  REQUIRE(found->size() == 1);
  CHECK((*found)[0].id == "org/gemma-a");
  CHECK(hub.api.access("org/qwen").ok());
  const auto account = hub.api.whoami();
  REQUIRE(account.ok());
  CHECK(account->name == "tester");
  CHECK(account->organisations == std::vector<std::string>{"testers"});
}

TEST_CASE("hub api: the token goes to the hub's own host only", "[hub]") {
  HubFixture hub("hf_secret");
  hub.server.accept("hf_secret");
  CHECK(hub.api.request(hub.server.endpoint() + "/api/x").secret_headers.size() == 1);
  for (const std::string& other :
       {hub.server.second_host() + "/x", std::string("https://evil.example/x"),
        hub.server.endpoint() + ".evil.example/x"}) {
    CHECK(hub.api.request(other).secret_headers.empty());
  }
  // A mirror repeats the addresses of the original.
  CHECK(hub.api.request("https://huggingface.co/api/x").url == hub.server.endpoint() + "/api/x");

  hub.server.add("org/model").commit({{"model.safetensors", std::string(1000, 'w')}});
  CHECK(hub.api.small_file("org/model", "main", "model.safetensors").value().size() == 1000);
  int elsewhere = 0;
  for (const auto& request : hub.server.requests()) {
    if (!request.second_host) continue;
    ++elsewhere;
    for (const auto& [name, value] : request.headers)
      CHECK(value.find("hf_secret") == std::string::npos);
  }
  CHECK(elsewhere == 1);
}

TEST_CASE("hub api: waits as the hub asks, then goes on", "[hub]") {
  std::vector<std::string> notices;
  HubOptions options = test::quick();
  options.notice = [&](std::string_view text) { notices.emplace_back(text); };
  HubFixture hub({}, options);
  hub.server.add("org/model").commit({{"a", "1"}});
  hub.server.inject({.where = "/api/", .kind = Fault::Kind::status, .status = 503});
  hub.server.inject({.where = "/api/",
                     .kind = Fault::Kind::status,
                     .status = 429,
                     .headers = {{"RateLimit", "\"api\";r=0;t=0"}}});
  hub.server.inject({.where = "/api/",
                     .kind = Fault::Kind::status,
                     .status = 429,
                     .headers = {{"Retry-After", "1"}}});
  const auto started = std::chrono::steady_clock::now();
  CHECK(hub.api.info("org/model").ok());
  CHECK(std::chrono::steady_clock::now() - started >= std::chrono::seconds(1));
  REQUIRE(notices.size() == 3);
  CHECK(notices[2] == "paused, again in 1 s (429)");
}

TEST_CASE("hub api: waiting can be cancelled", "[hub]") {
  std::atomic<bool> cancel{false};
  HubOptions options = test::quick();
  options.cancel = &cancel;
  options.notice = [&](std::string_view) { cancel = true; };
  HubFixture hub({}, options);
  hub.server.add("org/model").commit({{"a", "1"}});
  hub.server.inject({.where = "/api/",
                     .kind = Fault::Kind::status,
                     .times = -1,
                     .status = 429,
                     .headers = {{"Retry-After", "60"}}});
  const auto info = hub.api.info("org/model");
  REQUIRE_FALSE(info.ok());
  CHECK(info.error().kind == ErrorKind::cancelled);
}

TEST_CASE("hub api: waits", "[hub]") {
  Backoff backoff;
  CHECK(backoff.wait(1).count() == 1000);
  CHECK(backoff.wait(2).count() == 2000);
  CHECK(backoff.wait(10).count() == 8000);
  CHECK(asked_wait({{"Retry-After", "7"}})->count() == 7000);
  CHECK(asked_wait({{"RateLimit", "\"api\";r=0;t=33"}, {"Retry-After", "7"}})->count() == 33'000);
  CHECK(asked_wait({{"RateLimit", "\"api\";r=5;t=33"}, {"Retry-After", "7"}})->count() == 7000);
  CHECK_FALSE(asked_wait({{"RateLimit", "\"api\";r=5;t=33"}}).has_value());
  CHECK_FALSE(asked_wait({{"Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"}}).has_value());
}
