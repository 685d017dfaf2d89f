// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/connection.h"

#include <absl/strings/str_cat.h>
#include <sqlite3.h>

#include "adapters/stores/sqlite/statement.h"

namespace mailwake {
namespace {

// How long to wait for a `mailwake user import` beside a server, or for the server beside it.
constexpr int kBusyTimeoutMs = 10'000;

absl::Status MakeStatus(int code, std::string_view path, std::string_view detail) {
  const std::string what = absl::StrCat(absl::string_view(path.data(), path.size()), ": ", absl::string_view(detail.data(), detail.size()));
  switch (code & 0xff) {
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(absl::StrCat(what, ": free some space; nothing of this write was kept"));
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(what);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(absl::StrCat(what,
                                              ": nothing is written to it any more; keep a copy, then restore a backup, or try: sqlite3 '",
                                              absl::string_view(path.data(), path.size()), "' .recover"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(absl::StrCat(what, ": another process has been writing to it for long; try again"));
    case SQLITE_IOERR:
      return absl::UnavailableError(absl::StrCat(what, ": the disk failed; see the kernel's log"));
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return absl::PermissionDeniedError(absl::StrCat(what, ": the file and its directory must be writable for this user"));
    default:
      return absl::InternalError(absl::StrCat(what, " (SQLite error ", code, ")"));
  }
}

}  // namespace

Connection::Connection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& path, Access access) {
  sqlite3* db = nullptr;
  const bool writes = access == Access::kReadWrite;
  const int flags = (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(db, path));
  if (code != SQLITE_OK) return MakeStatus(code, path, db == nullptr ? "no memory" : sqlite3_errmsg(db));
  if (writes && sqlite3_db_readonly(db, "main") == 1) return MakeStatus(SQLITE_READONLY, path, "it is read-only");
  connection->NoCheckpointOnClose();
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  // The file may come from anywhere: no functions out of its schema, and cells are checked as they are read.
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // synchronous: in WAL mode only FULL syncs at every commit (docs/decisions/sqlite.md). cache_size: 16 MB of pages.
  // journal_size_limit: gives the disk space of a storm back.
  absl::Status status = connection->Execute(
      "PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; PRAGMA journal_size_limit=67108864; PRAGMA cell_size_check=ON");
  if (!status.ok()) return status;
  return connection;
}

Connection::~Connection() {
  // What SQLite does when the last connection closes, also while another process has the file open. PASSIVE: it waits for nobody.
  if (checkpoint_on_close_) sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  kept_.clear();
  sqlite3_close_v2(db_);
}

absl::Status Connection::Execute(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return Error();
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> Connection::Number(const char* sql) {
  std::int64_t number = 0;
  absl::Status status = Statement(*this, sql).ForEach([&number](const Row& row) { return number = row.Int(0), absl::OkStatus(); });
  if (!status.ok()) return status;
  return number;
}

absl::StatusOr<std::string> Connection::Text(const char* sql) {
  std::string text;
  absl::Status status = Statement(*this, sql).ForEach([&text](const Row& row) { return text = row.Text(0), absl::OkStatus(); });
  if (!status.ok()) return status;
  return text;
}

// A handful: looking at each is faster than a hash.
Statement& Connection::Kept(const char* sql) {
  for (const auto& [of, statement] : kept_) {
    if (of == sql) return *statement;
  }
  return *kept_.emplace_back(sql, std::make_unique<Statement>(*this, sql)).second;
}

// IMMEDIATE: a transaction that began by reading could not wait for another writer.
absl::Status Connection::Write(absl::FunctionRef<absl::Status()> body) {
  absl::Status there = CheckStillThere();
  if (!there.ok()) return there;
  return Transaction("BEGIN IMMEDIATE", body);
}

absl::Status Connection::Read(absl::FunctionRef<absl::Status()> body) { return Transaction("BEGIN", body); }

absl::Status Connection::CheckStillThere() {
  int moved = 0;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved == 0) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(path_, " was moved, deleted or replaced while it was open: nothing more is written; restart mailwake"));
}

absl::Status Connection::Transaction(const char* begin, absl::FunctionRef<absl::Status()> body) {
  absl::Status status = Execute(begin);
  if (!status.ok()) return status;
  status = body();
  if (status.ok()) status = Execute("COMMIT");
  // Some errors (a full disk, a trigger) have rolled back already.
  if (sqlite3_get_autocommit(db_) == 0) Execute("ROLLBACK").IgnoreError();
  return status;
}

void Connection::CheckpointOnClose() {
  checkpoint_on_close_ = true;
  sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

void Connection::NoCheckpointOnClose() {
  checkpoint_on_close_ = false;
  sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

absl::Status Connection::Error() const { return MakeStatus(sqlite3_extended_errcode(db_), path_, sqlite3_errmsg(db_)); }

}  // namespace mailwake
