#include "cli/bench/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "cli/model_flags.h"
#include "cli/open_model.h"
#include "cli/render/format.h"
#include "engine/base/json.h"
#include "engine/model.h"
#include "engine/models/decoder.h"
#include "kernels/dispatch.h"

extern char** environ;  // NOLINT: the name is POSIX's

namespace cactus::cli {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

struct ChildReport {
  double open_ms = 0, first_token_ms = 0;
  std::int64_t peak_bytes = 0;
};

Error child_error(const std::string& why) {
  return make_error(ErrorKind::internal, "the measuring process failed", why);
}

// Runs the child and reads its two lines; the first one's arrival is the first token's time.
Result<ChildReport> spawn(const std::string& executable, std::vector<std::string> words) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return child_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const auto begin = Clock::now();
  const int failed =
      posix_spawn(&child, executable.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failed != 0) {
    close(ends[0]);
    return child_error("it could not be started");
  }
  ChildReport report;
  std::string text;
  std::array<char, 512> buffer{};
  for (;;) {
    const ssize_t n = read(ends[0], buffer.data(), buffer.size());
    if (n <= 0) break;
    if (text.find('\n') == std::string::npos) report.first_token_ms = ms_since(begin);
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return child_error("it ended early");
  const auto line = text.find('\n');
  if (line == std::string::npos) return child_error("it said nothing");
  CACTUS_TRY(first, parse_json(std::string_view(text).substr(0, line), "its first line"));
  CACTUS_TRY(last, parse_json(std::string_view(text).substr(line + 1), "its last line"));
  report.open_ms = first.value("open_ms", 0.0);
  report.peak_bytes = last.value("peak_bytes", std::int64_t{0});
  return report;
}

std::vector<std::string> command(const std::string& executable, const ChildRequest& r) {
  return {executable,
          "bench",
          r.folder.string(),
          "--child",
          std::to_string(r.context),
          "--kv",
          r.kv,
          "--threads",
          std::to_string(r.threads),
          "--tokens",
          std::to_string(r.decoded)};
}

}  // namespace

Result<int> run_child(const ChildRequest& r) {
  const auto begin = Clock::now();
  CACTUS_TRY(model, open_model(r.folder));
  const double open_ms = ms_since(begin);
  const kernels::Selection selection = kernels::select_table(r.isa);
  if (selection.table == nullptr) return make_error(ErrorKind::resources, selection.error);
  kernels::Exec exec(*selection.table, r.threads > 0 ? r.threads : kernels::default_threads());
  const Decoder& decoder = model->decoder();
  StateOptions options;
  options.kv = r.kv == "f32"   ? kernels::Type::f32
               : r.kv == "f16" ? kernels::Type::f16
                               : kernels::Type::q8;
  auto state = decoder.make_state(options);
  std::uint64_t seed = 1;
  std::vector<std::int32_t> ids;
  ForwardRequest request;
  const std::int64_t total = r.context + r.decoded - 1;
  for (std::int64_t done = 0; done < total;) {
    const std::int64_t n = done < r.context ? std::min(options.chunk, r.context - done) : 1;
    ids.resize(static_cast<std::size_t>(n));
    for (auto& id : ids) {
      seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
      id = static_cast<std::int32_t>((seed >> 33) %
                                     static_cast<std::uint64_t>(decoder.info().vocab));
    }
    request.no_logits = done + n < r.context;
    auto logits = decoder.forward(exec, *state, ids, request);
    if (!logits) return std::move(logits).error();
    done += n;
    if (done == r.context) {
      const std::int64_t token = kernels::argmax(exec, logits->data(), decoder.info().vocab);
      std::printf("{\"open_ms\":%.3f,\"token\":%lld}\n", open_ms, static_cast<long long>(token));
      std::fflush(stdout);
    }
  }
  std::printf("{\"peak_bytes\":%lld}\n", static_cast<long long>(peak_memory()));
  return 0;
}

Result<StartFigures> measure_start(const std::string& executable, const ChildRequest& request,
                                   int runs, std::int64_t peak_context) {
  StartFigures figures;
  std::vector<double> open, first;
  for (int i = 0; i < runs + 1; ++i) {
    CACTUS_TRY(report, spawn(executable, command(executable, request)));
    if (i == 0) continue;  // warms the page cache
    open.push_back(report.open_ms);
    first.push_back(report.first_token_ms);
  }
  figures.open_ms = spread_of(open);
  figures.first_token_ms = spread_of(first);
  ChildRequest large = request;
  large.context = peak_context;
  large.decoded = 17;
  CACTUS_TRY(report, spawn(executable, command(executable, large)));
  figures.peak_bytes = report.peak_bytes;
  figures.peak_context = peak_context;
  return figures;
}

}  // namespace cactus::cli
