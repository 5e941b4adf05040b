#include "tests/cli/echo_services.h"

#include <chrono>
#include <cstdlib>
#include <thread>

namespace cactus::cli {
namespace {

class EchoSession : public Session {
 public:
  Result<Reply> reply(const Json& messages, const GenerateOptions& options, const PieceSink& sink,
                      const std::atomic<bool>* cancel, bool) override {
    Reply reply;
    reply.prompt_tokens = static_cast<std::int64_t>(messages.size()) * 10;
    reply.timing = {10, 12, 20};
    reply.seed = options.sample.seed.value_or(1);
    const std::string text = messages.back()["content"].get<std::string>();
    const std::string rest = text.substr(std::min(text.find(' ') + 1, text.size()));
    const auto is = [&](const char* word) { return text.rfind(word, 0) == 0; };
    bool listening = true;
    const auto put = [&](const std::string& piece, PieceKind kind = PieceKind::text) {
      ++reply.output_tokens;
      (kind == PieceKind::text ? reply.text : reply.thought) += piece;
      listening = sink({kind, piece}) && listening;
      if (cancel != nullptr && cancel->load()) listening = false;
      if (!listening) reply.finish = FinishReason::cancelled;
      return listening;
    };
    if (is("!fail"))
      return make_error(ErrorKind::resources, "the prompt is too long", "a reason", "less");
    if (is("!slow") || is("!deaf")) {
      for (int i = 1; i <= std::atoi(rest.c_str()); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (!put(std::to_string(i) + " ") && is("!slow")) return reply;
      }
      return reply;
    }
    if (is("!raw")) {
      for (std::size_t i = 0; i + 1 < rest.size(); i += 2)
        if (!put(std::string(1, static_cast<char>(std::stoi(rest.substr(i, 2), nullptr, 16)))))
          return reply;
      return reply;
    }
    if (is("!system")) {
      put(messages[0]["role"] == "system" ? messages[0]["content"].get<std::string>() : "none");
      return reply;
    }
    if (is("!count")) {
      put(std::to_string(messages.size()));
      return reply;
    }
    if (is("!call")) {
      reply.tool_calls.push_back({{"name", "add"}, {"arguments", {{"a", 1}, {"b", 2}}}});
      reply.finish = FinishReason::tool_calls;
      return reply;
    }
    if (is("!tools")) {
      reply.tool_calls = Json::parse(rest);
      reply.finish = FinishReason::tool_calls;
      return reply;
    }
    if (is("!nothing")) return reply;
    if (is("!lacks")) {
      reply.lacking = {"convert_unit", "to"};
      return reply;
    }
    if (is("!offered")) {
      put(options.tools.is_array() ? std::to_string(options.tools.size()) : "none");
      return reply;
    }
    if (is("!think")) {
      put("let me see", PieceKind::thought);
      put("done");
      return reply;
    }
    if (is("!long")) {
      put("cut");
      reply.finish = FinishReason::length;
      return reply;
    }
    if (is("!all")) {
      for (const Json& message : messages)
        put((reply.text.empty() ? "" : "|") + message["content"].get<std::string>());
      return reply;
    }
    std::string say = text;
    if (is("!hopeless")) {
      say.clear();
      for (int i = 1; i <= 30; ++i) say += std::to_string(i) + " ";
    }
    if (is("!sure") || is("!hopeless")) {
      reply.confidence = is("!sure") ? std::atof(rest.c_str()) : 0.05;
      reply.confidence_source = "probe";
      if (is("!sure")) say = rest.substr(std::min(rest.find(' ') + 1, rest.size()));
    }
    for (std::size_t at = 0; at < say.size();) {
      const std::size_t end = std::min(say.find(' ', at), say.size() - 1);
      if (!put(say.substr(at, end + 1 - at))) return reply;
      at = end + 1;
      if (reply.confidence && options.on_confidence && !options.on_confidence(*reply.confidence)) {
        reply.finish = FinishReason::cancelled;
        return reply;
      }
    }
    return reply;
  }

  Result<Reply> complete(std::string_view, const GenerateOptions&, const PieceSink&,
                         const std::atomic<bool>*) override {
    return make_error(ErrorKind::internal, "not used");
  }
  const Model& model() const override { std::abort(); }  // the command line never asks
  void clear() override {}
};

}  // namespace

Services echo_services() {
  return {[](const SessionRequest& request) -> Result<OpenSession> {
    OpenSession open;
    open.session = std::make_unique<EchoSession>();
    open.name = request.folder == kBuiltinPath ? "builtin" : request.folder.filename().string();
    open.variant = "int4";
    open.isa = "scalar";
    open.threads = 1;
    open.context = 4096;
    return open;
  }};
}

}  // namespace cactus::cli
