// A trained probe: the head, and the card that says what it was made for, from what, and how good
// it is. File format: docs/probe.md.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/probe/blend.h"
#include "engine/probe/calibration.h"
#include "engine/probe/head.h"
#include "engine/probe/identity.h"

namespace cactus {

class Model;

inline constexpr std::string_view kProbeFile = "probe.cactus";  // its name in a bundle
inline constexpr std::uint64_t kProbeLimit = 64 << 20;          // bytes of a file

struct ProbeCard {
  ModelIdentity model;
  std::int64_t layer = 0;      // the state after so many layers, as ForwardRequest counts
  std::optional<Blend> blend;  // unset: the head alone, a file of version 1
  Calibration calibration;
  std::optional<double> threshold;  // hand off below this confidence; unset: the user's choice
  Json training;                    // data, sizes, settings: for people, or null
  Json measured;                    // AUROC, ECE …: for people, or null
};

// Immutable; shared between sessions.
class Probe {
 public:
  Probe(ProbeCard card, Head head) : card_(std::move(card)), head_(std::move(head)) {}

  // Untrusted bytes: sizes, checksum, card and that every number is finite are checked. Errors:
  // incompatible, naming `name`.
  static Result<std::shared_ptr<const Probe>> parse(std::string_view bytes,
                                                    const std::string& name);
  static Result<std::shared_ptr<const Probe>> open(const std::filesystem::path& file);

  const ProbeCard& card() const { return card_; }
  const Head& head() const { return head_; }

  // incompatible, with the reason, when it was not made for this model.
  Status check(const Model& model, const std::string& name) const;

  // The answer's logit: what the head says of its states, blended with its token statistics where
  // the probe has a blend (else those are not looked at).
  double logit(double head_logit, const TokenStatistics& statistics) const {
    return card_.blend ? (*card_.blend)(head_logit, statistics) : head_logit;
  }
  bool reads_tokens() const { return card_.blend.has_value(); }
  // 1 - p_wrong of an answer's logit; unset for NaN (no token was read, or a state was not finite).
  std::optional<double> confidence(double logit) const;

 private:
  ProbeCard card_;
  Head head_;
};

// The bytes of a probe file.
std::string write_probe(const ProbeCard& card, const Head& head);

// The card as the file has it, without the numbers of the head.
Json card_json(const ProbeCard& card);

}  // namespace cactus
