// Pieces of streamed products: every block once, even sizes, ever smaller, never too many.
#include "kernels/schedule.h"

#include "tests/kernels/support.h"

namespace cactus::kernels::test {

TEST_CASE("pieces of one block", "[kernels]") {
  const Schedule s(5);
  REQUIRE(s.pieces() == 5);
  for (std::int64_t i = 0; i <= 5; ++i) REQUIRE(s.begin(i) == i);
  REQUIRE(Schedule(0).pieces() == 0);
}

TEST_CASE("shares cover all blocks and shrink", "[kernels]") {
  for (const int threads : {1, 2, 3, 8, 64, 1000}) {
    for (const std::int64_t blocks : {0, 1, 2, 3, 7, 8, 192, 511, 512, 513, 8192, 100'003}) {
      INFO(blocks << " blocks, " << threads << " threads");
      const Schedule s(blocks, threads);
      REQUIRE(s.pieces() <= 256);
      REQUIRE(s.begin(s.pieces()) == blocks);
      std::int64_t at = 0, before = blocks;
      for (std::int64_t i = 0; i < s.pieces(); ++i) {
        const std::int64_t size = s.begin(i + 1) - s.begin(i);
        REQUIRE(s.begin(i) == at);
        REQUIRE(size > 0);
        REQUIRE(size <= before);
        if (i + 1 < s.pieces()) REQUIRE(size % 2 == 0);
        at += size;
        before = size;
      }
      // No thread gets more than its part at once where there are enough blocks to share.
      if (blocks >= 1000 && threads > 1 && threads <= 64) REQUIRE(s.begin(1) <= blocks / threads);
    }
  }
}

}  // namespace cactus::kernels::test
