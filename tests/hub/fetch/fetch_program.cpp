// A downloader to be killed: fetch_program ENDPOINT CACHE REPOSITORY COMMIT [FILE_LIMIT]
// Prints "fetched N resumed N", or "KIND WHAT: WHY" with status 1.
#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

#include "hub/fetch/fetch.h"

using namespace cactus;
using namespace cactus::hub;

namespace {

int failed(const Error& error) {
  std::printf("%d %s: %s\n", static_cast<int>(error.kind), error.what.c_str(), error.why.c_str());
  return 1;
}

// As a disk that is full: no file may grow beyond so many bytes.
void limit_files(unsigned long bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  HubEnvironment environment;
  environment.endpoint = argv[1];
  environment.cache = argv[2];
  environment.download_timeout = std::chrono::seconds(2);
  if (argc > 5) limit_files(std::strtoul(argv[5], nullptr, 10));
  net::HttpClient client;
  HubOptions hub_options;
  hub_options.backoff.first = std::chrono::milliseconds(5);
  HubApi api(client, environment, nullptr, hub_options);
  const HubCache cache(environment.cache);
  const auto files = api.tree(argv[3], argv[4]);
  if (!files) return failed(files.error());
  FetchOptions options;
  options.segment = 64 * 1024;
  options.checkpoint = 32 * 1024;
  options.revision = "main";
  const auto report = fetch(api, cache, argv[3], argv[4], *files, options);
  if (!report) return failed(report.error());
  std::printf("fetched %llu resumed %llu\n", static_cast<unsigned long long>(report->fetched),
              static_cast<unsigned long long>(report->resumed));
  return 0;
}
