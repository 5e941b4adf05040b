#include "engine/image/pixels.h"

#include <algorithm>

namespace cactus::image {
namespace {

// One axis of the mean over areas, in units in which both a source and a target pixel are whole: a
// source pixel is `to` units long, a target pixel `from`. Calls `add(source, target, units)`.
template <class Add>
void overlaps(int from, int to, const Add& add) {
  int target = 0;
  for (int source = 0; source < from; ++source) {
    std::int64_t at = static_cast<std::int64_t>(source) * to;
    const std::int64_t end = at + to;
    while (at < end) {
      const std::int64_t target_end = static_cast<std::int64_t>(target + 1) * from;
      const std::int64_t stop = std::min(end, target_end);
      add(source, target, static_cast<float>(stop - at));
      at = stop;
      if (stop == target_end) ++target;
    }
  }
}

}  // namespace

Size fit(Size from, int longest) {
  const int edge = std::max(from.width, from.height);
  if (edge <= longest) return from;
  const auto scaled = [&](int length) {
    const std::int64_t twice = 2 * static_cast<std::int64_t>(length) * longest + edge;
    return std::max(1, static_cast<int>(twice / (2 * static_cast<std::int64_t>(edge))));
  };
  return {scaled(from.width), scaled(from.height)};
}

Pixels shrink(Pixels from, int longest) {
  const Size size = fit({from.width, from.height}, longest);
  if (size.width == from.width && size.height == from.height) return from;
  Pixels out{size.width, size.height, {}};
  const auto row_length = static_cast<std::size_t>(size.width) * 3;
  out.rgb.resize(row_length * static_cast<std::size_t>(size.height));
  std::vector<float> row(row_length), sum(row_length);
  const float area = static_cast<float>(from.width) * static_cast<float>(from.height);
  int reduced = -1;  // the source row in `row`
  int writing = 0;
  const auto write = [&] {
    std::uint8_t* to = out.rgb.data() + static_cast<std::size_t>(writing) * row_length;
    for (std::size_t i = 0; i < row_length; ++i)
      to[i] = static_cast<std::uint8_t>(std::clamp(sum[i] / area + 0.5f, 0.0f, 255.0f));
    std::fill(sum.begin(), sum.end(), 0.0f);
  };
  overlaps(from.height, size.height, [&](int y, int target, float units) {
    if (target != writing) write();
    writing = target;
    if (y != reduced) {
      std::fill(row.begin(), row.end(), 0.0f);
      overlaps(from.width, size.width, [&](int x, int column, float share) {
        const std::uint8_t* pixel = from.at(x, y);
        float* to = row.data() + static_cast<std::size_t>(column) * 3;
        for (int c = 0; c < 3; ++c) to[c] += share * static_cast<float>(pixel[c]);
      });
      reduced = y;
    }
    for (std::size_t i = 0; i < row_length; ++i) sum[i] += units * row[i];
  });
  write();
  return out;
}

Pixels upright(Pixels from, int orientation) {
  if (orientation < 2 || orientation > 8) return from;
  const bool lies = orientation >= 5;
  const int width = lies ? from.height : from.width, height = lies ? from.width : from.height;
  Pixels out{width, height, {}};
  out.rgb.reserve(from.rgb.size());
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      // Where the pixel that belongs at (x, y) lies in the file (TIFF 6.0, tag 274).
      int column = lies ? y : x, line = lies ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        column = from.width - 1 - column;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        line = from.height - 1 - line;
      const std::uint8_t* pixel = from.at(column, line);
      out.rgb.insert(out.rgb.end(), pixel, pixel + 3);
    }
  }
  return out;
}

}  // namespace cactus::image
