// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/ticket_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace mailwake::internal {
namespace {

using testing::HasSubstr;

constexpr std::time_t kNoon = 1'700'000'000 / TicketKeys::kPeriod * TicketKeys::kPeriod + 100;
constexpr std::time_t kPeriod = TicketKeys::kPeriod;

class TicketKeysTest : public testing::Test {
 protected:
  TicketKeysTest() {
    std::string pattern = testing::TempDir() + "/tickets.XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~TicketKeysTest() override { std::filesystem::remove_all(directory_); }

  std::string File() const { return directory_ + "/keys"; }
  std::shared_ptr<TicketKeys> Open(std::time_t now) { return TicketKeys::Open(File(), now).value(); }
  absl::Status OpenStatus() { return TicketKeys::Open(File(), kNoon).status(); }
  std::string Content() const {
    std::ostringstream content;
    content << std::ifstream(File()).rdbuf();
    return content.str();
  }
  void Write(const std::string& content) { std::ofstream(File(), std::ios::trunc) << content; }

  std::string directory_;
};

TEST_F(TicketKeysTest, AKeySealsForAPeriodAndOpensForTwoMore) {
  const auto keys = Open(kNoon);
  const TicketKeys::Key first = keys->Current(kNoon);
  EXPECT_EQ(keys->Current(kNoon + kPeriod - 200).name, first.name);
  EXPECT_FALSE(keys->Find(first.name, kNoon)->old);
  EXPECT_NE(keys->Current(kNoon + kPeriod).name, first.name);
  for (const int periods : {1, 2}) {
    const auto found = keys->Find(first.name, kNoon + periods * kPeriod);
    ASSERT_TRUE(found) << periods;
    EXPECT_TRUE(found->old);
    EXPECT_EQ(found->key.cipher, first.cipher);
    EXPECT_EQ(found->key.mac, first.mac);
  }
  EXPECT_FALSE(keys->Find(first.name, kNoon + 3 * kPeriod));
  EXPECT_FALSE(keys->Find(first.name, kNoon)) << "a clock that goes back brings nothing back";
}

TEST_F(TicketKeysTest, NoTwoKeysAreAlike) {
  const auto keys = Open(kNoon);
  std::set<std::string> seen;
  for (int period = 0; period < 100; ++period) {
    const TicketKeys::Key key = keys->Current(kNoon + period * kPeriod);
    seen.insert(std::string(key.name.begin(), key.name.end()));
    seen.insert(std::string(key.cipher.begin(), key.cipher.end()));
    seen.insert(std::string(key.mac.begin(), key.mac.end()));
  }
  EXPECT_EQ(seen.size(), 300u);
  EXPECT_NE(TicketKeys::Open("", kNoon).value()->Current(kNoon).cipher, TicketKeys::Open("", kNoon).value()->Current(kNoon).cipher);
}

TEST_F(TicketKeysTest, TheFileCarriesThemOverARestart) {
  const TicketKeys::Key key = Open(kNoon)->Current(kNoon);
  EXPECT_EQ(Open(kNoon)->Current(kNoon).cipher, key.cipher);
  EXPECT_EQ(Open(kNoon + kPeriod)->Find(key.name, kNoon + kPeriod)->key.cipher, key.cipher);
  EXPECT_EQ(Open(kNoon + 2 * kPeriod)->Find(key.name, kNoon + 2 * kPeriod)->key.cipher, key.cipher);
  EXPECT_FALSE(Open(kNoon + 3 * kPeriod)->Find(key.name, kNoon + 3 * kPeriod));
}

TEST_F(TicketKeysTest, TwoProcessesThatHaveTheFileHaveTheSameKeys) {
  const auto one = Open(kNoon), two = Open(kNoon);
  for (int period = 0; period < 5; ++period) {
    const std::time_t now = kNoon + period * kPeriod;
    EXPECT_EQ(one->Current(now).cipher, two->Current(now).cipher);
  }
}

TEST_F(TicketKeysTest, WhatIsNoLongerNeededIsNotInTheFile) {
  const auto keys = Open(kNoon);
  const std::string before = Content();
  const TicketKeys::Key old = keys->Current(kNoon);
  keys->Current(kNoon + 3 * kPeriod);
  EXPECT_NE(Content(), before);
  EXPECT_FALSE(Open(kNoon)->Find(old.name, kNoon)) << "made from the file as it is now";
}

TEST_F(TicketKeysTest, AFileFromLongAgoAndAClockFarAheadAreQuick) {
  Open(0);
  const auto keys = Open(std::time_t{1} << 50);
  EXPECT_TRUE(keys->Find(keys->Current(std::time_t{1} << 50).name, std::time_t{1} << 50));
}

TEST_F(TicketKeysTest, AFileOfAClockThatWasWrongIsMadeAnew) {
  const TicketKeys::Name future = Open(kNoon + 1000 * kPeriod)->Current(kNoon + 1000 * kPeriod).name;
  const auto keys = Open(kNoon);
  const TicketKeys::Name first = keys->Current(kNoon).name;
  EXPECT_NE(first, future);
  EXPECT_NE(keys->Current(kNoon + kPeriod).name, first) << "they change again";
  EXPECT_TRUE(Open(kNoon + kPeriod)->Find(first, kNoon + kPeriod)) << "and the file is as new";
}

TEST_F(TicketKeysTest, AnImpossiblePeriodIsDamage) {
  Open(kNoon);
  std::string bytes = Content();
  bytes[bytes.size() - 33] = '\x80';  // the highest byte of the period
  Write(bytes);
  EXPECT_TRUE(absl::IsDataLoss(OpenStatus()));
}

TEST_F(TicketKeysTest, IsForItsOwnerAlone) {
  Open(kNoon)->Current(kNoon + kPeriod);
  struct stat info {};
  ASSERT_EQ(::stat(File().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ::chmod(File().c_str(), 0640);
  const absl::Status status = OpenStatus();
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("remove it"));
}

TEST_F(TicketKeysTest, WhatIsNoSuchFileIsSaid) {
  Open(kNoon);
  const std::string good = Content();
  for (const std::string& bad :
       {std::string(), std::string("x"), good.substr(0, good.size() - 1), good + "x", std::string(good.size(), 'x')}) {
    Write(bad);
    const absl::Status status = OpenStatus();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(File()));
  }
  std::filesystem::remove(File());
  std::filesystem::create_directory(File());
  EXPECT_FALSE(OpenStatus().ok());
  EXPECT_FALSE(TicketKeys::Open(directory_ + "/none/keys", kNoon).ok());
}

TEST_F(TicketKeysTest, ADirectoryThatCannotBeWrittenToStopsNothing) {
  const auto keys = Open(kNoon);
  std::filesystem::remove_all(directory_);
  const TicketKeys::Name first = keys->Current(kNoon).name;
  EXPECT_NE(keys->Current(kNoon + kPeriod).name, first);
  EXPECT_TRUE(keys->Find(first, kNoon + kPeriod));
}

}  // namespace
}  // namespace mailwake::internal
