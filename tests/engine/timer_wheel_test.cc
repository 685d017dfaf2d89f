// SPDX-License-Identifier: Apache-2.0
//
// TimerWheel against the obvious model, a std::multimap by due time, with random operations; and the corners by hand.

#include "engine/src/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

namespace mailwake {
namespace {

constexpr std::int64_t kYear2026Ms = 1'790'000'000'000;

struct Table {
  explicit Table(std::size_t size) : nodes(size) {}
  TimerNode& timer(Slot slot) { return nodes[slot]; }
  std::vector<TimerNode> nodes;
};

// What fired in one Advance.
std::vector<Slot> Fired(TimerWheel& wheel, Table& table, std::int64_t now_ms) {
  std::vector<Slot> fired;
  wheel.Advance(table, now_ms, [&](Slot slot) { fired.push_back(slot); });
  return fired;
}

TEST(TimerWheelTest, EmptyHasNoNextAndFiresNothing) {
  TimerWheel wheel;
  Table table(1);
  EXPECT_TRUE(wheel.empty());
  EXPECT_EQ(wheel.Next(), std::nullopt);
  EXPECT_TRUE(Fired(wheel, table, kYear2026Ms).empty());
  EXPECT_EQ(wheel.now(), kYear2026Ms);
}

TEST(TimerWheelTest, FiresAtItsDueTimeAndNotAMillisecondEarlier) {
  for (std::int64_t after : {1, 2, 63, 64, 65, 4095, 4096, 4097, 262'143, 262'144, 3'540'000, 86'400'000}) {
    TimerWheel wheel;
    Table table(1);
    Fired(wheel, table, kYear2026Ms);
    wheel.Schedule(table, 0, kYear2026Ms + after);
    EXPECT_TRUE(Fired(wheel, table, kYear2026Ms + after - 1).empty()) << after;
    EXPECT_EQ(wheel.size(), 1u);
    EXPECT_EQ(Fired(wheel, table, kYear2026Ms + after), std::vector<Slot>{0}) << after;
    EXPECT_TRUE(wheel.empty());
  }
}

TEST(TimerWheelTest, ADueTimeThatHasPassedFiresAtTheNextAdvanceEvenAtTheSameTime) {
  TimerWheel wheel;
  Table table(2);
  Fired(wheel, table, 1000);
  wheel.Schedule(table, 0, 10);
  wheel.Schedule(table, 1, 1000);
  EXPECT_EQ(wheel.Next(), 1000);
  EXPECT_EQ(Fired(wheel, table, 1000).size(), 2u);
}

TEST(TimerWheelTest, BackwardsIsIgnored) {
  TimerWheel wheel;
  Table table(1);
  Fired(wheel, table, 5000);
  wheel.Schedule(table, 0, 5001);
  EXPECT_TRUE(Fired(wheel, table, 10).empty());
  EXPECT_EQ(wheel.now(), 5000);
  EXPECT_EQ(Fired(wheel, table, 5001).size(), 1u);
}

TEST(TimerWheelTest, ACancelledTimerNeverFires) {
  TimerWheel wheel;
  Table table(3);
  for (Slot slot = 0; slot < 3; ++slot) wheel.Schedule(table, slot, 500);
  wheel.Cancel(table, 1);
  wheel.Cancel(table, 1);  // harmless
  wheel.CheckInvariants(table);
  EXPECT_EQ(Fired(wheel, table, 10'000), (std::vector<Slot>{0, 2}));
}

TEST(TimerWheelTest, ATimerScheduledWhileFiringIsDueAtTheNextAdvance) {
  TimerWheel wheel;
  Table table(1);
  wheel.Schedule(table, 0, 10);
  int fired = 0;
  const auto again = [&](Slot slot) {
    ++fired;
    wheel.Schedule(table, slot, 10);
  };
  wheel.Advance(table, 10, again);
  EXPECT_EQ(fired, 1);
  wheel.Advance(table, 10, again);
  EXPECT_EQ(fired, 2);
}

TEST(TimerWheelTest, NextIsExactWithin64Milliseconds) {
  TimerWheel wheel;
  Table table(1);
  Fired(wheel, table, kYear2026Ms / 64 * 64);
  wheel.Schedule(table, 0, wheel.now() + 63);
  EXPECT_EQ(wheel.Next(), wheel.now() + 63);
}

TEST(TimerWheelTest, FollowingNextReachesAFarTimerInFewSteps) {
  TimerWheel wheel;
  Table table(1);
  Fired(wheel, table, kYear2026Ms + 12'345);
  const std::int64_t due = wheel.now() + 90LL * 86'400'000 + 7;
  wheel.Schedule(table, 0, due);
  int steps = 0;
  bool fired = false;
  while (!fired) {
    ASSERT_LT(++steps, 10);
    ASSERT_LE(*wheel.Next(), due);
    fired = !Fired(wheel, table, *wheel.Next()).empty();
  }
  EXPECT_EQ(wheel.now(), due);
}

// The wheel and the model side by side: what fires, when, and how much is left must agree after every step.
class TimerWheelModel {
 public:
  explicit TimerWheelModel(std::uint64_t seed) : random_(seed), table_(kTimers) { Fired(wheel_, table_, kYear2026Ms + Below(100'000)); }

  void Step() {
    switch (Below(8)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return Schedule();
      case 4:
        return Cancel();
      case 5:
        return AdvanceTo(wheel_.Next().value_or(wheel_.now()));
      default:
        return AdvanceTo(wheel_.now() + Distance());
    }
  }

 private:
  static constexpr std::size_t kTimers = 300;

  std::int64_t Below(std::int64_t bound) { return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_); }
  // All magnitudes alike, from a millisecond to weeks: far jumps cross several levels at once.
  std::int64_t Distance() { return Below(std::int64_t{1} << Below(32)); }

  void Schedule() {
    const Slot slot = static_cast<Slot>(Below(kTimers));
    if (due_.contains(slot)) return;
    const std::int64_t due = wheel_.now() + Distance() - Below(3);
    wheel_.Schedule(table_, slot, due);
    due_.emplace(slot, model_.emplace(due, slot));
  }

  void Cancel() {
    const Slot slot = static_cast<Slot>(Below(kTimers));
    wheel_.Cancel(table_, slot);
    if (const auto found = due_.find(slot); found != due_.end()) {
      model_.erase(found->second);
      due_.erase(found);
    }
  }

  void AdvanceTo(std::int64_t now_ms) {
    std::set<Slot> expected;
    while (!model_.empty() && model_.begin()->first <= now_ms) {
      expected.insert(model_.begin()->second);
      due_.erase(model_.begin()->second);
      model_.erase(model_.begin());
    }
    const std::vector<Slot> fired = Fired(wheel_, table_, now_ms);
    ASSERT_EQ(std::set<Slot>(fired.begin(), fired.end()), expected);
    ASSERT_EQ(fired.size(), expected.size()) << "one fired twice";
    ASSERT_EQ(wheel_.size(), model_.size());
    ASSERT_EQ(wheel_.now(), now_ms);
    if (model_.empty()) {
      ASSERT_EQ(wheel_.Next(), std::nullopt);
    } else {
      ASSERT_LE(*wheel_.Next(), std::max(now_ms, model_.begin()->first));
      ASSERT_GE(*wheel_.Next(), now_ms);
    }
    wheel_.CheckInvariants(table_);
  }

  std::mt19937_64 random_;
  Table table_;
  TimerWheel wheel_;
  std::multimap<std::int64_t, Slot> model_;
  std::map<Slot, std::multimap<std::int64_t, Slot>::iterator> due_;
};

TEST(TimerWheelTest, AgreesWithAMultimapOverRandomOperations) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    TimerWheelModel model(seed);
    for (int step = 0; step < 3000; ++step) {
      model.Step();
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace mailwake
