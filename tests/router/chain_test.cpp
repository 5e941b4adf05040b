// The chain: what is asked of whom, how often, and what goes along.
#include "router/chain.h"

#include "engine/base/secret.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using namespace cactus::test;
using namespace std::chrono_literals;

namespace {

// Fails with the errors it is given, then answers.
class FakeProvider : public Provider {
 public:
  FakeProvider(std::string name, bool hears) : name_(std::move(name)), hears_(hears) {}
  std::vector<CloudError> errors;
  std::vector<CloudRequest> requests;

  std::string_view name() const override { return name_; }
  std::string_view base_url() const override { return "https://127.0.0.1:1"; }
  std::string refusal(const Attachment& a) const override {
    return a.kind == Attachment::Kind::audio && !hears_ ? "takes no sound" : "";
  }
  std::int64_t most_tokens(const Attachment&) const override { return 2000; }
  Result<std::string> body(const CloudRequest& request) const override {
    Json json = {{"messages", request.messages}, {"tools", request.tools}};
    for (const Attachment& a : request.attachments)
      json["files"].push_back(a.bytes == "four" ? "Zm91cg==" : "other");
    return dump_json(json);
  }
  CloudResult send(const CloudRequest& request, const Secret&, CloudEvents& sink,
                   const std::atomic<bool>*, const CloudDeadlines&) override {
    requests.push_back(request);
    if (requests.size() <= errors.size()) return errors[requests.size() - 1];
    sink.on_text("yes");
    CloudReply reply;
    reply.text = "yes";
    reply.usage = CloudUsage{100, 10, 0, 0};
    reply.message = {{"role", "assistant"}, {"content", "yes"}};
    return reply;
  }

 private:
  std::string name_;
  bool hears_;
};

struct Events : HandoffEvents {
  std::vector<std::string> asked;
  void on_request(std::string_view target, std::string_view why) override {
    asked.push_back(std::string(target) + ": " + std::string(why));
  }
};

CloudError overloaded() {
  CloudError error;
  error.kind = CloudErrorKind::overloaded;
  error.retryable = true;
  error.message = "overloaded";
  return error;
}

CloudError blames_image() {
  CloudError error;
  error.kind = CloudErrorKind::bad_request;
  error.http_status = 400;
  error.blames_attachment = true;
  error.message = "cannot read the image";
  return error;
}

struct Place {
  TempDir folder;
  Ledger ledger = std::move(Ledger::open(folder / "usage.db")).value();
  PriceTable prices = PriceTable::empty();
  SpendCaps caps;
  std::shared_ptr<FakeProvider> first = std::make_shared<FakeProvider>("first", false);
  std::shared_ptr<FakeProvider> second = std::make_shared<FakeProvider>("second", true);
  Modalities modalities{true, true};
  double chance = 0;
  std::vector<std::chrono::milliseconds> waits;
  std::vector<Preview> previews;
  std::function<Permission(const Preview&)> confirm;
  Events events;
  Attachments store = {{Attachment::Kind::image, "image/jpeg", "four", "cat.png", {}},
                       {Attachment::Kind::audio, "audio/wav", "sound", "memo.wav", {}}};

  Place() {
    ModelPrice price;
    price.usual = {1'000'000, 2'000'000, 1'000'000, 1'000'000};  // $1 and $2 a million
    price.audio = 3'000'000;
    prices.set("first", "m", price);
    prices.set("second", "m", price);
  }
  static Json said(const char* text, std::vector<int> attached = {}) {
    Json message = {{"role", "user"}, {"content", text}};
    for (const int id : attached)
      message["attachments"].push_back({{"id", id},
                                        {"name", id == 0 ? "cat.png" : "memo.wav"},
                                        {"kind", id == 0 ? "image" : "audio"}});
    return message;
  }
  HandoffAnswer ask(const Json& messages) {
    Budget budget(ledger, prices, caps);
    Breaker breaker(folder / "breaker.json");
    ChainOptions options;
    options.targets = {{first, "m"}, {second, "m"}};
    options.key = [](std::string_view) -> Result<Secret> { return Secret("k"); };
    options.modalities = modalities;
    options.chance = [this] { return chance; };
    options.wait = [this](std::chrono::milliseconds time, const std::atomic<bool>*) {
      waits.push_back(time);
      return true;
    };
    options.confirm = confirm;
    Chain chain(std::move(options), budget, breaker);
    const Json tools;
    return chain.ask({messages, tools, 0, "why", &store}, events, nullptr);
  }
};

}  // namespace

TEST_CASE("chain: one retry after a wait that chance spreads", "[router]") {
  for (const auto& [chance, wait] : {std::pair{0.0, 500ms}, {0.5, 437ms}, {0.99, 376ms}}) {
    Place place;
    place.chance = chance;
    place.first->errors = {overloaded()};
    const HandoffAnswer answer = place.ask(Json::array({Place::said("hi")}));
    REQUIRE(answer.reply);
    CHECK(answer.provider == "first");
    CHECK(answer.attempts.size() == 2);
    CHECK(place.waits == std::vector<std::chrono::milliseconds>{wait});
  }
  Place place;
  place.first->errors = {overloaded(), overloaded(), overloaded()};
  const HandoffAnswer answer = place.ask(Json::array({Place::said("hi")}));
  CHECK(answer.provider == "second");
  CHECK(place.first->requests.size() == 2);  // never a third time
  CHECK(place.waits.size() == 1);
}

TEST_CASE("chain: an image goes along with its message, and its bytes count as an image",
          "[router]") {
  Place place;
  const Json messages = Json::array({{{"role", "system"}, {"content", "be brief"}},
                                     Place::said("one"),
                                     {{"role", "assistant"}, {"content", "two"}},
                                     Place::said("what is it?", {0})});
  place.confirm = [&](const Preview& preview) {
    place.previews.push_back(preview);
    return Permission::yes;
  };
  REQUIRE(place.ask(messages).reply);
  const CloudRequest& sent = place.first->requests.at(0);
  CHECK(sent.system == "be brief");
  REQUIRE(sent.attachments.size() == 1);
  CHECK(sent.attachments[0].bytes == "four");
  CHECK(sent.attachments[0].message == std::optional<std::size_t>(2));
  CHECK_FALSE(sent.messages[2].contains("attachments"));
  CHECK(dump_json(sent.messages).find("cat.png") == std::string::npos);
  REQUIRE(place.previews.size() == 1);
  CHECK(place.previews[0].attachments == std::vector<std::string>{"cat.png (image/jpeg, 4 bytes)"});
  CHECK(place.previews[0].body.find("<4 bytes of image/jpeg>") != std::string::npos);
  CHECK(place.previews[0].body.find("Zm91cg==") == std::string::npos);
  // About 200 bytes of text, 2,256 tokens of the image, 4,096 of the answer at twice the price.
  const auto worst = place.previews[0].worst_cost;
  REQUIRE(worst);
  CHECK(*worst > 2'256'000 + 8'192'000);
  CHECK(*worst < 2'256'000 + 8'192'000 + 400'000);
}

TEST_CASE("chain: what may not leave is not sent, and the setting is named", "[router]") {
  Place place;
  place.modalities = {};
  const HandoffAnswer kept = place.ask(Json::array({Place::said("what is it?", {0})}));
  CHECK_FALSE(kept.reply);
  CHECK(kept.failure == HandoffFailure::unavailable);
  CHECK(kept.why == "images stay on this machine unless handoff.modalities allows them");
  CHECK(kept.fix == "cactus config set handoff.modalities text,image");
  CHECK(place.events.asked.empty());
  // One from earlier in the conversation stays here, and the question goes.
  const HandoffAnswer text =
      place.ask(Json::array({Place::said("look", {0}), Place::said("and?")}));
  REQUIRE(text.reply);
  CHECK(place.first->requests.at(0).attachments.empty());
}

TEST_CASE("chain: a provider that takes no sound is passed over, by its name", "[router]") {
  Place place;
  const HandoffAnswer answer = place.ask(Json::array({Place::said("what was said?", {1})}));
  REQUIRE(answer.reply);
  CHECK(answer.provider == "second");
  CHECK(place.first->requests.empty());
  REQUIRE(answer.attempts.size() == 2);
  CHECK(answer.attempts[0].failure == "first takes no sound (memo.wav)");
  CHECK(answer.attempts[0].request == 0);  // nothing was sent or paid
  // Usage does not tell sounds from text: all input at the price of sound.
  CHECK(answer.attempts[1].cost == std::optional<NanoDollars>(100 * 3000 + 10 * 2000));
}

TEST_CASE("chain: sound whose price is not known is not sent", "[router]") {
  Place place;
  ModelPrice silent;
  silent.usual = {1'000'000, 2'000'000, 1'000'000, 1'000'000};
  place.prices.set("second", "m", silent);
  const HandoffAnswer answer = place.ask(Json::array({Place::said("what was said?", {1})}));
  CHECK_FALSE(answer.reply);
  CHECK(answer.failure == HandoffFailure::budget);
  CHECK(answer.why.find("the price of sound at second/m is not known") != std::string::npos);
  CHECK(place.second->requests.empty());
}

TEST_CASE("chain: an image that is refused does not spoil the conversation", "[router]") {
  Place place;
  place.first->errors = {blames_image()};
  const HandoffAnswer later = place.ask(Json::array({Place::said("look", {0}),
                                                     {{"role", "assistant"}, {"content", "a cat"}},
                                                     Place::said("and now something else")}));
  REQUIRE(later.reply);
  CHECK(later.attachment_refused);
  REQUIRE(place.first->requests.size() == 2);
  CHECK(place.first->requests[0].attachments.size() == 1);
  CHECK(place.first->requests[1].attachments.empty());
  CHECK(place.waits == std::vector<std::chrono::milliseconds>{0ms});
  CHECK(later.reply->notices.size() == 1);

  // The question's own image is what is asked about: nobody is asked without it.
  Place own;
  own.first->errors = own.second->errors = {blames_image(), blames_image()};
  const HandoffAnswer none = own.ask(Json::array({Place::said("what is it?", {0})}));
  CHECK_FALSE(none.reply);
  CHECK(none.failure == HandoffFailure::provider);
  CHECK(own.first->requests.size() == 1);
  CHECK(own.second->requests.size() == 1);
}

TEST_CASE("chain: what a message withholds leaves in no form", "[router]") {
  Place place;
  const std::string password = R"(pa"ss\7)";
  const Json messages =
      Json::array({Place::said("a password"),
                   {{"role", "tool"},
                    {"tool_call_id", "c"},
                    {"content", dump_json({{"result", {{"password", password}}}})},
                    {"withheld", {password}}},
                   {{"role", "assistant"}, {"content", "It is " + password + ", keep it"}},
                   Place::said(("is " + password + " good?").c_str())});
  REQUIRE(place.ask(messages).reply);
  const std::string sent = dump_json(place.first->requests.at(0).messages);
  CHECK(sent.find("pa") == sent.find("password"));  // of the question, no other
  CHECK(sent.find("ss\\\\7") == std::string::npos);
  CHECK(sent.find("withheld") == std::string::npos);
  CHECK(sent.find("It is [kept on this device], keep it") != std::string::npos);
}
