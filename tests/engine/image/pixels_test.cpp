#include "engine/image/pixels.h"

#include <numeric>

#include "tests/support/catch.h"
#include "tests/support/pictures.h"

using namespace cactus;
using namespace cactus::image;

TEST_CASE("image: the longer edge decides the size", "[engine]") {
  const auto fits = [](int w, int h, int longest, int to_w, int to_h) {
    const Size size = fit({w, h}, longest);
    INFO(w << "×" << h << ": " << size.width << "×" << size.height);
    return size.width == to_w && size.height == to_h;
  };
  CHECK(fits(4000, 3000, 1568, 1568, 1176));
  CHECK(fits(3000, 4000, 1568, 1176, 1568));
  CHECK(fits(1568, 1568, 1568, 1568, 1568));
  CHECK(fits(10, 7, 1568, 10, 7));
  CHECK(fits(100000, 3, 1568, 1568, 1));  // never nothing
}

TEST_CASE("image: a smaller pixel is the mean of what it covers", "[engine]") {
  // 3 columns into 2: the middle one belongs to both halves.
  const Pixels three{3, 1, {0, 0, 0, 90, 90, 90, 240, 240, 240}};
  const Pixels two = shrink(three, 2);
  REQUIRE(two.width == 2);
  REQUIRE(two.height == 1);
  CHECK(int(two.rgb[0]) == 30);   // (1·0 + ½·90) / 1½
  CHECK(int(two.rgb[3]) == 190);  // (½·90 + 1·240) / 1½
  for (const auto& [w, h, longest] : {std::array{64, 48, 17}, {31, 77, 13}, {1000, 3, 7}}) {
    const Pixels from = test::gradient(w, h);
    const Pixels to = shrink(from, longest);
    const auto mean = [](const Pixels& p) {
      return std::accumulate(p.rgb.begin(), p.rgb.end(), 0.0) / static_cast<double>(p.rgb.size());
    };
    CHECK(std::max(to.width, to.height) == longest);
    CHECK(to.rgb.size() ==
          static_cast<std::size_t>(to.width) * static_cast<std::size_t>(to.height) * 3);
    CHECK(mean(to) == Approx(mean(from)).margin(0.6));
  }
}

TEST_CASE("image: a photo is turned as its camera says", "[engine]") {
  // 2 wide, 3 high; red is the number of the pixel in the file.
  Pixels from{2, 3, {}};
  for (std::uint8_t i = 0; i < 6; ++i) from.rgb.insert(from.rgb.end(), {i, 0, 0});
  const auto turned = [&](int orientation) {
    const Pixels out = upright(from, orientation);
    std::string text = std::to_string(out.width) + ":";
    for (std::size_t i = 0; i < out.rgb.size(); i += 3) text += std::to_string(out.rgb[i]);
    return text;
  };
  CHECK(turned(1) == "2:012345");
  CHECK(turned(2) == "2:103254");
  CHECK(turned(3) == "2:543210");
  CHECK(turned(4) == "2:452301");
  CHECK(turned(5) == "3:024135");
  CHECK(turned(6) == "3:420531");
  CHECK(turned(7) == "3:531420");
  CHECK(turned(8) == "3:135024");
  CHECK(turned(0) == turned(1));
  CHECK(turned(9) == turned(1));
}
