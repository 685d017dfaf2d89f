// SPDX-License-Identifier: Apache-2.0
//
// Connection: one open SQLite database, with errors as absl::Status.
//
// Threads:    one at a time.
// Invariants: (1) Write and Read leave no transaction open, whatever fails;
//             (2) until CheckpointOnClose was called, closing writes nothing into the file.
// Example:    connection->Write([&] { return statement.Run("ann"); });

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_CONNECTION_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_CONNECTION_H_

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

struct sqlite3;

namespace mailwake {

class Statement;

class Connection {
 public:
  enum class Access { kReadWrite, kRead };

  // Opens a database that is there already.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& path, Access access = Access::kReadWrite);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs one or several statements and drops their rows.
  absl::Status Execute(const char* sql);
  // The first column of the first row; 0 or empty if there is none.
  absl::StatusOr<std::int64_t> Number(const char* sql);
  absl::StatusOr<std::string> Text(const char* sql);

  // The statement of that constant, which is found by its address: prepared once, kept as long as the connection.
  Statement& Kept(const char* sql);

  // Runs `body` in a transaction that is durable when Write says OK, and rolled back when `body` or the commit fails.
  absl::Status Write(absl::FunctionRef<absl::Status()> body);
  // Runs `body` on one snapshot.
  absl::Status Read(absl::FunctionRef<absl::Status()> body);

  // From now on closing brings all commits into the main file, so that it can be copied alone.
  void CheckpointOnClose();
  void NoCheckpointOnClose();

  // What the last failed call means: ResourceExhausted, DataLoss, Unavailable, PermissionDenied, Internal.
  absl::Status Error() const;
  const std::string& path() const { return path_; }
  sqlite3* handle() { return db_; }

 private:
  Connection(sqlite3* db, std::string path);

  // What is written into a file that nobody will find again is not durable.
  absl::Status CheckStillThere();
  absl::Status Transaction(const char* begin, absl::FunctionRef<absl::Status()> body);

  sqlite3* const db_;
  const std::string path_;
  std::vector<std::pair<const char*, std::unique_ptr<Statement>>> kept_;
  bool checkpoint_on_close_ = false;
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_CONNECTION_H_
