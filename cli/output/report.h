// What is said about a turn besides its text: the JSON object with its stable keys, and the lines
// for people.
#pragma once
#include <string>
#include <vector>

#include "cli/services.h"
#include "router/turn.h"

namespace cactus::cli {

std::string_view finish_name(FinishReason reason);
std::string_view failure_name(HandoffFailure failure);  // "" for none

// The object of --json and of the event `done`: keys are only ever added ("v": 1).
Json turn_object(const OpenSession& model, const TurnResult& turn,
                 const std::vector<std::string>& warnings);
// The object that stands in its place when there is no answer.
// Of a turn that nobody answered (Outcome::unanswered): network if a provider failed, else policy.
Error unanswered_error(const OpenSession& model, const TurnResult& turn);
Json error_object(const Error& error);

// `prefill 812 tok @ 655/s · first token 0.41 s · decode 236 tok @ 40.2/s · peak 1.9 GB · route …`
std::string stats_line(const TurnResult& turn);
// `local 0.86 · 41.0 tok/s · 1.2 s`: one line for each turn of a chat.
std::string route_line(const TurnResult& turn);

}  // namespace cactus::cli
