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

constexpr std::int64_t kQueryRows = 32;        // query rows (tokens × heads of a group) of a piece
constexpr std::int64_t kKeyBlock = 64;         // positions whose scores exist at a time
constexpr std::int64_t kSplitPositions = 512;  // positions of a piece when one query is split
constexpr float kNone = -std::numeric_limits<float>::infinity();

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

// Result of some positions for one query row: o / sum is the attention over them.
struct Row {
  float max = kNone;
  float sum = 0;
};

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
    for (std::int64_t i = 0; i < rows; ++i)
      e.table.soft_cap(scores + i * kKeyBlock, n, a.shape.logit_cap);
}

void accumulate(const Exec& e, const Problem& a, std::int64_t kv_head, std::int64_t slot,
                std::int64_t n, std::int64_t rows, const float* prob, float* o) {
  const KvRows v = rows_at(a.cache, a.cache.v, a.cache.v_scale, kv_head, slot, n);
  const auto f = a.cache.type == Type::q8    ? e.table.pv_q8
                 : a.cache.type == Type::f16 ? e.table.pv_f16
                                             : e.table.pv_f32;
  f(v, prob, kKeyBlock, rows, o, a.cache.head_dim);
}

// The queries of tokens [begin, end) against positions [from, to): o [rows, dim], state [rows].
void attend(const Exec& e, Exec::Scratch::Worker& s, const Problem& a, std::int64_t kv_head,
            std::int64_t begin, std::int64_t end, std::int64_t from, std::int64_t to, float* o,
            Row* state) {
  const std::int64_t dim = a.cache.head_dim;
  const std::int64_t rows = (end - begin) * a.group;
  load_queries(e, s, a, kv_head, begin, end);
  std::fill(o, o + rows * dim, 0.0F);
  std::fill(state, state + rows, Row{});
  float* scores = s.scores.reserve(rows * kKeyBlock);
  for (std::int64_t p = from; p < to;) {
    const std::int64_t slot = p % a.cache.slots;
    const std::int64_t aligned = (p / kKeyBlock + 1) * kKeyBlock;
    const std::int64_t n = std::min({aligned - p, to - p, a.cache.slots - slot});
    score(e, s, a, kv_head, slot, n, rows, scores);
    for (std::int64_t i = 0; i < rows; ++i) {
      float* row = scores + i * kKeyBlock;
      const std::int64_t at = a.start + begin + i / a.group;
      const std::int64_t low = std::clamp<std::int64_t>(first_visible(a, at) - p, 0, n);
      const std::int64_t high = std::clamp<std::int64_t>(at + 1 - p, low, n);
      std::fill(row, row + low, 0.0F);
      std::fill(row + high, row + n, 0.0F);
      if (low == high) continue;
      const float max = std::max(state[i].max, e.table.max(row + low, high - low));
      const float sum = e.table.exp_sum(row + low, high - low, max);
      if (max > state[i].max) {
        const float shrink = std::exp(state[i].max - max);
        e.table.scale_mul(o + i * dim, shrink, nullptr, dim, o + i * dim);
        state[i].sum *= shrink;
        state[i].max = max;
      }
      state[i].sum += sum;
    }
    accumulate(e, a, kv_head, slot, n, rows, scores, o);
    p += n;
  }
}

void attend_blocks(Exec& e, const Problem& a, std::int64_t count, float* out, std::int64_t ldo) {
  const std::int64_t dim = a.cache.head_dim;
  const std::int64_t tokens = std::max<std::int64_t>(1, kQueryRows / a.group);
  const std::int64_t blocks = (count + tokens - 1) / tokens;
  e.pool.run(blocks * a.cache.kv_heads, 1, [&](std::int64_t unit, std::int64_t last, int worker) {
    Exec::Scratch::Worker& s = e.scratch->worker(worker);
    for (; unit < last; ++unit) {
      const std::int64_t kv_head = unit % a.cache.kv_heads;
      // Later queries see more: hand out the long ones first.
      const std::int64_t begin = (blocks - 1 - unit / a.cache.kv_heads) * tokens;
      const std::int64_t end = std::min(begin + tokens, count);
      const std::int64_t rows = (end - begin) * a.group;
      float* o = s.tile[0].reserve(rows * dim);
      Row* state = reinterpret_cast<Row*>(s.tile[1].reserve(rows * 2));
      attend(e, s, a, kv_head, begin, end, first_visible(a, a.start + begin), a.start + end, o,
             state);
      for (std::int64_t i = 0; i < rows; ++i) {
        float* to = out + (begin + i / a.group) * ldo + (kv_head * a.group + i % a.group) * dim;
        e.table.scale_mul(o + i * dim, 1.0F / state[i].sum, nullptr, dim, to);
      }
    }
  });
}

// One token whose positions are split in parts of kSplitPositions.
void attend_split(Exec& e, const Problem& a, std::int64_t token, float* out) {
  const std::int64_t dim = a.cache.head_dim;
  const std::int64_t at = a.start + token;
  const std::int64_t first = first_visible(a, at) / kSplitPositions;
  const std::int64_t parts = at / kSplitPositions + 1 - first;
  const std::int64_t rows = a.group;
  const std::int64_t stride = rows * (dim + 2);
  float* partial = e.scratch->partial.reserve(parts * a.cache.kv_heads * stride);
  e.pool.run(parts * a.cache.kv_heads, 1, [&](std::int64_t unit, std::int64_t last, int worker) {
    for (; unit < last; ++unit) {
      const std::int64_t part = first + unit / a.cache.kv_heads;
      const std::int64_t from = std::max(part * kSplitPositions, first_visible(a, at));
      const std::int64_t to = std::min((part + 1) * kSplitPositions, at + 1);
      float* o = partial + unit * stride;
      attend(e, e.scratch->worker(worker), a, unit % a.cache.kv_heads, token, token + 1, from, to,
             o, reinterpret_cast<Row*>(o + rows * dim));
    }
  });
  for (std::int64_t h = 0; h < a.cache.kv_heads * a.group; ++h) {
    const std::int64_t kv_head = h / a.group;
    const auto part_o = [&](std::int64_t part) {
      return partial + (part * a.cache.kv_heads + kv_head) * stride;
    };
    const auto part_state = [&](std::int64_t part) {
      return reinterpret_cast<const Row*>(part_o(part) + rows * dim)[h % a.group];
    };
    float max = kNone;
    for (std::int64_t i = 0; i < parts; ++i) max = std::max(max, part_state(i).max);
    float sum = 0;
    for (std::int64_t i = 0; i < parts; ++i)
      sum += part_state(i).sum * std::exp(part_state(i).max - max);
    float* to = out + h * dim;
    std::fill(to, to + dim, 0.0F);
    for (std::int64_t i = 0; i < parts; ++i) {
      const float weight = std::exp(part_state(i).max - max) / sum;
      const KvRows v = {part_o(i) + h % a.group * dim, nullptr, 1, dim, dim, 1};
      e.table.pv_f32(v, &weight, 1, 1, to, dim);
    }
  }
}

}  // namespace

void attention(Exec& e, const KvView& cache, const AttentionShape& shape, const float* q,
               std::int64_t ldq, std::int64_t start, std::int64_t count, float* out,
               std::int64_t ldo) {
  const Problem a = {cache, shape, q, ldq, start, shape.heads / cache.kv_heads};
  const std::int64_t visible = shape.window > 0 ? std::min(shape.window, start + 1) : start + 1;
  if (count <= 4 && visible > kSplitPositions) {
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
  for (std::int64_t t = 0; t < count; ++t) {
    for (std::int64_t h = 0; h < cache.kv_heads; ++h) {
      const std::int64_t at = (start + t) % cache.slots * cache.kv_heads + h;
      store(cache.k, cache.k_scale, k + t * ld + h * dim, at);
      store(cache.v, cache.v_scale, v + t * ld + h * dim, at);
    }
  }
}

}  // namespace cactus::kernels
