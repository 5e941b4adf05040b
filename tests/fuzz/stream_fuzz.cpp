// Any bytes as the answer of each provider, and as the body of an error: every stream ends as a
// reply that keeps its promises or as an error with a message fit to show.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/secret.h"
#include "engine/base/utf8.h"
#include "router/providers/errors.h"
#include "router/providers/openai_chat.h"
#include "router/providers/protocol.h"
#include "router/providers/safe_text.h"

using namespace cactus;
using namespace cactus::providers;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

struct Sink : CloudEvents {
  std::string text;
  bool on_text(std::string_view piece) override {
    require(!piece.empty() && utf8::is_valid(piece));
    text += piece;
    return true;
  }
  bool on_thought(std::string_view piece) override {
    require(!piece.empty() && utf8::is_valid(piece));
    return true;
  }
  void on_tool_call(const Json& call) override {
    require(!call.at("name").get<std::string>().empty() && call.at("arguments").is_object());
  }
  void on_usage(const CloudUsage& u) override {
    require(u.input >= 0 && u.output >= 0 && u.cached >= 0);
  }
};

void check(const CloudError& error) {
  const Secret key("sk-test-0123456789abcdef");
  const std::string line = safe_line(error.message, 300, key);
  require(!line.empty() && line.size() <= 300 && utf8::is_valid(line));
  require(line.find('\n') == std::string::npos && line.find('\x1b') == std::string::npos);
  require(!error.retry_after || error.retry_after->count() >= 0);
}

void run(const Protocol& protocol, std::string_view bytes, bool as_json_lines) {
  Sink sink;
  Answer answer(sink, "p", "m");
  const auto decoder = protocol.decoder(answer);
  Step step = Step::nothing;
  const auto take = [&](const sse::Event& event) {
    step = decoder->event(event);
    return step < Step::done;
  };
  if (as_json_lines) {
    // The fuzzer finds JSON sooner than "data: ".
    while (!bytes.empty() && step < Step::done) {
      const std::size_t end = std::min(bytes.find('\n'), bytes.size());
      take({"", utf8::sanitize(bytes.substr(0, end))});
      bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
  } else {
    sse::Parser parser;
    parser.feed(bytes, take);
    parser.finish(take);
  }
  if (step < Step::done) step = decoder->end();
  if (step != Step::done) return check(answer.take_error());
  const CloudResult result = answer.finish(decoder->state());
  if (!result) return check(result.error());
  require(result->text == sink.text);
  require(!result->text.empty() || !result->tool_calls.empty());
  // What goes into the history can be sent again.
  CloudRequest request;
  request.model = "m";
  request.messages = Json::array({{{"role", "user"}, {"content", "x"}}, result->message});
  for (const Json& call : result->tool_calls)
    request.messages.push_back({{"role", "tool"}, {"tool_call_id", call["id"]}, {"content", "y"}});
  request.messages.push_back({{"role", "user"}, {"content", "z"}});
  require(protocol.encode(request).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::unique_ptr<Protocol>> all = [] {
    std::vector<std::unique_ptr<Protocol>> list;
    list.push_back(anthropic());
    list.push_back(openai_responses());
    list.push_back(gemini());
    list.push_back(openai_chat(*quirks_of("deepseek")));
    return list;
  }();
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  run(*all[data[0] % all.size()], bytes, (data[1] & 1) != 0);
  const int status = 300 + data[1];
  check(error_of(status, {{"retry-after", std::string(bytes.substr(0, 40))}}, bytes, WallTime{}));
  return 0;
}
