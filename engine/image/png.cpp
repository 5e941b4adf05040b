#include "engine/image/png.h"

#include <png.h>

namespace cactus::image {
namespace {

// libpng's simplified interface: errors by value, no setjmp in our frames.
class Reader {
 public:
  explicit Reader(std::string_view file) {
    image_.version = PNG_IMAGE_VERSION;
    open_ = png_image_begin_read_from_memory(&image_, file.data(), file.size()) != 0;
  }
  ~Reader() { png_image_free(&image_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool open() const { return open_; }
  Size size() const { return {static_cast<int>(image_.width), static_cast<int>(image_.height)}; }
  Error damaged() const {
    return make_error(ErrorKind::usage, "the PNG file is damaged", image_.message);
  }
  bool read(Pixels& pixels) {
    const png_color white{255, 255, 255};
    image_.format = PNG_FORMAT_RGB;
    pixels = {size().width, size().height, {}};
    pixels.rgb.resize(PNG_IMAGE_SIZE(image_));
    return png_image_finish_read(&image_, &white, pixels.rgb.data(), 0, nullptr) != 0;
  }

 private:
  png_image image_{};
  bool open_ = false;
};

}  // namespace

Result<Size> png_size(std::string_view file) {
  const Reader reader(file);
  if (!reader.open()) return reader.damaged();
  return reader.size();
}

Result<Pixels> decode_png(std::string_view file) {
  Reader reader(file);
  Pixels pixels;
  if (!reader.open() || !reader.read(pixels)) return reader.damaged();
  return pixels;
}

}  // namespace cactus::image
