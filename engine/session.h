// A conversation with a local model: messages in, a streamed reply out. Keeps the keys and values
// of what it has seen and prefills only what is new.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model.h"
#include "engine/probe/token_statistics.h"
#include "kernels/dispatch.h"
#include "kernels/types.h"

namespace cactus {

class Probe;

struct SessionOptions {
  const kernels::Table* table = nullptr;  // required (kernels/dispatch.h)
  int threads = 0;                        // 0: kernels::default_threads()
  kernels::Type kv = kernels::Type::q8;
  bool exact = false;
  std::int64_t context = 0;            // 0: the model's limit
  std::shared_ptr<const Probe> probe;  // null: none; refused when made for another model
};

// Unset members take the model's generation_config, then the usual defaults.
struct SampleOptions {
  std::optional<float> temperature;  // 0: greedy
  std::optional<float> top_p, min_p;
  std::optional<int> top_k;
  std::optional<float> repetition_penalty;
  std::optional<std::uint64_t> seed;  // unset: from the system's generator
};

// Sees hidden states: of the last prompt token, and of every generated token as the model reads it
// back. A reply's last token is read back only when the model itself ended the reply (its stop
// token came after it, or nothing else could), not when a limit, a stop text or a cancellation did:
// those tokens have no state. Probes pool exactly the tokens reported here (docs/probe.md).
class TokenObserver {
 public:
  virtual ~TokenObserver() = default;
  virtual bool wants(std::int64_t layer) const = 0;  // as ForwardRequest counts
  // hidden [hidden], valid during the call. A second on_prompt(): the reply begins anew.
  virtual void on_prompt(std::int64_t /*layer*/, std::span<const float> /*hidden*/) {}
  virtual void on_token(std::int32_t id, std::int64_t layer, std::span<const float> hidden) = 0;
};

// Told the running confidence (1 - p_wrong) in the reply so far, after every generated token that
// was read back, when something measures it. Returns false to stop the reply, as a PieceSink does.
using ConfidenceSink = std::function<bool(double confidence)>;

struct GenerateOptions {
  SampleOptions sample;
  std::int64_t max_tokens = 0;    // 0: until the model stops or the context is full
  std::vector<std::string> stop;  // texts that end the reply; not part of it
  bool think = false;             // let the model think first, where it can
  Json tools;                     // array of OpenAI-style function tools, or null
  // Hold calls to the tools' schemas: names, keys, required, types, enums. Unset: for models that
  // write nothing but calls. True is an error (usage) where it cannot be done.
  std::optional<bool> constrain_tools;
  Json template_variables;  // further variables for the template, or null
  TokenObserver* observer = nullptr;
  ConfidenceSink on_confidence;  // may be empty
  bool statistics = false;       // fill Reply::statistics: a pass over the logits a token
};

enum class FinishReason { stop, length, tool_calls, cancelled };

enum class PieceKind { text, thought };
struct Piece {
  PieceKind kind = PieceKind::text;
  std::string_view text;  // whole code points
};
// Called as the reply grows; return false to stop (as cancel does).
using PieceSink = std::function<bool(const Piece&)>;

struct ReplyTiming {
  double prefill_ms = 0, first_token_ms = 0, decode_ms = 0;  // first_token: from the call's start
  double probe_ms = 0;                                       // of decode_ms, what the probe took
};

// A tool that fits but for a required argument that nobody said.
struct LackingCall {
  std::string tool, parameter;
};

struct Reply {
  std::string text;
  std::string thought;
  Json tool_calls = Json::array();     // [{"name":…, "arguments":{…}}]
  bool malformed_call = false;         // a call that cannot be read: in `text`, with a notice
  std::optional<LackingCall> lacking;  // why a model that only calls made none
  FinishReason finish = FinishReason::stop;
  std::int64_t prompt_tokens = 0;  // of the whole rendered conversation
  std::int64_t cached_tokens = 0;  // of those, taken from the cache
  std::int64_t output_tokens = 0;
  std::uint64_t seed = 0;                     // that was used
  std::optional<double> confidence;           // 1 - p_wrong; unset: nothing measured it
  std::string confidence_source;              // "probe", "logprob" (exp of the mean), or empty
  std::optional<TokenStatistics> statistics;  // when asked for, and there was a token
  ReplyTiming timing;
  std::vector<std::string> notices;  // "the oldest 2 turns were dropped: …"
};

// One thread at a time.
class Session {
 public:
  static Result<std::unique_ptr<Session>> create(std::shared_ptr<const Model> model,
                                                 const SessionOptions& options);
  virtual ~Session() = default;

  // Answers the conversation `messages` (OpenAI-style: role, content, tool_calls, …). On
  // cancellation the reply holds what was generated and finish is cancelled. Errors: usage (no
  // template, template refuses the messages), resources (prompt longer than the context).
  // With `drop_oldest`, turns are dropped from the front (never the system prompt) until the
  // conversation fits, with a notice.
  virtual Result<Reply> reply(const Json& messages, const GenerateOptions& options,
                              const PieceSink& sink, const std::atomic<bool>* cancel,
                              bool drop_oldest = false) = 0;

  // Continues raw text without any template (a begin-of-sequence token is added where the model
  // expects one).
  virtual Result<Reply> complete(std::string_view text, const GenerateOptions& options,
                                 const PieceSink& sink, const std::atomic<bool>* cancel) = 0;

  virtual const Model& model() const = 0;
  virtual void clear() = 0;  // forgets the cache, not the model
};

}  // namespace cactus
