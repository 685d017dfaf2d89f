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
  milliseconds Wait(const std::string& user = "ann", const std::string& network = "192.0.2.0/24") {
    return guard_.WaitOf(user, network, now_);
  }
  void Fail(std::uint32_t times, const std::string& user = "ann", const std::string& network = "192.0.2.0/24") {
    for (std::uint32_t i = 0; i < times; ++i) guard_.Failed(user, network, now_);
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
}

TEST_F(LoginGuardTest, OneUserIsNotTakenForAnother) {
  Fail(LoginGuard::kOfUser.free + 1, "b", "a");
  EXPECT_EQ(Wait("", "ab"), milliseconds(0));
  EXPECT_EQ(Wait("b", "a"), seconds(1));
}

}  // namespace
}  // namespace mailwake::internal
