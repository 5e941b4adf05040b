// A model whose replies a test writes: the fixture's real tokenizer and chat template over a
// decoder that says what it is told.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/model.h"
#include "engine/models/decoder.h"

namespace cactus::test {

// What the scripted decoder was asked, and what it answers.
struct Script {
  std::vector<std::int32_t> reply;  // ids said one after the other, then <eos> for ever
  std::size_t next = 0;
  std::vector<std::int32_t> seen;   // ids of the state as it is
  std::vector<std::int64_t> calls;  // sizes of the forward calls
  std::function<void()> on_forward;
  std::int64_t context = 512;
};

// `script` outlives the model. Markers in `reply` texts become control tokens with set_reply.
std::shared_ptr<const Model> scripted_model(Script& script);
void set_reply(Script& script, const Model& model, const std::string& text);

// The fixture gemma4_text with f32 weights, as a whole model.
std::shared_ptr<const Model> fixture_model();

}  // namespace cactus::test
