// Attention over the KV cache: blocks of queries against blocks of keys with an online softmax
// (Milakov and Gimelshein, arXiv:1805.02867; Dao et al., arXiv:2205.14135). One query at a long
// context is split along the positions instead, and the parts are merged in order.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/ops_internal.h"

namespace cactus::kernels {
namespace {

constexpr std::int64_t kQueryRows = 128;  // query rows (tokens × heads of a group) of a piece,
constexpr std::int64_t kMaxTokens =
    32;  // of at most so many tokens (they share what the last of them sees)
constexpr std::int64_t kKeyBlock = 128;   // positions whose scores exist at a time
constexpr std::int64_t kSplitTokens = 4;  // up to so many tokens are split along the positions
constexpr float kNone = -std::numeric_limits<float>::infinity();
static_assert(kKeyBlock <= kMaxKeys);

struct Problem {
  const KvView& cache;
  const AttentionShape& shape;
  const float* q;
  std::int64_t ldq;
  std::int64_t start;
  std::int64_t group;  // query heads that share a KV head
};

// First position that the query at p sees.
std::int64_t first_visible(const Problem& a, std::int64_t p) {
  return a.shape.window > 0 ? std::max<std::int64_t>(0, p - a.shape.window + 1) : 0;
}

// Positions are taken in blocks of slots, at most kKeyBlock and never across the end of the ring:
// where they end follows from the position alone, so that a row's result has the same bits
// whatever it is computed together with, in one pass or in parts.
std::int64_t block_end(const KvView& c, std::int64_t p) {
  const std::int64_t slot = p % c.slots;
  return p + std::min(kKeyBlock - slot % kKeyBlock, c.slots - slot);
}

// What attention over some positions leaves for each query row: o / sum is the result, and max the
// shift of the exponents in both.
struct Partial {
  float* o;    // [rows, head_dim]
  float* max;  // [rows]
  float* sum;  // [rows]
};
constexpr std::int64_t partial_size(std::int64_t rows, std::int64_t dim) {
  return rows * (dim + 2);
}
Partial partial_at(float* memory, std::int64_t rows, std::int64_t dim) {
  return {memory, memory + rows * dim, memory + rows * (dim + 1)};
}
void clear(const Partial& p, std::int64_t rows, std::int64_t dim) {
  std::fill(p.o, p.o + rows * dim, 0.0F);
  std::fill(p.max, p.max + rows, kNone);
  std::fill(p.sum, p.sum + rows, 0.0F);
}

// Queries of tokens [begin, end) and the heads of one KV head, in the form the cache's type wants.
void load_queries(const Exec& e, Exec::Scratch::Worker& s, const Problem& a, std::int64_t kv_head,
                  std::int64_t begin, std::int64_t end) {
  const std::int64_t dim = a.cache.head_dim;
  const std::int64_t rows = (end - begin) * a.group;
  float* query = s.query.reserve(rows * dim);
  std::int8_t* query8 = s.query8.reserve(rows * dim);
  float* query_scale = s.query_scale.reserve(rows);
  std::int32_t* query_sum = s.query_sum.reserve(rows);
  for (std::int64_t i = 0; i < rows; ++i) {
    const float* q = a.q + (begin + i / a.group) * a.ldq + (kv_head * a.group + i % a.group) * dim;
    if (a.cache.type == Type::q8) {
      query_scale[i] =
          a.shape.scale * e.table.quantize_head(q, dim, query8 + i * dim, query_sum + i);
    } else {
      e.table.scale_mul(q, a.shape.scale, nullptr, dim, query + i * dim);
    }
  }
}

KvRows rows_at(const KvView& c, const void* data, const float* scale, std::int64_t kv_head,
               std::int64_t slot, std::int64_t n) {
  const std::int64_t at = slot * c.kv_heads + kv_head;
  const std::int64_t size = c.type == Type::q8 ? 1 : c.type == Type::f16 ? 2 : 4;
  return {static_cast<const std::byte*>(data) + at * c.head_dim * size,
          c.type == Type::q8 ? scale + at : nullptr,
          n,
          c.head_dim,
          c.kv_heads * c.head_dim,
          c.kv_heads};
}

// Scores of the loaded queries against n keys from `slot` on.
void score(const Exec& e, Exec::Scratch::Worker& s, const Problem& a, std::int64_t kv_head,
           std::int64_t slot, std::int64_t n, std::int64_t rows, float* scores) {
  const KvRows k = rows_at(a.cache, a.cache.k, a.cache.k_scale, kv_head, slot, n);
  if (a.cache.type == Type::q8) {
    e.table.qk_q8(k, s.query8.data(), s.query_scale.data(), s.query_sum.data(), rows, scores,
                  kKeyBlock);
  } else {
    const auto f = a.cache.type == Type::f16 ? e.table.qk_f16 : e.table.qk_f32;
    f(k, s.query.data(), rows, scores, kKeyBlock);
  }
  if (a.shape.logit_cap > 0)
    e.table.soft_cap(scores, (rows - 1) * kKeyBlock + n, a.shape.logit_cap);
}

void accumulate(const Exec& e, const Problem& a, std::int64_t kv_head, std::int64_t slot,
                std::int64_t n, std::int64_t rows, const float* prob, const float* shrink,
                const float* gain, float* o) {
  const KvRows v = rows_at(a.cache, a.cache.v, a.cache.v_scale, kv_head, slot, n);
  const auto f = a.cache.type == Type::q8    ? e.table.pv_q8
                 : a.cache.type == Type::f16 ? e.table.pv_f16
                                             : e.table.pv_f32;
  f(v, prob, kKeyBlock, rows, shrink, gain, o, a.cache.head_dim);
}

// The queries of tokens [begin, end) against positions [from, to).
void attend(const Exec& e, Exec::Scratch::Worker& s, const Problem& a, std::int64_t kv_head,
            std::int64_t begin, std::int64_t end, std::int64_t from, std::int64_t to,
            const Partial& out) {
  const std::int64_t rows = (end - begin) * a.group;
  load_queries(e, s, a, kv_head, begin, end);
  clear(out, rows, a.cache.head_dim);
  float* scores = s.scores.reserve(rows * kKeyBlock);
  float* shrink = s.shrink.reserve(2 * rows);
  float* gain = shrink + rows;
  std::int32_t* low = s.visible.reserve(2 * rows);
  std::int32_t* high = low + rows;
  for (std::int64_t p = from; p < to;) {
    const std::int64_t slot = p % a.cache.slots;
    const std::int64_t n = std::min(block_end(a.cache, p), to) - p;
    score(e, s, a, kv_head, slot, n, rows, scores);
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::int64_t at = a.start + begin + i / a.group;
      const std::int64_t first = std::clamp<std::int64_t>(first_visible(a, at) - p, 0, n);
      low[i] = static_cast<std::int32_t>(first);
      high[i] = static_cast<std::int32_t>(std::clamp<std::int64_t>(at + 1 - p, first, n));
    }
    e.table.softmax(scores, kKeyBlock, rows, n, low, high, out.max, out.sum, shrink, gain);
    accumulate(e, a, kv_head, slot, n, rows, scores, shrink, gain, out.o);
    p += n;
  }
}

void attend_blocks(Exec& e, const Problem& a, std::int64_t count, float* out, std::int64_t ldo) {
  const std::int64_t dim = a.cache.head_dim;
  const std::int64_t tokens = std::clamp<std::int64_t>(kQueryRows / a.group, 1, kMaxTokens);
  const std::int64_t blocks = (count + tokens - 1) / tokens;
  e.pool.run(blocks * a.cache.kv_heads, 1, [&](std::int64_t unit, std::int64_t last, int worker) {
    Exec::Scratch::Worker& s = e.scratch->worker(worker);
    for (; unit < last; ++unit) {
      const std::int64_t kv_head = unit % a.cache.kv_heads;
      // Later queries see more: hand out the long ones first.
      const std::int64_t begin = (blocks - 1 - unit / a.cache.kv_heads) * tokens;
      const std::int64_t end = std::min(begin + tokens, count);
      const std::int64_t rows = (end - begin) * a.group;
      const Partial p = partial_at(s.tile[0].reserve(partial_size(rows, dim)), rows, dim);
      attend(e, s, a, kv_head, begin, end, first_visible(a, a.start + begin), a.start + end, p);
      for (std::int64_t i = 0; i < rows; ++i) {
        float* to = out + (begin + i / a.group) * ldo + (kv_head * a.group + i % a.group) * dim;
        e.table.scale_mul(p.o + i * dim, 1.0F / p.sum[i], nullptr, dim, to);
      }
    }
  });
}

// Merges the row of `part` into the row of `whole` as attend would have: the softmax of the part's
// maximum alone gives both factors.
void merge_row(const Exec& e, const Partial& whole, const Partial& part, std::int64_t row,
               std::int64_t dim) {
  const std::int32_t low = 0;
  const std::int32_t high = 1;
  float score = part.max[row];
  float unused = 0;
  float shrink = 0;
  float gain = 0;
  e.table.softmax(&score, 1, 1, 1, &low, &high, whole.max + row, &unused, &shrink, &gain);
  whole.sum[row] = whole.sum[row] * shrink + part.sum[row] * gain;
  e.table.merge(part.o + row * dim, gain, shrink, dim, whole.o + row * dim);
}

// One token, block by block on all threads.
void attend_split(Exec& e, const Problem& a, std::int64_t token, float* out) {
  const std::int64_t dim = a.cache.head_dim;
  const std::int64_t heads = a.cache.kv_heads;
  const std::int64_t end = a.start + token + 1;
  const std::int64_t low = first_visible(a, end - 1);
  // At most one block for kKeyBlock positions, and one more for each round of the ring.
  std::int64_t* from =
      e.scratch->blocks.reserve((end - low) / kKeyBlock + (end - low) / a.cache.slots + 4);
  std::int64_t blocks = 0;
  for (std::int64_t p = low; p < end; p = block_end(a.cache, p)) from[blocks++] = p;
  from[blocks] = end;

  const std::int64_t stride = partial_size(a.group, dim);
  float* memory = e.scratch->partial.reserve((blocks + 1) * heads * stride);
  const auto partial_of = [&](std::int64_t block, std::int64_t kv_head) {
    return partial_at(memory + (block * heads + kv_head) * stride, a.group, dim);
  };
  e.pool.run(blocks * heads, 1, [&](std::int64_t unit, std::int64_t last, int worker) {
    for (; unit < last; ++unit) {
      const std::int64_t block = unit / heads;
      attend(e, e.scratch->worker(worker), a, unit % heads, token, token + 1, from[block],
             from[block + 1], partial_of(block, unit % heads));
    }
  });
  for (std::int64_t h = 0; h < heads; ++h) clear(partial_of(blocks, h), a.group, dim);
  e.pool.run(a.shape.heads, 1, [&](std::int64_t h, std::int64_t last, int) {
    for (; h < last; ++h) {
      const std::int64_t row = h % a.group;
      const Partial whole = partial_of(blocks, h / a.group);
      for (std::int64_t k = 0; k < blocks; ++k)
        merge_row(e, whole, partial_of(k, h / a.group), row, dim);
      e.table.scale_mul(whole.o + row * dim, 1.0F / whole.sum[row], nullptr, dim, out + h * dim);
    }
  });
}

}  // namespace

void attention(Exec& e, const KvView& cache, const AttentionShape& shape, const float* q,
               std::int64_t ldq, std::int64_t start, std::int64_t count, float* out,
               std::int64_t ldo) {
  const Problem a = {cache, shape, q, ldq, start, shape.heads / cache.kv_heads};
  const std::int64_t visible = shape.window > 0 ? std::min(shape.window, start + 1) : start + 1;
  const bool idle_threads = cache.kv_heads < 2 * static_cast<std::int64_t>(e.pool.threads());
  if (count <= kSplitTokens && idle_threads && e.pool.threads() > 1 && visible >= 2 * kKeyBlock) {
    for (std::int64_t t = 0; t < count; ++t) attend_split(e, a, t, out + t * ldo);
    return;
  }
  attend_blocks(e, a, count, out, ldo);
}

void kv_store(Exec& e, const KvView& cache, const float* k, const float* v, std::int64_t start,
              std::int64_t count, std::int64_t ld) {
  const std::int64_t dim = cache.head_dim;
  const auto store = [&](void* data, float* scale, const float* x, std::int64_t at) {
    std::int32_t unused = 0;
    if (cache.type == Type::q8) {
      scale[at] =
          e.table.quantize_head(x, dim, static_cast<std::int8_t*>(data) + at * dim, &unused);
    } else if (cache.type == Type::f16) {
      e.table.f32_to_f16(x, dim, static_cast<std::uint16_t*>(data) + at * dim);
    } else {
      std::memcpy(static_cast<float*>(data) + at * dim, x,
                  static_cast<std::size_t>(dim) * sizeof(float));
    }
  };
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / (cache.kv_heads * dim));
  // Of more rows than slots only the last ones stay.
  const std::int64_t skipped = std::max<std::int64_t>(0, count - cache.slots);
  e.pool.run(count - skipped, grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t t = skipped + begin; t < skipped + end; ++t) {
      for (std::int64_t h = 0; h < cache.kv_heads; ++h) {
        const std::int64_t at = (start + t) % cache.slots * cache.kv_heads + h;
        store(cache.k, cache.k_scale, k + t * ld + h * dim, at);
        store(cache.v, cache.v_scale, v + t * ld + h * dim, at);
      }
    }
  });
}

}  // namespace cactus::kernels
