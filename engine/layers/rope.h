// Frequencies of rotary position embeddings (Su et al. 2021), by the kinds that configurations
// name.
#pragma once
#include <cstdint>
#include <vector>

namespace cactus {

// How a configuration stretches the rotations. factor 1: not at all. Otherwise all frequencies are
// divided by it ("linear"), or, by_wavelength ("llama3", Llama 3.1), only those whose wavelength is
// beyond original_context / low_frequency, those below original_context / high_frequency not at
// all, with a linear passage in between.
struct RopeScaling {
  double theta = 10000;
  double factor = 1;
  bool by_wavelength = false;
  double low_frequency = 1;
  double high_frequency = 4;
  double original_context = 0;
};

// The frequencies [dim/2] of such a configuration.
std::vector<float> rope_frequencies(std::int64_t dim, const RopeScaling& scaling);

// f_j = theta^(-2j/dim), j = 0 … dim/2-1: pair (j, j + dim/2) of position p turns by p·f_j.
std::vector<float> rope_frequencies(std::int64_t dim, double theta);

// Gemma 4's "proportional": the first int(factor·dim/2) pairs turn as above (the denominator stays
// the whole dim), the others have f_j = 0 and never turn.
std::vector<float> rope_frequencies_proportional(std::int64_t dim, double theta, double factor);

}  // namespace cactus
