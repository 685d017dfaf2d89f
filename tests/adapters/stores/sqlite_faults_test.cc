// SPDX-License-Identifier: Apache-2.0
//
// A disk that is full, fails, or hands out damaged pages.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/fault_disk.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

using testing::HasSubstr;

class SqliteFaults : public testing::Test {
 protected:
  SqliteFaults() { FaultDisk::Install(); }
  ~SqliteFaults() override { FaultDisk::FailWrites(0); }

  TempDir directory_;
  const std::string path_ = directory_.File("store.db");
};

TEST_F(SqliteFaults, AFullDiskIsResourceExhaustedAndPasses) {
  std::unique_ptr<SqliteStore> store = OpenSqliteStore(path_).value();
  ASSERT_TRUE(Commit(*store, VersionBatch("ann", 1)).ok());
  FaultDisk::FailWrites(SQLITE_FULL);
  const absl::Status full = Commit(*store, VersionBatch("ann", 2));
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted) << full;
  EXPECT_THAT(std::string(full.message()), HasSubstr("free some space"));
  EXPECT_EQ(Put(store->accounts(), {{.user = "ann"}}).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Save(store->front_state(), {"f", "ann", "d"}, "x").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(WholeVersion(*Load(*store, "ann")), 1u) << "loads go on";
  FaultDisk::FailWrites(0);
  EXPECT_TRUE(Commit(*store, VersionBatch("ann", 3)).ok());
  EXPECT_EQ(WholeVersion(*Load(*store, "ann")), 3u);
}

TEST_F(SqliteFaults, AFailingDiskIsUnavailableAndPasses) {
  std::unique_ptr<SqliteStore> store = OpenSqliteStore(path_).value();
  for (int code : {SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC}) {
    FaultDisk::FailWrites(code);
    EXPECT_EQ(Commit(*store, VersionBatch("ann", 2)).code(), absl::StatusCode::kUnavailable);
    FaultDisk::FailWrites(0);
    EXPECT_TRUE(Commit(*store, VersionBatch("ann", 3)).ok());
  }
  store.reset();
  EXPECT_EQ(WholeVersion(*Load(*OpenSqliteStore(path_).value(), "ann")), 3u);
}

TEST_F(SqliteFaults, AFileThatIsTakenAwayWhileItIsOpenAcknowledgesNothing) {
  std::unique_ptr<SqliteStore> store = OpenSqliteStore(path_).value();
  ASSERT_TRUE(Commit(*store, VersionBatch("ann", 1)).ok());
  std::filesystem::rename(path_, directory_.File("elsewhere.db"));
  const absl::Status gone = Commit(*store, VersionBatch("ann", 2));
  EXPECT_EQ(gone.code(), absl::StatusCode::kDataLoss) << gone;
  EXPECT_THAT(std::string(gone.message()), HasSubstr("moved, deleted or replaced"));
}

TEST_F(SqliteFaults, OpeningOnAFullDiskSaysSoAndLeavesNoHalfMadeFile) {
  FaultDisk::FailWrites(SQLITE_FULL);
  EXPECT_EQ(OpenSqliteStore(path_).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(std::filesystem::exists(path_));
  FaultDisk::FailWrites(0);
  OpenSqliteStore(path_).value().reset();
  FaultDisk::FailWrites(SQLITE_FULL);
  EXPECT_EQ(OpenSqliteStore(path_).status().code(), absl::StatusCode::kResourceExhausted) << "no versions without a durable ceiling";
}

// Fail on the n-th write or sync, for every n: creating, committing and closing included.
TEST_F(SqliteFaults, WhicheverWriteFailsNothingAcknowledgedIsLostAndNoHalfIsKept) {
  for (int code : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
    for (int n = 1;; ++n) {
      const std::string path = directory_.File(std::to_string(code) + "-" + std::to_string(n) + ".db");
      DiskFaults::Here().Arm({.calls = kDiskWrites, .n = n, .code = code});
      Version acknowledged = 0;
      if (auto store = OpenSqliteStore(path); store.ok()) {
        for (Version version = 1; version <= 3; ++version) {
          if (Commit(**store, VersionBatch("ann", version)).ok()) acknowledged = version;
          EXPECT_GE(*WholeVersion(*Load(**store, "ann")), acknowledged);
        }
      }
      const bool failed = DiskFaults::Here().struck();
      DiskFaults::Here().Heal();
      auto store = OpenSqliteStore(path);
      ASSERT_TRUE(store.ok()) << n << store.status();
      const std::optional<Version> version = WholeVersion(*Load(**store, "ann"));
      ASSERT_TRUE(version.has_value()) << "half a commit after write " << n;
      EXPECT_GE(*version, acknowledged) << n;
      if (!failed) break;
      ASSERT_LT(n, 1000);
    }
  }
}

// Fail on the n-th read, for every n, or find the file cut there: opening, looking at the pages, loading and committing included.
TEST_F(SqliteFaults, WhicheverReadFailsAnAnswerIsRightOrAnErrorAndNothingIsLost) {
  const auto name = [](int i) { return "mailbox" + std::to_string(i); };
  {
    auto store = OpenSqliteStore(path_).value();
    WriteBatch batch;
    for (int i = 0; i < 400; ++i) batch.mailboxes.push_back(VersionBatch(name(i), 7).mailboxes[0]);
    ASSERT_TRUE(Commit(*store, batch).ok());
  }
  for (const int code : {SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ}) {
    int errors = 0;
    for (int n = 1;; ++n) {
      const std::string path = directory_.File("read" + std::to_string(code) + "-" + std::to_string(n) + ".db");
      std::filesystem::copy_file(path_, path);
      DiskFaults::Here().Arm({.calls = {DiskCall::kRead}, .n = n, .code = code});
      Version acknowledged = 7;
      auto store = OpenSqliteStore(path, {.readers = 1});
      EXPECT_TRUE(store.ok() || store.status().message().size() > 20) << store.status();
      for (const int i : {0, 5, 200, 399}) {
        if (!store.ok()) break;
        const absl::StatusOr<MailboxRecord> record = Load(**store, name(i));
        if (record.ok()) {
          EXPECT_EQ(WholeVersion(*record), 7u) << "read " << n;
          continue;
        }
        ++errors;
        EXPECT_EQ(record.status().code(), code == SQLITE_IOERR_READ ? absl::StatusCode::kUnavailable : absl::StatusCode::kDataLoss)
            << record.status() << ", read " << n;
      }
      if (store.ok() && Commit(**store, VersionBatch(name(5), 9)).ok()) acknowledged = 9;
      const bool failed = DiskFaults::Here().struck();
      DiskFaults::Here().Heal();
      if (store.ok() && code == SQLITE_IOERR_READ) {
        EXPECT_EQ(WholeVersion(*Load(**store, name(200))), 7u) << "it goes on";
        EXPECT_TRUE(Commit(**store, VersionBatch(name(6), 9)).ok());
      }
      store = absl::UnknownError("closed");
      store = OpenSqliteStore(path);
      ASSERT_TRUE(store.ok()) << n << store.status();
      EXPECT_GE(WholeVersion(*Load(**store, name(5))), acknowledged) << n;
      if (!failed) break;
      ASSERT_LT(n, 1000);
    }
    EXPECT_GT(errors, 0) << "no load was ever told";
  }
}

TEST_F(SqliteFaults, LosingPowerAtWhicheverWriteLosesNothingAcknowledged) {
  for (int n = 1;; ++n) {
    const std::string path = directory_.File(std::to_string(n) + ".db");
    Version acknowledged = 0, ceiling = 0;
    DiskFaults::Here().Arm({.calls = kDiskWrites, .n = n, .code = SQLITE_IOERR_WRITE});
    if (auto store = OpenSqliteStore(path); store.ok()) {
      ceiling = (*store)->opened().ceiling;
      for (Version version = 1; version <= 3; ++version) {
        if (Commit(**store, VersionBatch("ann", version)).ok()) acknowledged = version;
        if (DiskFaults::Here().struck()) break;
      }
      FaultDisk::Freeze();
    }
    const bool failed = DiskFaults::Here().struck();
    DiskFaults::Here().Heal();
    FaultDisk::LosePower();
    auto store = OpenSqliteStore(path);
    ASSERT_TRUE(store.ok()) << n << store.status();
    EXPECT_GE((*store)->opened().first_version, ceiling) << n;
    const std::optional<Version> version = WholeVersion(*Load(**store, "ann"));
    ASSERT_TRUE(version.has_value()) << "half a commit after write " << n;
    EXPECT_GE(*version, acknowledged) << n;
    if (!failed) break;
    ASSERT_LT(n, 1000);
  }
}

// Larger than SQLite's cache, so that pages are read again after they were damaged.
class DamagedStore : public SqliteFaults {
 protected:
  static constexpr int kMailboxes = 150'000;

  DamagedStore() {
    WriteBatch batch;
    for (int i = 0; i < kMailboxes; ++i) batch.mailboxes.push_back(VersionBatch(Name(i), 7).mailboxes[0]);
    EXPECT_TRUE(Commit(*store_, batch).ok());
    store_.reset();
    store_ = OpenSqliteStore(path_).value();
    const int file = open(path_.c_str(), O_RDWR | O_CLOEXEC);
    const off_t size = lseek(file, 0, SEEK_END);
    const std::string noise(4096, '\x5a');
    for (off_t page = 20 * 4096; page < size; page += 4096) EXPECT_EQ(pwrite(file, noise.data(), noise.size(), page), 4096);
    close(file);
    damaged_ = Bytes();
  }

  static std::string Name(int i) { return "mailbox-with-a-longer-name-" + std::to_string(i) + "@example.org"; }

  std::string Bytes() {
    std::ifstream file(path_, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
  }

  std::unique_ptr<SqliteStore> store_ = OpenSqliteStore(path_).value();
  std::string damaged_;
};

TEST_F(DamagedStore, DamageIsDataLossAndNothingIsWrittenAnyMore) {
  absl::Status status;
  for (int i = 0; i < kMailboxes && status.ok(); ++i) status = Load(*store_, Name(i)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("nothing is written to it any more"));
  EXPECT_EQ(Commit(*store_, VersionBatch("new", 1)).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Put(store_->accounts(), {{.user = "new"}}).code(), absl::StatusCode::kDataLoss);
  store_.reset();
  EXPECT_TRUE(Bytes() == damaged_) << "closing wrote into a damaged file";
}

// A file system of 1 MB, in a process of its own.
TEST(SqliteFullDisk, ARealFullDiskIsResourceExhaustedAndPasses) {
  TempDir directory;
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) _exit(77);
    if (mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=1m") != 0) _exit(77);
    std::unique_ptr<SqliteStore> store = OpenSqliteStore(directory.File("store.db")).value();
    Version version = 0;
    absl::Status status;
    while (status.ok() && version < 100'000) {
      ++version;
      status = Commit(*store, VersionBatch("m" + std::to_string(version), version));
    }
    if (!absl::IsResourceExhausted(status)) _exit(1);
    for (Version v = 1; v < version; ++v) {
      if (WholeVersion(*Load(*store, "m" + std::to_string(v))) != v) _exit(2);
    }
    if (mount("tmpfs", directory.path().c_str(), "tmpfs", MS_REMOUNT, "size=64m") != 0) _exit(3);
    if (!Commit(*store, VersionBatch("m" + std::to_string(version), version)).ok()) _exit(4);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "needs the right to mount";
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace mailwake
