// SPDX-License-Identifier: Apache-2.0
//
// One owner at a time, and others beside it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

using testing::HasSubstr;

class SqliteOwner : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<SqliteStore>> Open(bool own = true) { return OpenSqliteStore(path_, {.own = own}); }

  void ExpectOwnedBy(pid_t pid, const std::string& path) {
    absl::Status status = OpenSqliteStore(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("(pid " + std::to_string(pid) + ")"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("stop that one"));
  }

  TempDir directory_;
  const std::string path_ = directory_.File("store.db");
};

TEST_F(SqliteOwner, ASecondOwnerIsRefusedAndToldWhoHasTheFile) {
  auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  ExpectOwnedBy(getpid(), path_);
  EXPECT_TRUE(Commit(**store, VersionBatch("ann", 1)).ok());
  store->reset();
  EXPECT_TRUE(Open().ok());
}

TEST_F(SqliteOwner, AFileHasOneOwnerUnderAllItsNames) {
  auto store = Open();
  ASSERT_TRUE(store.ok());
  std::filesystem::create_symlink(path_, directory_.File("link.db"));
  std::filesystem::create_directory_symlink(directory_.path(), directory_.File("loop"));
  ExpectOwnedBy(getpid(), directory_.File("link.db"));
  ExpectOwnedBy(getpid(), directory_.File("loop/store.db"));
  ExpectOwnedBy(getpid(), std::filesystem::relative(path_));
}

TEST_F(SqliteOwner, AFileWithHardLinksIsRefused) {
  ASSERT_TRUE(Open().ok());
  const std::string other = directory_.File("other.db");
  std::filesystem::create_hard_link(path_, other);
  for (const std::string& name : {path_, other}) {
    for (const bool own : {true, false}) {
      const absl::Status status = OpenSqliteStore(name, {.own = own}).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr(name + " has 2 names"));
      EXPECT_THAT(std::string(status.message()), HasSubstr("hard link"));
    }
  }
  std::filesystem::remove(other);
  EXPECT_TRUE(Open().ok());
}

TEST_F(SqliteOwner, AnOwnerInAnotherProcessIsNamedAndItsDeathFreesTheFile) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto store = Open();
    if (!store.ok() || write(ready[1], "x", 1) != 1) _exit(1);
    pause();
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ExpectOwnedBy(child, path_);
  EXPECT_TRUE(Open(/*own=*/false).ok());
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(Open().ok());
  close(ready[0]);
  close(ready[1]);
}

TEST_F(SqliteOwner, BesideAnOwnerOneReadsAndDoesNotCommit) {
  auto store = Open();
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(Commit(**store, VersionBatch("ann", 3)).ok());
  auto beside = Open(/*own=*/false);
  ASSERT_TRUE(beside.ok()) << beside.status();
  EXPECT_EQ(WholeVersion(*Load(**beside, "ann")), 3u);
  EXPECT_EQ(Commit(**beside, VersionBatch("ann", 4)).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(AgeOut(**beside, Time::max()).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Commit(**store, VersionBatch("ann", 5)).ok());
  EXPECT_EQ(WholeVersion(*Load(**beside, "ann")), 5u) << "a commit of the owner is seen at once";
}

// As when a server hands its store over to the next one, and answers its last devices meanwhile.
TEST_F(SqliteOwner, AReleasedStoreHasDoneWhatWasCalledAndTakesNothingMore) {
  auto store = Open();
  ASSERT_TRUE(store.ok());
  absl::Status called = absl::UnknownError("not answered");
  (*store)->CommitOwned(VersionBatch("ann", 3), [&](absl::Status status) { called = std::move(status); });
  (*store)->Release();
  EXPECT_TRUE(called.ok()) << called;
  auto next = Open();
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(WholeVersion(*Load(**next, "ann")), 3u);
  EXPECT_EQ(Commit(**store, VersionBatch("ann", 4)).code(), absl::StatusCode::kUnavailable) << "it may be tried again";
  EXPECT_EQ(Load(**store, "ann").status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(Commit(**next, VersionBatch("ann", 5)).ok());
  store->reset();
  ASSERT_TRUE(Commit(**next, VersionBatch("ann", 6)).ok());
  EXPECT_EQ(WholeVersion(*Load(**next, "ann")), 6u);
  ExpectOwnedBy(getpid(), path_);
}

TEST_F(SqliteOwner, TheOwnershipIsGivenToAnotherAndIsNeverFreeMeanwhile) {
  auto store = Open();
  ASSERT_TRUE(store.ok());
  const int lock = (*store)->ShareLock();
  ASSERT_GE(lock, 0);
  (*store)->Release();
  EXPECT_EQ((*store)->ShareLock(), -1);
  ExpectOwnedBy(getpid(), path_);
  auto next = OpenSqliteStore(path_, {.lock = lock});
  ASSERT_TRUE(next.ok()) << next.status();
  ASSERT_TRUE(Commit(**next, VersionBatch("ann", 4)).ok());
  store->reset();
  ExpectOwnedBy(getpid(), path_);
  next->reset();
  EXPECT_TRUE(Open().ok());
}

TEST_F(SqliteOwner, TheOwnershipOfAnotherFileIsRefused) {
  auto other = OpenSqliteStore(directory_.File("other.db"));
  ASSERT_TRUE(other.ok() && Open().ok());
  const absl::Status status = OpenSqliteStore(path_, {.lock = (*other)->ShareLock()}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
}

TEST_F(SqliteOwner, AFileIsCheckedBesideItsOwner) {
  EXPECT_TRUE(CheckSqliteStore(path_).ok()) << "there is none yet";
  EXPECT_FALSE(std::filesystem::exists(path_));
  auto store = Open();
  ASSERT_TRUE(store.ok());
  EXPECT_TRUE(CheckSqliteStore(path_).ok());
  ASSERT_TRUE(Commit(**store, VersionBatch("ann", 3)).ok());
  store->reset();
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path_)) / 2);
  file << std::string(4096, 'x');
  file.close();
  EXPECT_EQ(CheckSqliteStore(path_).code(), absl::StatusCode::kDataLoss) << CheckSqliteStore(path_);
}

TEST_F(SqliteOwner, BesideAnOwnerNoVersionsAreReserved) {
  Version ceiling = Open().value()->opened().ceiling;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Open(/*own=*/false).value()->opened().ceiling, ceiling);
  EXPECT_EQ(Open().value()->opened().first_version, ceiling);
}

TEST_F(SqliteOwner, AccountsCanBeAddedBeforeTheFirstServerRuns) {
  ASSERT_TRUE(Put(Open(/*own=*/false).value()->accounts(), {{.user = "ann", .password = "{X}1"}}).ok());
  auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->opened().first_version, 1u);
  EXPECT_TRUE(Find((*store)->accounts(), "ann").value().has_value());
}

TEST_F(SqliteOwner, WhoComesBesideLeavesTheOwnersLogAlone) {
  auto store = Open();
  ASSERT_TRUE(store.ok());
  for (Version version = 1; version <= 20; ++version) {
    ASSERT_TRUE(Commit(**store, VersionBatch("ann", version)).ok());
    auto beside = Open(/*own=*/false);
    ASSERT_TRUE(beside.ok());
    EXPECT_EQ(WholeVersion(*Load(**beside, "ann")), version);
  }
  store->reset();
  EXPECT_EQ(WholeVersion(*Load(**Open(), "ann")), 20u);
}

}  // namespace
}  // namespace mailwake
