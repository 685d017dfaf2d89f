// SPDX-License-Identifier: Apache-2.0
//
// Interleavings that the model test found, each cut down to the calls that matter.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/src/folder.h"
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

TEST(InterleavingTest, P2ASyncThatBeganAfterAFolderListOfALoadingMailboxAndASuspicionOfAllCoversBoth) {
  EngineWorld world;
  world.store().set_held(true);
  world.SetFolders("ann", Declare({"inbox", "cal"}));
  world.Suspect(std::nullopt);
  world.EndSync(world.BeginSync("ann", "phone"), {"inbox"});
  world.store().ReleaseAll();
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  const Ping behind = world.Hold("ann", "tablet", {"inbox", "cal"});
  world.store().ReleaseAll();
  world.ExpectOnly({Changed(behind, {"inbox", "cal"})});
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

// Where there are more folders than are scanned, a number may go and come again.
TEST(InterleavingTest, P1AFolderThatComesAndGoesWhereThereAreManyIsFoundOnce) {
  EngineWorld world;
  std::vector<std::string> folders;
  for (int i = 0; i < 32; ++i) folders.push_back("f" + std::to_string(i));
  const auto with = [&](const char* one) {
    std::vector<std::string> more = folders;
    more.emplace_back(one);
    return more;
  };
  world.SetFolders("ann", with("f32"));
  world.SetFolders("ann", folders);
  world.SetFolders("ann", with("new"));
  std::vector<std::string> fewer = with("new");
  std::erase(fewer, "f31");
  world.SetFolders("ann", fewer);
  world.SetFolders("ann", with("new"));
  world.engine().CheckInvariants();
  EXPECT_EQ(world.FolderSync("ann", "phone")->folders.size(), 33u);
  world.Sync("ann", "phone", {"f31"});
  const Ping ping = world.Hold("ann", "phone", {"f31"});
  EXPECT_TRUE(world.Publish("ann", "f31")->ok());
  world.ExpectOnly({Changed(ping, {"f31"})});
}

// A PING that was about to be told of a change, and whose device has synced before it was, waits on: until the drain's end, not longer.
TEST(InterleavingTest, P6APingThatCaughtUpBeforeItsWakeWasDeliveredIsDrained) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 3000s);
  world.set_auto_settle(false);
  world.Publish("ann", "inbox");  // ready, and not yet delivered
  world.Sync("ann", "phone", {"inbox"});
  world.engine().Drain(5s);
  world.set_auto_settle(true);
  world.Settle();
  world.AdvanceBy(5s);
  world.ExpectOnly({Drained(ping)});
}

// Remembered: a folder that was taken away and declared again is the one that the device meant.
TEST(InterleavingTest, P2ARememberedFolderThatWasDeclaredAgainIsWatched) {
  EngineWorld world;
  world.SetFolders("ann", Declare({"inbox", "cal"}));
  world.Hold("ann", "phone", {"inbox", "cal"});
  world.SetFolders("ann", Declare({"inbox"}));
  world.SetFolders("ann", Declare({"inbox", "cal"}));
  world.TakeEnded();
  const auto list = world.FolderSync("ann", "phone");
  world.EndFolderSync("ann", "phone", list->version);
  world.Sync("ann", "phone", {"inbox", "cal"});
  const Ping ping = world.Hold({.mailbox = "ann", .device = "phone", .heartbeat = 600s});
  world.ExpectNone();
  world.Publish("ann", "cal");
  world.ExpectOnly({Changed(ping, {"cal"})});
}

// Bounded: what a PING asks for makes no room for the rest of what it asks for.
TEST(InterleavingTest, P4TheFoldersThatAPingNamesDoNotMakeRoomForIt) {
  Options options;
  options.limits.folders_per_mailbox = 2;
  EngineWorld world(options);
  world.Sync("ann", "phone", {"x", "y"});
  const Ping over = world.Hold("ann", "phone", {"x", "y", "z"});
  world.ExpectOnly({Refused(over, Refusal::kMailboxFull)});
  world.Suspect(std::nullopt);
  world.Sync("ann", "phone", {"x", "y"});
  const Ping ping = world.Hold("ann", "phone", {"x", "z"});
  world.ExpectOnly({Changed(ping, {"z"})});  // y made room; x was synced after the suspicion, z never
}

// A folder that was never in a list goes from the store too when a list comes, though the list itself is not new.
TEST(InterleavingTest, P5AFolderThatTheListLeavesOutIsErasedInTheStoreThoughTheListIsTheSame) {
  EngineWorld world;
  world.SetFolders("ann", Declare({"inbox"}));
  world.Publish("ann", "loose");
  ASSERT_NE(world.store().stored_folder("ann", "loose"), nullptr);
  EXPECT_TRUE(world.SetFolders("ann", Declare({"inbox"}))->ok());
  EXPECT_EQ(world.store().stored_folder("ann", "loose"), nullptr);
}

// Gaps: a device's own later change does not hide from it what was suspected before.
TEST(InterleavingTest, P1ASuspicionIsOlderThanADevicesOwnChangeAndStillSeen) {
  Folder folder;
  folder.Change(9, 1);
  folder.Suspect(7);
  EXPECT_EQ(folder.VersionFor(1), 7u);
  EXPECT_EQ(folder.VersionFor(2), 9u);
  folder.Suspect(9);
  EXPECT_EQ(folder.VersionFor(1), 7u);
  folder.Suspect(11);
  EXPECT_EQ(folder.VersionFor(1), 11u);
}

// A store that answers inside the call, while others publish: the calls do not nest.
class BusyStore final : public Store {
 public:
  OpenState opened() const override { return {.first_version = 1, .ceiling = kVersionBlock}; }
  void Load(std::string, LoadCallback done) override { done(MailboxRecord()); }
  void Commit(const WriteBatch&, DoneCallback done) override {
    const char here = 0;
    lowest = std::min(lowest, &here);
    highest = std::max(highest, &here);
    if (--left > 0) engine->Publish({{.mailbox = "ann", .folder = "inbox"}}, nullptr);
    done(absl::OkStatus());
  }
  void AgeOut(Time, AgeOutCallback done) override { done(0); }

  Engine* engine = nullptr;
  int left = 20'000;
  const char* lowest = reinterpret_cast<const char*>(UINTPTR_MAX);
  const char* highest = nullptr;
};

TEST(InterleavingTest, P4CommitsThatAreAnsweredAtOnceDoNotNest) {
  BusyStore store;
  const auto engine = Engine::Create({}, store).value();
  store.engine = engine.get();
  bool durable = false;
  engine->Publish({{.mailbox = "ann", .folder = "inbox"}}, [&durable](const absl::Status& status) { durable = status.ok(); });
  EXPECT_TRUE(durable);
  EXPECT_LE(store.left, 0);
  EXPECT_LT(store.highest - store.lowest, 16'384) << "bytes of stack";
}

}  // namespace
}  // namespace mailwake::testing
