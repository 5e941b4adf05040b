#include "router/sqlite.h"

#include <sqlite3.h>

namespace cactus::sqlite {

Error failure(sqlite3* handle, std::string_view what) {
  const int code = sqlite3_errcode(handle);
  const std::string why = sqlite3_errmsg(handle);
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
    return make_error(ErrorKind::incompatible, std::string(what) + ": the file is damaged", why,
                      "move the file away; a new one is begun");
  if (code == SQLITE_BUSY)
    return make_error(ErrorKind::resources, std::string(what) + ": another process holds it", why);
  return make_error(ErrorKind::resources, std::string(what), why);
}

Status execute(sqlite3* handle, const char* sql) {
  if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return failure(handle, "the ledger cannot be used");
  return ok_status();
}

void Statement::Finalise::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* handle, const char* sql) : handle_(handle) {
  sqlite3_stmt* made = nullptr;
  // A failure shows when it is stepped.
  sqlite3_prepare_v2(handle, sql, -1, &made, nullptr);
  statement_.reset(made);
}

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), next_++, value);
  return *this;
}
Statement& Statement::bind(double value) {
  sqlite3_bind_double(statement_.get(), next_++, value);
  return *this;
}
Statement& Statement::bind(std::string_view value) {
  sqlite3_bind_text(statement_.get(), next_++, value.data(), static_cast<int>(value.size()),
                    SQLITE_TRANSIENT);
  return *this;
}
Statement& Statement::bind_null() {
  sqlite3_bind_null(statement_.get(), next_++);
  return *this;
}

Result<bool> Statement::step() {
  if (!statement_) return failure(handle_, "the ledger cannot be used");
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return failure(handle_, "the ledger cannot be used");
  }
}

Status Statement::run() {
  for (;;) {
    CACTUS_TRY(row, step());
    if (!row) return ok_status();
  }
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
std::optional<std::int64_t> Statement::maybe_integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return {};
  return integer(column);
}
std::string Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_.get(), column);
  if (bytes == nullptr) return {};
  return std::string(reinterpret_cast<const char*>(bytes),
                     static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

Result<Transaction> Transaction::begin(sqlite3* handle) {
  CACTUS_CHECK(execute(handle, "BEGIN IMMEDIATE"));
  return Transaction(handle);
}

Transaction::~Transaction() {
  if (handle_ != nullptr) static_cast<void>(execute(handle_, "ROLLBACK").ok());
}

Status Transaction::commit() {
  CACTUS_CHECK(execute(handle_, "COMMIT"));
  handle_ = nullptr;
  return ok_status();
}

}  // namespace cactus::sqlite
