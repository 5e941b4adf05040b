// Frequencies of rotary position embeddings (Su et al. 2021), by the kinds that configurations
// name.
#pragma once
#include <cstdint>
#include <vector>

namespace cactus {

// f_j = theta^(-2j/dim), j = 0 … dim/2-1: pair (j, j + dim/2) of position p turns by p·f_j.
std::vector<float> rope_frequencies(std::int64_t dim, double theta);

// Gemma 4's "proportional": the first int(factor·dim/2) pairs turn as above (the denominator stays
// the whole dim), the others have f_j = 0 and never turn.
std::vector<float> rope_frequencies_proportional(std::int64_t dim, double theta, double factor);

}  // namespace cactus
