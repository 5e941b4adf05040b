// Streams tensors from a source through the packers into a bundle's weights.
#pragma once
#include <atomic>
#include <functional>

#include "engine/convert/recipe.h"
#include "engine/weights/bundle_writer.h"
#include "kernels/pool.h"

namespace cactus {

struct PipelineHooks {
  std::function<Status(const TensorInfo&)>
      on_tensor;  // written whole; from any thread, one at a time
  std::function<void(std::uint64_t bytes, std::string_view tensor)>
      on_block;  // source bytes read so
                 // far; calling thread
  const std::atomic<bool>* cancel = nullptr;
};

// Converts in order. All tensors are cut into blocks of some 16 MiB; while one is packed on all
// threads, the next is read and the one before is written, so neither waits for the other. Errors:
// those of source and writer, incompatible for a value that is no number, by tensor, cancelled.
Status stream(const TensorSource& source, std::span<const Conversion> conversions,
              BundleWriter& writer, kernels::Pool& pool, const PipelineHooks& hooks);

}  // namespace cactus
