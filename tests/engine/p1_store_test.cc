// SPDX-License-Identifier: Apache-2.0
//
// P1, no lost wake, against the store: loading, failing, crashing, restarting, evicting.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

void SyncThenRestart(EngineWorld& world) {
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  world.Restart();
  world.TakeEnded();
}

TEST(PromiseTest, P1AChangeThatMeetsALoadingMailboxWakesThePingThatWaitsForIt) {
  EngineWorld world;
  SyncThenRestart(world);
  world.store().set_held(true);
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  world.store().ReleaseAll();
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(PromiseTest, P1AChangeThatMeetsALoadingMailboxIsNotUndoneByWhatTheStoreReturns) {
  EngineWorld world;
  SyncThenRestart(world);
  world.store().set_held(true);
  world.Publish("ann", "inbox");  // starts the load
  world.store().ReleaseAll();
  world.store().set_held(false);
  world.Settle();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(PromiseTest, P1AMailboxThatLoadsSlowlyNeverLetsItsPingExpireAndJudgesItWhenItIsThere) {
  EngineWorld world;
  SyncThenRestart(world);
  world.store().set_held(true);
  const Ping waits = world.Hold("ann", "phone", {"inbox"});
  world.AdvanceBy(30s);
  world.ExpectNone();
  world.store().ReleaseAll();
  world.ExpectNone();
  EXPECT_TRUE(world.live(waits)) << "loaded, and not behind";
  world.Publish("ann", "inbox");
  world.store().ReleaseAll();
  world.ExpectOnly({Changed(waits, {"inbox"})});
}

TEST(PromiseTest, P1AHeartbeatThatEndsWhileTheMailboxLoadsEndsFailedNotExpired) {
  EngineWorld world;
  SyncThenRestart(world);
  world.Publish("ann", "inbox");
  world.Restart();
  world.store().set_held(true);
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
  world.AdvanceBy(61s);
  world.ExpectOnly({Failed(ping)});
  world.store().set_held(false);
  world.store().ReleaseAll();
  world.Settle();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(PromiseTest, P1ALoadFailureEndsFailedNeverExpiredAndTheNextPingIsJudged) {
  for (const absl::Status& failure : {absl::UnavailableError("busy"), absl::DataLossError("damaged")}) {
    SCOPED_TRACE(failure.ToString());
    EngineWorld world;
    SyncThenRestart(world);
    world.Publish("ann", "inbox");
    world.Restart();
    world.store().FailLoads(failure);
    for (int i = 0; i < 3; ++i) {
      const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
      world.AdvanceBy(61s);
      ASSERT_FALSE(world.live(ping));
      EXPECT_GT(world.ended(ping).retry_after, 0s);
      world.ExpectOnly({Failed(ping)});
    }
    EXPECT_GT(world.engine().stats().load_failures, 0u);
    world.store().FailLoads({}, 0);
    world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
  }
}

TEST(PromiseTest, P1ALoadFailureOfOneMailboxTouchesNoOther) {
  EngineWorld world;
  world.Publish("bob", "inbox");
  world.Sync("bob", "phone", {"inbox"});
  world.Restart();
  world.store().FailLoadsOf("ann", absl::DataLossError("damaged"));
  const Ping ann = world.Hold("ann", "phone", {"inbox"}, 60s);
  const Ping bob = world.Hold("bob", "phone", {"inbox"}, 300s);
  world.AdvanceBy(61s);
  world.ExpectOnly({Failed(ann)});
  EXPECT_TRUE(world.live(bob));
}

TEST(PromiseTest, P1AChangeBetweenPublishAndPingSurvivesARestart) {
  EngineWorld world;
  SyncThenRestart(world);
  ASSERT_TRUE(world.Publish("ann", "inbox")->ok());
  world.Restart();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(PromiseTest, P1AnAcknowledgedChangeSurvivesACrashWhileAPingWaits) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    EngineWorld world;
    SyncThenRestart(world);
    world.Hold("ann", "phone", {"cal"});
    ASSERT_TRUE(world.Publish("ann", "inbox")->ok());
    world.store().set_held(true);
    world.Publish("ann", "cal");  // not acknowledged: may be lost
    world.Crash(seed);
    world.TakeEnded();
    const Ping ping = world.Hold("ann", "phone", {"inbox"});
    world.ExpectOnly({Changed(ping, {"inbox"})});
  }
}

TEST(PromiseTest, P1ASyncSurvivesARestartSoThatTheDeviceIsNotWokenForNothing) {
  EngineWorld world;
  SyncThenRestart(world);
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
  world.ExpectNone();
  world.AdvanceBy(61s);
  world.ExpectOnly({Expired(ping)});
}

TEST(PromiseTest, P1ASyncThatACrashLostMovesTheCursorNowhere) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.store().set_held(true);
  const AnswerPtr synced = world.Sync("ann", "phone", {"inbox"});
  EXPECT_FALSE(synced->answered());
  world.Crash(0);
  const bool kept = world.store().stored_device("ann", "phone") != nullptr;
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  if (kept) {
    world.ExpectNone();
  } else {
    world.ExpectOnly({Changed(ping, {"inbox"})});
  }
}

TEST(PromiseTest, P1AChangeRepeatedByItsSourceAfterACrashThatLostItWakes) {
  EngineWorld world;
  SyncThenRestart(world);
  world.store().set_held(true);
  const std::vector<Change> change = {{.mailbox = "ann", .folder = "inbox", .host_version = 7}};
  EXPECT_FALSE(world.Publish(change)->answered());
  world.Crash(0);
  world.TakeEnded();
  EXPECT_TRUE(world.Publish(change)->ok());
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(PromiseTest, P1MemoryNeverGoesBackWhenACommitFails) {
  EngineWorld world;
  SyncThenRestart(world);
  world.Hold("ann", "phone", {"cal"});  // loads the mailbox
  world.store().FailCommits(absl::UnavailableError("disk"));
  const AnswerPtr published = world.Publish("ann", "inbox");
  world.ExpectOnly({Superseded({0}), Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
  if (published->answered()) {
    EXPECT_FALSE(published->ok());
  }
}

TEST(PromiseTest, P1AFailedSyncCommitIsWrittenLaterAndUntilThenHoldsInMemory) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.store().FailCommits(absl::UnavailableError("disk"));
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.ExpectNone();
  world.store().FailCommits({}, 0);
  world.AdvanceBy(2min);
  world.Crash(0);
  const Ping again = world.Hold("ann", "phone", {"inbox"});
  world.ExpectNone();
  EXPECT_TRUE(world.live(again));
  EXPECT_FALSE(world.live(ping));
}

Options NothingIdle() {
  Options options;
  options.limits.idle_mailboxes = 0;
  return options;
}

TEST(PromiseTest, P1EvictionAndReloadLoseNothing) {
  EngineWorld world(NothingIdle());
  world.Publish("ann", "inbox");
  world.Publish("ann", "cal");
  world.Sync("ann", "phone", {"inbox", "cal"});
  world.Publish("ann", "inbox", "phone");
  world.Publish("ann", "cal", "tablet");
  for (int i = 0; i < 200; ++i) world.Publish("other" + std::to_string(i), "inbox");
  world.AdvanceBy(2s);
  EXPECT_EQ(world.engine().stats().mailboxes, 0u);
  const Ping phone = world.Hold("ann", "phone", {"inbox", "cal"});
  const Ping tablet = world.Hold("ann", "tablet", {"inbox", "cal"});
  world.ExpectOnly({Changed(phone, {"cal"}), Changed(tablet, {"inbox", "cal"})});
  EXPECT_GT(world.store().counts().loads, 201u) << "ann was read again";
}

TEST(PromiseTest, P1AMailboxInWhichSomebodyWaitsIsNotEvicted) {
  EngineWorld world(NothingIdle());
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  const std::size_t loads = world.store().counts().loads;
  for (int i = 0; i < 50; ++i) world.AdvanceBy(1s);
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(ping, {"inbox"})});
  EXPECT_EQ(world.store().counts().loads, loads);
}

TEST(PromiseTest, P1AMailboxIsNotEvictedWhileAWriteOfItIsInFlight) {
  EngineWorld world(NothingIdle());
  const Ping loads_it = world.Hold("ann", "phone", {"inbox"});
  world.store().set_held(true);
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(loads_it, {"inbox"})});  // nobody waits any more; the write does
  const std::size_t loads = world.store().counts().loads;
  world.AdvanceBy(60s);
  EXPECT_EQ(world.engine().stats().mailboxes, 1u);
  const Ping next = world.Hold("ann", "phone", {"inbox"});
  world.ExpectOnly({Changed(next, {"inbox"})});
  EXPECT_EQ(world.store().counts().loads, loads) << "a load here could have returned what was there before the write";
  world.store().set_held(false);
  world.store().ReleaseAll();
  world.AdvanceBy(2s);
  EXPECT_EQ(world.engine().stats().mailboxes, 0u) << "durable, nobody waits: it goes";
}

TEST(PromiseTest, P1AMailboxWhoseWriteFailedIsNotEvictedUntilItIsDurable) {
  EngineWorld world(NothingIdle());
  world.Hold("ann", "phone", {"cal"}, 60s);
  world.store().FailCommits(absl::ResourceExhaustedError("full"));
  world.Publish("ann", "inbox");
  world.AdvanceBy(90s);
  EXPECT_EQ(world.engine().stats().mailboxes, 1u);
  EXPECT_EQ(world.engine().stats().unsaved_mailboxes, 1u);
  world.store().FailCommits({}, 0);
  world.AdvanceBy(5min);
  EXPECT_EQ(world.engine().stats().unsaved_mailboxes, 0u);
  EXPECT_EQ(world.engine().stats().mailboxes, 0u);
  world.TakeEnded();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

}  // namespace
}  // namespace mailwake
