// A reply as it grows: ids in, whole code points of text and thoughts out, calls collected.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/session.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tools/reply_parser.h"
#include "engine/tools/stop_matcher.h"

namespace cactus {

// Markers of thoughts and calls never reach the sink; nor does a stop text or what follows it.
class ReplyBuilder {
 public:
  // `tail`: the end of the prompt that the template wrote, which may have opened a thought already.
  // All arguments outlive the builder.
  ReplyBuilder(const Tokenizer& tokenizer, const ReplyFormat& format, std::string_view tail,
               const GenerateOptions& options, const PieceSink& sink, Reply& reply);

  void add(std::int32_t id);
  void finish();  // the last token was added; what is held comes out
  bool stopped() const { return stop_.stopped(); }
  bool refused() const { return refused_; }  // the sink returned false

 private:
  void feed(std::string_view text, bool special);
  void on_event(const ReplyEvent& event);
  void show(PieceKind kind, std::string_view text);

  const Tokenizer& tokenizer_;
  Detokenizer detokenizer_;
  StopMatcher stop_;
  ReplyParser parser_;
  const PieceSink& sink_;
  Reply& reply_;
  bool refused_ = false;
};

// The format without markers: raw completions are text, whatever they look like.
const ReplyFormat& plain_reply_format();

// The format that the model's tokenizer and template speak.
const ReplyFormat& reply_format_of(const Model& model);

}  // namespace cactus
