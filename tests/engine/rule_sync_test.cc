// SPDX-License-Identifier: Apache-2.0
//
// Rule "Sync": tickets, and the ways in which a cursor moves. And the rule "Hold": a comparison with the cursors as they are.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

Version Cursor(EngineWorld& world, const std::string& folder) {
  const DeviceRecord* device = world.store().stored_device("ann", "phone");
  if (device == nullptr) return 0;
  for (const CursorRecord& cursor : device->cursors) {
    if (cursor.folder == folder) return cursor.cursor;
  }
  return 0;
}

TEST(RuleSyncTest, ASyncMovesTheCursorsOfTheFoldersThatItServedToItsTicket) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Publish("ann", "cal");
  const SyncTicket ticket = world.BeginSync("ann", "phone");
  EXPECT_EQ(ticket.mailbox, "ann");
  EXPECT_EQ(ticket.device, "phone");
  EXPECT_TRUE(world.EndSync(ticket, {"inbox"})->ok());
  EXPECT_EQ(Cursor(world, "inbox"), ticket.version);
  EXPECT_EQ(Cursor(world, "cal"), 0u);
  EXPECT_EQ(world.store().stored_device("ann", "tablet"), nullptr);
}

TEST(RuleSyncTest, ATicketCoversEveryChangePublishedBeforeItInAnyShard) {
  EngineWorld world;
  for (int i = 0; i < 50; ++i) {
    world.Publish("user" + std::to_string(i), "inbox");
    world.Publish("ann", "inbox");
    world.Sync("ann", "phone", {"inbox"});
    const Ping ping = world.Hold("ann", "phone", {"inbox"});
    ASSERT_TRUE(world.live(ping)) << "synced after the change, and woken for it";
  }
}

TEST(RuleSyncTest, ATicketSurvivesARestart) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  const SyncTicket ticket = world.BeginSync("ann", "phone");
  world.Restart();
  EXPECT_TRUE(world.EndSync(ticket, {"inbox"})->ok());
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox"})));
  world.Publish("ann", "inbox");
  world.TakeEnded();
  EXPECT_TRUE(world.EndSync(ticket, {"inbox"})->ok()) << "answered again: harmless";
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(RuleSyncTest, AForgedTicketOfTheFutureIsRefusedAndMovesNothing) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  SyncTicket ticket = world.BeginSync("ann", "phone");
  for (const Version ahead : {Version{100'000'000}, ~Version{0} - ticket.version}) {
    SyncTicket forged = ticket;
    forged.version += ahead;
    const AnswerPtr answer = world.EndSync(forged, {"inbox"});
    ASSERT_EQ(answer->calls, 1);
    EXPECT_EQ(answer->status.code(), absl::StatusCode::kInvalidArgument) << answer->status;
  }
  EXPECT_EQ(Cursor(world, "inbox"), 0u);
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(RuleSyncTest, ATicketJustAheadOfTheCounterIsRefusedToo) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  SyncTicket forged = world.BeginSync("ann", "phone");
  forged.version += 1;
  EXPECT_EQ(world.EndSync(forged, {"inbox"})->status.code(), absl::StatusCode::kInvalidArgument);
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(RuleSyncTest, ATicketWithoutAMailboxOrDeviceIsRefused) {
  EngineWorld world;
  EXPECT_EQ(world.EndSync({}, {"inbox"})->status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(world.EndSync({.mailbox = "ann"}, {"inbox"})->status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(world.EndSync(world.BeginSync("ann", "phone"), {""})->status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(world.EndSync(world.BeginSync("ann", "phone"), {std::string(65, 'x')})->status.code(), absl::StatusCode::kInvalidArgument);
}

TEST(RuleSyncTest, CursorsMoveByMaxOnly) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  const SyncTicket older = world.BeginSync("ann", "phone");
  world.Publish("ann", "inbox");
  const SyncTicket newer = world.BeginSync("ann", "phone");
  EXPECT_GT(newer.version, older.version);
  world.EndSync(newer, {"inbox"});
  EXPECT_TRUE(world.EndSync(older, {"inbox"})->ok());
  EXPECT_EQ(Cursor(world, "inbox"), newer.version);
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox"})));
}

TEST(RuleSyncTest, SyncKey0IsTheOneMoveBackwards) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Publish("ann", "cal");
  world.Sync("ann", "phone", {"inbox", "cal"});
  world.Sync("ann", "tablet", {"inbox"});
  EXPECT_TRUE(world.ResetCursor("ann", "phone", "inbox")->ok());
  EXPECT_EQ(Cursor(world, "inbox"), 0u);
  const Ping phone = world.Hold("ann", "phone", {"inbox", "cal"});
  const Ping tablet = world.Hold("ann", "tablet", {"inbox"});
  world.ExpectOnly({Changed(phone, {"inbox"})});
  EXPECT_TRUE(world.live(tablet));
}

TEST(RuleSyncTest, AResetSurvivesARestart) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  world.ResetCursor("ann", "phone", "inbox");
  world.Restart();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(RuleSyncTest, AResetWakesThePingThatWaits) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
  world.ResetCursor("ann", "phone", "inbox");
  world.AdvanceBy(61s);
  ASSERT_FALSE(world.live(ping));
  EXPECT_EQ(world.ended(ping).reason, EndReason::kChanged) << "it is behind: P1";
}

TEST(RuleSyncTest, ASyncOfAFolderThatNeverChangedIsKeptForWhenItDoes) {
  EngineWorld world;
  world.Sync("ann", "phone", {"new"});
  const Ping ping = world.Hold("ann", "phone", {"new"});
  world.ExpectNone();
  world.Publish("ann", "new");
  world.ExpectOnly({Changed(ping, {"new"})});
}

TEST(RuleSyncTest, ThePublisherPublishesAfterItsChangeIsReadableSoALaterSyncCoversIt) {
  EngineWorld world;
  world.Publish("ann", "inbox");  // readable from here on
  const SyncTicket ticket = world.BeginSync("ann", "phone");
  world.EndSync(ticket, {"inbox"});
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox"})));
  world.ExpectNone();
}

// ---- Behind ----------------------------------------------------------------------------------------------------------------------------

TEST(RuleBehindTest, ADeviceIsBehindIffSomebodyElseChangedTheFolderAfterItsCursor) {
  EngineWorld world;
  world.Publish("ann", "inbox", "tablet");
  world.Sync("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox", "phone");
  world.Hold("ann", "phone", {"inbox"});
  world.Hold("ann", "tablet", {"cal"});
  const FolderRecord folder = *world.store().stored_folder("ann", "inbox");
  EXPECT_EQ(folder.origin, "phone");
  EXPECT_LT(folder.other, folder.version);
  EXPECT_LE(folder.other, Cursor(world, "inbox"));
  EXPECT_GT(folder.version, Cursor(world, "inbox"));
  world.ExpectNone();  // the phone made the change after its cursor itself
  world.ExpectOnly({Superseded({1}), Changed(world.Hold("ann", "tablet", {"inbox"}), {"inbox"})});
}

TEST(RuleBehindTest, VersionOriginAndOtherAreAllStored) {
  EngineWorld world;
  world.Publish("ann", "inbox", "tablet");
  const Version by_tablet = world.store().stored_folder("ann", "inbox")->version;
  world.Publish("ann", "inbox", "phone");
  world.Publish("ann", "inbox", "phone");
  const FolderRecord folder = *world.store().stored_folder("ann", "inbox");
  EXPECT_EQ(folder.origin, "phone");
  EXPECT_EQ(folder.other, by_tablet);
  world.Publish("ann", "inbox");
  EXPECT_EQ(world.store().stored_folder("ann", "inbox")->origin, "") << "a change without origin is everybody's";
}

// ---- Hold ------------------------------------------------------------------------------------------------------------------------------

TEST(RuleHoldTest, ASyncWhileTheMailboxLoadsMovesTheCursorWhenItIsThere) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Restart();
  world.store().set_held(true);
  const AnswerPtr synced = world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  EXPECT_FALSE(synced->answered());
  world.store().ReleaseAll();
  world.store().set_held(false);
  world.Settle();
  EXPECT_TRUE(synced->ok());
  EXPECT_TRUE(world.live(ping));
  world.ExpectNone();
}

TEST(RuleHoldTest, HoldComparesWithTheCursorsAsTheyAreAndKeepsNoCopies) {
  EngineWorld world({.coalesce = {Duration(60s)}});
  world.Publish("ann", "inbox");
  world.Hold("ann", "phone", {"inbox"});  // opens the window
  world.Sync("ann", "phone", {"inbox"});
  world.TakeEnded();
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 600s);
  for (int i = 0; i < 3; ++i) {
    world.Publish("ann", "inbox");
    world.Sync("ann", "phone", {"inbox"});
  }
  world.AdvanceBy(120s);
  world.ExpectNone();
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

}  // namespace
}  // namespace mailwake
