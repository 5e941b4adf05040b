// Carries out a plan: fetches or converts beside what is installed, tests, and puts it in its place
// in one step. Whatever goes wrong, what was installed before stays, and what is done of the new is
// gone on with by the next call.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "hub/fetch/fetch.h"
#include "hub/install/plan.h"
#include "hub/store/store.h"

namespace cactus::hub {

enum class Step { waiting, fetching, converting, testing };

struct InstallProgress {
  Step step = Step::fetching;
  // Bytes. When converting, of the source's tensors, each counted half when it has come and half
  // when it is in the bundle.
  std::uint64_t done = 0, total = 0;
  std::string_view detail;            // a file, a tensor, who is waited for, or why it is paused
};

struct InstallOptions {
  int threads = 0;           // of the converter; 0: the default
  int connections = 4;
  bool again = false;        // --reconvert: also when this very commit is installed
  bool keep_source = false;  // the source's files go into the Hugging Face cache, too
  // Opens the new bundle before it takes its place; an error keeps the old one.
  std::function<Status(const std::filesystem::path& bundle)> load_test;
  std::function<void(const InstallProgress&)> progress;  // from any thread, one at a time
  const std::atomic<bool>* cancel = nullptr;
};

struct InstallReport {
  Installed installed;
  bool already = false;       // it was there, or another process has just made it
  std::uint64_t resumed = 0;  // tensors an earlier run had converted
};

// Errors: those of fetch() and of convert(), cancelled.
Result<InstallReport> install(HubApi& api, const HubCache& cache, const Store& store,
                              const Plan& plan, const InstallOptions& options);

// Downloads the source's files into the cache, for other programs or a later conversion; the
// snapshot's folder.
Result<std::filesystem::path> fetch_source(HubApi& api, const HubCache& cache, const Plan& plan,
                                           const InstallOptions& options);

}  // namespace cactus::hub
