// SPDX-License-Identifier: Apache-2.0
//
// Opening the file, in the order that keeps a wrong one untouched: look at its header, take the lock, connect, read the schema's version,
// check the pages; only then write.

#include "mailwake/adapters/sqlite_store.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/stores/sqlite/account_rows.h"
#include "adapters/stores/sqlite/connection.h"
#include "adapters/stores/sqlite/front_state_rows.h"
#include "adapters/stores/sqlite/mailbox_load.h"
#include "adapters/stores/sqlite/mailbox_rows.h"
#include "adapters/stores/sqlite/owner_lock.h"
#include "adapters/stores/sqlite/schema.h"
#include "adapters/stores/sqlite/store_file.h"
#include "adapters/stores/sqlite/store_threads.h"

namespace mailwake {
namespace {

constexpr std::size_t kMostReaders = 4;

class SqliteStoreImpl : public SqliteStore {
 public:
  SqliteStoreImpl(std::optional<OwnerLock> lock, std::unique_ptr<Connection> connection, std::vector<std::unique_ptr<Connection>> readers,
                  const OpenState& opened, SqliteOptions::Gather gather)
      : owns_(lock.has_value()),
        lock_(std::move(lock)),
        connection_(std::move(connection)),
        opened_(opened),
        threads_(*connection_, std::move(readers), std::move(gather)) {}

  OpenState opened() const override { return opened_; }

  void Load(std::string mailbox, LoadCallback done) override {
    auto record = std::make_shared<MailboxRecord>();
    threads_.Read(
        std::move(mailbox), [record](Connection& reader, const std::string& key) { return LoadMailbox(reader, key, *record); },
        [record, done = std::move(done)](const absl::Status& status) mutable {
          if (!status.ok()) return done(status);
          done(std::move(*record));
        });
  }

  void Commit(const WriteBatch& batch, DoneCallback done) override {
    if (!owns()) return done(NotOwner());
    threads_.Write([this, &batch] { return mailboxes_.Apply(batch); }, std::move(done));
  }

  void AgeOut(Time before, AgeOutCallback done) override {
    if (!owns()) return done(NotOwner());
    auto count = std::make_shared<std::size_t>();
    threads_.Write(
        [this, before, count]() -> absl::Status {
          absl::StatusOr<std::size_t> forgotten = mailboxes_.AgeOut(before);
          if (forgotten.ok()) *count = *forgotten;
          return forgotten.status();
        },
        [count, done = std::move(done)](const absl::Status& status) mutable {
          if (!status.ok()) return done(status);
          done(*count);
        });
  }

  // The connections stay until the end, without a lock and a transaction: nobody is in another's way.
  void Release() override {
    threads_.Stop();
    connection_->NoCheckpointOnClose();
    lock_.reset();
  }

  int ShareLock() const override { return lock_ ? lock_->Share() : -1; }

  AccountStore& accounts() override { return accounts_; }
  FrontState& front_state() override { return front_state_; }

 private:
  bool owns() const { return owns_; }
  absl::Status NotOwner() const {
    return absl::FailedPreconditionError(absl::StrCat(connection_->path(), " was opened beside its owner: only accounts can be written"));
  }

  const bool owns_;
  std::optional<OwnerLock> lock_;
  const std::unique_ptr<Connection> connection_;
  const OpenState opened_;
  MailboxRows mailboxes_{*connection_};  // of the thread that writes
  AccountRows accounts_{*connection_, threads_};
  FrontStateRows front_state_{*connection_, threads_};
  StoreThreads threads_;  // last: it goes first, and finishes what was called while all the rest is there
};

// Steps that change the file's shape need its ownership, be it for that moment only.
absl::Status AsOwner(const std::optional<OwnerLock>& lock, const std::string& path, absl::FunctionRef<absl::Status()> step) {
  if (lock) return step();
  absl::StatusOr<OwnerLock> borrowed = OwnerLock::Take(path);
  if (!borrowed.ok()) return borrowed.status();
  return step();
}

absl::Status CreateIfMissing(const std::string& path) {
  absl::StatusOr<bool> found = FindStoreFile(path);  // again: another process may have made it before we got the lock
  if (!found.ok() || *found) return found.status();
  return CreateStoreFile(path);
}

absl::Status CheckPages(Connection& connection) {
  absl::StatusOr<std::string> found = connection.Text("PRAGMA quick_check(1)");
  if (!found.ok()) return found.status();
  if (*found == "ok") return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(connection.path(), " is damaged (", *found,
                                          "): it was left as it is; keep a copy, then restore a backup, or try: sqlite3 '",
                                          connection.path(), "' .recover"));
}

// Everything that can refuse the file, before anything is written to it.
absl::StatusOr<std::unique_ptr<Connection>> Connect(const std::optional<OwnerLock>& lock, const std::string& path, bool checked) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(path);
  if (!connection.ok()) return connection;
  absl::StatusOr<int> version = SchemaVersion(**connection);
  if (!version.ok()) return version.status();
  if (!checked && (lock || *version < kSchemaVersion)) {
    absl::Status status = CheckPages(**connection);
    if (!status.ok()) return status;
  }
  absl::StatusOr<std::string> mode = (*connection)->Text("PRAGMA journal_mode=WAL");
  if (!mode.ok()) return mode.status();
  if (*mode != "wal") {
    return absl::FailedPreconditionError(absl::StrCat(path, " is on a file system that cannot share memory: choose a local disk"));
  }
  if (*version < kSchemaVersion) {
    absl::Status status = AsOwner(lock, path, [&connection] { return Migrate(**connection); });
    if (!status.ok()) return status;
  }
  return connection;
}

absl::StatusOr<OpenState> ReadOpenState(Connection& connection, bool own) {
  MailboxRows rows(connection);
  OpenState state;
  auto read = [&]() -> absl::Status {
    absl::StatusOr<OpenState> opened = rows.Open(/*reserve=*/own);
    if (opened.ok()) state = *opened;
    return opened.status();
  };
  absl::Status status = own ? connection.Write(read) : connection.Read(read);
  if (!status.ok()) return status;
  return state;
}

absl::StatusOr<std::vector<std::unique_ptr<Connection>>> OpenReaders(const std::string& path, const SqliteOptions& options) {
  std::size_t count = options.readers;
  if (count == 0) count = options.own ? std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostReaders) : 1;
  std::vector<std::unique_ptr<Connection>> readers;
  while (readers.size() < count) {
    absl::StatusOr<std::unique_ptr<Connection>> reader = Connection::Open(path, Connection::Access::kRead);
    if (!reader.ok()) return reader.status();
    readers.push_back(*std::move(reader));
  }
  return readers;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> OpenSqliteStore(const std::string& path, const SqliteOptions& options) {
  absl::StatusOr<std::string> file = StoreFilePath(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<bool> found = FindStoreFile(*file);
  if (!found.ok()) return found.status();
  std::optional<OwnerLock> lock;
  const bool given = options.lock >= 0;
  if (options.own) {
    absl::StatusOr<OwnerLock> taken = given ? OwnerLock::Adopt(*file, options.lock) : OwnerLock::Take(*file);
    if (!taken.ok()) return taken.status();
    lock.emplace(*std::move(taken));
  }
  if (!*found) {
    absl::Status status = AsOwner(lock, *file, [&file] { return CreateIfMissing(*file); });
    if (!status.ok()) return status;
  }
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connect(lock, *file, given);
  if (!connection.ok()) return connection.status();
  absl::StatusOr<OpenState> opened = ReadOpenState(**connection, options.own);
  if (!opened.ok()) return opened.status();
  absl::StatusOr<std::vector<std::unique_ptr<Connection>>> readers = OpenReaders(*file, options);
  if (!readers.ok()) return readers.status();
  (*connection)->CheckpointOnClose();
  return std::make_unique<SqliteStoreImpl>(std::move(lock), *std::move(connection), *std::move(readers), *opened, options.gather);
}

absl::Status CheckSqliteStore(const std::string& path) {
  absl::StatusOr<std::string> file = StoreFilePath(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<bool> found = FindStoreFile(*file);
  if (!found.ok() || !*found) return found.status();
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(*file);
  if (!connection.ok()) return connection.status();
  absl::StatusOr<int> version = SchemaVersion(**connection);
  if (!version.ok()) return version.status();
  return CheckPages(**connection);
}

}  // namespace mailwake
