// SPDX-License-Identifier: Apache-2.0
//
// What stands in the rows: cursors packed into one value, classes, and values that mailwake cannot have written.

#include <gtest/gtest.h>

#include "adapters/stores/sqlite/packed_cursors.h"
#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/sql.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

using Cursors = std::vector<CursorRecord>;

std::optional<Cursors> Unpack(std::string_view packed) {
  Reused<CursorRecord> cursors;
  if (!UnpackCursors(packed, cursors)) return std::nullopt;
  return Cursors(cursors);
}

TEST(PackedCursors, ComeBackSortedAsTheyWereSet) {
  const std::string odd("\0\xff/\x80", 4), longest(300, 'x');
  const std::string packed =
      MergeCursors({}, Cursors{{longest, ~Version{0}}, {"b", 127}, {"a", 128}, {odd, Version{1} << 63}, {"", 1}}).value();
  EXPECT_EQ(Unpack(packed), (Cursors{{"", 1}, {odd, Version{1} << 63}, {"a", 128}, {"b", 127}, {longest, ~Version{0}}}));
  EXPECT_EQ(Unpack(""), Cursors());
  std::string appended;
  const Cursors sorted = Unpack(packed).value();
  for (const CursorRecord& cursor : sorted) AppendCursor(appended, cursor.folder, cursor.cursor);
  EXPECT_EQ(appended, packed);
}

TEST(PackedCursors, MergingSetsAndRemovesAndLeavesTheOthers) {
  const std::string packed = MergeCursors({}, Cursors{{"a", 1}, {"b", 2}, {"c", 3}}).value();
  EXPECT_EQ(Unpack(*MergeCursors(packed, Cursors{{"b", 1'000'000}})), (Cursors{{"a", 1}, {"b", 1'000'000}, {"c", 3}}));
  EXPECT_EQ(Unpack(*MergeCursors(packed, Cursors{{"d", 4}, {"a", 0}, {"none", 0}})), (Cursors{{"b", 2}, {"c", 3}, {"d", 4}}));
  EXPECT_EQ(Unpack(*MergeCursors(packed, Cursors{{"b", 5}, {"b", 0}, {"b", 6}})), (Cursors{{"a", 1}, {"b", 6}, {"c", 3}}));
  EXPECT_EQ(MergeCursors(packed, Cursors{}), packed);
}

TEST(PackedCursors, WhatIsCutShortOrTooLongIsNoneAndIsNotMerged) {
  const std::string packed = MergeCursors({}, Cursors{{"inbox", 300}}).value();
  for (std::size_t size = 1; size < packed.size(); ++size) {
    EXPECT_EQ(Unpack(packed.substr(0, size)), std::nullopt) << size;
    EXPECT_EQ(MergeCursors(packed.substr(0, size), Cursors{{"inbox", 1}}), std::nullopt) << size;
  }
  EXPECT_EQ(Unpack(std::string(11, '\xff')), std::nullopt) << "a number without an end";
  EXPECT_EQ(Unpack(std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10)), std::nullopt) << "an id longer than all there is";
}

class SqliteRows : public testing::Test {
 protected:
  void Change(const std::string& sql) {
    store_.reset();
    RunSql(path_, sql);
    store_ = OpenSqliteStore(path_).value();
  }

  TempDir directory_;
  const std::string path_ = directory_.File("store.db");
  std::unique_ptr<SqliteStore> store_ = OpenSqliteStore(path_).value();
};

TEST_F(SqliteRows, AFolderOfUnknownClassComesBack) {
  MailboxWrite write{.mailbox = "ann"};
  write.folders.push_back({.id = "f", .item_class = kUnknownClass, .version = 3});
  ASSERT_TRUE(Commit(*store_, {.mailboxes = {write}}).ok());
  EXPECT_EQ(Load(*store_, "ann").value().folders, std::vector<FolderRecord>(write.folders));
  EXPECT_TRUE(Commit(*store_, VersionBatch("ann", 4)).ok());
}

TEST_F(SqliteRows, AnImpossibleClassIsDataLoss) {
  ASSERT_TRUE(Commit(*store_, VersionBatch("ann", 1)).ok());
  Change("UPDATE folders SET class = 200");
  EXPECT_EQ(Load(*store_, "ann").status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SqliteRows, CursorsThatCannotBeReadAreDataLossAndAreNotOverwritten) {
  ASSERT_TRUE(Commit(*store_, VersionBatch("ann", 1)).ok());
  for (const bool load_first : {true, false}) {
    Change("UPDATE devices SET cursors = x'05'");
    // A load, or a write into that mailbox, comes upon it; from then on no other is written either.
    const absl::Status damage = load_first ? Load(*store_, "ann").status() : Commit(*store_, VersionBatch("ann", 2));
    EXPECT_EQ(damage.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(Commit(*store_, VersionBatch("bob", 2)).code(), absl::StatusCode::kDataLoss);
    store_.reset();
    EXPECT_EQ(QuerySql(path_, "SELECT hex(cursors) FROM devices"), "05");
    EXPECT_EQ(QuerySql(path_, "SELECT count(*) FROM devices"), "1");
  }
}

TEST_F(SqliteRows, AFolderThatIsErasedTakesTheCursorsOfAllDevicesAlong) {
  MailboxWrite write{.mailbox = "ann"};
  for (const char* device : {"d", "e"}) {
    write.devices.push_back({.record = {.id = device, .cursors = {{"f", 1}, {"g", 2}, {"h", 3}}}});
  }
  ASSERT_TRUE(Commit(*store_, {.mailboxes = {write}}).ok());
  MailboxWrite erase{.mailbox = "ann", .erased_folders = {"h", "f"}};
  erase.devices.push_back({.record = {.id = "e", .cursors = {{"f", 9}}}, .cursors_only = true});
  ASSERT_TRUE(Commit(*store_, {.mailboxes = {erase}}).ok());
  const MailboxRecord ann = Load(*store_, "ann").value();
  EXPECT_EQ(ann.devices.at(0).cursors, (Reused<CursorRecord>{{"g", 2}}));
  EXPECT_EQ(ann.devices.at(1).cursors, (Reused<CursorRecord>{{"f", 9}, {"g", 2}}));
}

}  // namespace
}  // namespace mailwake
