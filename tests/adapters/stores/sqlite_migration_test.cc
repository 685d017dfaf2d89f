// SPDX-License-Identifier: Apache-2.0
//
// A file of schema 1, as the mailwake that knew only that one wrote it, becomes one of the present schema and loses nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/oldest_schema.h"
#include "tests/adapters/stores/sql.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

using testing::HasSubstr;

class SqliteMigration : public testing::Test {
 protected:
  TempDir directory_;
  const std::string path_ = directory_.File("store.db");
};

TEST_F(SqliteMigration, AFileOfSchema1KeepsEverything) {
  RunSql(path_, kSchema1);
  std::unique_ptr<SqliteStore> store = OpenSqliteStore(path_).value();
  EXPECT_GE(store->opened().first_version, 5'000'000u);
  EXPECT_EQ(store->opened().suspect, 17u);
  const MailboxRecord ann = Load(*store, "ann").value();
  EXPECT_TRUE(ann.declared);
  EXPECT_EQ(ann.hierarchy, 31u);
  ASSERT_EQ(ann.folders.size(), 1u);
  EXPECT_EQ(ann.folders[0], (FolderRecord{.id = "inbox",
                                          .version = 32,
                                          .other = 30,
                                          .origin = "d",
                                          .host_version = 4,
                                          .declared = true,
                                          .name = "Inbox",
                                          .type = 2,
                                          .parent = "0"}));
  ASSERT_EQ(ann.devices.size(), 1u);
  EXPECT_EQ(ann.devices[0], (DeviceRecord{.id = "d",
                                          .last_seen = Time(std::chrono::milliseconds(1'700'000'000'000)),
                                          .hierarchy_cursor = 31,
                                          .heartbeat = std::chrono::seconds(900),
                                          .folders = {{{"inbox", ItemClass::kEmail}}},
                                          .cursors = {{"inbox", 30}}}));
  EXPECT_EQ(Find(store->accounts(), "ann").value()->verified, "v");
  EXPECT_TRUE(Changes(store->accounts(), 0).users.empty());
}

// 200 mailboxes with two devices each; the second has a cursor in each of three folders, the first in every second mailbox. Ids that are
// no text, and numbers of all lengths.
TEST_F(SqliteMigration, EveryCursorOfSchema1IsKept) {
  RunSql(path_, kSchema1);
  RunSql(path_, R"sql(
    WITH n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 199), d(device) AS (VALUES ('a'), ('b'))
    INSERT INTO devices SELECT 'm' || i, device, 7, NULL, NULL, NULL FROM n, d;
    WITH n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 199), d(device) AS (VALUES ('a'), ('b')),
      f(folder, number) AS (VALUES (CAST(x'00FF' AS TEXT), 1), ('inbox', 300), ('sent', 9223372036854775000))
    INSERT INTO cursors SELECT 'm' || i, device, folder, number + i FROM n, d, f WHERE device = 'b' OR i % 2 = 0;)sql");
  std::unique_ptr<SqliteStore> store = OpenSqliteStore(path_).value();
  for (Version i = 0; i < 200; ++i) {
    const MailboxRecord record = Load(*store, "m" + std::to_string(i)).value();
    ASSERT_EQ(record.devices.size(), 2u);
    const Reused<CursorRecord> all = {
        {std::string("\0\xff", 2), 1 + i}, {"inbox", 300 + i}, {"sent", Version{9'223'372'036'854'775'000u} + i}};
    EXPECT_EQ(record.devices[0].cursors, i % 2 == 0 ? all : Reused<CursorRecord>()) << i;
    EXPECT_EQ(record.devices[1].cursors, all) << i;
    EXPECT_EQ(record.devices[1].last_seen, Time(std::chrono::milliseconds(7)));
  }
  EXPECT_EQ(Load(*store, "ann").value().devices.at(0).cursors, (Reused<CursorRecord>{{"inbox", 30}}));
}

TEST_F(SqliteMigration, WhatTheNewSchemaAddsWorks) {
  RunSql(path_, kSchema1);
  std::unique_ptr<SqliteStore> store = OpenSqliteStore(path_).value();
  ASSERT_TRUE(Save(store->front_state(), {"activesync", "ann", "d"}, "state").ok());
  store.reset();
  store = OpenSqliteStore(path_).value();
  EXPECT_EQ(Load(store->front_state(), {"activesync", "ann", "d"}).value(), "state");
  store.reset();
  EXPECT_EQ(QuerySql(path_, "PRAGMA user_version"), "4");
}

TEST_F(SqliteMigration, AMigratedFileHasTheTablesOfANewOne) {
  RunSql(path_, kSchema1);
  OpenSqliteStore(path_).value().reset();
  const std::string fresh = directory_.File("fresh.db");
  OpenSqliteStore(fresh).value().reset();
  const char* columns =
      "SELECT group_concat(m.name || '.' || c.name || ' ' || c.type || c.\"notnull\" || c.pk) FROM"
      " (SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name) m, pragma_table_info(m.name) c";
  EXPECT_THAT(QuerySql(fresh, columns), HasSubstr("devices.cursors BLOB10"));
  EXPECT_EQ(QuerySql(path_, columns), QuerySql(fresh, columns));
}

TEST_F(SqliteMigration, WhoComesBesideMigratesOnlyAFileThatNobodyOwns) {
  RunSql(path_, kSchema1);
  EXPECT_TRUE(OpenSqliteStore(path_, {.own = false}).ok());
  EXPECT_EQ(QuerySql(path_, "PRAGMA user_version"), "4");

  std::unique_ptr<SqliteStore> owner = OpenSqliteStore(path_).value();
  RunSql(path_, "DROP TABLE front_state; PRAGMA user_version=1");  // as if the owner were the older mailwake
  EXPECT_EQ(OpenSqliteStore(path_, {.own = false}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(QuerySql(path_, "PRAGMA user_version"), "1");
}

TEST_F(SqliteMigration, AStepThatFailsLeavesTheOldSchema) {
  RunSql(path_, kSchema1);
  RunSql(path_, "CREATE TABLE front_state (mine TEXT)");  // in the way of the step
  EXPECT_FALSE(OpenSqliteStore(path_).ok());
  EXPECT_EQ(QuerySql(path_, "PRAGMA user_version"), "1");
  RunSql(path_, "DROP TABLE front_state");
  EXPECT_TRUE(OpenSqliteStore(path_).ok());
}

}  // namespace
}  // namespace mailwake
