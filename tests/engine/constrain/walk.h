// Tokenizers of the fixtures with the call syntaxes they speak, random tools, and replies walked
// through a constraint at random.
#pragma once
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/constrain/call_constraint.h"
#include "engine/session.h"
#include "engine/tokenizer/tokenizer.h"

namespace cactus::test {

struct Speaker {
  std::unique_ptr<const Tokenizer> tokenizer;
  const CallSyntax* syntax = nullptr;
  std::vector<std::int32_t> stop_ids;
  std::shared_ptr<const constrain::Vocabulary> vocabulary;

  // The ids of a text as the model itself would write it, control tokens by their names.
  std::vector<std::int32_t> ids(const std::string& text) const;
  // What the engine reads in a reply of these ids.
  Reply read(const std::vector<std::int32_t>& ids) const;
};

// "deciding", "python", "gemma" or "json".
Speaker speaker(const std::string& syntax);

// The constraint for `tools`, of a model that copies arguments out of `request` if there is one;
// fails the test when there is none.
std::unique_ptr<TokenConstraint> constraint_for(
    const Speaker& speaker, const Json& tools,
    const std::optional<std::string>& request = std::nullopt);

// Whether every id is allowed when its turn comes, and the end of the turn behind them.
bool takes(const Speaker& speaker, const Json& tools, const std::vector<std::int32_t>& ids,
           const std::optional<std::string>& request = std::nullopt);

using Dice = std::mt19937;

// One to five tools with names that begin alike, all types, enums, arrays, objects in objects.
Json random_tools(Dice& dice);
// Arguments that a parameters schema allows.
Json random_arguments(const Json& parameters, Dice& dice);
// One call of one of the tools.
Json random_call(const Json& tools, Dice& dice);

// Ids chosen at random among those that are allowed, up to where only the end of the turn may come
// or text is free again; nothing when that does not come within `most` ids. Strings are made to
// end.
std::optional<std::vector<std::int32_t>> random_reply(const Speaker& speaker,
                                                      TokenConstraint& constraint, Dice& dice,
                                                      std::size_t most);

// What is wrong with a call, judged by the schemas alone; empty: nothing.
std::string wrong_with(const Json& call, const Json& tools);

// {"name":…, "arguments":{…}} as the model of this syntax writes them between its markers.
std::string written(const Json& calls, const CallSyntax& syntax);

}  // namespace cactus::test
