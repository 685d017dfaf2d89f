// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/login_guard.h"

#include <gtest/gtest.h>

#include <string>

namespace mailwake::internal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LoginGuardTest : public testing::Test {
 protected:
  milliseconds Wait(const std::string& user = "ann", const std::string& network = "192.0.2.0/24", const std::string& device = "") {
    return guard_.WaitOf(user, {.network = network, .device = device}, now_);
  }
  void Fail(std::uint32_t times, const std::string& user = "ann", const std::string& network = "192.0.2.0/24",
            const std::string& device = "") {
    for (std::uint32_t i = 0; i < times; ++i) guard_.Failed(user, {.network = network, .device = device}, now_);
  }

  BackoffTable::Time now_{std::chrono::hours(1)};
  LoginGuard guard_;
};

TEST_F(LoginGuardTest, NobodyElseWaits) {
  Fail(LoginGuard::kOfUser.free + 30);
  EXPECT_GT(Wait(), milliseconds(0));
  EXPECT_EQ(Wait("ann", "198.51.100.0/24"), milliseconds(0)) << "the owner, who is elsewhere";
  EXPECT_EQ(Wait("bob"), milliseconds(0));
  EXPECT_EQ(Wait("ann", ""), milliseconds(0));
}

TEST_F(LoginGuardTest, ANetworkThatTriesManyUsersWaitsAsAWhole) {
  for (std::uint32_t i = 0; i < LoginGuard::kOfNetwork.free; ++i) Fail(1, "user" + std::to_string(i));
  EXPECT_EQ(Wait("one more"), milliseconds(0));
  Fail(1, "one more");
  EXPECT_EQ(Wait("another"), seconds(1));
  EXPECT_EQ(Wait("another", "198.51.100.0/24"), milliseconds(0));
  Fail(1000, "one more");
  EXPECT_EQ(Wait("another"), seconds(4)) << "and no longer: somebody new is there too";
}

TEST_F(LoginGuardTest, ADeviceThatWasRightBeforeIsCountedByItself) {
  const std::string network = "192.0.2.0/24";
  guard_.Right("ann", {.network = network, .device = "PHONE1"});
  Fail(LoginGuard::kOfNetwork.free + 30);
  Fail(LoginGuard::kOfUser.free + 30, "ann", network, "PHONE2");
  EXPECT_GT(Wait("ann", network, "PHONE2"), milliseconds(0));
  EXPECT_GT(Wait("ann", network, ""), milliseconds(0));
  EXPECT_GT(Wait("bob", network, "PHONE1"), milliseconds(0)) << "it is known as ann's";
  EXPECT_EQ(Wait("ann", network, "PHONE1"), milliseconds(0));
  Fail(LoginGuard::kOfUser.free + 1, "ann", network, "PHONE1");
  EXPECT_EQ(Wait("ann", network, "PHONE1"), seconds(1)) << "its own guesses are counted";
  EXPECT_EQ(Wait("ann", "198.51.100.0/24", "PHONE1"), milliseconds(0));
}

TEST_F(LoginGuardTest, WhoSaysTheIdOfAKnownDeviceElsewhereDelaysHimselfAlone) {
  const std::string home = "192.0.2.0/24", away = "198.51.100.0/24";
  guard_.Right("ann", {.network = home, .device = "PHONE1"});
  Fail(LoginGuard::kOfUser.free + 3, "ann", away, "PHONE1");
  EXPECT_EQ(Wait("ann", away, "PHONE1"), seconds(4));
  EXPECT_EQ(Wait("ann", home, "PHONE1"), milliseconds(0));
  Fail(1, "ann", home, "PHONE1");
  EXPECT_EQ(Wait("ann", home, "PHONE1"), milliseconds(0)) << "her first wrong one";
}

TEST(KnownDevicesTest, NobodyIsTakenForAnother) {
  KnownDevices devices;
  EXPECT_FALSE(devices.Contains("ann", "PHONE1"));
  devices.Add("ann", "PHONE1");
  devices.Add("bob", "");
  EXPECT_TRUE(devices.Contains("ann", "PHONE1"));
  EXPECT_FALSE(devices.Contains("ann", "PHONE2") || devices.Contains("bob", "PHONE1") || devices.Contains("annP", "HONE1"));
  EXPECT_FALSE(devices.Contains("bob", "") || devices.Contains("", ""));
  for (int i = 0; i < 1000; ++i) devices.Add("user" + std::to_string(i), "PHONE");
  int known = 0;
  for (int i = 0; i < 1000; ++i) known += devices.Contains("user" + std::to_string(i), "PHONE") ? 1 : 0;
  EXPECT_GT(known, 950) << "few take the place of another";
}

TEST_F(LoginGuardTest, OneUserIsNotTakenForAnother) {
  Fail(LoginGuard::kOfUser.free + 1, "b", "a");
  EXPECT_EQ(Wait("", "ab"), milliseconds(0));
  EXPECT_EQ(Wait("b", "a"), seconds(1));
}

}  // namespace
}  // namespace mailwake::internal
