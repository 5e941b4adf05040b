// Converting while downloading against a plain download and a local conversion, over loopback:
//   cmake --preset dev -DCACTUS_BENCHES=ON && cmake --build build/dev --target bench_hub
//   build/dev/tests/bench/bench_hub [MEGABYTES] [ROUNDS]
// Each leg is a process of its own, so that its memory is its own; the server is this one. The
// local conversion runs before and after the one that downloads, for machines that others use, too.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/file.h"
#include "engine/convert/convert.h"
#include "engine/models/family.h"
#include "hub/install/install.h"
#include "tests/support/files.h"
#include "tests/support/hub_server.h"

using namespace cactus;
namespace fs = std::filesystem;

namespace {

constexpr const char* kModel = "bench/model";

// Ends the program, with the reason, when something fails: there is nothing to measure then.
template <class T>
T must(Result<T> result, const char* what) {
  if (result) return std::move(result).value();
  std::printf("%s: %s (%s)\n", what, result.error().what.c_str(), result.error().why.c_str());
  std::exit(1);
}

// Gemma 4 E2B with so few layers and so small a vocabulary that it has about that many bytes.
Json small_config(std::uint64_t megabytes) {
  const std::string text =
      test::read_file(fs::path(CACTUS_SOURCE) / "cli/bench/shapes/gemma-4-E2B.json");
  Json config = must(parse_json(text, "shape"), "shape");
  const std::uint64_t layers = std::clamp<std::uint64_t>(megabytes / 100, 5, 30);
  Json types = Json::array();
  for (std::uint64_t i = 0; i < layers; ++i) types.push_back(config["layer_types"][i]);
  types[layers - 1] = "full_attention";
  config["layer_types"] = types;
  config["num_hidden_layers"] = layers;
  config["num_kv_shared_layers"] = 0;
  config["vocab_size"] = 32768;
  config["vocab_size_per_layer_input"] = 32768;
  return config;
}

// A checkpoint with that configuration: BF16, magnitudes of 2⁻⁷ to 2⁻⁶.
std::uint64_t write_checkpoint(const Json& config, const fs::path& folder) {
  fs::create_directories(folder);
  for (const char* name : {"tokenizer.json", "tokenizer_config.json", "generation_config.json"})
    fs::copy(test::fixture("gemma4_text") / name, folder / name);
  test::write_file(folder / "config.json", dump_json(config));
  const Family* family = must(family_of(config), "family");
  const TensorPlan plan = must(family->plan(config, {}), "plan");
  Json header = Json::object();
  std::uint64_t bytes = 0;
  for (const TensorSpec& spec : plan.tensors) {
    std::uint64_t size = 2;
    for (const std::int64_t side : spec.shape) size *= static_cast<std::uint64_t>(side);
    header[spec.source] = {
        {"dtype", "BF16"}, {"shape", spec.shape}, {"data_offsets", {bytes, bytes + size}}};
    if (spec.shape.empty()) header[spec.source]["shape"] = Json::array();
    bytes += size;
  }
  const std::string json = dump_json(header);
  std::ofstream file(folder / "model.safetensors", std::ios::binary);
  for (std::size_t i = 0; i < 8; ++i) file.put(static_cast<char>(json.size() >> 8 * i));
  file << json;
  std::vector<std::uint16_t> block(1 << 20);
  std::uint64_t state = 88172645463325252u;
  for (std::uint64_t left = bytes; left > 0;) {
    for (std::uint16_t& value : block) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      value = static_cast<std::uint16_t>(0x3C00 | (state & 0x80FF));
    }
    const std::uint64_t n = std::min<std::uint64_t>(left, block.size() * 2);
    file.write(reinterpret_cast<const char*>(block.data()), static_cast<std::streamsize>(n));
    left -= n;
  }
  return bytes;
}

// What a leg does, in its own process.
int run_leg(const std::string& leg, const std::string& endpoint, const fs::path& source,
            const fs::path& place) {
  if (leg == "convert") {
    must(convert(source, place / "local"), "convert");
    return 0;
  }
  net::HttpClient client;
  hub::HubEnvironment environment;
  environment.endpoint = endpoint;
  hub::HubApi api(client, environment, nullptr);
  const hub::HubCache cache(place / "cache");
  const hub::Store store(place / "models");
  hub::PlanOptions planning;
  planning.runtime = {1, 15, 0};
  planning.publishers = {};
  const hub::Plan plan =
      must(hub::make_plan(api, cache, must(hub::parse_name(kModel), "name"), planning), "plan");
  if (leg == "download") {
    must(hub::fetch_source(api, cache, plan, {}), "download");
  } else {
    must(hub::install(api, cache, store, plan, {}), "install");
  }
  return 0;
}

// Bytes of disk that a folder's files take now.
std::uint64_t disk_of(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code gone;
    const bool file = at->is_regular_file(gone) && !at->is_symlink(gone);
    const std::uintmax_t size = file ? at->file_size(gone) : 0;
    if (file && !gone) bytes += size;
  }
  return bytes;
}

struct Measured {
  double wall = 0, cpu = 0, server_cpu = 0;  // seconds
  double memory = 0, disk = 0;               // MB, the most
};

double cpu_seconds(const rusage& usage) {
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double own_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return cpu_seconds(usage);
}

Measured measure(const char* program, const std::string& leg, const std::string& endpoint,
                 const fs::path& dir) {
  const fs::path source = dir / "source", place = dir / leg;
  fs::create_directories(place);
  std::vector<std::string> words = {program,  "--leg",         leg,
                                    endpoint, source.string(), place.string()};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  Measured m;
  std::atomic<bool> over{false};
  std::thread watcher([&] {
    while (!over) {
      m.disk = std::max(m.disk, static_cast<double>(disk_of(place)) / 1e6);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  const double server = own_cpu();
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execv(program, arguments.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  m.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  m.server_cpu = own_cpu() - server;
  m.cpu = cpu_seconds(usage);
#ifdef __APPLE__
  m.memory = static_cast<double>(usage.ru_maxrss) / 1e6;
#else
  m.memory = static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
#endif
  over = true;
  watcher.join();
  fs::remove_all(place);
  if (status != 0) {
    std::printf("%s ended with %d\n", leg.c_str(), status);
    std::exit(1);
  }
  return m;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 6 && std::string_view(argv[1]) == "--leg")
    return run_leg(argv[2], argv[3], argv[4], argv[5]);
  const std::uint64_t megabytes = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  const test::TempDir dir;
  const std::uint64_t bytes = write_checkpoint(small_config(megabytes), dir / "source");
  test::HubServer server;
  server.add(kModel).commit_folder(dir / "source");

  std::printf(
      "source %.0f MB, %d rounds; wall (processor) seconds of the leg + of the server, "
      "most memory, most disk\n",
      static_cast<double>(bytes) / 1e6, rounds);
  std::printf(
      "ratio: together against the slower of the download and the mean of both conversions\n");
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    const auto leg = [&](const char* name) {
      const Measured m = measure(argv[0], name, server.endpoint(), dir.path());
      std::printf("  %-10s %6.2f (%.2f + %.2f)  %5.0f MB  %5.0f MB\n", name, m.wall, m.cpu,
                  m.server_cpu, m.memory, m.disk);
      std::fflush(stdout);
      return m.wall;
    };
    const double download = leg("download");
    const double before = leg("convert");
    const double together = leg("together");
    const double after = leg("convert");
    ratios.push_back(together / std::max(download, (before + after) / 2));
    std::printf("  ratio %.2f\n", ratios.back());
  }
  std::printf("median ratio %.2f\n", median(ratios));
  return 0;
}
