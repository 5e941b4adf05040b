#include "engine/image/picture.h"

#include <random>

#include "engine/image/exif.h"
#include "engine/image/jpeg.h"
#include "engine/image/png.h"
#include "tests/support/catch.h"
#include "tests/support/pictures.h"

using namespace cactus;
using namespace cactus::image;
using namespace cactus::test;

namespace {

Pixels read_back(const Picture& picture) {
  const auto pixels = decode_jpeg(picture.jpeg, kLongest);
  REQUIRE(pixels.ok());
  CHECK(pixels->width == picture.size.width);
  CHECK(pixels->height == picture.size.height);
  return *pixels;
}

bool blue(const Pixels& pixels, int x, int y) {
  const std::uint8_t* pixel = pixels.at(x, y);
  return pixel[2] > 200 && pixel[0] < 60 && pixel[1] < 60;
}

// What happens to any bytes: a picture that keeps its promises, or an error in words.
bool survives(const std::string& file) {
  const auto picture = picture_to_send(file);
  if (!picture) return picture.error().kind == ErrorKind::usage && !picture.error().what.empty();
  return picture->size.width <= kLongest && picture->size.height <= kLongest &&
         jpeg_size(picture->jpeg).ok();
}

}  // namespace

TEST_CASE("image: any PNG or JPEG becomes a JPEG of at most 1568 pixels", "[engine]") {
  for (const std::string& file : {png_file(4000, 1000), jpeg_file(4000, 1000)}) {
    const auto picture = picture_to_send(file);
    REQUIRE(picture.ok());
    CHECK(picture->original.width == 4000);
    CHECK(picture->size.width == 1568);
    CHECK(picture->size.height == 392);
    const Pixels pixels = read_back(*picture);
    CHECK(blue(pixels, 100, 30));
    CHECK_FALSE(blue(pixels, 1000, 30));
    CHECK(int(pixels.at(1500, 200)[0]) == Approx(255 * 1500 / 1568).margin(8));
  }
  const auto small = picture_to_send(png_file(40, 30));
  REQUIRE(small.ok());
  CHECK(small->size.width == 40);
  CHECK(small->size.height == 30);
}

TEST_CASE("image: what is transparent becomes white", "[engine]") {
  const auto picture = picture_to_send(png_file(200, 100, true));
  REQUIRE(picture.ok());
  const Pixels pixels = read_back(*picture);
  const std::uint8_t* pixel = pixels.at(180, 20);
  CHECK(int(pixel[0]) > 245);
  CHECK(int(pixel[1]) > 245);
  CHECK(int(pixel[2]) > 245);
}

TEST_CASE("image: a photo arrives upright, and without the place it was taken at", "[engine]") {
  const std::string file = photo_file(400, 200, 6);  // to be turned clockwise
  REQUIRE(orientation_of(file) == 6);
  REQUIRE(file.find("52.5200") != std::string::npos);
  const auto picture = picture_to_send(file);
  REQUIRE(picture.ok());
  CHECK(picture->size.width == 200);
  CHECK(picture->size.height == 400);
  CHECK(picture->jpeg.find("52.5200") == std::string::npos);
  CHECK(picture->jpeg.find("Exif") == std::string::npos);
  const Pixels pixels = read_back(*picture);
  CHECK(blue(pixels, 180, 20));  // the corner that was left is right now
  CHECK_FALSE(blue(pixels, 20, 20));
  CHECK(orientation_of(jpeg_file(40, 20)) == 1);
  CHECK(orientation_of(photo_file(40, 20, 99)) == 1);
}

TEST_CASE("image: what is too large is refused before it is decoded", "[engine]") {
  // The header says 30,000 × 30,000; there is nothing behind it.
  std::string png = png_file(8, 8);
  for (const std::size_t at : {16u, 20u}) png.replace(at, 4, std::string("\0\0\x75\x30", 4));
  const auto bad_sum = picture_to_send(png);  // the header has a checksum
  REQUIRE_FALSE(bad_sum.ok());
  std::string jpeg = jpeg_file(8, 8);
  const std::size_t frame = jpeg.find("\xff\xc0");
  REQUIRE(frame != std::string::npos);
  jpeg.replace(frame + 5, 4, "\x75\x30\x75\x30");
  const auto large = picture_to_send(jpeg);
  REQUIRE_FALSE(large.ok());
  CHECK(large.error().what == "the image is too large");
  CHECK(large.error().why.find("30000×30000") != std::string::npos);
  CHECK_FALSE(picture_to_send(std::string(kMostFileBytes + 1, '\xff')).ok());
}

TEST_CASE("image: other formats and nothing at all are named", "[engine]") {
  for (const std::string& file : {std::string(), std::string("GIF89a"), std::string("\xff\xd8"),
                                  std::string("RIFF....WEBP"), std::string(100, '\0')})
    CHECK(survives(file));
  CHECK(picture_to_send("GIF89a").error().what == "the image is neither PNG nor JPEG");
}

TEST_CASE("image: a file that is cut anywhere is an error in words", "[engine]") {
  for (const std::string& file : {png_file(33, 21), jpeg_file(33, 21), photo_file(33, 21, 3)}) {
    for (std::size_t length = 0; length < file.size(); ++length) {
      INFO(length << " of " << file.size());
      REQUIRE(survives(file.substr(0, length)));
    }
    CHECK_FALSE(picture_to_send(file.substr(0, file.size() / 2)).ok());
  }
}

TEST_CASE("image: wrong bytes anywhere end nothing", "[engine]") {
  std::mt19937 random(7);
  for (const std::string& file : {png_file(33, 21), jpeg_file(33, 21), photo_file(33, 21, 3)}) {
    for (int i = 0; i < 1500; ++i) {
      std::string broken = file;
      for (std::uint32_t j = 0; j <= random() % 4; ++j)
        broken[random() % broken.size()] = static_cast<char>(random());
      REQUIRE(survives(broken));
    }
  }
}
