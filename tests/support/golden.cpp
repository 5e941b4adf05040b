#include "tests/support/golden.h"

#include <cmath>
#include <cstring>

#include "engine/base/json.h"
#include "kernels/pack.h"
#include "tests/support/catch.h"

namespace cactus::test {
namespace {

template <class From, class To, class Fn>
void convert(const char* bytes, std::int64_t n, std::vector<To>& out, Fn fn) {
  out.reserve(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    From value;
    std::memcpy(&value, bytes + static_cast<std::size_t>(i) * sizeof(From), sizeof(From));
    out.push_back(fn(value));
  }
}

void read_values(Tensor& t, const std::string& type, const char* bytes, std::int64_t n) {
  const auto same = [](auto v) { return static_cast<std::int64_t>(v); };
  if (type == "F32") return convert<float>(bytes, n, t.values, [](float v) { return v; });
  if (type == "BF16") return convert<std::uint16_t>(bytes, n, t.values, kernels::bf16_to_f32);
  if (type == "F16") return convert<std::uint16_t>(bytes, n, t.values, kernels::f16_to_f32);
  if (type == "I64") return convert<std::int64_t>(bytes, n, t.ints, same);
  if (type == "I32") return convert<std::int32_t>(bytes, n, t.ints, same);
  if (type == "U8" || type == "BOOL") return convert<std::uint8_t>(bytes, n, t.ints, same);
  FAIL("unexpected type " << type);
}

}  // namespace

Tensors read_safetensors(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  std::uint64_t header = 0;
  REQUIRE(bytes.size() > 8);
  std::memcpy(&header, bytes.data(), 8);
  REQUIRE(header + 8 <= bytes.size());
  auto json = parse_json(std::string_view(bytes).substr(8, header), path.string());
  REQUIRE(json.ok());
  Tensors tensors;
  for (const auto& item : json->items()) {
    if (item.key() == "__metadata__") continue;
    Tensor& t = tensors[item.key()];
    t.shape = item.value()["shape"].get<std::vector<std::int64_t>>();
    std::int64_t n = 1;
    for (const std::int64_t size : t.shape) n *= size;
    const auto offset = item.value()["data_offsets"][0].get<std::uint64_t>();
    read_values(t, item.value()["dtype"].get<std::string>(), bytes.data() + 8 + header + offset, n);
  }
  return tensors;
}

double max_abs_difference(const float* a, const float* b, std::size_t n) {
  double worst = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double d = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(d <= worst)) worst = d;  // NaN counts
  }
  return worst;
}

double relative_rms(const float* a, const float* b, std::size_t n) {
  double difference = 0, reference = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    difference += d * d;
    reference += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return std::sqrt(difference / reference);
}

}  // namespace cactus::test
