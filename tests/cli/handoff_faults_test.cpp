// Every provider × every fault, the program as a process: the local answer stands, and the ledger
// is right to the token. What must be in it is worked out here, from what the fake provider
// received.
#include <memory>

#include "engine/base/json.h"
#include "router/ledger.h"
#include "tests/support/catch.h"
#include "tests/support/handoff_place.h"
#include "tests/support/slow.h"

using namespace cactus;
using namespace cactus::test;

namespace {

const std::string kUnsure = "!sure 0.2 the local answer";
const std::string kLocalText = "the local answer";

// Nano-dollars a token, of prices.json below; a server of one's own on this machine is free.
constexpr std::int64_t kInput = 3000, kOutput = 17000, kCached = 700, kDearestInput = 5000;
constexpr char kPrices[] = R"({"prices": [
  {"provider": "anthropic", "model": "claude-sonnet-5",
   "input": 3, "output": 17, "cached": 0.7, "cache_write": 5},
  {"provider": "openai", "model": "gpt-4.1",
   "input": 3, "output": 17, "cached": 0.7, "cache_write": 5},
  {"provider": "gemini", "model": "gemini-3.5-flash",
   "input": 3, "output": 17, "cached": 0.7, "cache_write": 5}]})";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What one request counts as.
enum class Counts {
  nothing,   // no model ran
  reported,  // the provider's sum
  begun,     // the input it reported, and the longest answer
  worst,     // a token for each byte of the request, and the longest answer
};

struct Expected {
  Counts counts;
  int requests = 1;    // 2: it may pass, nothing had come, so it is asked once more
  bool waits = false;  // it ends because the time is over
};

Expected expected(Fault fault, std::size_t kind) {
  // Anthropic and Gemini report as they go.
  const std::string& name = cloud_kinds().at(kind).name;
  const bool goes = name == "anthropic" || name == "gemini";
  const Counts half = goes ? Counts::begun : Counts::worst;
  switch (fault) {
    case Fault::unauthorized:
    case Fault::echo_key:
    case Fault::no_credit:
    case Fault::rate_limit_long:
    case Fault::bad_request:
    case Fault::redirect:
      return {Counts::nothing};
    case Fault::rate_limit:
    case Fault::rate_limit_after:
    case Fault::server_error:
    case Fault::overloaded:
    case Fault::html_error:
      return {Counts::nothing, 2};
    case Fault::cut_first:
    case Fault::cut_headers:
    case Fault::error_first:
      return {Counts::worst, 2};
    case Fault::stall_first:
    case Fault::stall_headers:
    case Fault::keep_alives:
    case Fault::nonsense:
      return {Counts::worst, 1, true};
    case Fault::stall_middle:
    case Fault::keep_alives_middle:
      return {half, 1, true};
    case Fault::cut:
    case Fault::ends_early:
    case Fault::malformed:
    case Fault::error_event:
    case Fault::huge:
      return {half};
    case Fault::huge_event:
    case Fault::html:
      return {Counts::worst};
    case Fault::refusal:
    case Fault::none:
    case Fault::image_refused:
      return {Counts::reported};
  }
  return {Counts::reported};
}

struct Sum {
  std::int64_t requests = 0, input = 0, output = 0, cached = 0, assumed = 0, cost = 0;
};

// The longest answer that the request allows, as its own protocol says it.
std::int64_t longest_answer(const std::string& body) {
  const Json json = Json::parse(body);
  for (const char* key : {"max_tokens", "max_output_tokens", "max_completion_tokens"})
    if (json.contains(key)) return json[key];
  return json.at("generationConfig").at("maxOutputTokens");
}

void add(Sum& sum, Counts counts, const ReceivedRequest& request, bool free) {
  if (counts == Counts::nothing) return;
  const ScriptedAnswer answer;
  const auto bytes = static_cast<std::int64_t>(request.body.size());
  const bool worst = counts == Counts::worst, all = counts == Counts::reported;
  const std::int64_t output = all ? answer.output : longest_answer(request.body);
  sum.requests += 1;
  sum.input += worst ? bytes : answer.input;
  sum.output += output;
  sum.cached += worst ? 0 : answer.cached;
  sum.assumed += all ? 0 : 1;
  if (free) return;
  sum.cost += output * kOutput;
  sum.cost += worst ? bytes * kDearestInput
                    : (answer.input - answer.cached) * kInput + answer.cached * kCached;
}

void check_ledger(const HandoffPlace& place, const Sum& expected) {
  const auto ledger = Ledger::open(place.folder / "state/usage.db");
  REQUIRE(ledger.ok());
  const auto usage = ledger->usage(0);
  REQUIRE(usage.ok());
  const UsageSum& sum = usage->total;
  CHECK(sum.requests == expected.requests);
  CHECK(sum.cloud_input == expected.input);
  CHECK(sum.cloud_output == expected.output);
  CHECK(sum.cloud_cached == expected.cached);
  CHECK(sum.assumed == expected.assumed);
  CHECK(sum.cost == expected.cost);
  CHECK(sum.unpriced == 0);
}

// Long enough for the half that should come, on a busy machine.
constexpr std::chrono::seconds kPatience{3 * kSlow};
constexpr std::chrono::seconds kNever{120};

struct Case {
  Case(Fault of, std::size_t of_kind)
      : fault(of),
        kind(of_kind),
        expect(expected(fault, kind)),
        place(fault, kind),
        child(launch(place, expect.waits ? kPatience : kNever)) {}

  static Launch launch(const HandoffPlace& place, std::chrono::seconds timeout) {
    write_file(place.folder / "config/prices.json", kPrices);
    const std::string limit = std::to_string(timeout.count()) + "s";
    return place.launch(CACTUS_ECHO, {"run", "m", "--json", "--cloud-timeout", limit, kUnsure});
  }

  Fault fault;
  std::size_t kind;
  Expected expect;
  HandoffPlace place;
  Child child;
};

void check(Case& c) {
  const Finished finished = c.child.wait();
  INFO(c.place.target() << ": " << fault_name(c.fault) << "\n" << finished.out << finished.err);
  CHECK(finished.code == 0);
  CHECK_FALSE(has(finished.out + finished.err, HandoffPlace::key()));
  const Json object = Json::parse(finished.out);
  CHECK(object["response"] == kLocalText);
  CHECK(object["success"] == true);
  CHECK(object["cloud_handoff"] == false);
  CHECK(object["provider"].is_null());
  CHECK(object["handoff_failure"] == "provider");
  CHECK(has(object["handoff_error"], c.place.target() + ": "));
  const double ms = object["timing"]["cloud_ms"];
  const double patience = std::chrono::duration<double, std::milli>(kPatience).count();
  if (c.expect.waits) {
    CHECK(ms >= patience);
    CHECK(ms < 2 * patience);
  }
  const auto requests = c.place.server.requests();
  CHECK(requests.size() == static_cast<std::size_t>(c.expect.requests));
  CHECK(object["attempts"].size() == requests.size());
  Sum sum;
  for (const ReceivedRequest& request : requests)
    add(sum, c.expect.counts, request, c.place.target().starts_with("own/"));
  check_ledger(c.place, sum);
  CHECK(object["cost"].get<double>() == Approx(static_cast<double>(sum.cost) / kDollar));
}

// Many at once: most of the time they wait.
void check_all(const std::vector<std::pair<Fault, std::size_t>>& cases) {
  constexpr std::size_t kAtOnce = 24;
  for (std::size_t i = 0; i < cases.size(); i += kAtOnce) {
    std::vector<std::unique_ptr<Case>> running;
    for (std::size_t j = i; j < std::min(cases.size(), i + kAtOnce); ++j)
      running.push_back(std::make_unique<Case>(cases[j].first, cases[j].second));
    for (const auto& c : running) check(*c);
  }
}

}  // namespace

TEST_CASE("handoff: whatever a provider does, the local answer stands and the ledger is right",
          "[router]") {
  std::vector<std::pair<Fault, std::size_t>> waiting, others;
  for (std::size_t kind = 0; kind < cloud_kinds().size(); ++kind) {
    for (const Fault fault : all_faults()) {
      if (fault == Fault::none || fault == Fault::image_refused) continue;
      (expected(fault, kind).waits ? waiting : others).emplace_back(fault, kind);
    }
  }
  check_all(waiting);
  check_all(others);
}

TEST_CASE("handoff: retries and fallbacks add up, in the answer, the ledger and usage",
          "[router]") {
  // Both requests to the first provider break, and the next one is overloaded once.
  HandoffPlace place(Fault::cut_headers, 0);
  write_file(place.folder / "config/prices.json", kPrices);
  ProviderServer second({.fault = Fault::overloaded, .times = 1}, &test_identity());
  const Environment both = {
      {"CACTUS_HANDOFF_PROVIDERS", "anthropic/claude-sonnet-5,openai/gpt-4.1"},
      {"OPENAI_API_KEY", HandoffPlace::key()},
      {"OPENAI_BASE_URL", second.url("/v1")}};
  const Finished finished =
      run(place.launch(CACTUS_ECHO, {"run", "m", "--json", kUnsure}, "", both));
  INFO(finished.out << finished.err);
  const Json object = Json::parse(finished.out);
  CHECK(object["response"] == ScriptedAnswer().text);
  CHECK(object["provider"] == "openai");
  CHECK(object["attempts"].size() == 4);
  const auto broken = place.server.requests(), answered = second.requests();
  REQUIRE(broken.size() == 2);
  REQUIRE(answered.size() == 2);
  Sum sum;
  for (const ReceivedRequest& request : broken) add(sum, Counts::worst, request, false);
  add(sum, Counts::nothing, answered[0], false);
  add(sum, Counts::reported, answered[1], false);
  check_ledger(place, sum);
  const double dollars = static_cast<double>(sum.cost) / kDollar;
  CHECK(object["cost"].get<double>() == Approx(dollars));
  CHECK(object["cloud_usage"]["input"] == 12);
  const Finished shown = run(place.launch(CACTUS_ECHO, {"usage", "--json"}));
  const Json total = Json::parse(shown.out).at("total");
  CHECK(total.at("cloud") == Json({{"requests", sum.requests},
                                   {"input", sum.input},
                                   {"output", sum.output},
                                   {"cached", sum.cached},
                                   {"assumed_requests", sum.assumed},
                                   {"unpriced_requests", 0}}));
  CHECK(total.at("cost_usd").get<double>() == Approx(dollars));
}

TEST_CASE("handoff: a request that never left costs nothing", "[router]") {
  const HandoffPlace place;
  write_file(place.folder / "config/prices.json", kPrices);
  // Nobody listens, and somebody who listens and cannot be trusted.
  const TlsIdentity stranger;
  ProviderServer untrusted({}, &stranger);
  for (const std::string& url : {std::string("https://127.0.0.1:1"), untrusted.url()}) {
    INFO(url);
    const Finished finished = run(place.launch(CACTUS_ECHO, {"run", "m", "--json", kUnsure}, "",
                                               {{"ANTHROPIC_BASE_URL", url}}));
    const Json object = Json::parse(finished.out);
    CHECK(object["response"] == kLocalText);
    CHECK(object["handoff_failure"] == "provider");
    CHECK(object["cost"] == 0);
    check_ledger(place, {});
  }
  CHECK(untrusted.requests().empty());
}
