// SPDX-License-Identifier: Apache-2.0
//
// Rules "Hierarchy" and "Class".

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

using Folders = std::vector<std::string>;

TEST(RuleHierarchyTest, AChangeOfTheFolderListEndsThePingsOfDevicesThatHaveAnOlderOne) {
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox"});
  world.SetFolders("bob", Folders{"inbox"});
  for (const std::string device : {"phone", "tablet"}) world.Sync("ann", device, {"inbox"});
  world.Sync("bob", "phone", {"inbox"});
  const Ping phone = world.Hold("ann", "phone", {"inbox"});
  const Ping tablet = world.Hold("ann", "tablet", {"inbox"});
  const Ping bob = world.Hold("bob", "phone", {"inbox"});
  world.ExpectNone();
  world.SetFolders("ann", Folders{"inbox", "sent"});
  world.ExpectOnly({HierarchyChanged(phone), HierarchyChanged(tablet)});
  EXPECT_TRUE(world.live(bob));
}

TEST(RuleHierarchyTest, UntilItsFolderSyncTheNextPingsEndHierarchyToo) {
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox"});
  world.Sync("ann", "phone", {"inbox"});
  world.Hold("ann", "phone", {"inbox"});
  world.SetFolders("ann", Folders{"inbox", "sent"});
  world.TakeEnded();
  world.ExpectOnly({HierarchyChanged(world.Hold("ann", "phone", {"inbox"}))});
  world.FolderSync("ann", "phone");
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox"})));
}

TEST(RuleHierarchyTest, AFolderSyncMovesTheCursorToTheListItGaveNotToALaterOne) {
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox"});
  world.Sync("ann", "phone", {"inbox"});
  world.FolderSync("ann", "phone");
  const auto list = world.BeginFolderSync("ann");
  world.SetFolders("ann", Folders{"inbox", "sent"});
  world.EndFolderSync("ann", "phone", (*list)->version);
  world.ExpectOnly({HierarchyChanged(world.Hold("ann", "phone", {"inbox"}))});
}

TEST(RuleHierarchyTest, AnOlderFolderSyncDoesNotMoveTheCursorBack) {
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox"});
  const auto older = world.BeginFolderSync("ann");
  world.SetFolders("ann", Folders{"inbox", "sent"});
  world.FolderSync("ann", "phone");
  EXPECT_TRUE(world.EndFolderSync("ann", "phone", (*older)->version)->ok());
  world.Sync("ann", "phone", {"inbox"});
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox"})));
}

TEST(RuleHierarchyTest, AFolderSyncWithAVersionThatWasNeverGivenOutIsRefused) {
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox"});
  world.Hold("ann", "phone", {"inbox"});
  EXPECT_EQ(world.EndFolderSync("ann", "phone", ~Version{0})->status.code(), absl::StatusCode::kInvalidArgument);
  world.Sync("ann", "phone", {"inbox"});
  world.Hold("ann", "phone", {"inbox"});
  world.TakeEnded();
  world.SetFolders("ann", Folders{"inbox", "sent"});
  EXPECT_EQ(world.TakeEnded().size(), 1u);
}

TEST(RuleHierarchyTest, ADeviceWithoutAHierarchyCursorGetsThePresentOneAtItsFirstPing) {
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox"});
  world.SetFolders("ann", Folders{"inbox", "sent"});
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"});  // never had a folder sync that we saw
  world.ExpectNone();
  EXPECT_TRUE(world.live(ping));
  world.Restart();
  world.SetFolders("ann", Folders{"inbox"});
  world.ExpectOnly({HierarchyChanged(world.Hold("ann", "phone", {"inbox"}))});
}

TEST(RuleHierarchyTest, TheFolderListThatAHangingSyncFoundIsStillTheDevicesAfterARestart) {
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox"});
  world.Sync("ann", "phone", {"inbox"});
  world.Hold("ann", "phone", {"inbox"}, 900s, PingKind::kSync);  // its first: from here on the device has this list
  world.Restart();
  world.SetFolders("ann", Folders{"inbox", "sent"});
  world.TakeEnded();
  world.ExpectOnly({HierarchyChanged(world.Hold("ann", "phone", {"inbox"}))});
}

TEST(RuleHierarchyTest, TheSameListAgainChangesNothing) {
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox", "cal"});
  world.Sync("ann", "phone", {"inbox", "cal"});
  const Version version = (*world.BeginFolderSync("ann"))->version;
  const Ping ping = world.Hold("ann", "phone", {"inbox", "cal"});
  EXPECT_TRUE(world.SetFolders("ann", Folders{"inbox", "cal"})->ok());
  world.ExpectNone();
  EXPECT_TRUE(world.live(ping));
  EXPECT_EQ((*world.BeginFolderSync("ann"))->version, version);
  world.Restart();
  EXPECT_TRUE(world.SetFolders("ann", Folders{"inbox", "cal"})->ok());
  EXPECT_EQ((*world.BeginFolderSync("ann"))->version, version) << "nor after a restart";
}

TEST(RuleHierarchyTest, ANameATypeAParentOrTheOrderAreChangesOfTheList) {
  const DeclaredFolder inbox{.id = "1", .name = "Inbox", .type = 2};
  const DeclaredFolder sub{.id = "2", .name = "Sub", .parent = "1"};
  DeclaredFolder renamed = sub;
  renamed.name = "Other";
  DeclaredFolder retyped = sub;
  retyped.type = 12;
  DeclaredFolder moved = sub;
  moved.parent = "";
  for (const std::vector<DeclaredFolder>& list :
       {std::vector{inbox, renamed}, std::vector{inbox, retyped}, std::vector{inbox, moved}, std::vector{inbox}}) {
    EngineWorld world;
    world.SetFolders("ann", std::vector{inbox, sub});
    world.FolderSync("ann", "phone");
    world.Sync("ann", "phone", {"1", "2"});
    const Ping ping = world.Hold("ann", "phone", {"1"});
    world.ExpectNone();
    world.SetFolders("ann", list);
    world.ExpectOnly({HierarchyChanged(ping)});
  }
}

TEST(RuleHierarchyTest, TheListIsGivenAsItWasDeclaredAlsoAfterARestart) {
  const std::vector<DeclaredFolder> declared = {{.id = "9", .name = "Posteingang", .item_class = ItemClass::kEmail, .type = 2},
                                                {.id = "1", .name = "Kalender", .item_class = ItemClass::kCalendar, .type = 8},
                                                {.id = "5", .name = "Unter", .item_class = ItemClass::kEmail, .type = 12, .parent = "9"}};
  EngineWorld world;
  EXPECT_FALSE((*world.BeginFolderSync("ann"))->declared);
  EXPECT_TRUE(world.SetFolders("ann", declared)->ok());
  for (int life = 0; life < 2; ++life) {
    const FolderList list = **world.BeginFolderSync("ann");
    EXPECT_TRUE(list.declared);
    EXPECT_GT(list.version, 0u);
    EXPECT_EQ(list.folders, declared);
    world.Restart();
  }
}

TEST(RuleHierarchyTest, ABadListIsRefusedWhole) {
  const auto code = [](EngineWorld& world, std::vector<DeclaredFolder> list) { return world.SetFolders("ann", list)->status.code(); };
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox"});
  EXPECT_EQ(code(world, {{.id = "a"}, {.id = ""}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(world, {{.id = "a"}, {.id = std::string(65, 'x')}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(world, {{.id = "a"}, {.id = "b"}, {.id = "a"}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ((*world.BeginFolderSync("ann"))->folders, Declare({"inbox"}));
  EXPECT_EQ(world.store().stored_folder("ann", "a"), nullptr);
}

TEST(RuleHierarchyTest, AnswersComeInTheOrderRefusalHierarchyChanged) {
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox"});
  world.FolderSync("ann", "phone");
  world.SetFolders("ann", Folders{"inbox", "sent"});  // the list is newer, and the phone is behind in all
  world.ExpectOnly({Refused(world.Hold("ann", "phone", {"inbox"}, 1s), Refusal::kHeartbeatTooShort)});
  world.ExpectOnly({HierarchyChanged(world.Hold("ann", "phone", {"inbox"}))});
  world.FolderSync("ann", "phone");
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(RuleHierarchyTest, AMailboxWithoutADeclaredListHoldsAnyFolder) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"anything", "at", "all"});
  world.ExpectNone();
  EXPECT_TRUE(world.live(ping));
}

TEST(RuleHierarchyTest, AChangeInANewFolderOfAnUndeclaredMailboxCreatesItQuietly) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  EXPECT_TRUE(world.Publish("ann", "new")->ok());
  world.ExpectNone();
  EXPECT_TRUE(world.live(ping)) << "no hierarchy end";
  world.ExpectOnly({Changed(world.Hold("ann", "tablet", {"new"}), {"new"})});
}

TEST(RuleHierarchyTest, APingWithAFolderOutsideTheDeclaredListEndsHierarchy) {
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox"});
  world.FolderSync("ann", "phone");
  world.Sync("ann", "phone", {"inbox"});
  for (int i = 0; i < 2; ++i) world.ExpectOnly({HierarchyChanged(world.Hold("ann", "phone", {"inbox", "unknown"}))});
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox"})));
}

TEST(RuleHierarchyTest, ARemovedFolderEndsThePingsThatWatchIt) {
  EngineWorld world;
  world.SetFolders("ann", Folders{"inbox", "project"});
  world.FolderSync("ann", "phone");
  world.Sync("ann", "phone", {"inbox", "project"});
  const Ping ping = world.Hold("ann", "phone", {"project"});
  world.SetFolders("ann", Folders{"inbox"});
  world.ExpectOnly({HierarchyChanged(ping)});
  world.FolderSync("ann", "phone");
  world.ExpectOnly({HierarchyChanged(world.Hold("ann", "phone", {"project"}))});
}

TEST(RuleHierarchyTest, DeclaringAListForAMailboxThatHadNoneKeepsVersionsAndCursorsOfItsFolders) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  world.SetFolders("ann", Folders{"inbox", "sent"});
  world.FolderSync("ann", "phone");
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.ExpectNone();
  EXPECT_TRUE(world.live(ping));
}

TEST(RuleClassTest, APingThatNamesAnotherClassEndsHierarchy) {
  for (const bool declared : {false, true}) {
    EngineWorld world;
    if (declared) {
      world.SetFolders("ann", Folders{"cal"});
      world.FolderSync("ann", "phone");
    } else {
      world.Publish("ann", "cal");
    }
    world.Sync("ann", "phone", {"cal"});
    const Ping ping = world.Hold({.mailbox = "ann", .device = "phone", .heartbeat = 900s, .folders = {{{"cal", ItemClass::kEmail}}}});
    world.ExpectOnly({HierarchyChanged(ping)});
    EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"cal"})));
  }
}

TEST(RuleClassTest, AChangeThatNamesAnotherClassReplacesTheFolder) {
  for (const bool declared : {false, true}) {
    SCOPED_TRACE(declared);
    EngineWorld world;
    if (declared) {
      world.SetFolders("ann", Folders{"cal"});
      world.FolderSync("ann", "phone");
    } else {
      world.Publish("ann", "cal");
    }
    world.Sync("ann", "phone", {"cal"});
    const Ping ping = world.Hold("ann", "phone", {"cal"});
    world.ExpectNone();
    EXPECT_TRUE(world.Publish({{.mailbox = "ann", .folder = "cal", .item_class = ItemClass::kEmail}})->ok());
    world.ExpectOnly({HierarchyChanged(ping)});
    world.FolderSync("ann", "phone");
    const Ping next = world.Hold({.mailbox = "ann", .device = "phone", .heartbeat = 900s, .folders = {{{"cal", ItemClass::kEmail}}}});
    world.ExpectOnly({Changed(next, {"cal"})});  // a new folder, above every cursor of the old one
    EXPECT_EQ(world.store().stored_folder("ann", "cal")->item_class, ItemClass::kEmail);
  }
}

}  // namespace
}  // namespace mailwake
