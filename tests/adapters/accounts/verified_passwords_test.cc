// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/verified_passwords.h"

#include <gtest/gtest.h>

#include <string>

namespace mailwake::internal {
namespace {

using Time = VerifiedPasswords::Time;

class VerifiedPasswordsTest : public testing::Test {
 protected:
  void Look(std::uint64_t number, std::vector<std::string> users = {}) {
    const auto look = verified_.BeginLook(now_);
    ASSERT_TRUE(look.has_value());
    verified_.EndLook(*look, AccountChanges{.number = number, .users = std::move(users)});
  }
  void Add(const std::string& user) { verified_.Add(user, "secret", "stored", verified_.forgotten()); }
  bool Bare(const std::string& user, const std::string& password = "secret") { return verified_.Holds(user, password, now_).has_value(); }
  bool Whole(const std::string& user, const std::string& stored = "stored") { return verified_.Holds(user, "secret", stored); }

  Time now_{std::chrono::hours(1)};
  VerifiedPasswords verified_{KeyedHash(SecretKey{1, 2, 3}), 8};
};

TEST_F(VerifiedPasswordsTest, HoldsThatPasswordOfThatUserForWhatIsStored) {
  Look(1);
  Add("ann");
  EXPECT_TRUE(Bare("ann"));
  EXPECT_TRUE(Whole("ann"));
  EXPECT_FALSE(Bare("ann", "Secret"));
  EXPECT_FALSE(Bare("ann", ""));
  EXPECT_FALSE(Bare("bob"));
  EXPECT_FALSE(Whole("ann", "other"));
  EXPECT_FALSE(Whole("bob"));
}

TEST_F(VerifiedPasswordsTest, BeforeTheFirstLookOnlyForWhatIsStored) {
  Add("ann");
  EXPECT_FALSE(Bare("ann"));
  Look(1);
  EXPECT_FALSE(Bare("ann"));  // it may have changed between its reading and the look
  EXPECT_TRUE(Whole("ann"));
}

TEST_F(VerifiedPasswordsTest, WhatWasReadBeforeTheFirstLookAndComesAfterItIsNotBelieved) {
  const std::uint64_t forgotten = verified_.forgotten();
  Look(1);
  verified_.Add("ann", "secret", "stored", forgotten);
  EXPECT_FALSE(Bare("ann"));
}

TEST_F(VerifiedPasswordsTest, WhatWasReadBeforeAChangeAndComesAfterItIsNotBelieved) {
  Look(1);
  const std::uint64_t forgotten = verified_.forgotten();
  now_ += std::chrono::milliseconds(600);
  Look(2, {"ann"});
  verified_.Add("ann", "secret", "stored", forgotten);
  EXPECT_FALSE(Bare("ann"));
}

TEST_F(VerifiedPasswordsTest, OneLookAtATimeAndNotTooOften) {
  const auto look = verified_.BeginLook(now_);
  ASSERT_TRUE(look.has_value());
  EXPECT_EQ(look->since, std::nullopt);
  EXPECT_FALSE(verified_.BeginLook(now_).has_value());
  verified_.EndLook(*look, AccountChanges{.number = 7});
  EXPECT_FALSE(verified_.BeginLook(now_ + std::chrono::milliseconds(499)).has_value());
  const auto next = verified_.BeginLook(now_ + std::chrono::milliseconds(500));
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->since, 7U);
}

TEST_F(VerifiedPasswordsTest, AChangeEndsItAndOnlyThatUsers) {
  Look(1);
  Add("ann");
  Add("bob");
  now_ += std::chrono::milliseconds(600);
  Look(2, {"ann"});
  EXPECT_FALSE(Bare("ann"));
  EXPECT_TRUE(Bare("bob"));
}

TEST_F(VerifiedPasswordsTest, ALookIsGoodForASecondFromItsBeginning) {
  Look(1);
  Add("ann");
  const auto look = verified_.BeginLook(now_ + std::chrono::milliseconds(800));
  now_ += std::chrono::milliseconds(1700);
  EXPECT_FALSE(Bare("ann"));
  verified_.EndLook(*look, AccountChanges{.number = 1});  // took 900 ms
  EXPECT_TRUE(Bare("ann"));
  now_ += std::chrono::milliseconds(101);
  EXPECT_FALSE(Bare("ann"));
}

TEST_F(VerifiedPasswordsTest, AFailedLookAndAStoreThatCannotTellAreNoConfirmation) {
  Look(1);
  Add("ann");
  now_ += std::chrono::milliseconds(1001);
  verified_.EndLook(*verified_.BeginLook(now_), absl::UnavailableError("away"));
  EXPECT_FALSE(Bare("ann"));
  EXPECT_FALSE(verified_.BeginLook(now_).has_value()) << "nor is it asked with every login";
  now_ += std::chrono::milliseconds(500);
  verified_.EndLook(*verified_.BeginLook(now_), AccountChanges{.number = 0});
  EXPECT_FALSE(Bare("ann"));
}

TEST_F(VerifiedPasswordsTest, ForgetsThoseThatCameLongestAgoOnceThereAreTooMany) {
  Look(1);
  for (char c = 'a'; c < 'a' + 8; ++c) {
    Add(std::string(1, c));
    EXPECT_TRUE(Bare("a"));  // asked for, and so not old
  }
  int held = 0;
  for (char c = 'a'; c < 'a' + 8; ++c) held += Bare(std::string(1, c));
  EXPECT_GE(held, 4);
  EXPECT_LT(held, 8);
  EXPECT_FALSE(Bare("b"));
  EXPECT_TRUE(Bare("h"));
}

TEST_F(VerifiedPasswordsTest, OneOfNoneRemembersNothing) {
  VerifiedPasswords none(KeyedHash(SecretKey{1}), 0);
  none.EndLook(*none.BeginLook(now_), AccountChanges{.number = 1});
  none.Add("ann", "secret", "stored", none.forgotten());
  EXPECT_FALSE(none.Holds("ann", "secret", now_));
  EXPECT_FALSE(none.Holds("ann", "secret", "stored"));
}

}  // namespace
}  // namespace mailwake::internal
