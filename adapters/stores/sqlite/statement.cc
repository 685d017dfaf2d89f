// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/statement.h"

#include <sqlite3.h>

namespace mailwake {

bool Row::IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Row::Int(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Row::View(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);  // of a text its bytes; null if there are none
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Statement::~Statement() { sqlite3_finalize(statement_); }

absl::Status Statement::Prepare() {
  if (statement_ != nullptr) return absl::OkStatus();
  if (sqlite3_prepare_v3(connection_.handle(), sql_, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK) {
    return connection_.Error();
  }
  return absl::OkStatus();
}

absl::Status Statement::Step(RowFunction row) {
  while (true) {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_DONE) return absl::OkStatus();
    if (code != SQLITE_ROW) return connection_.Error();
    absl::Status status = row(Row(statement_));
    if (!status.ok()) return status;
  }
}

void Statement::Reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

// SQLITE_STATIC: the arguments outlive the step, and Reset lets go of them. The pointer is never null: that would bind NULL.
bool Statement::Bind(int index, std::string_view text) {
  const char* bytes = text.data() == nullptr ? "" : text.data();
  return sqlite3_bind_text64(statement_, index, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
}

bool Statement::Bind(int index, Blob blob) {
  const char* bytes = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  return sqlite3_bind_blob64(statement_, index, bytes, blob.bytes.size(), SQLITE_STATIC) == SQLITE_OK;
}

bool Statement::BindInt(int index, std::int64_t number) { return sqlite3_bind_int64(statement_, index, number) == SQLITE_OK; }

bool Statement::BindNull(int index) { return sqlite3_bind_null(statement_, index) == SQLITE_OK; }

}  // namespace mailwake
