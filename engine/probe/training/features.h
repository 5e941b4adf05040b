// Graded answers and their hidden states on disk: what `cactus probe collect` writes and everything
// else reads. Format: docs/probe.md.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/mapped_file.h"
#include "engine/base/result.h"
#include "engine/probe/identity.h"
#include "engine/session.h"

namespace cactus::training {

// features.json: what every answer in the folder was made with.
struct FeatureHeader {
  ModelIdentity model;  // fingerprint: of the last layer kept
  std::string variant;  // "int4"
  std::vector<std::int64_t> layers;
  std::vector<std::string> fingerprints;  // one for each layer
  bool choices = true;  // false: a folder of version 1, whose records lack what a blend reads
  Json settings;        // prompts' hash, sampling, limits: equal or another folder
};

struct FeatureRecord {
  std::int64_t line = 0;  // of the prompts, from 0
  std::string id, set, split, group;
  bool right = false;
  double score = 0;
  std::string answer;  // its text, or its calls as JSON
  std::string finish;
  std::uint64_t offset = 0;  // of its states in states.f16, bytes
  std::int64_t states = 0;   // generated tokens kept, for each layer after one of the prompt's last
  TokenStatistics statistics;
};

// Adds answers to a folder, in any order, each whole or not at all: a kill at any moment leaves
// what was finished. One process at a time.
class FeatureWriter {
 public:
  // Makes the folder, or goes on with it; usage when it was made with other settings or is in use.
  static Result<FeatureWriter> open(const std::filesystem::path& folder,
                                    const FeatureHeader& header);

  const std::vector<std::int64_t>& done() const { return done_; }  // lines, ascending
  // states: for each layer of the header (1 + record.states) rows of `hidden` f16. Fills in offset.
  Status add(FeatureRecord record, std::span<const std::uint16_t> states);
  Status sync();

 private:
  FeatureWriter(File lock, File records, File states)
      : lock_(std::move(lock)), records_(std::move(records)), states_(std::move(states)) {}
  File lock_, records_, states_;
  std::uint64_t records_end_ = 0, states_end_ = 0;
  std::vector<std::int64_t> done_;
};

// A folder opened for reading; records in the order of their lines. Immutable.
class Features {
 public:
  // Untrusted: every record is checked to lie in the file. Errors: not_found, incompatible.
  static Result<std::shared_ptr<const Features>> open(const std::filesystem::path& folder);

  const FeatureHeader& header() const { return header_; }
  std::size_t hidden() const { return static_cast<std::size_t>(header_.model.hidden); }
  const std::vector<FeatureRecord>& records() const { return records_; }
  // Rows of one answer after header().layers[index]: the prompt's last token, then the generated
  // ones.
  const std::uint16_t* rows(const FeatureRecord& record, std::size_t index) const;
  // Index of `layer`, or usage with those there are.
  Result<std::size_t> layer_index(std::int64_t layer) const;

 private:
  Features(FeatureHeader header, std::vector<FeatureRecord> records, MappedFile states)
      : header_(std::move(header)), records_(std::move(records)), states_(std::move(states)) {}
  FeatureHeader header_;
  std::vector<FeatureRecord> records_;
  MappedFile states_;
};

// A state as f16 [n]: divided by a power of two where it would overflow (the head's LayerNorm
// undoes that).
void store_state(std::span<const float> state, std::uint16_t* out);

}  // namespace cactus::training
