// The random numbers behind sampling: the same everywhere for the same seed.
#pragma once
#include <cstdint>

namespace cactus {

// xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021),
// seeded by SplitMix64 as its authors advise. Part of the promise that a seed repeats a run: its
// output never changes between releases.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  std::uint64_t next();
  double uniform();  // in [0, 1), 53 bits

 private:
  std::uint64_t state_[4];
};

// A seed nobody chose, from the system's generator.
std::uint64_t system_seed();

}  // namespace cactus
