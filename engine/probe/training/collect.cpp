#include "engine/probe/training/collect.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/models/decoder.h"
#include "engine/probe/training/features.h"

namespace cactus::training {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kSyncEvery = std::chrono::seconds(10);

// States of the wanted layers, layer after layer.
class Keeper final : public TokenObserver {
 public:
  explicit Keeper(const std::vector<std::int64_t>& layers)
      : layers_(layers), states_(layers.size()) {}

  bool wants(std::int64_t layer) const override {
    return std::binary_search(layers_.begin(), layers_.end(), layer);
  }
  void on_prompt(std::int64_t layer, std::span<const float> hidden) override {
    rows_of(layer).clear();
    keep(layer, hidden);
  }
  void on_token(std::int32_t, std::int64_t layer, std::span<const float> hidden) override {
    keep(layer, hidden);
  }
  std::vector<std::uint16_t> all() const {
    std::vector<std::uint16_t> out;
    for (const auto& layer : states_) out.insert(out.end(), layer.begin(), layer.end());
    return out;
  }
  // The same number of rows for every layer, the first of them the prompt's?
  bool whole(std::size_t hidden) const {
    return std::all_of(states_.begin(), states_.end(), [&](const auto& layer) {
      return layer.size() == states_[0].size() && layer.size() >= hidden;
    });
  }
  std::int64_t rows(std::size_t hidden) const {
    return static_cast<std::int64_t>(states_[0].size() / hidden);
  }

 private:
  std::vector<std::uint16_t>& rows_of(std::int64_t layer) {
    const auto at = std::lower_bound(layers_.begin(), layers_.end(), layer);
    return states_[static_cast<std::size_t>(at - layers_.begin())];
  }
  void keep(std::int64_t layer, std::span<const float> hidden) {
    auto& rows = rows_of(layer);
    rows.resize(rows.size() + hidden.size());
    store_state(hidden, rows.data() + rows.size() - hidden.size());
  }
  const std::vector<std::int64_t>& layers_;
  std::vector<std::vector<std::uint16_t>> states_;
};

std::string finish_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::cancelled:
      return "cancelled";
  }
  return {};
}

// What all workers share.
class Collection {
 public:
  Collection(FeatureWriter writer, std::vector<const Case*> todo, const CollectOptions& options)
      : writer_(std::move(writer)), todo_(std::move(todo)), options_(options) {}

  void work(const std::shared_ptr<const Model>& model) {
    SessionOptions session_options;
    session_options.table = options_.table;
    session_options.threads = options_.threads;
    session_options.kv = options_.kv;
    auto session = Session::create(model, session_options);
    if (!session) return fail(session.error());
    for (std::size_t i = next_++; i < todo_.size() && !stop_; i = next_++)
      if (const Status status = answer(**session, *todo_[i]); !status) return fail(status.error());
  }

  Result<CollectReport> finish() {
    if (const Status status = writer_.sync(); !status && !error_) error_ = status.error();
    if (error_) return *error_;
    return report_;
  }

 private:
  void fail(const Error& error) {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    if (!error_) error_ = error;
  }

  Status answer(Session& session, const Case& c) {
    Keeper keeper(options_.layers);
    GenerateOptions generate;
    generate.sample.temperature = 0;
    generate.max_tokens = options_.max_tokens;
    generate.tools = c.tools;
    generate.observer = &keeper;
    generate.statistics = true;
    session.clear();  // answers must not depend on what was asked before
    const auto reply = session.reply(c.messages, generate, {}, options_.cancel);
    if (!reply && reply.error().kind == ErrorKind::resources) {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++report_.skipped;
      return ok_status();
    }
    if (!reply) return reply.error();
    if (reply->finish == FinishReason::cancelled)
      return make_error(ErrorKind::cancelled, "collecting was interrupted",
                        "what is done is kept; the same command goes on from there");
    const auto hidden = static_cast<std::size_t>(session.model().decoder().info().hidden);
    if (!keeper.whole(hidden))
      return make_error(ErrorKind::internal, "the model did not report all states asked for");
    CACTUS_TRY(grade, c.grader.grade({reply->text, reply->tool_calls}));
    FeatureRecord record;
    record.line = c.line;
    record.id = c.id;
    record.set = c.set;
    record.split = c.split;
    record.group = c.group;
    record.right = grade.right;
    record.score = grade.score;
    record.answer = reply->tool_calls.empty() ? reply->text : dump_json(reply->tool_calls);
    record.finish = finish_name(reply->finish);
    record.states = keeper.rows(hidden) - 1;
    record.statistics = reply->statistics.value_or(TokenStatistics{});
    return add(std::move(record), keeper.all(), *reply);
  }

  Status add(FeatureRecord record, const std::vector<std::uint16_t>& states, const Reply& reply) {
    const std::lock_guard<std::mutex> lock(mutex_);
    report_.right += record.right ? 1 : 0;
    ++report_.collected;
    report_.tokens += reply.output_tokens;
    report_.prompt_tokens += reply.prompt_tokens;
    CACTUS_CHECK(writer_.add(std::move(record), states));
    if (Clock::now() - synced_ > kSyncEvery) {
      CACTUS_CHECK(writer_.sync());
      synced_ = Clock::now();
    }
    if (options_.progress)
      options_.progress(report_.collected + report_.skipped,
                        static_cast<std::int64_t>(todo_.size()));
    return ok_status();
  }

  FeatureWriter writer_;
  std::vector<const Case*> todo_;
  const CollectOptions& options_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  CollectReport report_;
  std::optional<Error> error_;
  Clock::time_point synced_ = Clock::now();
};

FeatureHeader header_of(const Model& model, const CollectOptions& options) {
  const DecoderInfo& info = model.decoder().info();
  FeatureHeader header;
  header.layers = options.layers;
  for (const std::int64_t layer : options.layers) {
    header.model = identity_of(model.bundle().manifest(), info.hidden, info.layers, layer);
    header.fingerprints.push_back(header.model.fingerprint);
  }
  header.variant = options.variant;
  header.settings = {{"prompts", options.prompts_hash},
                     {"sampling", "greedy"},
                     {"max_tokens", options.max_tokens},
                     {"kv", static_cast<int>(options.kv)}};
  return header;
}

}  // namespace

Result<CollectReport> collect(std::shared_ptr<const Model> model, const std::vector<Case>& cases,
                              const std::filesystem::path& folder, const CollectOptions& options) {
  CACTUS_TRY(writer, FeatureWriter::open(folder, header_of(*model, options)));
  const std::vector<std::int64_t> done = writer.done();
  std::vector<const Case*> todo;
  for (const Case& c : cases)
    if (!std::binary_search(done.begin(), done.end(), c.line)) todo.push_back(&c);
  Collection collection(std::move(writer), std::move(todo), options);
  std::vector<std::thread> others;
  for (int i = 1; i < options.jobs; ++i)
    others.emplace_back([&collection, &model] { collection.work(model); });
  collection.work(model);
  for (std::thread& thread : others) thread.join();
  CACTUS_TRY(report, collection.finish());
  report.before = static_cast<std::int64_t>(done.size());
  return report;
}

}  // namespace cactus::training
