#include "engine/probe/training/comparators.h"

#include "engine/probe/training/linear.h"

namespace cactus::training {
namespace {

Result<Scores> linear_scores(std::size_t hidden, const MeanRows& train, const MeanRows& valid,
                             const MeanRows& test, const TrainOptions& options) {
  CACTUS_TRY(head, train_linear(hidden, train.values, train.examples, valid.values, valid.examples,
                                options));
  Scores scores{"linear, mean pool", "logistic regression on the mean state", {}};
  for (std::size_t i = 0; i < test.examples.size(); ++i)
    scores.values.push_back(head.logit(std::span(test.values).subspan(i * hidden, hidden)));
  return scores;
}

Result<Scores> head_scores(std::size_t hidden, std::span<const Example> train,
                           std::span<const Example> valid, std::span<const Example> test,
                           const TrainOptions& options, std::string name, std::string about) {
  CACTUS_TRY(heads, train_heads(hidden, train, valid, options));
  return Scores{std::move(name), std::move(about),
                logits_of(hidden, best_of(heads).parameters, test, options.threads)};
}

}  // namespace

std::vector<Scores> token_scores(const Selection& selection) {
  std::vector<Scores> all = {
      {"token entropy", "mean entropy of the distributions the tokens came from", {}},
      {"mean log-probability", "negative mean of the tokens' log-probabilities", {}},
      {"low log-probability", "negative log-probability at the lowest tenth of the tokens", {}},
      {"answer length", "tokens of the answer", {}}};
  for (const FeatureRecord* record : selection.records) {
    const TokenStatistics& s = record->statistics;
    all[0].values.push_back(s.mean_entropy);
    all[1].values.push_back(-s.mean_logprob);
    all[2].values.push_back(-s.low_logprob);
    all[3].values.push_back(static_cast<double>(s.tokens));
  }
  return all;
}

Result<std::vector<Scores>> trained_scores(const Features& features, std::size_t layer_index,
                                           const RecordFilter& test, const TrainOptions& options) {
  const std::size_t hidden = features.hidden();
  const auto pick = [&](States states, const RecordFilter& filter) {
    return select(features, layer_index, states, filter);
  };
  const MeanRows train = mean_rows(hidden, pick(States::generated, in_split("train")));
  const MeanRows valid = mean_rows(hidden, pick(States::generated, in_split("valid")));
  const MeanRows tested = mean_rows(hidden, pick(States::generated, test));
  std::vector<Scores> all;
  CACTUS_TRY(mlp, head_scores(hidden, train.examples, valid.examples, tested.examples, options,
                              "MLP, mean pool", "the same layers on the mean state"));
  all.push_back(std::move(mlp));
  CACTUS_TRY(linear, linear_scores(hidden, train, valid, tested, options));
  all.push_back(std::move(linear));
  const Selection first = pick(States::prompt, in_split("train")),
                  second = pick(States::prompt, in_split("valid")),
                  third = pick(States::prompt, test);
  CACTUS_TRY(prompt,
             head_scores(hidden, first.examples, second.examples, third.examples, options,
                         "prompt only", "the head on the prompt's last token, before any answer"));
  all.push_back(std::move(prompt));
  return all;
}

}  // namespace cactus::training
