// Converting while downloading against a plain download and a local conversion, over loopback:
//   cmake --preset dev -DCACTUS_BENCHES=ON && cmake --build build/dev --target bench_hub
//   build/dev/tests/bench/bench_hub [MEGABYTES] [ROUNDS]
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
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
  const std::string text = test::read_file(fs::path(CACTUS_SOURCE) / "cli/bench/shapes/gemma-4-E2B.json");
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
    header[spec.source] = {{"dtype", "BF16"},
                           {"shape", spec.shape},
                           {"data_offsets", {bytes, bytes + size}}};
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

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t megabytes = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  const test::TempDir dir;
  const std::uint64_t bytes = write_checkpoint(small_config(megabytes), dir / "source");
  test::HubServer server;
  server.add(kModel).commit_folder(dir / "source");

  net::HttpClient client;
  hub::HubEnvironment environment;
  environment.endpoint = server.endpoint();
  hub::HubApi api(client, environment, nullptr);
  hub::PlanOptions planning;
  planning.runtime = {1, 15, 0};
  planning.publishers = {};

  std::printf("source %.0f MB, %d rounds; seconds\n", static_cast<double>(bytes) / 1e6, rounds);
  std::printf("%10s %10s %10s %8s\n", "download", "convert", "together", "ratio");
  for (int round = 0; round < rounds; ++round) {
    const hub::HubCache cache(dir / "cache");
    const hub::Store store(dir / "models");
    const hub::Plan plan = must(
        hub::make_plan(api, cache, must(hub::parse_name(kModel), "name"), planning), "plan");
    const double together = seconds_of([&] { must(hub::install(api, cache, store, plan, {}), "install"); });
    const double download =
        seconds_of([&] { must(hub::fetch_source(api, cache, plan, {}), "download"); });
    const double local =
        seconds_of([&] { must(convert(dir / "source", dir / "local"), "convert"); });
    std::printf("%10.2f %10.2f %10.2f %8.2f\n", download, local, together,
                together / std::max(download, local));
    for (const char* made : {"cache", "models", "local"}) fs::remove_all(dir / made);
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("peak memory of all three and the server, ru_maxrss: %ld\n", usage.ru_maxrss);
  return 0;
}
