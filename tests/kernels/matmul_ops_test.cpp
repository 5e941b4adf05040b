// matmul and set_gated as models call them: every type and layout, odd shapes, token blocks,
// threads; and the promise of table.h that an int8 product has the same bits everywhere.
#include "kernels/ops.h"
#include "kernels/pack.h"
#include "tests/kernels/support.h"

namespace cactus::kernels::test {
namespace {

struct Packed {
  Packed(Type type, Layout layout, std::int64_t rows, std::int64_t cols, Random& random)
      : values(random.floats(rows * cols, 0.05F)) {
    const std::int64_t step = layout == Layout::tiles ? kTileRows : 1;
    const std::int64_t stride = stride_bytes(type, layout, cols);
    std::byte* p = memory.reserve(matrix_bytes(type, layout, rows, cols));
    for (std::int64_t r = 0; r < rows; r += step)
      pack(type, layout, values.data() + r * cols, std::min(step, rows - r), cols, cols,
           p + r / step * stride);
    matrix = {p, type, layout, rows, cols};
    std::vector<float> row(static_cast<std::size_t>(cols));
    for (std::int64_t r = 0; r < rows; ++r) {
      unpack_row(matrix, r, row.data());
      std::copy(row.begin(), row.end(), values.begin() + r * cols);
    }
  }
  std::vector<float> values;  // what the packed weights mean
  Buffer<std::byte> memory;
  Matrix matrix;
};

// Value `c` of row t as the products see it.
double value(const Activations& x, std::int64_t t, std::int64_t c) {
  const auto g = static_cast<std::size_t>(t * x.groups() + c / kGroup);
  const auto at = static_cast<std::size_t>(t * x.padded() + c);
  return x.want_q8 ? static_cast<double>(x.scale.data()[g]) * x.q.data()[at]
                   : static_cast<double>(x.f.data()[at]);
}

void check_product(const Packed& w, const Activations& x, const float* y, std::int64_t ldy) {
  const std::int64_t cols = w.matrix.cols;
  Random random(99);
  for (int i = 0; i < 200; ++i) {
    const std::int64_t t = random.below(x.count), r = random.below(w.matrix.rows);
    double sum = 0, size = 0;
    for (std::int64_t c = 0; c < cols; ++c) {
      const double p =
          static_cast<double>(w.values[static_cast<std::size_t>(r * cols + c)]) * value(x, t, c);
      sum += p;
      size += std::fabs(p);
    }
    INFO("token " << t << ", row " << r);
    REQUIRE(close(static_cast<double>(y[t * ldy + r]), sum, 0, 4e-6 * size));
  }
}

struct Format {
  Type type;
  Layout layout;
  bool q8;  // activations
};
const Format kFormats[] = {{Type::q4, Layout::tiles, true},  {Type::q8, Layout::tiles, true},
                           {Type::q4, Layout::tiles, false}, {Type::q8, Layout::tiles, false},
                           {Type::q4, Layout::rows, false},  {Type::q8, Layout::rows, false},
                           {Type::f32, Layout::rows, false}, {Type::f16, Layout::rows, false},
                           {Type::bf16, Layout::rows, false}};

}  // namespace

TEST_CASE("matmul over every format, odd shapes, several products at once", "[kernels]") {
  Random random(41);
  for (const Format& f : kFormats) {
    const std::int64_t cols = 83;
    const Packed a(f.type, f.layout, 37, cols, random), b(f.type, f.layout, 64, cols, random);
    for (const std::int64_t count : {1, 2, 5, 9, 20}) {
      const std::vector<float> in = random.floats(count * cols);
      for_each_isa(
          [&](const Table&, const Table& t) {
            INFO("type " << static_cast<int>(f.type) << ", tokens " << count << ", " << t.name);
            Exec e(t, 2);
            Activations x;
            x.want_q8 = f.q8;
            x.want_f32 = !f.q8;
            set_rows(e, x, in.data(), count, cols, cols);
            Guarded<float> ya(count * 37), yb(count * 70);
            const Product products[] = {{&a.matrix, ya.data(), 37}, {&b.matrix, yb.data(), 70}};
            matmul(e, products, x);
            check_product(a, x, ya.data(), 37);
            check_product(b, x, yb.data(), 70);
            REQUIRE(ya.guard_intact());
            REQUIRE(yb.guard_intact());
          },
          true);
    }
  }
}

TEST_CASE("int8 products: same bits for any instruction set, batch and thread count", "[kernels]") {
  Random random(42);
  const std::int64_t rows = 70, count = 270;
  for (const Type type : {Type::q4, Type::q8}) {
    for (const std::int64_t cols : {96, 2240}) {  // less and more than one block of groups
      const Packed w(type, Layout::tiles, rows, cols, random);
      const std::vector<float> in = random.floats(count * cols);
      // Scalar, one thread; the last tokens one at a time.
      std::vector<float> want(static_cast<std::size_t>(count * rows));
      Activations all;
      {
        Exec e(table_of("scalar"), 1);
        set_rows(e, all, in.data(), count, cols, cols);
        const Product p = {&w.matrix, want.data(), rows};
        matmul(e, {&p, 1}, all);
        for (std::int64_t t = count - 3; t < count; ++t) {
          Activations one;
          std::vector<float> y(static_cast<std::size_t>(rows));
          set_rows(e, one, in.data() + t * cols, 1, cols, cols);
          const Product q = {&w.matrix, y.data(), rows};
          matmul(e, {&q, 1}, one);
          for (std::int64_t r = 0; r < rows; ++r)
            REQUIRE(y[static_cast<std::size_t>(r)] == want[static_cast<std::size_t>(t * rows + r)]);
        }
      }
      for_each_isa([&](const Table&, const Table& t) {
        for (const int threads : {1, 2, 3}) {
          Exec e(t, threads);
          for (const std::int64_t n :
               {std::int64_t{1}, std::int64_t{3}, std::int64_t{7}, std::int64_t{13}, count}) {
            Activations x;
            set_rows(e, x, in.data(), n, cols, cols);
            std::vector<float> y(static_cast<std::size_t>(n * rows));
            const Product p = {&w.matrix, y.data(), rows};
            matmul(e, {&p, 1}, x);
            std::int64_t different = 0;
            for (std::size_t i = 0; i < y.size(); ++i) different += y[i] != want[i];
            INFO(t.name << ", threads " << threads << ", tokens " << n);
            REQUIRE(different == 0);
          }
        }
      });
    }
  }
}

TEST_CASE("int8 products of one token over many rows: same bits as scalar", "[kernels]") {
  Random random(45);
  const std::int64_t rows = 1000, cols = 160;
  for (const Type type : {Type::q4, Type::q8}) {
    const Packed w(type, Layout::tiles, rows, cols, random);
    const std::vector<float> in = random.floats(cols);
    std::vector<float> want(static_cast<std::size_t>(rows));
    for_each_isa(
        [&](const Table&, const Table& t) {
          for (const int threads : {1, 2}) {
            Exec e(t, threads);
            Activations x;
            set_rows(e, x, in.data(), 1, cols, cols);
            Guarded<float> y(rows);
            const Product p = {&w.matrix, y.data(), rows};
            matmul(e, {&p, 1}, x);
            if (t.name == std::string_view("scalar")) std::copy_n(y.data(), rows, want.begin());
            for (std::int64_t r = 0; r < rows; ++r)
              REQUIRE(y[r] == want[static_cast<std::size_t>(r)]);
            REQUIRE(y.guard_intact());
          }
        },
        true);
  }
}

TEST_CASE("set_gated: quantised and float results of every format", "[kernels]") {
  Random random(43);
  for (const Format& f : kFormats) {
    const std::int64_t rows = 75, cols = 64;
    const Packed gate(f.type, f.layout, rows, cols, random),
        up(f.type, f.layout, rows, cols, random);
    for (const std::int64_t count : {1, 3, 9, 17}) {
      const std::vector<float> in = random.floats(count * cols, 4);
      for (const Gate act : {Gate::gelu_tanh, Gate::silu}) {
        for_each_isa(
            [&](const Table&, const Table& t) {
              Exec e(t, 2);
              Activations x, out;
              x.want_q8 = f.q8;
              x.want_f32 = !f.q8;
              out.want_f32 = true;
              set_rows(e, x, in.data(), count, cols, cols);
              set_gated(e, out, gate.matrix, up.matrix, x, act);
              REQUIRE(out.count == count);
              REQUIRE(out.cols == rows);
              Guarded<float> g(count * rows), u(count * rows);
              const Product products[] = {{&gate.matrix, g.data(), rows},
                                          {&up.matrix, u.data(), rows}};
              matmul(e, products, x);
              for (std::int64_t t0 = 0; t0 < count; ++t0) {
                for (std::int64_t c = 0; c < out.padded(); ++c) {
                  const auto at = static_cast<std::size_t>(t0 * out.padded() + c);
                  const auto group = static_cast<std::size_t>(t0 * out.groups() + c / kGroup);
                  if (c >= rows) {
                    REQUIRE(out.f.data()[at] == 0);
                    REQUIRE(out.q.data()[at] == 0);
                    continue;
                  }
                  const double a = static_cast<double>(g[t0 * rows + c]);
                  const double tanh = std::tanh(0.7978845608028654 * (a + 0.044715 * a * a * a));
                  const double activated =
                      act == Gate::silu ? a / (1 + std::exp(-a)) : 0.5 * a * (1 + tanh);
                  const double want = activated * static_cast<double>(u[t0 * rows + c]);
                  REQUIRE(close(static_cast<double>(out.f.data()[at]), want, 4e-6, 1e-6));
                  const double step = static_cast<double>(out.scale.data()[group]);
                  REQUIRE(std::fabs(step * out.q.data()[at] - want) <= 0.5001 * step + 1e-6);
                }
              }
            },
            true);
      }
    }
  }
}

TEST_CASE("load_row scales a row of any format", "[kernels]") {
  Random random(44);
  for (const Format& f : kFormats) {
    const Packed w(f.type, f.layout, 21, 50, random);
    Exec e(table_of(""), 1);
    Guarded<float> out(50);
    load_row(e, w.matrix, 17, 2.0F, out.data());
    for (std::int64_t c = 0; c < 50; ++c)
      REQUIRE(out[c] == 2.0F * w.values[static_cast<std::size_t>(17 * 50 + c)]);
    REQUIRE(out.guard_intact());
  }
}

}  // namespace cactus::kernels::test
