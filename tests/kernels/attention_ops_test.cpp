// kv_store and attention as models call them, against softmax(q·k)·v in doubles over what the cache
// holds: types, windows, rings, grouped heads, soft caps, batches, split positions.
#include <algorithm>
#include <cstring>

#include "kernels/ops.h"
#include "kernels/pack.h"
#include "tests/kernels/support.h"

namespace cactus::kernels::test {
namespace {

struct Cache {
  Cache(Type type, std::int64_t slots, std::int64_t kv_heads, std::int64_t dim) {
    const std::int64_t n = slots * kv_heads * dim;
    view = {k.reserve(n * 4),
            v.reserve(n * 4),
            k_scale.reserve(slots * kv_heads),
            v_scale.reserve(slots * kv_heads),
            type,
            slots,
            kv_heads,
            dim};
  }
  double value(bool key, std::int64_t p, std::int64_t h, std::int64_t d) const {
    const std::int64_t at = p % view.slots * view.kv_heads + h;
    const std::byte* data = (key ? k : v).data();
    const std::int64_t i = at * view.head_dim + d;
    if (view.type == Type::q8)
      return static_cast<double>((key ? k_scale : v_scale).data()[at]) *
             reinterpret_cast<const std::int8_t*>(data)[i];
    if (view.type == Type::f16)
      return static_cast<double>(f16_to_f32(reinterpret_cast<const std::uint16_t*>(data)[i]));
    return static_cast<double>(reinterpret_cast<const float*>(data)[i]);
  }
  Buffer<std::byte> k, v;
  Buffer<float> k_scale, v_scale;
  KvView view;
};

struct Case {
  std::int64_t heads, kv_heads, dim, window, slots, start, count;
  float cap;
};
const Case kCases[] = {
    {1, 1, 16, 0, 8, 0, 1, 0},           // one token
    {4, 2, 32, 0, 64, 0, 40, 0},         // prefill from nothing
    {8, 1, 64, 0, 200, 70, 90, 0},       // prefill on top of a prefix
    {8, 1, 64, 24, 100, 70, 50, 0},      // window, ring that wraps
    {6, 3, 48, 5, 16, 300, 1, 0},        // tiny ring, decode
    {8, 1, 64, 0, 2048, 1900, 1, 0},     // decode over many positions (split)
    {8, 2, 32, 1500, 1600, 5000, 2, 0},  // the same in a ring
    {4, 4, 80, 0, 64, 10, 20, 25.0F},    // soft cap
    {8, 1, 256, 0, 80, 75, 5, 0},
};

}  // namespace

TEST_CASE("attention equals softmax over what the cache holds", "[kernels]") {
  for (const Case& c : kCases) {
    for (const Type type : {Type::q8, Type::f16, Type::f32}) {
      Random random(61);
      const std::int64_t row = c.kv_heads * c.dim, ldq = c.heads * c.dim + 4,
                         last = c.start + c.count;
      const std::vector<float> k = random.floats(last * row), v = random.floats(last * row),
                               q = random.floats(c.count * ldq);
      const AttentionShape shape = {c.heads, 1 / std::sqrt(static_cast<float>(c.dim)), c.window,
                                    c.cap};
      for_each_isa(
          [&](const Table&, const Table& t) {
            INFO(t.name << ", type " << static_cast<int>(type) << ", start " << c.start
                        << ", count " << c.count << ", window " << c.window);
            Exec e(t, 2);
            Cache cache(type, c.slots, c.kv_heads, c.dim);
            const std::int64_t first = std::max<std::int64_t>(0, last - c.slots);
            kv_store(e, cache.view, k.data() + first * row, v.data() + first * row, first,
                     last - first, row);
            Guarded<float> out(c.count * ldq);
            attention(e, cache.view, shape, q.data(), ldq, c.start, c.count, out.data(), ldq);
            for (std::int64_t i = 0; i < c.count; ++i) {
              const std::int64_t p = c.start + i;
              const std::int64_t low =
                  c.window > 0 ? std::max<std::int64_t>(0, p - c.window + 1) : 0;
              for (std::int64_t h = 0; h < c.heads; ++h) {
                const std::int64_t kv = h / (c.heads / c.kv_heads);
                std::vector<double> s;
                double max = -1e30, sum = 0;
                for (std::int64_t j = low; j <= p; ++j) {
                  double dot = 0;
                  for (std::int64_t d = 0; d < c.dim; ++d)
                    dot +=
                        static_cast<double>(q[static_cast<std::size_t>(i * ldq + h * c.dim + d)]) *
                        cache.value(true, j, kv, d);
                  dot *= static_cast<double>(shape.scale);
                  if (c.cap > 0)
                    dot = static_cast<double>(c.cap) * std::tanh(dot / static_cast<double>(c.cap));
                  s.push_back(dot);
                  max = std::max(max, dot);
                }
                for (double& x : s) sum += x = std::exp(x - max);
                for (std::int64_t d = 0; d < c.dim; ++d) {
                  double want = 0;
                  for (std::int64_t j = low; j <= p; ++j)
                    want +=
                        s[static_cast<std::size_t>(j - low)] / sum * cache.value(false, j, kv, d);
                  // Queries are int8 too when the cache is.
                  const double tolerance = type == Type::q8 ? 0.03 : 2e-5;
                  REQUIRE(std::fabs(static_cast<double>(out[i * ldq + h * c.dim + d]) - want) <
                          tolerance);
                }
              }
            }
            REQUIRE(out.guard_intact());
          },
          true);
    }
  }
}

TEST_CASE("attention has the same bits for any thread count", "[kernels]") {
  for (const Case& c : kCases) {
    Random random(62);
    const std::int64_t row = c.kv_heads * c.dim, ldq = c.heads * c.dim, last = c.start + c.count;
    const std::vector<float> k = random.floats(last * row), v = random.floats(last * row),
                             q = random.floats(c.count * ldq);
    const AttentionShape shape = {c.heads, 0.1F, c.window, c.cap};
    for_each_isa(
        [&](const Table&, const Table& t) {
          std::vector<float> want;
          for (const int threads : {1, 2, 3}) {
            Exec e(t, threads);
            Cache cache(Type::q8, c.slots, c.kv_heads, c.dim);
            const std::int64_t first = std::max<std::int64_t>(0, last - c.slots);
            kv_store(e, cache.view, k.data() + first * row, v.data() + first * row, first,
                     last - first, row);
            std::vector<float> out(static_cast<std::size_t>(c.count * ldq));
            attention(e, cache.view, shape, q.data(), ldq, c.start, c.count, out.data(), ldq);
            if (want.empty()) want = out;
            REQUIRE(out == want);
          }
        },
        true);
  }
}

// What a token sees does not depend on the tokens it comes with: one pass, chunks and decode, split
// over threads or not, leave the same bits.
TEST_CASE("attention has the same bits in chunks of any size", "[kernels]") {
  struct Sequence {
    std::int64_t heads, kv_heads, dim, window, slots, count;
  };
  for (const Sequence& c : {Sequence{4, 1, 32, 0, 400, 300}, Sequence{4, 2, 16, 270, 400, 450},
                            Sequence{3, 3, 16, 20, 170, 330}}) {
    for (const Type type : {Type::q8, Type::f16, Type::f32}) {
      Random random(63);
      const std::int64_t row = c.kv_heads * c.dim, ldq = c.heads * c.dim;
      const std::vector<float> k = random.floats(c.count * row), v = random.floats(c.count * row),
                               q = random.floats(c.count * ldq);
      const AttentionShape shape = {c.heads, 0.2F, c.window, 0};
      for_each_isa(
          [&](const Table&, const Table& t) {
            std::vector<float> want;
            for (const std::int64_t chunk : {10, 3, 64, 130}) {
              INFO(t.name << ", type " << static_cast<int>(type) << ", chunks of " << chunk);
              if (c.window > 0 && c.window + chunk > c.slots + 1) continue;
              Exec e(t, chunk % 2 == 0 ? 1 : 2);
              Cache cache(type, c.slots, c.kv_heads, c.dim);
              std::vector<float> out(static_cast<std::size_t>(c.count * ldq));
              for (std::int64_t start = 0; start < c.count; start += chunk) {
                const std::int64_t n = std::min(chunk, c.count - start);
                kv_store(e, cache.view, k.data() + start * row, v.data() + start * row, start, n,
                         row);
                attention(e, cache.view, shape, q.data() + start * ldq, ldq, start, n,
                          out.data() + start * ldq, ldq);
              }
              if (want.empty()) want = out;
              REQUIRE(out == want);
            }
          },
          true);
    }
  }
}

// docs/kernels.md has the figures; the bounds are some 20% above them.
TEST_CASE("attention on int8 and f16 caches stays near that on floats", "[kernels]") {
  const std::int64_t dim = 256, heads = 4, count = 200;
  Random random(64);
  const std::vector<float> k = random.floats(count * dim), v = random.floats(count * dim),
                           q = random.floats(count * heads * dim);
  for (const float spread : {1.0F, 4.0F}) {  // standard deviation of the scores
    const AttentionShape shape = {heads, spread / std::sqrt(static_cast<float>(dim)), 0, 0};
    for_each_isa(
        [&](const Table&, const Table& t) {
          const auto run = [&](Type type) {
            Exec e(t, 1);
            Cache cache(type, count, 1, dim);
            kv_store(e, cache.view, k.data(), v.data(), 0, count, dim);
            std::vector<float> out(q.size());
            attention(e, cache.view, shape, q.data(), heads * dim, 0, count, out.data(),
                      heads * dim);
            return out;
          };
          const std::vector<float> exact = run(Type::f32);
          const auto distance = [&](Type type) {
            const std::vector<float> out = run(type);
            double error = 0, size = 0;
            for (std::size_t i = 0; i < out.size(); ++i) {
              const double d = static_cast<double>(out[i]) - static_cast<double>(exact[i]);
              error += d * d;
              size += static_cast<double>(exact[i]) * static_cast<double>(exact[i]);
            }
            return std::sqrt(error / size);
          };
          INFO(t.name << ", scores of deviation " << spread);
          const double int8 = distance(Type::q8), f16 = distance(Type::f16);
          CAPTURE(int8, f16);
          CHECK(int8 < (spread < 2 ? 0.0125 : 0.023));
          CHECK(f16 < (spread < 2 ? 3.3e-4 : 5.2e-4));
        },
        true);
  }
}

}  // namespace cactus::kernels::test
