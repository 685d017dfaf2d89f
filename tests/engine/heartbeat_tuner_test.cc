// SPDX-License-Identifier: Apache-2.0
#include "mailwake/heartbeat_tuner.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace mailwake {
namespace {

using namespace std::chrono_literals;
using Seconds = HeartbeatTuner::Seconds;

constexpr HeartbeatTuner::Config kExample{.initial = 15min, .minimum = 8min, .maximum = 30min, .step = 4min};

// One PING through a network that cuts what lives longer than `limit`.
void Ping(HeartbeatTuner& tuner, Seconds limit) { tuner.interval() <= limit ? tuner.Expired() : tuner.Silent(); }

HeartbeatTuner Settle(const HeartbeatTuner::Config& config, Seconds limit) {
  HeartbeatTuner tuner(config);
  const auto enough = 4 + (config.maximum - config.minimum) / config.step;
  for (Seconds::rep pings = 0; pings < enough && !tuner.settled(); ++pings) Ping(tuner, limit);
  return tuner;
}

TEST(HeartbeatTuner, WalksTheExampleOfTheDirectPushDocumentation) {
  HeartbeatTuner tuner(kExample);  // the network cuts at 13 minutes
  EXPECT_EQ(tuner.interval(), 15min);
  tuner.Silent();
  EXPECT_EQ(tuner.interval(), 8min);
  EXPECT_EQ(tuner.proven(), 0s);
  tuner.Expired();
  EXPECT_EQ(tuner.interval(), 12min);
  EXPECT_EQ(tuner.proven(), 8min);
  tuner.Woken();  // mail after 4 minutes
  EXPECT_EQ(tuner.interval(), 12min);
  EXPECT_EQ(tuner.proven(), 8min);
  EXPECT_FALSE(tuner.settled());
  tuner.Expired();
  EXPECT_EQ(tuner.interval(), 16min);
  tuner.Silent();
  EXPECT_EQ(tuner.interval(), 12min);
  EXPECT_TRUE(tuner.settled());
  for (int i = 0; i < 3; ++i) {
    tuner.Expired();
    tuner.Woken();
    EXPECT_EQ(tuner.interval(), 12min);
    EXPECT_TRUE(tuner.settled());
  }
}

TEST(HeartbeatTuner, NewsInARaisedIntervalLeavesItUnproven) {
  HeartbeatTuner tuner({.initial = 8min, .minimum = 4min, .maximum = 30min, .step = 4min});
  tuner.Expired();
  tuner.Woken();
  tuner.Silent();  // 12 was never proven, so this is still the silence after the increase
  EXPECT_EQ(tuner.interval(), 8min);
  EXPECT_TRUE(tuner.settled());
}

TEST(HeartbeatTuner, SilenceDirectlyAfterSettlingStartsOver) {
  HeartbeatTuner tuner = Settle(kExample, 13min);
  ASSERT_TRUE(tuner.settled());
  ASSERT_EQ(tuner.interval(), 12min);
  tuner.Silent();  // no increase came before it: never back to the interval that has just failed
  EXPECT_EQ(tuner.interval(), 8min);
  EXPECT_EQ(tuner.proven(), 0s);
  EXPECT_FALSE(tuner.settled());
}

TEST(HeartbeatTuner, ProbesAgainAfterASettledIntervalFellSilent) {
  HeartbeatTuner tuner = Settle(kExample, 13min);
  for (int pings = 0; pings < 5; ++pings) Ping(tuner, 21min);
  EXPECT_EQ(tuner.interval(), 12min);  // settled: it does not look for more by itself
  tuner.Silent();
  for (int pings = 0; pings < 10; ++pings) Ping(tuner, 21min);
  EXPECT_EQ(tuner.interval(), 20min);
  EXPECT_TRUE(tuner.settled());
  for (int pings = 0; pings < 10; ++pings) Ping(tuner, 10min);
  EXPECT_EQ(tuner.interval(), 8min);
  EXPECT_EQ(tuner.proven(), 8min);
  EXPECT_TRUE(tuner.settled());
}

TEST(HeartbeatTuner, StaysAtTheMinimumWhereNothingLives) {
  HeartbeatTuner tuner(kExample);
  for (int pings = 0; pings < 20; ++pings) {
    Ping(tuner, 1min);
    EXPECT_EQ(tuner.interval(), 8min);
    EXPECT_FALSE(tuner.settled());
  }
}

TEST(HeartbeatTuner, SettlesAtTheMaximumWhereEverythingLives) {
  const HeartbeatTuner tuner = Settle(kExample, 24h);
  EXPECT_EQ(tuner.interval(), 30min);  // the last step is a short one
  EXPECT_TRUE(tuner.settled());
}

TEST(HeartbeatTuner, ComesWithinAStepOfTheLimitOfAnyNetwork) {
  std::mt19937_64 random(1);
  const auto pick = [&](int from, int to) { return Seconds(std::uniform_int_distribution<int>(from, to)(random)); };
  for (int network = 0; network < 20'000; ++network) {
    const Seconds minimum = pick(1, 900);
    const Seconds maximum = minimum + pick(0, 3600);
    const HeartbeatTuner::Config config{.initial = pick(1, 5000), .minimum = minimum, .maximum = maximum, .step = pick(1, 600)};
    const Seconds limit = minimum + pick(0, 5000);
    const HeartbeatTuner tuner = Settle(config, limit);
    ASSERT_TRUE(tuner.settled());
    EXPECT_LE(tuner.interval(), limit);
    EXPECT_EQ(tuner.interval(), tuner.proven());
    EXPECT_TRUE(tuner.interval() == maximum || tuner.interval() + config.step > limit);
  }
}

TEST(HeartbeatTuner, NeverLeavesItsBoundsNorTakesMoreThanAStepUp) {
  std::mt19937_64 random(2);
  const auto pick = [&](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
  for (int run = 0; run < 500; ++run) {
    const HeartbeatTuner::Config config{
        .initial = Seconds(pick(0, 9000)), .minimum = 60s, .maximum = Seconds(pick(60, 3540)), .step = Seconds(pick(1, 900))};
    HeartbeatTuner tuner(config);
    for (int ping = 0; ping < 200; ++ping) {
      const Seconds before = tuner.interval();
      switch (pick(0, 2)) {
        case 0:
          tuner.Expired();
          break;
        case 1:
          tuner.Woken();
          break;
        default:
          tuner.Silent();
      }
      ASSERT_GE(tuner.interval(), config.minimum);
      ASSERT_LE(tuner.interval(), config.maximum);
      ASSERT_LE(tuner.interval(), before + config.step);
      if (tuner.settled()) {
        ASSERT_EQ(tuner.interval(), tuner.proven());
      }
    }
  }
}

TEST(HeartbeatTuner, TakesSenselessConfigurationsAsTheNearestSensibleOnes) {
  EXPECT_EQ(HeartbeatTuner({.initial = 10s, .minimum = 60s, .maximum = 30s, .step = 1s}).interval(), 60s);
  EXPECT_EQ(HeartbeatTuner({.initial = 2h, .minimum = 60s, .maximum = 30min, .step = 1s}).interval(), 30min);
  HeartbeatTuner stuck({.initial = 60s, .minimum = 60s, .maximum = 90s, .step = 0s});
  stuck.Expired();
  EXPECT_EQ(stuck.interval(), 61s);
}

TEST(HeartbeatTuner, ObeysTheServersMaximum) {
  HeartbeatTuner tuner(kExample);
  tuner.Bounded(10min);
  EXPECT_EQ(tuner.interval(), 10min);
  EXPECT_FALSE(tuner.settled());  // not proven yet
  tuner.Expired();
  EXPECT_EQ(tuner.interval(), 10min);
  EXPECT_TRUE(tuner.settled());
}

TEST(HeartbeatTuner, ObeysTheServersMinimum) {
  HeartbeatTuner tuner({.initial = 1min, .minimum = 1min, .maximum = 30min, .step = 4min});
  tuner.Bounded(3min);
  EXPECT_EQ(tuner.interval(), 3min);
  tuner.Silent();
  EXPECT_EQ(tuner.interval(), 3min);  // going below would only be refused again
  tuner.Expired();
  EXPECT_EQ(tuner.interval(), 7min);
}

TEST(HeartbeatTuner, SettlesWhenTheServerForbidsMoreThanIsProven) {
  HeartbeatTuner tuner({.initial = 8min, .minimum = 1min, .maximum = 30min, .step = 4min});
  tuner.Expired();
  tuner.Bounded(8min);  // 12 was refused
  EXPECT_EQ(tuner.interval(), 8min);
  EXPECT_TRUE(tuner.settled());
  tuner.Silent();
  EXPECT_EQ(tuner.interval(), 1min);
}

TEST(HeartbeatTuner, StillReturnsToWhatIsProvenWhenTheServerCutsAnIncreaseShort) {
  HeartbeatTuner tuner({.initial = 8min, .minimum = 1min, .maximum = 30min, .step = 4min});
  tuner.Expired();
  tuner.Bounded(10min);  // 12 was refused, 10 would do
  EXPECT_EQ(tuner.interval(), 10min);
  tuner.Silent();
  EXPECT_EQ(tuner.interval(), 8min);
  EXPECT_TRUE(tuner.settled());
}

TEST(HeartbeatTuner, TakesALowerMaximumOfTheServerAsProvenByTheLongerInterval) {
  HeartbeatTuner tuner({.initial = 16min, .minimum = 1min, .maximum = 30min, .step = 4min});
  tuner.Expired();
  tuner.Bounded(10min);  // 16 lived, so 10 does
  EXPECT_EQ(tuner.interval(), 10min);
  EXPECT_EQ(tuner.proven(), 10min);
  EXPECT_TRUE(tuner.settled());
}

TEST(HeartbeatTuner, TheServersBoundsWinOverItsOwn) {
  HeartbeatTuner tuner(kExample);
  tuner.Bounded(5min);
  EXPECT_EQ(tuner.interval(), 5min);
  tuner.Silent();
  EXPECT_EQ(tuner.interval(), 5min);
  HeartbeatTuner longer(kExample);
  longer.Bounded(45min);
  EXPECT_EQ(longer.interval(), 45min);
}

}  // namespace
}  // namespace mailwake
