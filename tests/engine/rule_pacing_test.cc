// SPDX-License-Identifier: Apache-2.0
//
// Rules "Pacing" and "Supersede": who asks again for what it was told is slowed; two clients with one device id are slowed; nobody else.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

// PINGs over and over without a sync; how long each PING was held, until `rounds` have ended.
std::vector<Duration> DeafDevice(EngineWorld& world, int rounds) {
  std::vector<Duration> held;
  for (int i = 0; i < rounds; ++i) {
    const Time since = world.now();
    const Ping ping = world.Hold("ann", "phone", {"inbox"}, 3540s);
    while (world.live(ping)) world.AdvanceBy(1s);
    EXPECT_EQ(world.ended(ping).reason, EndReason::kChanged);
    held.push_back(world.ended(ping).time - since);
  }
  return held;
}

TEST(RulePacingTest, ADeviceThatAsksAgainWithoutASyncGetsThreeFreeAnswersThenEverSlowerOnesUpToMinutes) {
  EngineWorld world;
  world.set_check_invariants(false);
  world.Publish("ann", "inbox");
  const std::vector<Duration> held = DeafDevice(world, 20);
  // The first is the news itself, three more are free.
  for (int i = 0; i < 4; ++i) EXPECT_EQ(held[static_cast<std::size_t>(i)], 0ms) << i;
  EXPECT_GT(held[4], 0ms);
  EXPECT_TRUE(std::is_sorted(held.begin(), held.end())) << ::testing::PrintToString(held.size());
  EXPECT_GE(held.back(), 1min);
  EXPECT_LE(held.back(), 30min);
  EXPECT_GT(world.engine().stats().wakes_paced, 0u);
}

TEST(RulePacingTest, ANewVersionInAnyOfItsFoldersWakesAPacedPingAtOnce) {
  for (const std::string folder : {"inbox", "cal"}) {
    EngineWorld world;
    world.Publish("ann", "inbox");
    Ping ping;
    do {
      ping = world.Hold("ann", "phone", {"inbox", "cal"}, 900s);
    } while (!world.live(ping));
    world.TakeEnded();
    const Time published = world.now();
    world.Publish("ann", folder);
    ASSERT_FALSE(world.live(ping));
    EXPECT_EQ(world.ended(ping).time, published);
    EXPECT_EQ(world.ended(ping).reason, EndReason::kChanged);
    EXPECT_THAT(world.ended(ping).folders, ::testing::Contains("inbox"));
  }
}

TEST(RulePacingTest, ASyncEndsThePacing) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  DeafDevice(world, 6);
  world.Sync("ann", "phone", {"inbox"});
  world.TakeEnded();
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.ExpectNone();
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(ping, {"inbox"})});
  for (int i = 0; i < 3; ++i) world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(RulePacingTest, AHealthyDeviceNeverMeetsThePacing) {
  EngineWorld world;
  Ping ping = world.Hold("ann", "phone", {"inbox", "cal"});
  for (int i = 0; i < 300; ++i) {
    const std::string folder = i % 3 == 0 ? "cal" : "inbox";
    world.Publish("ann", folder);
    world.ExpectOnly({Changed(ping, {folder})});
    if (i % 5 == 0) {  // its answer got lost once, and it asks again
      world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox", "cal"}), {folder})});
    }
    world.Sync("ann", "phone", {folder});
    ping = world.Hold("ann", "phone", {"inbox", "cal"});
    world.ExpectNone();
  }
  EXPECT_EQ(world.engine().stats().wakes_paced, 0u);
}

TEST(RulePacingTest, ADeviceThatIsToldOfSomethingNewEachTimeIsNotPacedThoughItNeverSyncs) {
  EngineWorld world;
  for (int i = 0; i < 50; ++i) {
    world.Publish("ann", "inbox");
    world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
  }
  EXPECT_EQ(world.engine().stats().wakes_paced, 0u);
}

TEST(RulePacingTest, OtherDevicesAreNotPacedWithADeafOne) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  DeafDevice(world, 6);
  world.TakeEnded();
  world.ExpectOnly({Changed(world.Hold("ann", "tablet", {"inbox"}), {"inbox"})});
}

TEST(RulePacingTest, ADeviceThatNeverFetchesTheFolderListIsPacedToo) {
  EngineWorld world;
  world.SetFolders("ann", std::vector<std::string>{"inbox"});
  world.Sync("ann", "phone", {"inbox"});
  world.Hold("ann", "phone", {"inbox"});
  world.SetFolders("ann", std::vector<std::string>{"inbox", "sent"});
  int immediate = 0;
  for (int i = 0; i < 50; ++i) immediate += world.live(world.Hold("ann", "phone", {"inbox"})) ? 0 : 1;
  EXPECT_GE(immediate, 3);
  EXPECT_LT(immediate, 50) << "it may ask at network speed for ever";
}

// ---- Supersede -------------------------------------------------------------------------------------------------------------------------

TEST(RuleSupersedeTest, ANewerPingOfTheDeviceTakesThePlaceOfTheOlderAtOnce) {
  EngineWorld world;
  const Ping older = world.Hold("ann", "phone", {"inbox"});
  const Ping tablet = world.Hold("ann", "tablet", {"inbox"});
  const Ping bob = world.Hold("bob", "phone", {"inbox"});
  const Ping newer = world.Hold("ann", "phone", {"cal"});
  world.ExpectOnly({Superseded(older)});
  EXPECT_EQ(world.ended(older).time, world.now());
  for (const Ping& ping : {tablet, bob, newer}) EXPECT_TRUE(world.live(ping));
  world.Publish("ann", "inbox");
  EXPECT_TRUE(world.live(newer)) << "the folders are those of the newer one";
}

TEST(RuleSupersedeTest, ARefusedPingSupersedesNothing) {
  EngineWorld world;
  const Ping older = world.Hold("ann", "phone", {"inbox"});
  const Ping refused = world.Hold("ann", "phone", {"inbox"}, 1s);
  world.ExpectOnly({Refused(refused, Refusal::kHeartbeatTooShort)});
  EXPECT_TRUE(world.live(older));
}

TEST(RuleSupersedeTest, APingThatEndsAtOnceStillSupersedesTheOlder) {
  EngineWorld world;
  const Ping older = world.Hold("ann", "phone", {"cal"});
  world.Publish("ann", "inbox");
  const Ping newer = world.Hold("ann", "phone", {"inbox"});
  world.ExpectOnly({Superseded(older), Changed(newer, {"inbox"})});
}

TEST(RuleSupersedeTest, AHangingSyncAndAPingStandBesideEachOther) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 900s);
  const Ping sync = world.Hold("ann", "phone", {"cal"}, 600s, PingKind::kSync);
  world.ExpectNone();
  world.Publish("ann", "cal");
  world.ExpectOnly({Changed(sync, {"cal"})});
  const Ping newer_sync = world.Hold("ann", "phone", {"inbox"}, 600s, PingKind::kSync);
  const Ping newest_sync = world.Hold("ann", "phone", {"inbox"}, 600s, PingKind::kSync);
  world.ExpectOnly({Superseded(newer_sync)});
  EXPECT_TRUE(world.live(ping));
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(ping, {"inbox"}), Changed(newest_sync, {"inbox"})});
}

TEST(RuleSupersedeTest, TwoClientsWithOneDeviceIdAreSlowedAndEachPingEndsOnce) {
  EngineWorld world;
  world.set_check_invariants(false);
  int pings = 0;
  // Each client comes back 20 ms after its PING was taken from it.
  std::vector<Time> returns = {world.now(), world.now() + 10ms};
  std::vector<std::optional<Ping>> held(2);
  const Time start = world.now();
  while (world.now() < start + 60s) {
    for (std::size_t client = 0; client < 2; ++client) {
      if (held[client] && !world.live(*held[client])) {
        EXPECT_EQ(world.ended(*held[client]).reason, EndReason::kSuperseded);
        held[client].reset();
        returns[client] = world.now() + 20ms;
      }
      if (!held[client] && world.now() >= returns[client]) {
        held[client] = world.Hold("ann", "phone", {"inbox"}, 900s);
        ++pings;
      }
    }
    world.AdvanceBy(10ms);
  }
  EXPECT_LT(pings, 300) << "at network speed it would be about 4000";
  EXPECT_GT(pings, 4);
  // Slowed, not starved: a change reaches whoever holds now.
  world.TakeEnded();
  world.Publish("ann", "inbox");
  world.AdvanceBy(10s);
  const std::vector<Ended> ended = world.TakeEnded();
  EXPECT_TRUE(std::any_of(ended.begin(), ended.end(), [](const Ended& end) { return end.reason == EndReason::kChanged; }));
}

TEST(RuleSupersedeTest, ADeviceThatReplacesItsPingNowAndThenIsNotSlowed) {
  EngineWorld world;
  for (int i = 0; i < 20; ++i) {
    const Ping older = world.Hold("ann", "phone", {"inbox"});
    world.AdvanceBy(90s);
    world.TakeEnded();
    const Ping newer = world.Hold("ann", "phone", {"inbox", "cal"});
    world.ExpectOnly({Superseded(older)});
    world.Cancel(newer);
    world.TakeEnded();
    world.AdvanceBy(60s);
  }
}

}  // namespace
}  // namespace mailwake
