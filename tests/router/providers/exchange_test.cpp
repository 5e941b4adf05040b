// Whole exchanges over TLS with each protocol: what arrives at the provider, what comes back.
#include <thread>

#include "tests/router/providers/client.h"

using namespace cactus;
using namespace cactus::test;

TEST_CASE("providers: each streams an answer with its usage", "[router]") {
  ProviderServer server({}, &identity());
  for (const std::string& kind : speaking_kinds()) {
    INFO(kind);
    Recorder recorder;
    const auto provider = provider_at(kind, server.url());
    const auto reply = provider->send(question(), Secret(kKey), recorder, nullptr, kPatient);
    REQUIRE(reply);
    CHECK(reply->text == "The answer is 42, and nothing else.");
    CHECK(recorder.text == reply->text);
    CHECK(reply->finish == CloudFinish::stop);
    REQUIRE(reply->usage);
    CHECK(*reply->usage == CloudUsage{12, 7, 4, 0});
    CHECK(recorder.usage.back() == *reply->usage);
    CHECK_FALSE(reply->request_id.empty());
    CHECK(reply->model == "fake-model-1");
    CHECK(reply->message ==
          Json{{"role", "assistant"}, {"content", "The answer is 42, and nothing else."}});
    CHECK(reply->first_text_ms > 0);
    CHECK(reply->total_ms >= reply->first_text_ms);
  }
}

TEST_CASE("providers: the key goes where it belongs, with the agreed headers", "[router]") {
  ProviderServer server({.key = std::string(kKey)}, &identity());
  for (const std::string& kind : speaking_kinds()) {
    INFO(kind);
    Recorder recorder;
    REQUIRE(provider_at(kind, server.url())
                ->send(question(), Secret(kKey), recorder, nullptr, kPatient));
    const ReceivedRequest request = server.requests().back();
    CHECK(request.method == "POST");
    CHECK(request.path.find(std::string(kKey)) == std::string::npos);
    CHECK(request.body.find(std::string(kKey)) == std::string::npos);
    CHECK(request.headers.at("user-agent") == "cactus/test");
    CHECK(request.headers.at("content-type") == "application/json");
    if (kind == "anthropic") {
      CHECK(request.headers.at("x-api-key") == kKey);
      CHECK(request.headers.at("anthropic-version") == "2023-06-01");
    } else if (kind == "gemini") {
      CHECK(request.headers.at("x-goog-api-key") == kKey);
      CHECK(request.path == "/v1beta/models/fake-model-1:streamGenerateContent?alt=sse");
    } else {
      CHECK(request.headers.at("authorization") == "Bearer " + std::string(kKey));
    }
  }
  Recorder recorder;
  const auto wrong = provider_at("openai", server.url())
                         ->send(question(), Secret("sk-wrong"), recorder, nullptr, kPatient);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().kind == CloudErrorKind::auth);
}

TEST_CASE("providers: thoughts are told apart from the answer", "[router]") {
  ProviderServer server({.answer = {.thought = "Let me see."}}, &identity());
  for (const std::string& kind : speaking_kinds()) {
    INFO(kind);
    Recorder recorder;
    const auto reply = provider_at(kind, server.url())
                           ->send(question(), Secret(kKey), recorder, nullptr, kPatient);
    REQUIRE(reply);
    CHECK(recorder.thought == "Let me see.");
    CHECK(reply->text == "The answer is 42, and nothing else.");
    CHECK(dump_json(reply->message).find("Let me see") == std::string::npos);
  }
}

TEST_CASE("providers: a tool call and its result make the round", "[router]") {
  ProviderServer server({.answer = {.text = "I look it up.", .calls_tool = true}}, &identity());
  const Json tools = Json::parse(R"([{"type": "function", "function": {"name": "get_weather",
      "description": "Weather", "parameters": {"type": "object",
      "properties": {"city": {"type": "string"}}, "required": ["city"]}}}])");
  for (const std::string& kind : speaking_kinds()) {
    INFO(kind);
    Recorder recorder;
    CloudRequest request = question("Weather in Paris?");
    request.tools = tools;
    const auto provider = provider_at(kind, server.url());
    const auto reply = provider->send(request, Secret(kKey), recorder, nullptr, kPatient);
    REQUIRE(reply);
    CHECK(reply->finish == CloudFinish::tool_calls);
    REQUIRE(reply->tool_calls.size() == 1);
    const Json& call = reply->tool_calls[0];
    CHECK(call["name"] == "get_weather");
    CHECK(call["arguments"] == Json{{"city", "Paris"}});
    CHECK(recorder.calls == std::vector<Json>{call});
    CHECK(server.requests().back().body.find("get_weather") != std::string::npos);

    request.messages.push_back(reply->message);
    request.messages.push_back(
        {{"role", "tool"}, {"tool_call_id", call["id"]}, {"content", "sunny, 21 C"}});
    REQUIRE(provider->send(request, Secret(kKey), recorder, nullptr, kPatient));
    const std::string body = server.requests().back().body;
    CHECK(body.find("sunny, 21 C") != std::string::npos);
    // Gemini wants its signature back, unchanged.
    CHECK((body.find("\"thoughtSignature\":\"c2ln\"") != std::string::npos) == (kind == "gemini"));
    CHECK(body.find("provider_state") == std::string::npos);
  }
}

TEST_CASE("providers: an answer that hit the limit says so", "[router]") {
  ProviderServer server({.answer = {.too_long = true}}, &identity());
  for (const std::string& kind : speaking_kinds()) {
    INFO(kind);
    Recorder recorder;
    const auto reply = provider_at(kind, server.url())
                           ->send(question(), Secret(kKey), recorder, nullptr, kPatient);
    REQUIRE(reply);
    CHECK(reply->finish == CloudFinish::length);
  }
}

TEST_CASE("providers: an image goes along, or is left out with a word about it", "[router]") {
  ProviderServer server({}, &identity());
  for (const std::string& kind : speaking_kinds()) {
    INFO(kind);
    Recorder recorder;
    CloudRequest request = question("What is this?");
    request.attachments.push_back({Attachment::Kind::image, "image/png", "\x89PNG", "cat.png", {}});
    request.attachments.push_back({Attachment::Kind::audio, "audio/wav", "RIFF", "cry.wav", {}});
    const auto provider = provider_at(kind, server.url());
    const auto reply = provider->send(request, Secret(kKey), recorder, nullptr, kPatient);
    REQUIRE(reply);
    const std::string body = server.requests().back().body;
    const bool image = provider->refusal(request.attachments[0]).empty();
    const bool audio = provider->refusal(request.attachments[1]).empty();
    CHECK((body.find("iVBORw==") != std::string::npos) == image);
    CHECK((body.find("UklGRg==") != std::string::npos) == audio);
    CHECK(reply->notices.size() == std::size_t{!image} + std::size_t{!audio});
    CHECK(body.find("cat.png") == std::string::npos);  // names of files stay here
  }
}

TEST_CASE("providers: cancelling ends the call within a moment, also in silence", "[router]") {
  for (const Fault fault : {Fault::stall_first, Fault::stall_middle, Fault::keep_alives}) {
    ProviderServer server({.fault = fault}, &identity());
    std::atomic<bool> cancel{false};
    Recorder recorder;
    const auto provider = provider_at("anthropic", server.url());
    std::thread presser([&] {
      while (server.requests().empty()) std::this_thread::sleep_for(1ms);
      std::this_thread::sleep_for(50ms);
      cancel = true;
    });
    const auto reply = provider->send(question(), Secret(kKey), recorder, &cancel, kPatient);
    presser.join();
    INFO(fault_name(fault));
    REQUIRE_FALSE(reply);
    CHECK(reply.error().kind == CloudErrorKind::cancelled);
    CHECK_FALSE(reply.error().retryable);
  }
}

TEST_CASE("providers: a sink that nobody reads ends the call", "[router]") {
  ProviderServer server({.fault = Fault::stall_middle}, &identity());
  Recorder recorder;
  recorder.reads = false;
  const auto reply = provider_at("openai", server.url())
                         ->send(question(), Secret(kKey), recorder, nullptr, kPatient);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == CloudErrorKind::cancelled);
  CHECK(recorder.text == "The answer ");
}

TEST_CASE("providers: a certificate that nobody vouches for is refused", "[router]") {
  ProviderServer server({}, &identity());
  net::HttpClient client;  // knows the system's authorities only
  ProviderConfig config;
  config.kind = "anthropic";
  config.base_url = server.url();
  const auto provider = make_provider(config, client);
  REQUIRE(provider.ok());
  Recorder recorder;
  const auto reply = (*provider)->send(question(), Secret(kKey), recorder, nullptr, kPatient);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == CloudErrorKind::tls);
  CHECK_FALSE(reply.error().retryable);
  CHECK(server.requests().empty());  // the key never left
}

TEST_CASE("providers: a key is optional where a server asks for none", "[router]") {
  ProviderServer server({});  // http on loopback
  Recorder recorder;
  REQUIRE(
      provider_at("vllm", server.url())->send(question(), Secret(), recorder, nullptr, kPatient));
  CHECK(server.requests().back().headers.count("authorization") == 0);
}
