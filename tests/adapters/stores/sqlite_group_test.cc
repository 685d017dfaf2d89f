// SPDX-License-Identifier: Apache-2.0
//
// Group commit: what waits shares one sync, and what fails takes nobody with it.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <set>

#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/fault_disk.h"
#include "tests/adapters/stores/sql.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

class SqliteGroup : public testing::Test {
 protected:
  // Keeps the thread that writes busy until the result is set, so that what is called meanwhile waits and makes one group.
  std::promise<void> Block() {
    std::promise<void> release;
    store_->CommitOwned({}, [released = release.get_future().share()](const auto&) { released.wait(); });
    return release;
  }

  const bool installed_ = (FaultDisk::Install(), true);  // before the store opens
  TempDir directory_;
  const std::string path_ = directory_.File("store.db");
  std::unique_ptr<SqliteStore> store_ = OpenSqliteStore(path_).value();
};

TEST_F(SqliteGroup, CommitsThatWaitShareASync) {
  ASSERT_TRUE(Commit(*store_, VersionBatch("m", 1)).ok());
  std::promise<void> release = Block();
  std::atomic<int> acknowledged = 0;
  for (Version version = 1; version <= 100; ++version) {
    store_->CommitOwned(VersionBatch("m" + std::to_string(version), version),
                        [&](const absl::Status& status) { acknowledged += status.ok(); });
  }
  const int before = FaultDisk::WalSyncs();
  release.set_value();
  EXPECT_TRUE(Load(*store_, "m100").ok());
  EXPECT_EQ(acknowledged, 100);
  // What blocks, and the first commits, may have been taken in one group: at most the rest is a second one.
  EXPECT_LE(FaultDisk::WalSyncs() - before, 2);
  EXPECT_GE(FaultDisk::WalSyncs() - before, 1);
}

TEST_F(SqliteGroup, WhatIsCalledUntilTheWriterIsWokenSharesASync) {
  store_.reset();
  std::vector<absl::AnyInvocable<void()>> wakes;
  store_ = OpenSqliteStore(path_, {.gather = [&](absl::AnyInvocable<void()> wake) { wakes.push_back(std::move(wake)); }}).value();
  std::promise<void> first, last;
  const int before = FaultDisk::WalSyncs();
  store_->CommitOwned(VersionBatch("m", 1), [&](const auto&) { first.set_value(); });
  store_->CommitOwned(VersionBatch("n", 2), [&](const auto&) { last.set_value(); });
  ASSERT_EQ(wakes.size(), 1u) << "one wake, however many calls";
  wakes[0]();
  last.get_future().wait();
  EXPECT_EQ(FaultDisk::WalSyncs() - before, 1);

  // What comes later is gathered anew, and the end does not wait for a wake that will not come.
  bool written = false;
  store_->CommitOwned(VersionBatch("m", 3), [&](const absl::Status& status) { written = status.ok(); });
  ASSERT_EQ(wakes.size(), 2u);
  store_.reset();
  EXPECT_TRUE(written);
  wakes[1]();  // too late, and harmless
}

// As where a server gives its store away from the very loop that owes the wake.
TEST_F(SqliteGroup, AReleaseFinishesWhatAReadsCallbackWritesThoughAWakeIsOwed) {
  store_.reset();
  std::vector<absl::AnyInvocable<void()>> owed;
  store_ = OpenSqliteStore(path_, {.gather = [&](absl::AnyInvocable<void()> wake) { owed.push_back(std::move(wake)); }}).value();
  bool written = false;
  store_->CommitOwned(VersionBatch("m", 1), [](const auto&) {});
  store_->Load("m",
               [&](const auto&) { store_->CommitOwned(VersionBatch("m", 2), [&](const absl::Status& status) { written = status.ok(); }); });
  store_->Release();
  EXPECT_TRUE(written);
}

TEST_F(SqliteGroup, ACommitThatFailsTakesNoOtherWithIt) {
  // ROLLBACK: the failing statement undoes the whole transaction, the neighbours' writes with it.
  for (const char* how : {"ABORT", "FAIL", "ROLLBACK"}) {
    store_.reset();
    RunSql(path_, std::string("DROP TRIGGER IF EXISTS poison; CREATE TRIGGER poison BEFORE INSERT ON devices WHEN NEW.mailbox LIKE 'bad%'"
                              " BEGIN SELECT RAISE(") +
                      how + ", 'poisoned'); END");
    store_ = OpenSqliteStore(path_).value();
    std::promise<void> release = Block();
    const std::set<int> bad = {3, 17, 18, 49};
    std::vector<absl::Status> results(50);
    for (int i = 0; i < 50; ++i) {
      WriteBatch batch = VersionBatch("good" + std::to_string(i), static_cast<Version>(i + 1));
      if (bad.contains(i)) batch.mailboxes.push_back(VersionBatch("bad", 1).mailboxes[0]);
      batch.mailboxes[0].mailbox += how;
      store_->CommitOwned(batch, [&results, i](absl::Status status) { results[i] = std::move(status); });
    }
    release.set_value();
    EXPECT_EQ(WholeVersion(*Load(*store_, "bad")), 0u);
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(results[i].ok(), !bad.contains(i)) << how << i << results[i];
      const Version want = bad.contains(i) ? 0 : static_cast<Version>(i + 1);
      EXPECT_EQ(WholeVersion(*Load(*store_, "good" + std::to_string(i) + how)), want) << how << i;
    }
  }
}

TEST_F(SqliteGroup, OrderIsKeptAroundACommitThatFails) {
  store_.reset();
  RunSql(path_, "CREATE TRIGGER poison BEFORE INSERT ON folders WHEN NEW.version = 13 BEGIN SELECT RAISE(ABORT, 'poisoned'); END");
  store_ = OpenSqliteStore(path_).value();
  std::promise<void> release = Block();
  std::vector<Version> answered;
  for (Version version = 1; version <= 40; ++version) {
    store_->CommitOwned(VersionBatch("ann", version), [&answered, version](const absl::Status&) { answered.push_back(version); });
  }
  release.set_value();
  EXPECT_EQ(WholeVersion(*Load(*store_, "ann")), 40u);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(answered.at(i), i + 1);
}

TEST_F(SqliteGroup, ClosingFinishesAlsoWhatCallbacksCallMeanwhile) {
  std::promise<void> release = Block();
  int acknowledged = 0;
  store_->CommitOwned(VersionBatch("ann", 1), [&, store = store_.get()](const absl::Status&) {
    store->CommitOwned(VersionBatch("ann", 2), [&, store](const absl::Status&) {
      store->front_state().Save({"f", "ann", "d"}, "x", [&](const absl::Status& status) { acknowledged += status.ok(); });
    });
  });
  release.set_value();
  store_.reset();
  EXPECT_EQ(acknowledged, 1);
  EXPECT_EQ(WholeVersion(*Load(*OpenSqliteStore(path_).value(), "ann")), 2u);
}

}  // namespace
}  // namespace mailwake
