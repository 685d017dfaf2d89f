// SPDX-License-Identifier: Apache-2.0
//
// VersionCounter: no version twice, none at or above the durable ceiling.

#include "engine/src/version_counter.h"

#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

namespace mailwake {
namespace {

TEST(VersionCounterTest, StartsAtTheStoresFirstVersion) {
  VersionCounter counter({.first_version = 1000, .ceiling = 2000});
  const std::optional<VersionBlock> block = counter.Take(10);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->first, 1000u);
  EXPECT_EQ(block->end, 1010u);
  EXPECT_EQ(block->size(), 10u);
  EXPECT_EQ(counter.Take(1)->first, 1010u);
}

TEST(VersionCounterTest, GivesTheLastVersionBelowTheCeilingAndNotTheCeiling) {
  VersionCounter counter({.first_version = 5, .ceiling = 15});
  EXPECT_FALSE(counter.Take(11));
  EXPECT_TRUE(counter.Take(10));
  EXPECT_FALSE(counter.Take(1));
}

TEST(VersionCounterTest, GivesNothingBeforeAStoreHasReservedAnything) {
  VersionCounter counter(OpenState{});  // first_version 1, ceiling 0
  EXPECT_FALSE(counter.Take(1));
  EXPECT_TRUE(counter.BeginRaise()) << "and asks for a first ceiling";
}

TEST(VersionCounterTest, ARaiseThatTheStoreDidNotConfirmGivesNothing) {
  VersionCounter counter({.first_version = 5, .ceiling = 5});
  const std::optional<Version> ceiling = counter.BeginRaise();
  ASSERT_TRUE(ceiling);
  EXPECT_GT(*ceiling, 5u);
  EXPECT_FALSE(counter.Take(1)) << "asked for is not confirmed";
  counter.Raised(*ceiling, false);
  EXPECT_FALSE(counter.Take(1));
  const std::optional<Version> again = counter.BeginRaise();
  ASSERT_TRUE(again) << "a failed raise may be tried again";
  counter.Raised(*again, true);
  EXPECT_EQ(counter.Take(1)->first, 5u);
}

TEST(VersionCounterTest, RaisesEarlyAndOneAtATime) {
  VersionCounter counter({.first_version = 1, .ceiling = 1 + kVersionBlock});
  EXPECT_FALSE(counter.BeginRaise()) << "there is room";
  ASSERT_TRUE(counter.Take(kVersionBlock - 10));
  const std::optional<Version> ceiling = counter.BeginRaise();
  ASSERT_TRUE(ceiling);
  EXPECT_FALSE(counter.BeginRaise()) << "one is on its way";
  EXPECT_TRUE(counter.Take(10)) << "what is durable already may be used meanwhile";
  counter.Raised(*ceiling, true);
  EXPECT_TRUE(counter.Take(10));
}

TEST(VersionCounterTest, ThreadsNeverGetTheSameVersion) {
  VersionCounter counter({.first_version = 1, .ceiling = 4 * 2000 * 3 + 1});
  std::mutex mutex;
  std::set<Version> firsts;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<Version> mine;
      for (int i = 0; i < 2000; ++i) mine.push_back(counter.Take(3)->first);
      const std::lock_guard lock(mutex);
      firsts.insert(mine.begin(), mine.end());
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(firsts.size(), 8000u);
  Version expected = 1;
  for (Version first : firsts) {
    EXPECT_EQ(first, expected);
    expected += 3;
  }
  EXPECT_FALSE(counter.Take(1));
}

}  // namespace
}  // namespace mailwake
