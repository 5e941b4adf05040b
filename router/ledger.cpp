#include "router/ledger.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "engine/base/file.h"
#include "router/sqlite.h"

namespace cactus {
namespace {

constexpr int kVersion = 1;
constexpr int kTries = 2200;  // of 1 to 8 ms: 10 s at least

// `state` of a request: held, reported, assumed, nothing. Tokens and cost are the worst case while
// it is held and where it is assumed; cost (nano-dollars) is null when the price is not known.
constexpr char kSchema[] = R"sql(
CREATE TABLE request (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  turn INTEGER,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  state TEXT NOT NULL,
  pid INTEGER NOT NULL,
  process TEXT NOT NULL,
  input INTEGER NOT NULL,
  output INTEGER NOT NULL,
  cached INTEGER NOT NULL DEFAULT 0,
  cache_write INTEGER NOT NULL DEFAULT 0,
  cost INTEGER
);
CREATE INDEX request_at ON request (at);
CREATE INDEX request_held ON request (state) WHERE state = 'held';
CREATE TABLE turn (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  model TEXT NOT NULL,
  handed_off INTEGER NOT NULL,
  provider TEXT NOT NULL,
  provider_model TEXT NOT NULL,
  confidence REAL,
  confidence_source TEXT NOT NULL,
  threshold REAL,
  decision TEXT NOT NULL,
  failure TEXT NOT NULL,
  local_input INTEGER NOT NULL,
  local_output INTEGER NOT NULL,
  saved INTEGER
);
CREATE INDEX turn_at ON turn (at);
PRAGMA user_version = 1;
)sql";

std::int64_t system_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Waits for another process's turn. SQLite's own handler sleeps longer each time, so that under
// load those who came first would wait longest.
int wait_for_others(void*, int tries) {
  if (tries > kTries) return 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(1 + (getpid() + tries) % 8));
  return 1;
}

// The file and its folder, for this user only, before SQLite would make it with other rights.
Status prepare(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.parent_path();
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) {
    CACTUS_CHECK(make_folders(folder.parent_path()));
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
      return file_error("make the folder", folder, errno);
  }
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return file_error("open the ledger", path, errno);
  close(fd);
  return ok_status();
}

Status make_tables(sqlite3* handle, const std::filesystem::path& path) {
  const auto version = [&]() -> Result<std::int64_t> {
    sqlite::Statement query(handle, "PRAGMA user_version");
    CACTUS_CHECK(query.step());
    return query.integer(0);
  };
  CACTUS_TRY(seen, version());
  if (seen == kVersion) return ok_status();  // almost always, without waiting for writers
  CACTUS_TRY(transaction, sqlite::Transaction::begin(handle));
  CACTUS_TRY(found, version());
  if (found > kVersion)
    return make_error(ErrorKind::incompatible, "the ledger was written by a later cactus",
                      path.string() + " has version " + std::to_string(found) +
                          ", this program reads up to " + std::to_string(kVersion),
                      "use the later version, or move the file away");
  if (found == 0) CACTUS_CHECK(sqlite::execute(handle, kSchema));
  return transaction.commit();
}

}  // namespace

bool too_many_leave(const RecentShare& share) {
  constexpr std::int64_t kEnough = 20;
  return share.turns >= kEnough && 2 * share.handed_off > share.turns;
}

void Ledger::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

Ledger::Ledger(std::unique_ptr<sqlite3, Close> handle, std::filesystem::path path, Clock clock)
    : handle_(std::move(handle)), path_(std::move(path)), clock_(std::move(clock)) {}
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;

Result<Ledger> Ledger::open(const std::filesystem::path& path, Clock clock) {
  if (path.empty())
    return make_error(ErrorKind::usage, "there is no place for the ledger", "HOME is not set",
                      "CACTUS_STATE_DIR=FOLDER cactus …");
  CACTUS_CHECK(prepare(path));
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  std::unique_ptr<sqlite3, Close> handle(opened);
  if (code != SQLITE_OK) return sqlite::failure(opened, "the ledger cannot be opened");
  sqlite3_busy_handler(opened, wait_for_others, nullptr);
  // With the rollback journal, which works on network homes, too. A turn that was counted stays so.
  CACTUS_CHECK(sqlite::execute(opened, "PRAGMA synchronous = FULL"));
  CACTUS_CHECK(make_tables(opened, path));
  if (!clock) clock = system_clock_ms;
  return Ledger(std::move(handle), path, std::move(clock));
}

Result<std::int64_t> Ledger::record(const TurnRecord& turn) {
  CACTUS_TRY(transaction, sqlite::Transaction::begin(handle_.get()));
  CACTUS_CHECK(sqlite::Statement(
                   handle_.get(),
                   "INSERT INTO turn (at, model, handed_off, provider, provider_model, confidence,"
                   " confidence_source, threshold, decision, failure, local_input, local_output,"
                   " saved) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)")
                   .bind(turn.at_ms != 0 ? turn.at_ms : clock_())
                   .bind(turn.model)
                   .bind(std::int64_t{turn.handed_off})
                   .bind(turn.provider)
                   .bind(turn.provider_model)
                   .bind(turn.confidence)
                   .bind(turn.confidence_source)
                   .bind(turn.threshold)
                   .bind(turn.decision)
                   .bind(turn.failure)
                   .bind(turn.local_input)
                   .bind(turn.local_output)
                   .bind(turn.saved)
                   .run());
  const std::int64_t id = sqlite3_last_insert_rowid(handle_.get());
  for (const std::int64_t request : turn.requests)
    CACTUS_CHECK(sqlite::Statement(handle_.get(), "UPDATE request SET turn = ? WHERE id = ?")
                     .bind(id)
                     .bind(request)
                     .run());
  CACTUS_CHECK(transaction.commit());
  return id;
}

Result<RecentShare> Ledger::recent(std::int64_t turns) const {
  sqlite::Statement query(handle_.get(),
                          "SELECT count(*), total(handed_off) FROM"
                          " (SELECT handed_off FROM turn ORDER BY id DESC LIMIT ?)");
  query.bind(turns);
  CACTUS_CHECK(query.step());
  return RecentShare{query.integer(0), query.integer(1)};
}

}  // namespace cactus
