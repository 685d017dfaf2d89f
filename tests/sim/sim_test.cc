// SPDX-License-Identifier: Apache-2.0
//
// A few worlds for each build: no promise is broken, each was at stake, and a seed is one history.

#include <gtest/gtest.h>

#include "tests/sim/profile.h"
#include "tests/sim/report.h"

namespace mailwake::sim {
namespace {

std::uint64_t FirstSeed(bool sqlite) {
  std::uint64_t seed = 1;
  while (DrawProfile(seed).sqlite != sqlite) ++seed;
  return seed;
}

TEST(SimTest, NoPromiseIsBrokenAndEverySituationCameUp) {
  Totals totals;
  for (std::uint64_t seed = 2'001; seed <= 2'060; ++seed) {
    const SeedResult result = RunSeed(seed);
    EXPECT_FALSE(result.violation) << "seed " << seed << ": " << result.violation->text << "\n" << result.story;
    totals.Add(result);
  }
  EXPECT_GT(totals.sqlite.seeds, 0u);
  for (std::size_t i = 0; i < kStakeCount; ++i) {
    const auto stake = static_cast<Stake>(i);
    EXPECT_GT(totals.stakes.count(stake), 0u) << Info(stake).name;
  }
}

TEST(SimTest, ASeedIsOneHistory) {
  for (const std::uint64_t seed : {2u, 9u, 24u, 40u}) {
    const SeedResult once = RunSeed(seed), again = RunSeed(seed);
    EXPECT_EQ(once.fingerprint, again.fingerprint) << "seed " << seed;
    EXPECT_EQ(once.stakes, again.stakes);
    EXPECT_EQ(once.ends, again.ends);
    EXPECT_GT(once.ends, 0u);
  }
}

TEST(SimTest, ASeedOnSqliteIsOneHistoryToo) {
  const std::uint64_t seed = FirstSeed(true);
  const SeedResult once = RunSeed(seed), again = RunSeed(seed);
  EXPECT_FALSE(once.violation) << once.violation->text;
  EXPECT_EQ(once.fingerprint, again.fingerprint);
}

TEST(SimTest, OtherSeedsAreOtherWorlds) { EXPECT_NE(RunSeed(1).fingerprint, RunSeed(3).fingerprint); }

}  // namespace
}  // namespace mailwake::sim
