// Every refusal of the hub: its kind (which decides the exit code) and the command that helps.
#include "hub/hf/hub_error.h"
#include "tests/hub/support.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::hub;
using test::Fault;
using test::HubFixture;
using Access = test::HubRepo::Access;

namespace {

std::string all(const Error& error) {
  return error.what + " | " + error.why + " | " + error.fix;
}

}  // namespace

TEST_CASE("hub errors: a repository that is not there, or private", "[hub]") {
  HubFixture anonymous;
  anonymous.server.add("org/private").set_access(Access::needs_token);
  for (const char* name : {"org/missing", "org/private"}) {
    const auto info = anonymous.api.info(name);
    REQUIRE_FALSE(info.ok());
    CHECK(info.error().kind == ErrorKind::not_found);
    CHECK(info.error().what == std::string("no model ") + name + " on 127.0.0.1");
    CHECK(info.error().fix.find("cactus auth login huggingface") != std::string::npos);
  }
  HubFixture known("hf_good");
  known.server.accept("hf_good");
  const auto info = known.api.info("org/missing");
  REQUIRE_FALSE(info.ok());
  CHECK(info.error().kind == ErrorKind::not_found);
  CHECK(info.error().fix == "cactus search missing");
}

TEST_CASE("hub errors: a token that is not valid is never shown", "[hub]") {
  HubFixture hub("hf_bad_token");
  hub.server.add("org/model").commit({{"a", "1"}});
  const auto info = hub.api.info("org/model");
  REQUIRE_FALSE(info.ok());
  CHECK(info.error().kind == ErrorKind::auth);
  CHECK(all(info.error()).find("hf_bad_token") == std::string::npos);
  CHECK(hub.api.whoami().error().kind == ErrorKind::auth);
}

TEST_CASE("hub errors: gated repositories", "[hub]") {
  const auto refused = [](const std::string& token, Access access) {
    HubFixture hub(token);
    if (!token.empty()) hub.server.accept(token);
    test::HubRepo& repo = hub.server.add("org/gated");
    repo.commit({{"config.json", "{}"}});
    repo.set_access(access);
    CHECK(hub.api.info("org/gated").ok());
    CHECK(hub.api.access("org/gated").error().kind == ErrorKind::auth);
    return hub.api.resolve("org/gated", "main", "config.json").error();
  };
  const Error anonymous = refused("", Access::gated);
  CHECK(anonymous.kind == ErrorKind::auth);
  CHECK(anonymous.fix.find("/org/gated and accept, then: cactus auth login huggingface") !=
        std::string::npos);
  const Error terms = refused("hf_good", Access::gated);
  CHECK(terms.kind == ErrorKind::auth);
  CHECK(terms.why.find("not accepted its terms") != std::string::npos);
  const Error pending = refused("hf_good", Access::pending);
  CHECK(pending.kind == ErrorKind::auth);
  CHECK(pending.what.find("not granted yet") != std::string::npos);

  HubFixture hub("hf_good");
  hub.server.accept("hf_good", {"org/gated"});
  test::HubRepo& repo = hub.server.add("org/gated");
  repo.commit({{"config.json", "{}"}});
  repo.set_access(Access::gated);
  CHECK(hub.api.info("org/gated")->gate == Gate::automatic);
  CHECK(hub.api.resolve("org/gated", "main", "config.json").ok());
}

TEST_CASE("hub errors: a revision that is not there names its neighbours", "[hub]") {
  HubFixture hub;
  test::HubRepo& repo = hub.server.add("org/model");
  const std::string commit = repo.commit({{"a", "1"}});
  for (const char* tag : {"v1.0", "v1.7", "v1.15", "beta-2024", "first", "second", "third"})
    repo.tag(tag, commit);
  const auto tree = hub.api.tree("org/model", "v1.5");
  REQUIRE_FALSE(tree.ok());
  CHECK(tree.error().kind == ErrorKind::not_found);
  CHECK(tree.error().fix == "one of v1.0, v1.15, v1.7, main, first");
}

TEST_CASE("hub errors: files, disabled repositories, no network, captive portals", "[hub]") {
  HubFixture hub;
  test::HubRepo& repo = hub.server.add("org/model");
  repo.commit({{"a", "1"}});
  const auto file = hub.api.resolve("org/model", "main", "no/such.json");
  CHECK(file.error().kind == ErrorKind::not_found);
  CHECK(file.error().what == "no file no/such.json in org/model");

  hub.server.inject({.where = "/api/", .kind = Fault::Kind::html});
  const Error portal = hub.api.info("org/model").error();
  CHECK(portal.kind == ErrorKind::network);
  CHECK(portal.what.find("web page") != std::string::npos);
  hub.server.inject({.where = "resolve", .kind = Fault::Kind::html});
  CHECK(hub.api.resolve("org/model", "main", "a").error().what == portal.what);

  repo.disable();
  const Error disabled = hub.api.info("org/model").error();
  CHECK(disabled.kind == ErrorKind::not_found);
  CHECK(disabled.what.find("disabled") != std::string::npos);

  HubEnvironment nowhere = hub.environment;
  nowhere.endpoint = "https://no-such-hub.invalid";
  HubApi unreachable(hub.client, nowhere, nullptr, test::quick());
  const Error network = unreachable.info("org/model").error();
  CHECK(network.kind == ErrorKind::network);
  CHECK(network.what == "cannot find https://no-such-hub.invalid");
}

TEST_CASE("hub errors: limits and trouble at the hub end after some tries", "[hub]") {
  HubFixture hub;
  hub.server.inject({.where = "/api/", .kind = Fault::Kind::status, .times = -1, .status = 503});
  const Error trouble = hub.api.info("org/model").error();
  CHECK(trouble.kind == ErrorKind::network);
  CHECK(trouble.why == "HTTP 503");
  CHECK(hub.server.requests().size() == 6);
  hub.server.clear_faults();
  hub.server.inject({.where = "/api/",
                     .kind = Fault::Kind::status,
                     .times = -1,
                     .status = 429,
                     .headers = {{"RateLimit", "\"api\";r=0;t=3000"}}});
  const Error limited = hub.api.info("org/model").error();
  CHECK(limited.kind == ErrorKind::network);
  CHECK(limited.why == "it asks to wait 3000 s");
}

TEST_CASE("hub errors: offline means no socket", "[hub]") {
  HubFixture hub;
  hub.environment.offline = true;
  hub.server.add("org/model").commit({{"a", "1"}});
  CHECK(hub.api.info("org/model").error().kind == ErrorKind::policy);
  CHECK(hub.api.tree("org/model", "main").error().kind == ErrorKind::policy);
  CHECK(hub.api.small_file("org/model", "main", "a").error().kind == ErrorKind::policy);
  CHECK(hub.server.requests().empty());
}

TEST_CASE("hub errors: names that the hub cannot have are not asked for", "[hub]") {
  HubFixture hub;
  for (const char* name : {"", "model", "a/b/c", "../etc", "org/..", "org/.hidden", "org/a--b",
                           "org/a b", "org/x.git", "org/%2e%2e"}) {
    INFO(name);
    CHECK(hub.api.info(name).error().kind == ErrorKind::usage);
  }
  CHECK(hub.server.requests().empty());
}

TEST_CASE("hub errors: the hub's own words are cleaned before they are shown", "[hub]") {
  net::Response response;
  response.status = 403;
  response.headers.add("X-Error-Message", "no \x1b[31mway");
  const Error error =
      refusal_error(response, {"https://huggingface.co", "org/model", {}, {}, true, {}});
  CHECK(error.kind == ErrorKind::auth);
  CHECK(error.why == "no [31mway");
}
