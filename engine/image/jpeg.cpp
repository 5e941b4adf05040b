#include "engine/image/jpeg.h"

#include <turbojpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace cactus::image {
namespace {

struct Close {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<void, Close>;

struct Free {
  void operator()(unsigned char* bytes) const { tjFree(bytes); }
};

struct Header {
  Size size;
  int colours = 0;
};

const unsigned char* bytes_of(std::string_view file) {
  return reinterpret_cast<const unsigned char*>(file.data());
}

Error damaged(void* handle) {
  return make_error(ErrorKind::usage, "the JPEG file is damaged",
                    handle != nullptr ? tjGetErrorStr2(handle) : "");
}

Result<Header> read_header(void* handle, std::string_view file) {
  Header header;
  int sampling = 0;
  if (handle == nullptr ||
      tjDecompressHeader3(handle, bytes_of(file), file.size(), &header.size.width,
                          &header.size.height, &sampling, &header.colours) != 0)
    return damaged(handle);
  if (header.size.width <= 0 || header.size.height <= 0) return damaged(nullptr);
  return header;
}

// The smallest size the codec can make that is at least `longest` long.
Size scaled(Size size, int longest) {
  int count = 0;
  const tjscalingfactor* factors = tjGetScalingFactors(&count);
  Size best = size;
  for (int i = 0; factors != nullptr && i < count; ++i) {
    const tjscalingfactor factor = factors[i];
    if (factor.num > factor.denom) continue;
    const Size candidate{TJSCALED(size.width, factor), TJSCALED(size.height, factor)};
    if (std::max(candidate.width, candidate.height) < longest) continue;
    if (candidate.width <= best.width) best = candidate;
  }
  return best;
}

// Print colours, stored inverted as Adobe writes them.
void cmyk_to_rgb(const std::vector<std::uint8_t>& cmyk, std::vector<std::uint8_t>& rgb) {
  rgb.resize(cmyk.size() / 4 * 3);
  for (std::size_t i = 0; i < cmyk.size() / 4; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      rgb[i * 3 + c] = static_cast<std::uint8_t>(cmyk[i * 4 + c] * cmyk[i * 4 + 3] / 255);
}

}  // namespace

Result<Size> jpeg_size(std::string_view file) {
  const Handle handle(tjInitDecompress());
  CACTUS_TRY(header, read_header(handle.get(), file));
  return header.size;
}

Result<Pixels> decode_jpeg(std::string_view file, int longest) {
  const Handle handle(tjInitDecompress());
  CACTUS_TRY(header, read_header(handle.get(), file));
  const Size size = scaled(header.size, longest);
  const bool cmyk = header.colours == TJCS_CMYK || header.colours == TJCS_YCCK;
  const std::size_t depth = cmyk ? 4 : 3;
  Pixels pixels{size.width, size.height, {}};
  std::vector<std::uint8_t> raw(static_cast<std::size_t>(size.width) *
                                static_cast<std::size_t>(size.height) * depth);
  // A few kilobytes can ask for any number of passes over the image; a photo has about ten.
  const int code = tjDecompress2(handle.get(), bytes_of(file), file.size(), raw.data(), size.width,
                                 0, size.height, cmyk ? TJPF_CMYK : TJPF_RGB, TJFLAG_LIMITSCANS);
  // Warnings are what viewers pass over in silence, but half a picture is none.
  if (code != 0 && (tjGetErrorCode(handle.get()) != TJERR_WARNING ||
                    std::strstr(tjGetErrorStr2(handle.get()), "remature end") != nullptr))
    return damaged(handle.get());
  if (cmyk)
    cmyk_to_rgb(raw, pixels.rgb);
  else
    pixels.rgb = std::move(raw);
  return pixels;
}

Result<std::string> encode_jpeg(const Pixels& pixels, int quality) {
  const Handle handle(tjInitCompress());
  unsigned char* made = nullptr;
  unsigned long size = 0;
  const bool written =
      handle && tjCompress2(handle.get(), pixels.rgb.data(), pixels.width, 0, pixels.height,
                            TJPF_RGB, &made, &size, TJSAMP_420, quality, 0) == 0;
  const std::unique_ptr<unsigned char, Free> owned(made);
  if (!written)
    return make_error(ErrorKind::resources, "the image cannot be written as JPEG",
                      handle ? tjGetErrorStr2(handle.get()) : "");
  return std::string(reinterpret_cast<const char*>(made), size);
}

}  // namespace cactus::image
