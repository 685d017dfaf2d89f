// SPDX-License-Identifier: Apache-2.0
//
// The tables, and the steps that lead to them. A new schema is a new step at the end of the list in schema.cc; old steps never change.
//
// Threads:    as the connection.
// Example:    if (*SchemaVersion(connection) < kSchemaVersion) status = Migrate(connection);

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_SCHEMA_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_SCHEMA_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>

#include "adapters/stores/sqlite/connection.h"

namespace mailwake {

// In the header of every store file, where `file` and SQLite's PRAGMA application_id find it: "mwak".
inline constexpr std::int32_t kApplicationId = 0x6d77616b;
inline constexpr int kSchemaVersion = 4;

// FailedPrecondition: a newer mailwake wrote the file. DataLoss: no mailwake did.
absl::StatusOr<int> SchemaVersion(Connection& connection);

// Takes the missing steps, all or none.
absl::Status Migrate(Connection& connection);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_SCHEMA_H_
