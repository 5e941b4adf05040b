// The folder beside the destination that a conversion works in, and how it becomes the destination.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/file.h"
#include "engine/weights/bundle.h"

namespace cactus {

// DEST.partial, held by a lock, with a journal of the tensors that are whole. The journal (a line
// of JSON for each: name, offset, size, hash; the first line names the conversion) lets the next
// run go on; the bytes themselves are hashed again then, so what a power cut tore is noticed.
//
// What a kill at any moment leaves:
//   DEST.partial with journal   the next run of the same conversion goes on, of another starts over
//   DEST with journal           complete; the next run removes the journal
//   DEST.partial without one    the old bundle that DEST replaced; the next run removes it
class Workplace {
 public:
  // `key` names source, recipe and format. Errors: usage when DEST is there and is no bundle, or is
  // one and `force` is not given, or when another process works there.
  static Result<Workplace> open(const std::filesystem::path& destination, const std::string& key,
                                bool force);

  // DEST is this very conversion, finished earlier: nothing to do.
  bool finished() const { return finished_; }
  const std::filesystem::path& folder() const { return folder_; }
  const std::vector<TensorInfo>& journalled() const { return journalled_; }

  // Forgets the journal beyond the first `count` tensors.
  Status keep(std::size_t count);
  Status record(const TensorInfo& tensor);
  // Moves the folder to DEST in one step; the old bundle goes afterwards.
  Status publish();

 private:
  Workplace(std::filesystem::path destination, std::filesystem::path folder, File journal);
  Status sweep() const;
  Status load(const std::string& key);
  Status append(const std::string& line);

  std::filesystem::path destination_;
  std::filesystem::path folder_;
  File journal_;
  std::string key_;
  std::uint64_t journal_size_ = 0;
  std::vector<TensorInfo> journalled_;
  bool finished_ = false;
};

}  // namespace cactus
