// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/schema.h"

#include <absl/strings/str_cat.h>

#include <array>
#include <string>

#include "adapters/stores/sqlite/packed_cursors.h"
#include "adapters/stores/sqlite/statement.h"

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

// A device's cursors stand in its row: loading them is no scan of their own, and setting some is one write.
constexpr const char* kStep4 = "ALTER TABLE devices ADD COLUMN cursors BLOB NOT NULL DEFAULT x''";  // see packed_cursors.h

absl::Status MoveCursors(Connection& connection) {
  Statement find(connection, "SELECT mailbox, device, folder, cursor FROM cursors ORDER BY mailbox, device, folder");
  Statement set(connection, "UPDATE devices SET cursors = ?3 WHERE mailbox = ?1 AND device = ?2");
  std::string mailbox, device, packed;
  absl::Status status = find.ForEach([&](const Row& row) {
    absl::Status moved;
    if (row.View(0) != mailbox || row.View(1) != device) {
      moved = set.Run(mailbox, device, Blob{packed});  // the first time of nobody
      mailbox = row.View(0);
      device = row.View(1);
      packed.clear();
    }
    AppendCursor(packed, row.View(2), row.UInt(3));
    return moved;
  });
  if (status.ok()) status = set.Run(mailbox, device, Blob{packed});
  return status;
}

struct Step {
  const char* sql;
  absl::Status (*move)(Connection& connection) = nullptr;  // what SQL cannot say
  const char* clean = "";
};
constexpr std::array<Step, kSchemaVersion> kSteps = {{{kStep1}, {kStep2}, {kStep3}, {kStep4, MoveCursors, "DROP TABLE cursors"}}};

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
      const Step& take = kSteps[static_cast<std::size_t>(step)];
      absl::Status status = connection.Execute(take.sql);
      if (status.ok() && take.move != nullptr) status = take.move(connection);
      if (status.ok()) status = connection.Execute(take.clean);
      if (!status.ok()) return status;
    }
    return connection.Execute(absl::StrCat("PRAGMA user_version=", kSchemaVersion, "; PRAGMA application_id=", kApplicationId).c_str());
  });
}

}  // namespace mailwake
