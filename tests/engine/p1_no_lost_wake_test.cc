// SPDX-License-Identifier: Apache-2.0
//
// P1, no lost wake: while a device is behind in F, no PING of it that watches F ends expired. Here: change, PING, sync and other ends
// however they interleave. Crashes, restarts, loading and eviction: p1_store_test.cc.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

TEST(PromiseTest, P1ChangeBetweenSyncAndPingWakesAtOnce) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  const Time before = world.now();
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.ExpectOnly({Changed(ping, {"inbox"})});
  EXPECT_EQ(world.ended(ping).time, before);
}

TEST(PromiseTest, P1ChangeWhileThePingWaitsWakesIt) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.AdvanceBy(10s);
  world.ExpectNone();
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(PromiseTest, P1ADeviceThatNeverSyncedIsBehindInEverythingThatEverChanged) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox", "quiet"}), {"inbox"})});
}

TEST(PromiseTest, P1AFolderThatIsCreatedByItsFirstChangeWakesThePingThatAlreadyWatchesIt) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"new"});
  world.ExpectNone();
  world.Publish("ann", "new");
  world.ExpectOnly({Changed(ping, {"new"})});
}

TEST(PromiseTest, P1ChangeAroundTheHeartbeatsEndIsNamedByThisPingOrTheNext) {
  for (int offset_ms = -1100; offset_ms <= 1100; offset_ms += offset_ms >= -3 && offset_ms < 3 ? 1 : 50) {
    SCOPED_TRACE(offset_ms);
    EngineWorld world;
    world.Sync("ann", "phone", {"inbox"});
    const Time end = world.now() + 60s;
    const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
    world.AdvanceTo(end + Duration(offset_ms));
    const bool published_in_time = world.live(ping);
    world.Publish("ann", "inbox");
    if (published_in_time) {
      world.ExpectOnly({Changed(ping, {"inbox"})});
    } else {
      world.ExpectOnly({Expired(ping)});
      world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}, 60s), {"inbox"})});
    }
    if (offset_ms < 0) {
      EXPECT_TRUE(published_in_time);
    }
  }
}

TEST(PromiseTest, P1ChangeThatMeetsTheHeartbeatsEndBeforeItIsNoticedEndsChanged) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
  world.AdvanceBy(59s);
  world.set_auto_settle(false);
  world.JumpBy(2s);  // the heartbeat is over, and nobody has looked yet
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(PromiseTest, P1ASyncThatBeganBeforeTheChangeDoesNotAcknowledgeIt) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  const SyncTicket ticket = world.BeginSync("ann", "phone");
  world.Publish("ann", "inbox");
  world.EndSync(ticket, {"inbox"});
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(PromiseTest, P1ChangeDuringASyncWakesThePingThatIsHeldMeanwhile) {
  EngineWorld world;
  const SyncTicket ticket = world.BeginSync("ann", "phone");
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  world.EndSync(ticket, {"inbox"});
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(PromiseTest, P1APartialOrAbortedSyncMovesNothing) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Publish("ann", "cal");
  world.BeginSync("ann", "phone");  // aborted: never ended
  const SyncTicket partial = world.BeginSync("ann", "phone");
  world.EndSync(partial, {"cal"});  // the inbox had more
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox", "cal"}), {"inbox"})});
}

TEST(PromiseTest, P1AnEmptySyncMovesNothing) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {});
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(PromiseTest, P1SyncsThatEndInTheOtherOrderLoseNoChangeBetweenThem) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  const SyncTicket first = world.BeginSync("ann", "phone");
  world.Publish("ann", "inbox");
  const SyncTicket second = world.BeginSync("ann", "phone");
  world.Publish("ann", "inbox");
  world.EndSync(second, {"inbox"});
  world.EndSync(first, {"inbox"});
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(PromiseTest, P1ASyncOfOneDeviceAcknowledgesNothingForAnother) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  const Ping phone = world.Hold("ann", "phone", {"inbox"});
  const Ping tablet = world.Hold("ann", "tablet", {"inbox"});
  world.ExpectOnly({Changed(tablet, {"inbox"})});
  EXPECT_TRUE(world.live(phone));
}

TEST(PromiseTest, P1AWindowThatIsOpenAtTheHeartbeatsEndEndsChangedNotExpired) {
  EngineWorld world({.coalesce = {Duration(10min)}});
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
  world.Publish("ann", "inbox");
  world.AdvanceBy(59s);
  world.ExpectNone();
  world.AdvanceBy(2s);
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

// Makes the device's next PING one that waits though the device is behind: it was told, and PINGs on without a sync.
Ping HoldUntilPaced(EngineWorld& world) {
  for (int i = 0; i < 50; ++i) {
    const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
    if (world.live(ping)) return ping;
  }
  ADD_FAILURE() << "never paced";
  return {};
}

TEST(PromiseTest, P1APacedPingEndsChangedAtItsHeartbeatsEndAtTheLatest) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  for (int i = 0; i < 12; ++i) {
    const Ping ping = HoldUntilPaced(world);
    world.TakeEnded();
    world.AdvanceBy(61s);
    world.ExpectOnly({Changed(ping, {"inbox"})});
  }
}

TEST(PromiseTest, P1AMissedWakeIsRepeatedByTheNextPing) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  for (int answer = 0; answer < 3; ++answer) {  // the device received none of these
    world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
  }
}

// However a PING that watches an unsynced change ends, the next one of the device names the change.
class P1OtherEndTest : public ::testing::TestWithParam<std::pair<std::string, std::function<void(EngineWorld&, Ping)>>> {};

TEST_P(P1OtherEndTest, P1TheNextPingIsJudgedTheSame) {
  EngineWorld world({.coalesce = {Duration(20s)}});
  world.Publish("ann", "inbox");
  world.Hold("ann", "phone", {"inbox"});
  world.Sync("ann", "phone", {"inbox"});
  world.TakeEnded();
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");  // in the window: the PING waits, and the device is behind
  ASSERT_TRUE(world.live(ping));

  GetParam().second(world, ping);
  world.AdvanceBy(1s);
  ASSERT_FALSE(world.live(ping));
  EXPECT_NE(world.ended(ping).reason, EndReason::kExpired);
  EXPECT_NE(world.ended(ping).reason, EndReason::kChanged) << "this end says nothing of the change, the next PING must";
  world.TakeEnded();

  const Ping next = world.Hold("ann", "phone", {"inbox"});
  world.AdvanceBy(20s);
  world.ExpectOnly({Changed(next, {"inbox"})});
}

INSTANTIATE_TEST_SUITE_P(
    After, P1OtherEndTest,
    ::testing::Values(std::pair{"Cancel", [](EngineWorld& world, Ping ping) { EXPECT_TRUE(world.Cancel(ping)); }},
                      std::pair{"Shed", [](EngineWorld& world, Ping) { EXPECT_EQ(world.engine().Shed(1), 1u); }},
                      std::pair{"EndDevice", [](EngineWorld& world, Ping) { EXPECT_EQ(world.engine().EndDevice("ann", "phone"), 1u); }},
                      std::pair{"EndMailbox", [](EngineWorld& world, Ping) { EXPECT_EQ(world.engine().EndMailbox("ann"), 1u); }},
                      std::pair{"Supersede", [](EngineWorld& world, Ping) { world.Cancel(world.Hold("ann", "phone", {"cal"})); }},
                      std::pair{"Hierarchy",
                                [](EngineWorld& world, Ping) {
                                  world.SetFolders("ann", std::vector<std::string>{"inbox", "sent"});
                                  world.FolderSync("ann", "phone");
                                }}),
    [](const auto& test) { return test.param.first; });

TEST(PromiseTest, P1AChangeDuringADrainIsJudgedByTheNextServer) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.engine().Drain(Duration(0));
  world.AdvanceBy(1s);
  world.ExpectOnly({Drained(ping)});
  world.Publish("ann", "inbox");
  world.ExpectOnly({Drained(world.Hold("ann", "phone", {"inbox"}))});
  world.Restart();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(PromiseTest, P1AChangeAfterCancelIsNamedByTheNextPing) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.Cancel(ping);
  world.Publish("ann", "inbox");
  world.TakeEnded();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(PromiseTest, P1AHangingSyncIsWokenLikeAPing) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}, 60s, PingKind::kSync), {"inbox"})});
  world.Sync("ann", "phone", {"inbox"});
  const Ping sync = world.Hold("ann", "phone", {"inbox"}, 60s, PingKind::kSync);
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(sync, {"inbox"})});
}

TEST(PromiseTest, P1ANewFolderInTheNextPingIsComparedToo) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox"});
  world.Publish("ann", "cal");
  const Ping first = world.Hold("ann", "phone", {"inbox"});
  world.ExpectNone();
  const Ping second = world.Hold("ann", "phone", {"inbox", "cal"});
  world.ExpectOnly({Superseded(first), Changed(second, {"cal"})});
}

}  // namespace
}  // namespace mailwake
