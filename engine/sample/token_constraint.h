// What narrows the choice of the next token.
#pragma once
#include <cstdint>
#include <span>

namespace cactus {

// One reply. Ids are the model's, ends of turns included.
class TokenConstraint {
 public:
  virtual ~TokenConstraint() = default;
  virtual bool allows(std::int32_t id) const = 0;
  // Bit i % 64 of word i / 64: id i may come next. Ids beyond the last word may not. Valid until
  // advance().
  virtual std::span<const std::uint64_t> allowed() = 0;
  virtual bool allows_all() const = 0;  // nothing is narrowed here: allowed() need not be asked
  virtual void advance(std::int32_t id) = 0;  // an id that was allowed
  virtual bool complete() const = 0;          // only the end of the turn may follow
};

}  // namespace cactus
