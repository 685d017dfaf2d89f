// SPDX-License-Identifier: Apache-2.0
//
// The engine's code without locks, under every schedule of a few threads: a loop's owner is told of work, a driver of an earlier deadline,
// one of two who meet does the work; and the lock itself.

#include "tests/support/schedules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include "engine/src/deadline_board.h"
#include "engine/src/meeting.h"
#include "engine/src/signal_bits.h"
#include "mailwake/mutex.h"

namespace mailwake::testing {
namespace {

// Shards with lists of work, and deliveries that take one piece a shard.
struct Loop {
  BasicSignalBits<ExploredAtomic> bits;
  std::array<int, 2> work{};  // under its shard's lock: no other thread comes between
  bool told = false;          // the owner will deliver, some time
  int delivered = 0;
  bool delivering = false;

  void Put(std::uint32_t shard) {
    ++work[shard];
    if (bits.Raise(shard)) told = true;
  }
  void Deliver() {
    if (!bits.Begin()) return;
    EXPECT_FALSE(std::exchange(delivering, true)) << "two deliveries at once";
    for (std::uint64_t taken = bits.Take(); taken != 0; taken &= taken - 1) {
      const auto shard = static_cast<std::uint32_t>(std::countr_zero(taken));
      if (work[shard] == 0) continue;
      --work[shard];
      ++delivered;
      if (work[shard] > 0) bits.Keep(shard);
    }
    delivering = false;
    if (bits.End()) told = true;
  }
  void DeliverIfTold() {
    if (std::exchange(told, false)) Deliver();
  }
};

TEST(SchedulesTest, WhoeverHasWorkHasBeenTold) {
  std::uint64_t left = 0;
  const std::uint64_t count = Schedules::Explore([&left] {
    auto loop = std::make_shared<Loop>();
    return Scenario{.threads = {[loop] { loop->Put(0), loop->Put(0); }, [loop] { loop->Put(1); },
                                [loop] { loop->DeliverIfTold(), loop->DeliverIfTold(); }},
                    .check = [loop, &left] {
                      const int work = loop->work[0] + loop->work[1];
                      EXPECT_EQ(loop->delivered + work, 3);
                      if (work == 0) return;
                      ++left;
                      EXPECT_TRUE(loop->told) << "work that nobody will deliver";
                    }};
  });
  std::cout << count << " schedules, " << left << " end with work that is still to be delivered\n";
  EXPECT_GT(count, 1000u);
  EXPECT_GT(left, 0u) << "never at stake";
}

TEST(SchedulesTest, ADeliveryByAnotherThreadLosesNothing) {
  std::uint64_t left = 0;
  const std::uint64_t count = Schedules::Explore([&left] {
    auto loop = std::make_shared<Loop>();
    return Scenario{.threads = {[loop] { loop->Put(0), loop->Put(1); }, [loop] { loop->DeliverIfTold(); }, [loop] { loop->Deliver(); }},
                    .check = [loop, &left] {
                      if (loop->work[0] + loop->work[1] == 0) return;
                      ++left;
                      EXPECT_TRUE(loop->told) << "work that nobody will deliver";
                    }};
  });
  std::cout << count << " schedules, " << left << " end with work that is still to be delivered\n";
  EXPECT_GT(count, 1000u);
  EXPECT_GT(left, 0u) << "never at stake";
}

// The driver has been told 90, that time has come and gone, and it asks again while two shards become due earlier than they were.
TEST(SchedulesTest, NoShardIsDueBeforeTheDriverBelieves) {
  std::uint64_t told = 0;
  const std::uint64_t count = Schedules::Explore([&told] {
    struct World {
      BasicDeadlineBoard<ExploredAtomic> board;
      std::array<ExploredAtomic<std::int64_t>, 2> due{200, 100};
      std::int64_t believed = 0;
      bool again = false;  // the driver was told to ask again
      std::int64_t Due(std::size_t shard) { return due[shard].load(std::memory_order_seq_cst); }
    };
    auto world = std::make_shared<World>();
    world->board.Next([] { return 90; });
    const auto become = [world](std::size_t shard, std::int64_t due) {
      return [=] {
        world->due[shard].store(due, std::memory_order_seq_cst);
        if (world->board.Earlier(due)) world->again = true;
      };
    };
    const auto drive = [world] { world->believed = world->board.Next([&] { return std::min(world->Due(0), world->Due(1)); }); };
    return Scenario{.threads = {become(0, 97), become(1, 95), drive}, .check = [world, &told] {
                      told += world->again;
                      if (world->again) return;
                      EXPECT_LE(world->believed, 95);
                    }};
  });
  std::cout << count << " schedules, " << told << " end with a driver that is told to ask again\n";
  EXPECT_GT(count, 1000u);
  EXPECT_GT(told, 0u) << "never at stake";
}

// `rounds`: how often each of the threads takes the lock. The first one takes its time inside; they are alike, so that is enough.
template <int kSpins>
void ExploreMutex(const std::vector<int>& rounds) {
  struct World {
    BasicMutex<ExploredAtomic, kSpins> mutex;
    bool inside = false;
    int turns = 0;
    int met = 0;  // somebody came while another was inside
  };
  std::uint64_t met = 0;
  const std::uint64_t count = Schedules::Explore([&] {
    auto world = std::make_shared<World>();
    Scenario scenario{.threads = {}, .check = {}, .begin_with_operations = true};
    int turns = 0;
    for (int each : rounds) {
      const bool first = scenario.threads.empty();
      turns += each;
      scenario.threads.emplace_back([world, each, first]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
        for (int i = 0; i < each; ++i) {
          world->met += world->inside;
          world->mutex.lock();
          EXPECT_FALSE(std::exchange(world->inside, true)) << "two inside";
          if (first) Schedules::Yield();
          world->inside = false;
          ++world->turns;
          world->mutex.unlock();
        }
      });
    }
    scenario.check = [world, turns, &met]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      EXPECT_EQ(world->turns, turns);
      EXPECT_TRUE(world->mutex.try_lock()) << "not given back";
      met += world->met > 0;
    };
    return scenario;
  });
  std::cout << count << " schedules, in " << met << " somebody came while another was inside\n";
  EXPECT_GT(count, 1000u);
  EXPECT_GT(met, 0u) << "never at stake";
}

TEST(SchedulesTest, ALockLetsInOneOfThreeAndForgetsNoneWhoSleeps) { ExploreMutex<0>({1, 1, 1}); }
TEST(SchedulesTest, ALockThatIsLookedAtBeforeSleepIsTakenAgainAndAgain) { ExploreMutex<1>({2, 1}); }

TEST(SchedulesTest, OfTwoWhoMeetTheSecondDoesTheWorkOfBoth) {
  struct World {
    BasicMeeting<ExploredAtomic> meeting;
    std::array<bool, 2> came{};
    int done = 0;
  };
  const std::uint64_t count = Schedules::Explore([] {
    auto world = std::make_shared<World>();
    const auto come = [world](std::size_t who) {
      return [world, who] {
        Schedules::Yield();
        world->came[who] = true;
        if (!world->meeting.Second()) return;
        EXPECT_TRUE(world->came[0] && world->came[1]);
        ++world->done;
      };
    };
    return Scenario{.threads = {come(0), come(1)}, .check = [world] { EXPECT_EQ(world->done, 1); }};
  });
  EXPECT_GT(count, 10u);
}

}  // namespace
}  // namespace mailwake::testing
