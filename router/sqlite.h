// SQLite's C interface as the ledger uses it: statements that finalise themselves, errors by value.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/result.h"
#include "router/money.h"

struct sqlite3;
struct sqlite3_stmt;

namespace cactus::sqlite {

// The error of the last call on `handle` that failed: resources (disk, permissions, locked for too
// long), incompatible when the file is damaged or no database.
Error failure(sqlite3* handle, std::string_view what);

Status execute(sqlite3* handle, const char* sql);

// One statement with its values. Bound by position from 1 in the order of the calls.
class Statement {
 public:
  Statement(sqlite3* handle, const char* sql);
  Statement(Statement&&) = default;

  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view value);
  Statement& bind_null();
  template <class T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }

  // True: a row is there. False: the end.
  Result<bool> step();
  // To the end, whatever rows come.
  Status run();

  std::int64_t integer(int column) const;  // 0 where it is null
  std::optional<std::int64_t> maybe_integer(int column) const;
  std::string text(int column) const;

 private:
  struct Finalise {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* handle_;
  std::unique_ptr<sqlite3_stmt, Finalise> statement_;
  int next_ = 1;
};

// BEGIN IMMEDIATE: no other process writes until commit(); rolled back when it is dropped.
class Transaction {
 public:
  static Result<Transaction> begin(sqlite3* handle);
  Transaction(Transaction&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_;
};

}  // namespace cactus::sqlite
