// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/key_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "mailwake/mutex.h"
#include "tests/adapters/accounts/test_directory.h"

namespace mailwake::internal {
namespace {

using testing::HasSubstr;

TEST(KeyFileTest, IsMadeOnceForItsOwnerAlone) {
  TestDirectory directory;
  const std::string file = directory.File("key");
  const auto first = LoadOrMakeKey(file);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_NE(*first, SecretKey{});
  EXPECT_EQ(*LoadOrMakeKey(file), *first);
  EXPECT_NE(*LoadOrMakeKey(directory.File("other")), *first);
  struct stat info {};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(directory.files(), 2u) << "nothing else is left";
}

TEST(KeyFileTest, IsRefusedIfOthersMayReadIt) {
  TestDirectory directory;
  const std::string file = directory.File("key");
  ASSERT_TRUE(LoadOrMakeKey(file).ok());
  for (const mode_t mode : {0640u, 0604u, 0620u, 0602u, 0644u}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    const absl::Status status = LoadOrMakeKey(file).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << mode;
    EXPECT_THAT(std::string(status.message()), HasSubstr("chmod 600 " + file));
  }
  ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
  EXPECT_TRUE(LoadOrMakeKey(file).ok());
}

TEST(KeyFileTest, IsRefusedAndKeptIfItsLengthIsWrong) {
  TestDirectory directory;
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}}) {
    const std::string file = directory.File("key" + std::to_string(size));
    std::ofstream(file) << std::string(size, 'k');
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
    const absl::Status status = LoadOrMakeKey(file).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << size;
    EXPECT_THAT(std::string(status.message()), HasSubstr(file));
    EXPECT_EQ(std::filesystem::file_size(file), size);
  }
}

TEST(KeyFileTest, SaysWhyItCannotBeMade) {
  TestDirectory directory;
  EXPECT_THAT(std::string(LoadOrMakeKey(directory.File("none/key")).status().message()), HasSubstr("none/key"));
  EXPECT_EQ(LoadOrMakeKey(directory.File("")).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(KeyFileTest, WhoMakeItTogetherGetTheSameKey) {
  TestDirectory directory;
  Mutex mutex;
  std::set<SecretKey> keys;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto key = LoadOrMakeKey(directory.File("key"));
      ASSERT_TRUE(key.ok()) << key.status();
      MutexLock lock(mutex);
      keys.insert(*key);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_EQ(directory.files(), 1u);
}

}  // namespace
}  // namespace mailwake::internal
