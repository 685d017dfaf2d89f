// SPDX-License-Identifier: Apache-2.0
//
// Opening a store file: what is refused, with which words, and that it stays as it was.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/sql.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void WriteFile(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

class SqliteOpen : public testing::Test {
 protected:
  void MakeStore(int mailboxes = 1) {
    absl::StatusOr<std::unique_ptr<SqliteStore>> store = OpenSqliteStore(path_);
    ASSERT_TRUE(store.ok()) << store.status();
    WriteBatch batch;
    for (int i = 0; i < mailboxes; ++i) batch.mailboxes.push_back(VersionBatch("m" + std::to_string(i), 7).mailboxes[0]);
    ASSERT_TRUE(Commit(**store, batch).ok());
  }

  void ExpectRefusedUntouched(absl::StatusCode code, const std::string& words) {
    const std::string before = ReadFile(path_);
    for (bool own : {true, false}) {
      absl::StatusOr<std::unique_ptr<SqliteStore>> store = OpenSqliteStore(path_, {.own = own});
      EXPECT_EQ(store.status().code(), code) << store.status();
      EXPECT_THAT(std::string(store.status().message()), HasSubstr(words));
      EXPECT_THAT(std::string(store.status().message()), HasSubstr(path_));
      EXPECT_EQ(ReadFile(path_), before);
    }
  }

  TempDir directory_;
  const std::string path_ = directory_.File("store.db");
};

TEST_F(SqliteOpen, AFileOfANewerMailwakeIsRefusedUntouched) {
  MakeStore();
  RunSql(path_, "PRAGMA user_version=5");
  ExpectRefusedUntouched(absl::StatusCode::kFailedPrecondition, "newer mailwake (schema 5; this one knows up to 4): upgrade mailwake");
}

TEST_F(SqliteOpen, ADatabaseOfAnotherProgramIsRefusedUntouched) {
  RunSql(path_, "CREATE TABLE notes(text); INSERT INTO notes VALUES ('mine')");
  ExpectRefusedUntouched(absl::StatusCode::kDataLoss, "a SQLite database of another program");
}

TEST_F(SqliteOpen, AFileThatIsNoDatabaseIsRefusedUntouched) {
  WriteFile(path_, std::string(5000, 'x'));
  ExpectRefusedUntouched(absl::StatusCode::kDataLoss, "not a SQLite database");
  WriteFile(path_, "SQLite format 3");
  ExpectRefusedUntouched(absl::StatusCode::kDataLoss, "not a SQLite database");
  EXPECT_FALSE(std::filesystem::exists(path_ + ".lock")) << "nothing is left beside a file that is not ours";
}

TEST_F(SqliteOpen, ADamagedFileIsRefusedUntouched) {
  MakeStore(2000);
  const std::string whole = ReadFile(path_);
  ASSERT_GT(whole.size(), 100'000u);
  std::string torn = whole;
  torn.replace(whole.size() / 2, 20'000, std::string(20'000, '\x5a'));
  WriteFile(path_, torn);
  absl::StatusOr<std::unique_ptr<SqliteStore>> store = OpenSqliteStore(path_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("restore a backup"));
  EXPECT_EQ(ReadFile(path_), torn);

  const std::string cut = whole.substr(0, whole.size() / 2);
  WriteFile(path_, cut);
  store = OpenSqliteStore(path_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
  EXPECT_EQ(ReadFile(path_), cut);

  WriteFile(path_, whole);  // it was the damage, nothing else
  EXPECT_TRUE(OpenSqliteStore(path_).ok());
}

TEST_F(SqliteOpen, ALogWithoutItsDatabaseIsRefused) {
  WriteFile(path_ + "-wal", "what is left of a store that somebody deleted");
  ExpectRefusedUntouched(absl::StatusCode::kDataLoss, "its log");
  EXPECT_FALSE(std::filesystem::exists(path_));
  WriteFile(path_, "");
  ExpectRefusedUntouched(absl::StatusCode::kDataLoss, "its log");
}

TEST_F(SqliteOpen, AnEmptyFileBecomesAStore) {
  WriteFile(path_, "");
  EXPECT_TRUE(OpenSqliteStore(path_).ok());
  EXPECT_GT(ReadFile(path_).size(), 0u);
}

TEST_F(SqliteOpen, WhatAKilledCreationLeftIsReplaced) {
  WriteFile(path_ + ".new", "half");
  WriteFile(path_ + ".new-journal", "half");
  EXPECT_TRUE(OpenSqliteStore(path_).ok());
}

TEST_F(SqliteOpen, PathsThatCannotBeUsedAreNamed) {
  EXPECT_EQ(OpenSqliteStore("").status().code(), absl::StatusCode::kInvalidArgument);
  absl::Status missing = OpenSqliteStore(directory_.File("no/store.db")).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound) << missing;
  EXPECT_THAT(std::string(missing.message()), HasSubstr("make it, or choose another place"));
  absl::Status directory = OpenSqliteStore(directory_.path()).status();
  EXPECT_EQ(directory.code(), absl::StatusCode::kNotFound) << directory;
  EXPECT_THAT(std::string(directory.message()), HasSubstr("is a directory"));
}

// In a child: it gives up the rights of root, where the tests run as root.
TEST_F(SqliteOpen, PlacesThatCannotBeWrittenAreNamed) {
  MakeStore();
  ASSERT_EQ(chmod(path_.c_str(), 0444), 0);
  ASSERT_EQ(chmod(directory_.path().c_str(), 0555), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && seteuid(65534) != 0) _exit(2);
    const bool old_file = absl::IsPermissionDenied(OpenSqliteStore(path_).status());
    const bool new_file = absl::IsPermissionDenied(OpenSqliteStore(directory_.File("new.db")).status());
    const bool beside = absl::IsPermissionDenied(OpenSqliteStore(path_, {.own = false}).status());
    _exit(old_file && new_file && beside ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  chmod(directory_.path().c_str(), 0755);
}

TEST_F(SqliteOpen, TheFileIsReadableByItsOwnerOnly) {
  MakeStore();
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SqliteOpen, ClosingBringsEverythingIntoTheOneFile) {
  MakeStore(100);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) names.push_back(entry.path().filename());
  EXPECT_THAT(names, UnorderedElementsAre("store.db", "store.db.lock"));
  std::filesystem::copy_file(path_, directory_.File("copy.db"));
  absl::StatusOr<std::unique_ptr<SqliteStore>> copy = OpenSqliteStore(directory_.File("copy.db"));
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(WholeVersion(*Load(**copy, "m99")), 7u);
}

TEST_F(SqliteOpen, AFileThatWasTakenOutOfWalModeGoesBackToIt) {
  MakeStore();
  RunSql(path_, "PRAGMA journal_mode=DELETE");
  MakeStore();
  EXPECT_EQ(QuerySql(path_, "PRAGMA journal_mode"), "wal");
}

}  // namespace
}  // namespace mailwake
