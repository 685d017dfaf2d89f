// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/schema.h"

#include <absl/strings/str_cat.h>

#include <array>

namespace mailwake {
namespace {

// WITHOUT ROWID and the mailbox first: all rows of a mailbox lie next to each other, and loading one is a few short scans.
constexpr const char* kStep1 = R"sql(
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  ceiling INTEGER NOT NULL,           -- versions below it may have been given out
  suspect INTEGER NOT NULL            -- every folder counts as changed at this version at least
) STRICT;
INSERT INTO meta VALUES (1, 0, 0);
CREATE TABLE mailboxes (
  mailbox TEXT PRIMARY KEY,
  declared INTEGER NOT NULL,
  hierarchy INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE folders (
  mailbox TEXT NOT NULL,
  folder TEXT NOT NULL,
  class INTEGER NOT NULL,
  version INTEGER NOT NULL,
  other INTEGER NOT NULL,
  origin TEXT NOT NULL,
  host_version INTEGER NOT NULL,
  declared INTEGER NOT NULL,
  name TEXT NOT NULL,
  type INTEGER NOT NULL,
  parent TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (mailbox, folder)
) STRICT, WITHOUT ROWID;
CREATE TABLE devices (
  mailbox TEXT NOT NULL,
  device TEXT NOT NULL,
  last_seen INTEGER NOT NULL,         -- milliseconds since 1970
  hierarchy_cursor INTEGER,
  heartbeat INTEGER,                  -- seconds
  folders BLOB,                       -- of the last accepted PING; see remembered_folders.h
  PRIMARY KEY (mailbox, device)
) STRICT, WITHOUT ROWID;
CREATE TABLE cursors (
  mailbox TEXT NOT NULL,
  device TEXT NOT NULL,
  folder TEXT NOT NULL,
  cursor INTEGER NOT NULL,
  PRIMARY KEY (mailbox, device, folder)
) STRICT, WITHOUT ROWID;
CREATE TABLE accounts (
  user TEXT PRIMARY KEY,
  password TEXT NOT NULL,             -- {SCHEME}value
  verified TEXT NOT NULL              -- keyed hash of the last verified password, or empty
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kStep2 = R"sql(
CREATE TABLE front_state (
  front TEXT NOT NULL,
  mailbox TEXT NOT NULL,
  device TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (front, mailbox, device)
) STRICT, WITHOUT ROWID;
)sql";

// A number for each time that accounts were changed: what is new since one. And a device is erased without a scan.
constexpr const char* kStep3 = R"sql(
ALTER TABLE meta ADD COLUMN account_changes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX accounts_by_change ON accounts (changed);
CREATE INDEX front_state_by_device ON front_state (mailbox, device);
)sql";

constexpr std::array<const char*, kSchemaVersion> kSteps = {kStep1, kStep2, kStep3};

}  // namespace

absl::StatusOr<int> SchemaVersion(Connection& connection) {
  absl::StatusOr<std::int64_t> application = connection.Number("PRAGMA application_id");
  if (!application.ok()) return application.status();
  absl::StatusOr<std::int64_t> version = connection.Number("PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*application != kApplicationId || *version < 1) {
    return absl::DataLossError(absl::StrCat(connection.path(), " is no mailwake store: choose another file; this one was left as it is"));
  }
  if (*version > kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat(connection.path(), " was written by a newer mailwake (schema ", *version,
                                                      "; this one knows up to ", kSchemaVersion,
                                                      "): upgrade mailwake, or choose another file"));
  }
  return static_cast<int>(*version);
}

absl::Status Migrate(Connection& connection) {
  return connection.Write([&connection]() -> absl::Status {
    absl::StatusOr<std::int64_t> version = connection.Number("PRAGMA user_version");
    if (!version.ok()) return version.status();
    for (int step = static_cast<int>(*version); step < kSchemaVersion; ++step) {
      absl::Status status = connection.Execute(kSteps[static_cast<std::size_t>(step)]);
      if (!status.ok()) return status;
    }
    return connection.Execute(absl::StrCat("PRAGMA user_version=", kSchemaVersion, "; PRAGMA application_id=", kApplicationId).c_str());
  });
}

}  // namespace mailwake
