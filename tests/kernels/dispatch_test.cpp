// The choice of the instruction set: forced names, errors, and that the forced table is what runs.
#include "kernels/dispatch.h"

#include <cstring>

#include "kernels/limits.h"
#include "tests/support/catch.h"

namespace cactus::kernels::test {

TEST_CASE("the best instruction set is chosen, scalar is always there", "[kernels]") {
  const auto isas = available_isas();
  REQUIRE(!isas.empty());
  REQUIRE(isas.front() == "scalar");
  const Selection best = select_table("");
  REQUIRE(best.table != nullptr);
  REQUIRE(best.table->name == isas.back());
}

TEST_CASE("a forced instruction set is the one that runs", "[kernels]") {
  for (const std::string_view name : available_isas()) {
    const Selection s = select_table(name);
    REQUIRE(s.table != nullptr);
    REQUIRE(s.error.empty());
    REQUIRE(s.table->name == name);
  }
  // Not only the name differs: the products are other functions.
  if (available_isas().size() > 1)
    REQUIRE(select_table("").table->gemv_q4 != select_table("scalar").table->gemv_q4);
}

TEST_CASE("every table is complete", "[kernels]") {
  for (const std::string_view name : available_isas()) {
    const Table& t = *select_table(name).table;
    static_assert(sizeof(Table) % sizeof(void*) == 0);
    void* entries[sizeof(Table) / sizeof(void*)];
    std::memcpy(entries, &t, sizeof t);
    for (const void* entry : entries) REQUIRE(entry != nullptr);
  }
}

TEST_CASE("an unknown or missing instruction set is a clear error", "[kernels]") {
  const Selection unknown = select_table("sse9");
  REQUIRE(unknown.table == nullptr);
  REQUIRE(unknown.error.find("CACTUS_FORCE_ISA=sse9") != std::string::npos);
  REQUIRE(unknown.error.find("scalar") != std::string::npos);
  for (const std::string_view name : {"avx2", "avxvnni", "avx512vnni", "neon", "dotprod", "i8mm"}) {
    const Selection s = select_table(name);
    if (s.table != nullptr) continue;
    REQUIRE(s.error.find(name) != std::string::npos);
    REQUIRE(s.error.find("scalar") != std::string::npos);
  }
}

TEST_CASE("limits are measured on every instruction set, and read what they say", "[kernels]") {
  Buffer<std::byte> memory;
  const std::int64_t bytes = 3 << 20;
  std::byte* p = memory.reserve(bytes);
  for (const std::string_view name : available_isas()) {
    INFO("instruction set " << name);
    Exec e(*select_table(name).table, 2);
    REQUIRE(read_limit(e, p, bytes, 1) > 0);
    REQUIRE(int8_limit(e, 0.002, 1) > 0);
    // Every byte counts: one that differs changes the checksum of the pass.
    const std::uint64_t before = e.table.peak_read(p, 4096);
    for (const std::int64_t i : {0, 1023, 1024, 2500, 4095}) {
      p[i] = std::byte{1};
      REQUIRE(e.table.peak_read(p, 4096) != before);
      p[i] = std::byte{0};
    }
  }
}

}  // namespace cactus::kernels::test
