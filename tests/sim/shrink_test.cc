// SPDX-License-Identifier: Apache-2.0
//
// What a failure leaves: a smaller world that breaks the same promise; and last words where a seed dies or does not end.

#include "tests/sim/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <set>
#include <sstream>

#include "tests/sim/last_words.h"
#include "tests/sim/plants.h"

namespace mailwake::sim {
namespace {

TEST(SimShrinkTest, WhatTheDescriptionOfAWorldNamesCanBeLeftOut) {
  Cut all;
  all.without = CutNames();
  std::set<std::string> left;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Profile profile = DrawProfile(seed);
    Apply(all, profile);
    std::istringstream words(Describe(profile));
    for (std::string word; words >> word;) {
      if (word.find('=') != std::string::npos) left.insert(word);
    }
  }
  EXPECT_THAT(left, testing::UnorderedElementsAre("latency_ms=1", "down_ms=1", "loops=1"));
}

TEST(SimShrinkTest, ANameThatNothingHasIsFound) {
  EXPECT_EQ(FirstUnknown({.without = {"loss", "kill_ms"}}), "");
  EXPECT_EQ(FirstUnknown({.without = {"loss", "lose"}}), "lose");
}

TEST(SimShrinkTest, TheShapeOfAFailureKeepsThePromiseAndNoOtherNumber) {
  EXPECT_EQ(Shape({.promise = 7, .text = "P7: a wake comes 59973 ms after f0"}), "P7: a wake comes # ms after f#");
}

TEST(SimShrinkTest, ASmallerWorldBreaksTheSamePromiseAndIsOneHistory) {
  ASSERT_EQ(TakePlant("no-compare-at-end"), 0);
  SeedResult broken;
  for (std::uint64_t seed = 1; seed <= 200 && !broken.violation; ++seed) broken = RunSeed(seed);
  ASSERT_TRUE(broken.violation);
  const Shrunk small = Shrink({}, broken, std::chrono::seconds(30));
  const SeedResult again = RunSeed(broken.seed, small.cut);
  PullPlant();
  ASSERT_TRUE(again.violation);
  EXPECT_EQ(Shape(*again.violation), Shape(*broken.violation));
  EXPECT_EQ(again.fingerprint, small.result.fingerprint);
  EXPECT_LT(again.story_length, broken.story_length);
  EXPECT_LT(again.profile.mailboxes, broken.profile.mailboxes);
  EXPECT_FALSE(small.cut.without.empty());
  EXPECT_FALSE(RunSeed(broken.seed, small.cut).violation) << "the world is broken without the plant";
}

TEST(SimLastWordsTest, WhoDiesSaysWhereAndExitsAsAsked) {
  const auto die = [](std::optional<int> code) {
    WhenDying("seed 7", ", and so on", code);
    std::abort();
  };
  EXPECT_EXIT(die(1), testing::ExitedWithCode(1), "seed 7: died of SIGABRT, and so on");
  EXPECT_EXIT(die(0), testing::ExitedWithCode(0), "seed 7: died of SIGABRT");
  EXPECT_EXIT(die(std::nullopt), testing::KilledBySignal(SIGABRT), "seed 7: died of SIGABRT");
}

TEST(SimLastWordsTest, WhoDoesNotEndIsEnded) {
  const auto hang = [] {
    WhenLate(0.01, "seed 7 does not end");
    for (volatile bool on = true; on;) {
    }
  };
  EXPECT_EXIT(hang(), testing::ExitedWithCode(1), "seed 7 does not end");
}

}  // namespace
}  // namespace mailwake::sim
