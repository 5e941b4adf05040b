// A Hugging Face checkpoint into a bundle, streamed.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/convert/tensor_source.h"
#include "engine/weights/bundle.h"

namespace cactus {

struct ConvertProgress {
  std::uint64_t done = 0;  // bytes of the source's tensors
  std::uint64_t total = 0;
  std::uint64_t resumed = 0;  // of `done`, bytes an earlier, interrupted run had converted
  std::string_view tensor;    // being converted; empty at the beginning and the end
};

struct ConvertOptions {
  int bits = 4;            // 4, 8, 16 or 32
  int threads = 0;         // 0: kernels::default_threads()
  bool force = false;      // replace a bundle that is in the way
  std::string repository;  // where the source came from, for the manifest; may be empty
  std::string commit;
  std::string licence;  // empty: the one its README.md names, if any
  std::function<void(const ConvertProgress&)> progress;  // from the calling thread
  const std::atomic<bool>* cancel = nullptr;             // looked at for each block of a tensor
};

struct ConvertReport {
  std::uint64_t tensors = 0;
  std::uint64_t resumed = 0;  // of those, taken over from an interrupted run
  std::uint64_t source_bytes = 0;
  std::uint64_t bundle_bytes = 0;
  bool already_there = false;  // an earlier run had finished this very conversion
};

// Files of a source that a bundle carries as they are, where there are any.
inline constexpr std::string_view kCopiedFiles[] = {
    "tokenizer.json", "chat_template.jinja", "preprocessor_config.json", "processor_config.json"};

// Writes DEST.partial and moves it to DEST in one step when it is complete; whatever stops the run,
// the next one with the same source and bits goes on after the last whole tensor. Peak memory: a
// few blocks of 16 MiB, whatever the tensors' sizes. Errors: not_found (no checkpoint),
// incompatible (broken files, unsupported architecture, missing, unknown or misshapen tensors, NaN
// or infinite weights: by name), usage (DEST is in the way, another conversion is at work on it),
// resources (disk), cancelled.
Result<ConvertReport> convert(const std::filesystem::path& source,
                              const std::filesystem::path& destination,
                              const ConvertOptions& options = {});
Result<ConvertReport> convert(const TensorSource& source, const std::filesystem::path& destination,
                              const ConvertOptions& options = {});

// A checkpoint folder as a bundle that lives as long as the result (in the temporary folder, whose
// files are unlinked once they are mapped).
Result<std::shared_ptr<const Bundle>> convert_temporary(const std::filesystem::path& source,
                                                        const ConvertOptions& options = {});

}  // namespace cactus
