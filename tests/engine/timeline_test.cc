// SPDX-License-Identifier: Apache-2.0
//
// Timeline: engine time never goes back and stands still through a pause.

#include "engine/src/timeline.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <random>

namespace mailwake {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kStart{hours(24) * 365 * 56};

TEST(TimelineTest, FollowsTheClockInStepsOfUpTo5Seconds) {
  Timeline timeline;
  timeline.Observe(kStart, false);
  const std::int64_t start = timeline.now_ms();
  timeline.Observe(kStart + seconds(5), true);
  EXPECT_EQ(timeline.now_ms() - start, 5000);
  timeline.Observe(kStart + seconds(5) + milliseconds(1), true);
  EXPECT_EQ(timeline.now_ms() - start, 5001);
}

TEST(TimelineTest, AStepOver5SecondsWhileSomethingWaitsIsAPause) {
  Timeline timeline;
  timeline.Observe(kStart, false);
  const std::int64_t before = timeline.now_ms();
  const Time due = timeline.ClockAt(before + 60'000);
  EXPECT_EQ(due, kStart + seconds(60));
  timeline.Observe(kStart + milliseconds(5001), true);
  EXPECT_EQ(timeline.now_ms(), before);
  EXPECT_EQ(timeline.ClockAt(before + 60'000), due + milliseconds(5001)) << "deadlines move by it";
}

TEST(TimelineTest, ALongStepWhileNothingWaitsIsNoPause) {
  Timeline timeline;
  timeline.Observe(kStart, false);
  const std::int64_t before = timeline.now_ms();
  timeline.Observe(kStart + hours(3), false);
  EXPECT_EQ(timeline.now_ms() - before, milliseconds(hours(3)).count());
}

TEST(TimelineTest, BackwardsIsIgnored) {
  Timeline timeline;
  timeline.Observe(kStart, false);
  const std::int64_t before = timeline.now_ms();
  timeline.Observe(kStart - hours(1), true);
  EXPECT_EQ(timeline.now_ms(), before);
  EXPECT_EQ(timeline.clock(), kStart);
  timeline.Observe(kStart + seconds(1), true);
  EXPECT_EQ(timeline.now_ms() - before, 1000);
}

TEST(TimelineTest, NextGlanceIsWithinASecondAndLater) {
  for (int ms : {0, 1, 500, 999}) {
    Timeline timeline;
    timeline.Observe(kStart + milliseconds(ms), false);
    EXPECT_GT(timeline.next_glance(), timeline.clock());
    EXPECT_LE(timeline.next_glance(), timeline.clock() + seconds(1));
  }
}

TEST(TimelineTest, NeverDecreasesWhateverTheClockSays) {
  std::mt19937_64 random(3);
  Timeline timeline;
  Time clock = kStart;
  std::int64_t last = timeline.now_ms();
  for (int i = 0; i < 10'000; ++i) {
    clock += milliseconds(static_cast<std::int64_t>(random() % 20'000) - 9'000);
    timeline.Observe(clock, random() % 2 == 0);
    ASSERT_GE(timeline.now_ms(), last);
    ASSERT_EQ(timeline.ClockAt(timeline.now_ms()), timeline.clock());
    last = timeline.now_ms();
  }
}

}  // namespace
}  // namespace mailwake
