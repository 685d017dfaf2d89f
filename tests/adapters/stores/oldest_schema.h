// SPDX-License-Identifier: Apache-2.0
//
// A store's file of schema 1, as SQL.

#ifndef MAILWAKE_TESTS_ADAPTERS_STORES_OLDEST_SCHEMA_H_
#define MAILWAKE_TESTS_ADAPTERS_STORES_OLDEST_SCHEMA_H_

namespace mailwake {

// Frozen: a copy of what was written then, never of what schema.cc says now.
inline constexpr const char* kSchema1 = R"sql(
PRAGMA application_id=1836540267;
PRAGMA user_version=1;
CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), ceiling INTEGER NOT NULL, suspect INTEGER NOT NULL) STRICT;
INSERT INTO meta VALUES (1, 5000000, 17);
CREATE TABLE mailboxes (mailbox TEXT PRIMARY KEY, declared INTEGER NOT NULL, hierarchy INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO mailboxes VALUES ('ann', 1, 31);
CREATE TABLE folders (mailbox TEXT NOT NULL, folder TEXT NOT NULL, class INTEGER NOT NULL, version INTEGER NOT NULL, other INTEGER NOT NULL,
  origin TEXT NOT NULL, host_version INTEGER NOT NULL, declared INTEGER NOT NULL, name TEXT NOT NULL, type INTEGER NOT NULL,
  parent TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (mailbox, folder)) STRICT, WITHOUT ROWID;
INSERT INTO folders VALUES ('ann', 'inbox', 0, 32, 30, 'd', 4, 1, 'Inbox', 2, '0', 0);
CREATE TABLE devices (mailbox TEXT NOT NULL, device TEXT NOT NULL, last_seen INTEGER NOT NULL, hierarchy_cursor INTEGER, heartbeat INTEGER,
  folders BLOB, PRIMARY KEY (mailbox, device)) STRICT, WITHOUT ROWID;
INSERT INTO devices VALUES ('ann', 'd', 1700000000000, 31, 900, x'0005000000696e626f78');
CREATE TABLE cursors (mailbox TEXT NOT NULL, device TEXT NOT NULL, folder TEXT NOT NULL, cursor INTEGER NOT NULL,
  PRIMARY KEY (mailbox, device, folder)) STRICT, WITHOUT ROWID;
INSERT INTO cursors VALUES ('ann', 'd', 'inbox', 30);
CREATE TABLE accounts (user TEXT PRIMARY KEY, password TEXT NOT NULL, verified TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO accounts VALUES ('ann', '{X}1', 'v');
)sql";

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_STORES_OLDEST_SCHEMA_H_
