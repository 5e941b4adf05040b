#include "engine/image/picture.h"

#include "engine/image/exif.h"
#include "engine/image/jpeg.h"
#include "engine/image/png.h"

namespace cactus::image {
namespace {

constexpr std::string_view kJpeg("\xff\xd8\xff", 3), kPng("\x89PNG\r\n\x1a\n", 8);

Status small_enough(Size size) {
  const std::int64_t pixels = std::int64_t{size.width} * size.height;
  if (pixels <= kMostPixels) return ok_status();
  return make_error(ErrorKind::usage, "the image is too large",
                    std::to_string(size.width) + "×" + std::to_string(size.height) +
                        " pixels; at most " + std::to_string(kMostPixels >> 20) +
                        " × 2^20 are decoded",
                    "a smaller copy of it");
}

}  // namespace

Result<Picture> picture_to_send(std::string_view file) {
  if (file.size() > kMostFileBytes)
    return make_error(ErrorKind::usage, "the image is too large",
                      "at most " + std::to_string(kMostFileBytes >> 20) + " MiB are read");
  const bool jpeg = file.substr(0, kJpeg.size()) == kJpeg;
  if (!jpeg && file.substr(0, kPng.size()) != kPng)
    return make_error(ErrorKind::usage, "the image is neither PNG nor JPEG", "",
                      "convert it to one of them first");
  Picture picture;
  CACTUS_TRY(original, jpeg ? jpeg_size(file) : png_size(file));
  CACTUS_CHECK(small_enough(original));
  CACTUS_TRY(decoded, jpeg ? decode_jpeg(file, kLongest) : decode_png(file));
  Pixels pixels = shrink(std::move(decoded), kLongest);
  if (jpeg) pixels = upright(std::move(pixels), orientation_of(file));
  CACTUS_TRY(written, encode_jpeg(pixels, kQuality));
  picture.original = original;
  picture.size = {pixels.width, pixels.height};
  picture.jpeg = std::move(written);
  return picture;
}

}  // namespace cactus::image
