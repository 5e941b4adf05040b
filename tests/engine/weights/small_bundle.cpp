#include "tests/engine/weights/small_bundle.h"

#include <stdexcept>

#include "engine/base/hash.h"
#include "engine/weights/bundle_writer.h"
#include "kernels/pack.h"

namespace cactus::test {
namespace {

using kernels::Layout;
using kernels::Type;

void check(const Status& status) {
  if (!status) throw std::runtime_error(status.error().what + ": " + status.error().why);
}

void add(BundleWriter& writer, const char* name, std::vector<std::int64_t> shape, Type type,
         Layout layout, const std::vector<float>& values, bool lookup = false) {
  TensorInfo info;
  info.name = name;
  info.shape = shape;
  info.type = type;
  info.layout = layout;
  info.lookup = lookup;
  const StoredShape s = *stored_shape(shape, name);
  std::vector<std::byte> bytes(
      static_cast<std::size_t>(kernels::matrix_bytes(type, layout, s.rows, s.cols)));
  const std::int64_t step = layout == Layout::tiles ? kernels::kTileRows : 1;
  for (std::int64_t r = 0; r < s.rows; r += step) {
    kernels::pack(type, layout, values.data() + r * s.cols, std::min(step, s.rows - r), s.cols,
                  s.cols, bytes.data() + r / step * kernels::stride_bytes(type, layout, s.cols));
  }
  check(writer.begin(info));
  check(writer.write(bytes));
  if (!writer.end()) throw std::runtime_error("end");
}

std::vector<float> ramp(std::size_t n) {
  std::vector<float> w(n);
  for (std::size_t i = 0; i < n; ++i)
    w[i] = static_cast<float>(static_cast<int>(i * 37 % 101) - 50);
  return w;
}

}  // namespace

void write_small_bundle(const std::filesystem::path& folder, const Json& source) {
  Result<BundleWriter> writer = BundleWriter::create(folder);
  if (!writer) throw std::runtime_error(writer.error().what);
  add(*writer, "m.q4", {20, 70}, Type::q4, Layout::tiles, ramp(1400));
  add(*writer, "m.rows", {5, 40}, Type::q8, Layout::rows, ramp(200), true);
  add(*writer, "v", {3}, Type::f32, Layout::rows, {1, 2, 3});
  add(*writer, "s", {}, Type::f32, Layout::rows, {7});
  add(*writer, "conv", {2, 3, 4}, Type::f16, Layout::rows, ramp(24));
  check(writer->add_file("tokenizer.json", "{\"t\": 1}"));
  Manifest m;
  m.family = "gemma4";
  m.licence = "gemma";
  m.config = {{"hidden_size", 4}, {"eps", 1e-6}};
  m.source = source;
  check(writer->finish(std::move(m)));
}

std::string edit_manifest(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("no " + from + " in the manifest");
  text.replace(at, from.size(), to);
  const std::size_t tail = text.size() - 36;  // 32 digits, quote, newline, brace, newline
  text.replace(tail, 32, hash_of(std::string_view(text).substr(0, tail)));
  return text;
}

}  // namespace cactus::test
