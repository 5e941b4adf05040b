// Loading a tokenizer of Gemma 4's shape, and encoding. Run by hand:
//   bench_tokenizer [--load] [TOKENIZER_JSON [TEXT]]
// Without arguments, a tokenizer of that shape and text for it are made.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>

#include "engine/tokenizer/tokenizer.h"
#include "tests/bench/synthetic_tokenizer.h"

using namespace cactus;

namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Of this process: on a busy machine it says more than the clock on the wall.
double cpu_ms() {
  return static_cast<double>(std::clock()) * 1000 / CLOCKS_PER_SEC;
}

// Resident memory in MB, 0 where /proc does not say.
double resident_mb() {
  std::ifstream in("/proc/self/statm");
  double total = 0, resident = 0;
  in >> total >> resident;
  return resident * 4096 / 1e6;
}

std::string read_file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string repeated(const std::string& unit, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += unit;
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const bool load_only = argc > 1 && std::string_view(argv[1]) == "--load";
  if (load_only) --argc, ++argv;
  std::string json = argc > 1 ? read_file(argv[1]) : std::string();
  if (argc <= 1) {
    auto made = bench::make_gemma_shape();
    std::printf("tokenizer: %zu tokens, %zu merges, %.1f MB\n", made.tokens, made.merges,
                static_cast<double>(made.json.size()) / 1e6);
    json = std::move(made.json);
  }

  const double before = resident_mb();
  double best = 1e9, best_cpu = 1e9;
  std::unique_ptr<const Tokenizer> tokenizer;
  for (int i = 0; i < 9; ++i) {
    tokenizer.reset();
    const double cpu = cpu_ms();
    const auto start = Clock::now();
    auto loaded = Tokenizer::load(json, {});
    const double ms = ms_since(start);
    if (!loaded) {
      std::printf("%s: %s\n", loaded.error().what.c_str(), loaded.error().why.c_str());
      return 1;
    }
    tokenizer = std::move(loaded).value();
    best = std::min(best, ms);
    best_cpu = std::min(best_cpu, cpu_ms() - cpu);
    if (i == 0) {
      std::printf("load, first: %.1f ms; resident memory grew by %.1f MB\n", ms,
                  resident_mb() - before);
    }
  }
  std::printf("load, best of 9: %.1f ms (%.1f ms of CPU)\n", best, best_cpu);

  if (load_only) return 0;
  const std::string text = argc > 2 ? read_file(argv[2]) : bench::make_text(1 << 20);
  const std::pair<const char*, std::string> texts[] = {
      {"text", text},
      {"spaces", repeated(" ", 1 << 20)},
      {"one letter", repeated("a", 1 << 20)},
      {"emoji", repeated("\xF0\x9F\x98\x80", 1 << 20)},
      {"4 MB of one letter", repeated("a", 4 << 20)},
      {"added tokens", repeated("<unused17>", 1 << 20)},
      {"almost added tokens", repeated("<unused", 1 << 20)},
  };
  for (const auto& [name, sample] : texts) {
    double fastest = 1e9;
    std::size_t ids = 0;
    for (int i = 0; i < 5; ++i) {
      const double cpu = cpu_ms();
      const auto encoded = tokenizer->encode(sample);
      fastest = std::min(fastest, cpu_ms() - cpu);
      ids = encoded ? encoded->size() : 0;
    }
    std::printf("encode %-20s %.2f MB to %8zu ids: %8.1f ms of CPU, %6.1f MB/s\n", name,
                static_cast<double>(sample.size()) / 1e6, ids, fastest,
                static_cast<double>(sample.size()) / 1e3 / fastest);
  }
  const auto ids = tokenizer->encode(text);
  if (ids) {
    const double cpu = cpu_ms();
    const std::string back = tokenizer->decode(*ids, true);
    std::printf("decode: %.1f MB/s%s\n", static_cast<double>(back.size()) / 1e3 / (cpu_ms() - cpu),
                back == text ? "" : " (differs from the text!)");
  }
  return 0;
}
