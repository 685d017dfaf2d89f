// SPDX-License-Identifier: Apache-2.0
//
// Ending many: Drain with jitter, Shed, EndDevice, EndMailbox.

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mailwake/adapters/memory_store.h"
#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

std::vector<Ping> HoldMany(EngineWorld& world, int count, std::chrono::seconds heartbeat = 900s) {
  std::vector<Ping> pings;
  for (int i = 0; i < count; ++i) pings.push_back(world.Hold(absl::StrCat("user", i), "phone", {"inbox"}, heartbeat));
  return pings;
}

TEST(EndingManyTest, ADrainEndsAllWithinTheGivenTimeSpreadEvenly) {
  EngineWorld world;
  world.set_check_invariants(false);
  HoldMany(world, 1000);
  const Time start = world.now();
  world.engine().Drain(10s);
  world.AdvanceBy(10s);
  const std::vector<Ended> ended = world.TakeEnded();
  ASSERT_EQ(ended.size(), 1000u);
  std::array<int, 10> by_second{};
  for (const Ended& end : ended) {
    EXPECT_EQ(end.reason, EndReason::kDrained);
    const auto second = static_cast<std::size_t>((end.time - start) / 1s);
    ++by_second[std::min<std::size_t>(second, 9)];
  }
  for (const int count : by_second) {  // 100 expected, five standard deviations either way
    EXPECT_GT(count, 50);
    EXPECT_LT(count, 150);
  }
}

TEST(EndingManyTest, ADrainOfNoTimeEndsAllAtOnce) {
  EngineWorld world;
  HoldMany(world, 50);
  world.engine().Drain(Duration(0));
  world.Settle();
  EXPECT_EQ(world.TakeEnded().size(), 50u);
  EXPECT_EQ(world.engine().stats().pings_held, 0u);
}

TEST(EndingManyTest, NewPingsDuringAndAfterADrainEndDrainedAndSupersedeNothing) {
  EngineWorld world;
  const Ping older = world.Hold("ann", "phone", {"inbox"});
  world.engine().Drain(1h);
  const Ping newer = world.Hold("ann", "phone", {"inbox"});
  world.ExpectOnly({Drained(newer)});
  EXPECT_TRUE(world.live(older) || world.ended(older).reason == EndReason::kDrained);
  world.AdvanceBy(1h);
  world.TakeEnded();
  world.ExpectOnly({Drained(world.Hold("bob", "phone", {"inbox"}))});
}

TEST(EndingManyTest, AChangeDuringADrainStillWakesAndAHeartbeatStillEnds) {
  EngineWorld world;
  world.set_check_invariants(false);
  const std::vector<Ping> pings = HoldMany(world, 60, 60s);
  world.engine().Drain(10min);
  world.Settle();
  std::set<std::size_t> changed;
  for (std::size_t i = 0; i < pings.size(); i += 2) {
    if (!world.live(pings[i])) continue;
    world.Publish(absl::StrCat("user", i), "inbox");
    changed.insert(i);
  }
  EXPECT_GT(changed.size(), 20u);
  world.AdvanceBy(61s);
  for (std::size_t i = 0; i < pings.size(); ++i) {
    ASSERT_FALSE(world.live(pings[i]));
    const EndReason reason = world.ended(pings[i]).reason;
    EXPECT_TRUE(changed.contains(i) ? reason == EndReason::kChanged : reason == EndReason::kDrained || reason == EndReason::kExpired);
  }
}

TEST(EndingManyTest, TheSpreadComesFromTheSeed) {
  const auto times = [](std::uint64_t seed) {
    EngineWorld world({.seed = seed});
    world.set_check_invariants(false);
    HoldMany(world, 50);
    world.engine().Drain(30s);
    world.AdvanceBy(30s);
    std::vector<Time> ends;
    for (const Ended& end : world.TakeEnded()) ends.push_back(end.time);
    return ends;
  };
  EXPECT_EQ(times(7), times(7));
  EXPECT_NE(times(7), times(8));
}

TEST(EndingManyTest, ShedEndsAsManyAsAskedThoseHeldLastFirstWithARetryTime) {
  EngineWorld world({.shards = 1});
  std::vector<Ping> pings;
  for (int i = 0; i < 10; ++i) {
    pings.push_back(world.Hold(absl::StrCat("user", i), "phone", {"inbox"}));
    world.AdvanceBy(100ms);
  }
  EXPECT_EQ(world.engine().Shed(3), 3u);
  world.ExpectOnly({ShedEarly(pings[9]), ShedEarly(pings[8]), ShedEarly(pings[7])});
  for (std::size_t i = 7; i < 10; ++i) {
    EXPECT_GE(world.ended(pings[i]).retry_after, 30s);
    EXPECT_LE(world.ended(pings[i]).retry_after, 60s);
  }
  EXPECT_EQ(world.engine().stats().pings_held, 7u);
  EXPECT_EQ(world.engine().Shed(0), 0u);
  EXPECT_EQ(world.engine().Shed(100), 7u);
  EXPECT_EQ(world.engine().Shed(100), 0u);
}

TEST(EndingManyTest, ShedOverManyShardsEndsNoMoreThanAsked) {
  EngineWorld world;
  HoldMany(world, 200);
  EXPECT_EQ(world.engine().Shed(50), 50u);
  world.Settle();
  EXPECT_EQ(world.TakeEnded().size(), 50u);
  EXPECT_EQ(world.engine().stats().pings_held, 150u);
}

TEST(EndingManyTest, EndDeviceEndsWhatTheDeviceHoldsAndNothingElse) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  const Ping sync = world.Hold("ann", "phone", {"inbox"}, 900s, PingKind::kSync);
  const Ping tablet = world.Hold("ann", "tablet", {"inbox"});
  const Ping bob = world.Hold("bob", "phone", {"inbox"});
  EXPECT_EQ(world.engine().EndDevice("ann", "phone"), 2u);
  world.ExpectOnly({Refused(ping, Refusal::kRevoked), Refused(sync, Refusal::kRevoked)});
  EXPECT_TRUE(world.live(tablet));
  EXPECT_TRUE(world.live(bob));
  EXPECT_EQ(world.engine().EndDevice("ann", "phone"), 0u);
  EXPECT_EQ(world.engine().EndDevice("nobody", "phone"), 0u);
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox"}))) << "what is held now: whether it may again is the front end's affair";
}

// On a loop whose owner is slow: two clients with one device id, whose delayed answers are due and wait to be delivered.
TEST(EndingManyTest, AnEndThatWasDecidedAndIsNotYetDeliveredIsNotDecidedAgain) {
  const auto store = NewMemoryStore();
  const auto engine = Engine::Create({}, *store).value();
  const LoopId loop = engine->AddLoop([] {});
  std::map<EndReason, int> ends;
  engine->advance(Time(1000s));
  for (int i = 0; i < 7; ++i) {
    engine->Hold({.mailbox = "ann", .device = "phone", .heartbeat = 900s, .folders = {{{"inbox", ItemClass::kEmail}}}, .loop = loop},
                 [&ends](const PingEnd& end) { ++ends[end.reason]; });
  }
  for (int second = 1; second <= 70; ++second) engine->advance(Time(1000s + std::chrono::seconds(second)));
  engine->CheckInvariants();
  EXPECT_EQ(engine->EndDevice("ann", "phone"), 1u) << "the newest; the others have ended";
  engine->Deliver(loop);
  EXPECT_EQ(ends[EndReason::kSuperseded], 6);
  EXPECT_EQ(ends[EndReason::kRefused], 1);
}

TEST(EndingManyTest, EndMailboxEndsAllOfTheMailboxAndNothingElse) {
  EngineWorld world;
  const Ping phone = world.Hold("ann", "phone", {"inbox"});
  const Ping tablet = world.Hold("ann", "tablet", {"inbox"});
  const Ping bob = world.Hold("bob", "phone", {"inbox"});
  EXPECT_EQ(world.engine().EndMailbox("ann"), 2u);
  world.ExpectOnly({Refused(phone, Refusal::kRevoked), Refused(tablet, Refusal::kRevoked)});
  EXPECT_TRUE(world.live(bob));
}

TEST(EndingManyTest, APingWhoseMailboxIsStillBeingReadIsEndedToo) {
  EngineWorld world;
  world.store().set_held(true);
  const Ping phone = world.Hold("ann", "phone", {"inbox"});
  const Ping tablet = world.Hold("ann", "tablet", {"inbox"});
  EXPECT_EQ(world.engine().EndDevice("ann", "phone"), 1u);
  world.ExpectOnly({Refused(phone, Refusal::kRevoked)});
  world.store().ReleaseAll();
  world.ExpectNone();
  EXPECT_TRUE(world.live(tablet));
}

}  // namespace
}  // namespace mailwake
