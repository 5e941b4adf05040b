// What cloud providers send, in each protocol: the events of an answer and the bodies of errors, as
// the fake providers (provider_server.h) speak them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cactus::test {

enum class Speech { anthropic, responses, chat, gemini };

// By the path of the call; nothing for a path of no protocol.
std::optional<Speech> speech_of(std::string_view path);

struct ScriptedAnswer {
  std::string text = "The answer is 42, and nothing else.";
  std::string thought = {};  // sent before the text when not empty
  bool calls_tool = false;   // get_weather({"city": "Paris"}) after the text
  bool refuses = false;
  bool too_long = false;                            // stopped by the limit on output
  std::int64_t input = 12, output = 7, cached = 4;  // tokens reported
};

// Every event of the stream, complete with its blank line. The text comes in several pieces.
std::vector<std::string> events_of(Speech speech, const ScriptedAnswer& answer);
// One event with a piece of text.
std::string text_event(Speech speech, std::string_view text);
// What keeps a connection open and says nothing.
std::string keep_alive(Speech speech);
// The body of an HTTP error, and the event of one in the middle of a stream.
std::string error_body(Speech speech, int status, std::string_view message);
std::string error_event(Speech speech, std::string_view message);

}  // namespace cactus::test
