#include "cli/bench/measure.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "kernels/limits.h"

namespace cactus::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Token ids without meaning: a linear congruential sequence over the vocabulary.
class RandomIds {
 public:
  RandomIds(std::uint64_t seed, std::int64_t vocab) : state_(seed), vocab_(vocab) {}
  std::int32_t next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int32_t>((state_ >> 33) % static_cast<std::uint64_t>(vocab_));
  }

 private:
  std::uint64_t state_;
  std::int64_t vocab_;
};

class Bench {
 public:
  Bench(const Decoder& decoder, kernels::Exec& exec, const BenchPlan& plan,
        const BenchProgress& progress, const std::atomic<bool>* cancel)
      : decoder_(decoder),
        exec_(exec),
        plan_(plan),
        progress_(progress),
        ids_(plan.seed, decoder.info().vocab) {
    request_.cancel = cancel;
    std::memset(memory_.reserve(kMemory), 1, kMemory);
    for (const std::int64_t n : plan.prompts) add("prefill", n, n, decoder.work(n).prefill_macs);
    for (const std::int64_t c : plan.contexts) {
      const DecoderWork work = decoder.work(c);
      add("decode", c, plan.decoded, work.decode_bytes + work.decode_kv_bytes);
    }
  }

  Result<BenchResult> run() {
    read_limits();
    for (int i = 0; i < plan_.runs; ++i) {
      for (const std::int64_t size : sizes()) CACTUS_CHECK(part(size));
    }
    return std::move(result_);
  }

 private:
  void add(const char* what, std::int64_t size, std::int64_t tokens, double needed) {
    BenchCase c;
    c.what = what;
    c.size = size;
    c.tokens = tokens;
    c.needed = needed;
    result_.cases.push_back(std::move(c));
  }

  // Every prompt length and context once, ascending.
  std::vector<std::int64_t> sizes() const {
    std::vector<std::int64_t> all = plan_.prompts;
    all.insert(all.end(), plan_.contexts.begin(), plan_.contexts.end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  BenchCase* find(std::string_view what, std::int64_t size) {
    for (BenchCase& c : result_.cases) {
      if (c.what == what && c.size == size) return &c;
    }
    return nullptr;
  }

  void read_limits() {
    Limits l;
    l.read_gbs = kernels::read_limit(exec_, memory_.data(), kMemory, 3) / 1e9;
    l.int8_gmacs = kernels::int8_limit(exec_, 0.05, 3) / 1e9;
    result_.limits.push_back(l);
  }

  // Prefills `count` tokens in chunks; the time is of the forward calls alone.
  Result<double> prefill(DecoderState& state, std::int64_t count) {
    double seconds = 0;
    std::vector<std::int32_t> chunk;
    for (std::int64_t done = 0; done < count; done += static_cast<std::int64_t>(chunk.size())) {
      chunk.resize(static_cast<std::size_t>(std::min(chunk_, count - done)));
      for (auto& id : chunk) id = ids_.next();
      request_.no_logits = done + static_cast<std::int64_t>(chunk.size()) < count;
      const auto begin = Clock::now();
      auto logits = decoder_.forward(exec_, state, chunk, request_);
      seconds += seconds_since(begin);
      if (!logits) return std::move(logits).error();
    }
    return seconds;
  }

  Result<double> decode(DecoderState& state, std::int64_t count) {
    request_.no_logits = false;
    const auto begin = Clock::now();
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int32_t id = ids_.next();
      auto logits = decoder_.forward(exec_, state, {&id, 1}, request_);
      if (!logits) return std::move(logits).error();
    }
    return seconds_since(begin);
  }

  // The prompt of `size` tokens and what is decoded after it, between two readings of the limits.
  Status part(std::int64_t size) {
    StateOptions options;
    options.kv = plan_.kv;
    options.chunk = chunk_;
    auto state = decoder_.make_state(options);
    BenchCase* prompt = find("prefill", size);
    BenchCase* answer = find("decode", size);
    const Limits before = result_.limits.back();
    if (progress_)
      progress_("context " + std::to_string(size), done_,
                plan_.runs * static_cast<int>(sizes().size()));
    double prompt_seconds = 0, answer_seconds = 0;
    if (size > 0) {
      CACTUS_TRY(seconds, prefill(*state, size));
      prompt_seconds = seconds;
    }
    if (answer != nullptr) {
      CACTUS_CHECK(decode(*state, 1));  // the first token after a prompt warms what decoding uses
      CACTUS_TRY(seconds, decode(*state, answer->tokens));
      answer_seconds = seconds;
    }
    result_.kv_bytes = std::max(result_.kv_bytes, state->bytes());
    read_limits();
    const Limits& after = result_.limits.back();
    if (prompt != nullptr) {
      record(*prompt, prompt_seconds, (before.int8_gmacs + after.int8_gmacs) / 2 * 1e9);
    }
    if (answer != nullptr) {
      record(*answer, answer_seconds, (before.read_gbs + after.read_gbs) / 2 * 1e9);
    }
    ++done_;
    return ok_status();
  }

  static void record(BenchCase& c, double seconds, double limit) {
    const double rate = static_cast<double>(c.tokens) / seconds;
    c.tokens_per_second.push_back(rate);
    c.share.push_back(limit > 0 ? rate * c.needed / limit : 0);
  }

  static constexpr std::int64_t chunk_ = 512;
  static constexpr std::int64_t kMemory = 512 << 20;  // bytes read for the read limit
  const Decoder& decoder_;
  kernels::Exec& exec_;
  const BenchPlan& plan_;
  const BenchProgress& progress_;
  RandomIds ids_;
  kernels::Buffer<std::byte> memory_;
  ForwardRequest request_;
  BenchResult result_;
  int done_ = 0;
};

}  // namespace

Result<BenchResult> measure(const Decoder& decoder, kernels::Exec& exec, const BenchPlan& plan,
                            const BenchProgress& progress, const std::atomic<bool>* cancel) {
  return Bench(decoder, exec, plan, progress, cancel).run();
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  const double median = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
  return {median, values.front(), values.back()};
}

}  // namespace cactus::cli
