// SPDX-License-Identifier: Apache-2.0
//
// Interleavings that the model test found, each cut down to the calls that matter.

#include <gtest/gtest.h>

#include "tests/support/engine_world.h"

namespace mailwake::testing {
namespace {

// Versions: a change that was published before a sync began is older than that sync, also while its mailbox is being read.
TEST(InterleavingTest, P2ASyncThatBeganAfterAPublishToALoadingMailboxCoversIt) {
  EngineWorld world;
  world.store().set_held(true);
  world.Publish("ann", "inbox");  // "ann" is being read
  const SyncTicket ticket = world.BeginSync("ann", "phone");
  world.EndSync(ticket, {"inbox"});
  world.store().ReleaseAll();
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.store().ReleaseAll();
  world.ExpectNone();
  EXPECT_TRUE(world.live(ping));
}

// Gaps, versions: a change that waits for its mailbox, while Suspect(all) does not.
TEST(InterleavingTest, P2ASyncThatBeganAfterAPublishToALoadingMailboxAndASuspicionOfAllCoversBoth) {
  EngineWorld world;
  world.store().set_held(true);
  world.Publish("ann", "inbox");
  world.Suspect(std::nullopt);
  world.EndSync(world.BeginSync("ann", "phone"), {"inbox"});
  world.store().ReleaseAll();
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.store().ReleaseAll();
  world.ExpectNone();
  EXPECT_TRUE(world.live(ping));
}

// Bounded: a device that only made changes has no record, and a reset of its cursor makes none.
TEST(InterleavingTest, P4AResetMakesNoRecordOfADeviceThatHasNone) {
  EngineWorld world;
  world.Publish("ann", "inbox", "tablet");
  world.ResetCursor("ann", "tablet", "inbox");
  EXPECT_EQ(world.store().stored_device("ann", "tablet"), nullptr);
}

// Versions: creating a folder is a change in it, also if another device had synced that id before there was a folder.
TEST(InterleavingTest, P1AFolderIsCreatedThoughASyncNamedItBefore) {
  EngineWorld world;
  world.Sync("ann", "phone", {"cal"});
  world.SetFolders("ann", Declare({"inbox", "cal"}));
  const Ping ping = world.Hold("ann", "tablet", {"cal"});
  world.ExpectOnly({Changed(ping, {"cal"})});
}

// The same where the mailbox was suspected before.
TEST(InterleavingTest, P1AFolderIsCreatedThoughASyncNamedItBeforeASuspicion) {
  EngineWorld world;
  world.Sync("ann", "phone", {"cal"});
  world.Suspect("ann");
  world.Sync("ann", "phone", {"cal"});
  world.SetFolders("ann", Declare({"inbox", "cal"}));
  const Ping ping = world.Hold("ann", "phone", {"cal"});
  world.ExpectOnly({Changed(ping, {"cal"})});
}

// Pacing: a PING is held back only for what its device was told, however often it was told of something else.
TEST(InterleavingTest, P6APingThatDoesNotFitIsToldSoAtOnceAfterRepeatedWakes) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  for (int i = 0; i < 4; ++i) world.Hold("ann", "phone", {"inbox"});
  world.TakeEnded();
  const Ping ping = world.Hold({.mailbox = "ann", .device = "phone", .heartbeat = 600s, .folders = {{{"inbox", ItemClass::kNotes}}}});
  world.ExpectOnly({HierarchyChanged(ping)});
}

// Time: a step of the clock backwards is ignored; what is ready is delivered all the same.
TEST(InterleavingTest, P6AWakeIsDeliveredThoughTheClockWentBackwards) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox"});
  world.AdvanceBy(60s);
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.JumpBy(-30s);
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

}  // namespace
}  // namespace mailwake::testing
