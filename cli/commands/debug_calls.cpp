// `debug calls`: the tool calls a model makes for many requests, greedy, several at a time.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "cli/commands/debug.h"
#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/files.h"
#include "cli/introspect.h"
#include "cli/model_flags.h"
#include "cli/render/format.h"
#include "cli/signals.h"
#include "kernels/dispatch.h"
#include "kernels/pool.h"

namespace cactus::cli {
namespace {

struct CallsFlags {
  std::string model, in = "-", out, bits, kv = "int8", act = "int8";
  std::int64_t longest = 256;
  bool free = false;
  int threads = 0;
};

struct Totals {
  std::int64_t prompt_tokens = 0, output_tokens = 0;
  double prefill_ms = 0, decode_ms = 0;  // of all sessions together

  void add(const Reply& reply) {
    prompt_tokens += reply.prompt_tokens - reply.cached_tokens;
    output_tokens += reply.output_tokens;
    prefill_ms += reply.timing.prefill_ms;
    decode_ms += reply.timing.decode_ms;
  }
};

// One JSON object a line, each with "messages" and perhaps "tools".
Result<std::vector<Json>> read_cases(const std::string& file) {
  CACTUS_TRY(text, file == "-" ? read_all(0, "standard input") : read_file(file, 1u << 30));
  std::vector<Json> cases;
  std::size_t line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view one = std::string_view(text).substr(at, end - at);
    at = end + 1;
    ++line;
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string where = "line " + std::to_string(line) + " of '" + file + "'";
    CACTUS_TRY(parsed, parse_json(one, where, ErrorKind::usage));
    if (!parsed.is_object() || !parsed.value("messages", Json()).is_array())
      return make_error(ErrorKind::usage, where + " is no case",
                        "a case is an object with \"messages\" and perhaps \"tools\"");
    cases.push_back(std::move(parsed));
  }
  return cases;
}

// What the evaluation reads (packaging/builtin/evaluate.py, weigh.py).
Json outcome(const Json& one, const Reply& reply) {
  Json line = Json::object();
  if (one.contains("id")) line["id"] = one["id"];
  line["tool_calls"] = reply.tool_calls;
  line["text"] = reply.text;
  if (reply.finish == FinishReason::length) line["cut"] = true;
  if (reply.malformed_call) line["malformed"] = true;
  if (reply.statistics && reply.statistics->margin) line["margin"] = *reply.statistics->margin;
  return line;
}

// Answers cases until there are none left or one fails; every worker has a session of its own.
class Workers {
 public:
  Workers(const std::vector<Json>& cases, const CallsFlags& flags)
      : cases_(cases), flags_(flags), lines_(cases.size()) {}

  Status run(const std::shared_ptr<const Model>& model, const SessionOptions& options, int count) {
    std::vector<std::unique_ptr<Session>> sessions;
    for (int i = 0; i < count; ++i) {
      CACTUS_TRY(session, Session::create(model, options));
      sessions.push_back(std::move(session));
    }
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < sessions.size(); ++i)
      threads.emplace_back([this, &session = *sessions[i]] { work(session); });
    work(*sessions[0]);
    for (std::thread& thread : threads) thread.join();
    return failure_;
  }

  const std::vector<std::string>& lines() const { return lines_; }
  const Totals& totals() const { return totals_; }

 private:
  void work(Session& session) {
    for (std::size_t i = next_++; i < cases_.size() && !stop_; i = next_++) {
      const Json& one = cases_[i];
      GenerateOptions generate;
      generate.sample.temperature = 0.0f;
      generate.max_tokens = flags_.longest;
      generate.statistics = true;
      if (flags_.free) generate.constrain_tools = false;
      if (one.contains("tools")) generate.tools = one["tools"];
      const auto reply = session.reply(one["messages"], generate, {}, &signals::cancel());
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!reply || reply->finish == FinishReason::cancelled) {
        if (failure_)
          failure_ = reply ? make_error(ErrorKind::cancelled, "cancelled") : reply.error();
        stop_ = true;
        return;
      }
      totals_.add(*reply);
      lines_[i] = dump_json(outcome(one, *reply)) + "\n";
    }
  }

  const std::vector<Json>& cases_;
  const CallsFlags& flags_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  // of what follows
  Status failure_ = ok_status();
  std::vector<std::string> lines_;
  Totals totals_;
};

std::string summary(std::size_t cases, double seconds, const Totals& totals) {
  const auto rate = [](std::int64_t tokens, double ms) {
    return std::to_string(
        ms > 0 ? static_cast<std::int64_t>(1000.0 * static_cast<double>(tokens) / ms) : 0);
  };
  return std::to_string(cases) + " cases in " + format_seconds(seconds) + "; a session read " +
         rate(totals.prompt_tokens, totals.prefill_ms) + " and wrote " +
         rate(totals.output_tokens, totals.decode_ms) + " tokens a second";
}

Result<int> run(Context& context, const CallsFlags& flags) {
  const signals::PhaseScope blocking(signals::Phase::blocking);
  const kernels::Selection selection = kernels::select_table(env("CACTUS_FORCE_ISA").value_or(""));
  if (selection.table == nullptr)
    return make_error(ErrorKind::resources, "no instruction set to run on", selection.error,
                      "cactus --version");
  CACTUS_TRY(kv, parse_kv(flags.kv));
  CACTUS_TRY(exact, parse_exact(flags.act));
  CACTUS_TRY(cases, read_cases(flags.in));
  CACTUS_TRY(bundle, open_or_convert(flags.model, flags.bits));
  CACTUS_TRY(model, Model::open(std::move(bundle)));
  const int threads = flags.threads > 0 ? flags.threads : kernels::default_threads();
  SessionOptions options;
  options.table = selection.table;
  options.threads = 1;
  options.kv = kv;
  options.exact = exact;
  const auto begin = std::chrono::steady_clock::now();
  Workers workers(cases, flags);
  CACTUS_CHECK(workers.run(model, options, threads));
  std::string text;
  for (const std::string& line : workers.lines()) text += line;
  if (flags.out.empty() || flags.out == "-") {
    context.terminal.out(text);
  } else {
    CACTUS_CHECK(write_file(flags.out, text, 0644));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  context.terminal.note(summary(cases.size(), took.count(), workers.totals()));
  return static_cast<int>(kOk);
}

}  // namespace

void add_debug_calls(CLI::App& debug, Context& context) {
  CLI::App& app = *debug.add_subcommand("calls", "Tool calls a model makes for many requests");
  app.group("Stages");
  const auto flags = std::make_shared<CallsFlags>();
  app.add_option("model", flags->model, "A bundle, or a checkpoint folder (converted for this run)")
      ->type_name("MODEL")
      ->required();
  app.add_option("--in", flags->in,
                 "One JSON object a line with messages and tools; - is standard input")
      ->type_name("FILE");
  app.add_option("--out", flags->out, "One JSON object a line: id, tool_calls, text, margin")
      ->type_name("FILE");
  app.add_option("--bits", flags->bits, "How a checkpoint is converted (default 4)")
      ->type_name("f32|f16|8|4");
  app.add_option("--kv", flags->kv, "Type of the key/value cache (default int8)")
      ->type_name("f32|f16|int8");
  app.add_option("--act", flags->act, "Type of activations in products (default int8)")
      ->type_name("f32|int8");
  app.add_option("--longest", flags->longest, "Most tokens of one answer (default 256)")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20));
  app.add_flag("--free", flags->free, "Do not hold calls to the tools' schemas");
  app.add_option("--threads", flags->threads, "Requests at a time; default: the performance cores")
      ->type_name("N");
  set_examples(app, {"cactus debug calls ./model --in cases.jsonl --out calls.jsonl"});
  app.callback(
      [&context, flags] { context.action = [&context, flags] { return run(context, *flags); }; });
}

}  // namespace cactus::cli
