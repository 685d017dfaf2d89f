// SPDX-License-Identifier: Apache-2.0
//
// Statement: one SQL statement, prepared at its first use and kept.
//
// Threads:    as its connection, which it must not outlive.
// Cost:       the first use compiles the SQL; later ones bind and step.
// Invariants: after a call nothing is bound and no row is open, so arguments need only live for the call.
// Example:    Statement find(connection, "SELECT version FROM folders WHERE mailbox = ?");
//             find.ForEach([&](const Row& row) { return Take(row.UInt(0)); }, "ann");

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_STATEMENT_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_STATEMENT_H_

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/stores/sqlite/connection.h"

struct sqlite3_stmt;

namespace mailwake {

// Bytes that are no text.
struct Blob {
  std::string_view bytes;
};

// The row that a statement stands on. Valid during the call that hands it out.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}

  bool IsNull(int column) const;
  std::int64_t Int(int column) const;
  // SQLite's integers are signed: all 64 bits are kept, and read back as they were.
  std::uint64_t UInt(int column) const { return static_cast<std::uint64_t>(Int(column)); }
  std::string_view View(int column) const;  // of a blob too; until the next row
  std::string Text(int column) const { return std::string(View(column)); }

 private:
  sqlite3_stmt* const statement_;
};

class Statement {
 public:
  using RowFunction = absl::FunctionRef<absl::Status(const Row&)>;

  // `sql` must live as long as the statement.
  Statement(Connection& connection, const char* sql) : connection_(connection), sql_(sql) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Binds the arguments in order and calls `row` for each row, until it says an error.
  template <typename... Args>
  absl::Status ForEach(RowFunction row, const Args&... args) {
    absl::Status status = Prepare();
    if (!status.ok()) return status;
    int index = 0;
    const bool bound = (Bind(++index, args) && ...);
    status = bound ? Step(row) : connection_.Error();
    Reset();
    return status;
  }

  // The same for a statement whose rows, if any, do not matter.
  template <typename... Args>
  absl::Status Run(const Args&... args) {
    return ForEach([](const Row&) { return absl::OkStatus(); }, args...);
  }

 private:
  absl::Status Prepare();
  absl::Status Step(RowFunction row);
  void Reset();

  bool Bind(int index, std::string_view text);
  bool Bind(int index, Blob blob);
  bool BindInt(int index, std::int64_t number);
  bool BindNull(int index);

  bool Bind(int index, std::integral auto number) { return BindInt(index, static_cast<std::int64_t>(number)); }

  template <typename T>
  bool Bind(int index, const std::optional<T>& value) {
    return value ? Bind(index, *value) : BindNull(index);
  }

  Connection& connection_;
  const char* const sql_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_STATEMENT_H_
