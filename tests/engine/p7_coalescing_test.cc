// SPDX-License-Identifier: Apache-2.0
//
// P7, coalesced without loss: after a wake for a class, further changes of that class wait until its window has passed since that wake,
// never longer, and then wake once with the union. The first change never waits.

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

// Windows: email 30 s, calendar 10 s, contacts 0, tasks 5 min, notes 0.
Options Windows() { return {.coalesce = {Duration(30s), Duration(10s), Duration(0), Duration(5min), Duration(0)}}; }

// Wakes the device for `folder`, syncs it, and holds the next PING. Says when the wake was.
struct Woken {
  Time at;
  Ping next;
};
Woken WakeAndHoldAgain(EngineWorld& world, const std::string& folder, const std::vector<std::string>& folders) {
  const Ping ping = world.Hold("ann", "phone", folders);
  world.Publish("ann", folder);
  world.ExpectOnly({Changed(ping, {folder})});
  const Time at = world.ended(ping).time;
  EXPECT_EQ(at, world.now()) << "the first change waits for nothing";
  world.Sync("ann", "phone", {folder});
  return {at, world.Hold("ann", "phone", folders)};
}

TEST(PromiseTest, P7TheSecondChangeWaitsForTheWindowsEndAndNotAMillisecondLonger) {
  EngineWorld world(Windows());
  const Woken woken = WakeAndHoldAgain(world, "inbox", {"inbox"});
  world.AdvanceBy(10s);
  world.Publish("ann", "inbox");
  world.AdvanceTo(woken.at + 30s - 1ms);
  world.ExpectNone();
  world.AdvanceTo(woken.at + 30s);
  world.ExpectOnly({Changed(woken.next, {"inbox"})});
}

TEST(PromiseTest, P7ChangesThatKeepComingDoNotKeepTheWindowOpen) {
  EngineWorld world(Windows());
  const Woken woken = WakeAndHoldAgain(world, "inbox", {"inbox"});
  while (world.now() < woken.at + 29s) {
    world.AdvanceBy(500ms);
    world.Publish("ann", "inbox");
  }
  world.ExpectNone();
  world.AdvanceTo(woken.at + 30s);
  world.ExpectOnly({Changed(woken.next, {"inbox"})});
}

TEST(PromiseTest, P7TheWindowsEndWakesOnceWithTheUnion) {
  EngineWorld world(Windows());
  const Woken woken = WakeAndHoldAgain(world, "inbox", {"inbox", "sent", "junk", "quiet"});
  for (const std::string folder : {"sent", "inbox", "sent", "junk"}) {
    world.AdvanceBy(1s);
    world.Publish("ann", folder);
  }
  world.ExpectNone();
  world.AdvanceTo(woken.at + 30s);
  world.ExpectOnly({Changed(woken.next, {"inbox", "junk", "sent"})});
  world.AdvanceBy(10s);
  world.ExpectNone();
}

TEST(PromiseTest, P7AChangeAfterTheWindowWakesAtOnceAgain) {
  EngineWorld world(Windows());
  const Woken woken = WakeAndHoldAgain(world, "inbox", {"inbox"});
  world.AdvanceTo(woken.at + 30s);
  const Time published = world.now();
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(woken.next, {"inbox"})});
  EXPECT_EQ(world.ended(woken.next).time, published);
}

TEST(PromiseTest, P7OtherClassesAreNotDelayed) {
  EngineWorld world(Windows());
  const Woken woken = WakeAndHoldAgain(world, "inbox", {"inbox", "cal", "contacts"});
  world.AdvanceBy(1s);
  world.Publish("ann", "contacts");
  world.ExpectOnly({Changed(woken.next, {"contacts"})});
  const Ping next = world.Hold("ann", "tablet", {"cal"});
  world.Publish("ann", "cal");
  world.ExpectOnly({Changed(next, {"cal"})});
}

TEST(PromiseTest, P7AWakeByAnotherClassNamesWhatWasWaitingToo) {
  EngineWorld world(Windows());
  const Woken woken = WakeAndHoldAgain(world, "inbox", {"inbox", "cal"});
  world.Publish("ann", "inbox");
  world.ExpectNone();
  world.Publish("ann", "cal");
  world.ExpectOnly({Changed(woken.next, {"cal", "inbox"})});
}

TEST(PromiseTest, P7EachClassHasItsOwnWindow) {
  EngineWorld world(Windows());
  const Ping first = world.Hold("ann", "phone", {"inbox", "cal", "tasks", "contacts"});
  world.Publish({{.mailbox = "ann", .folder = "inbox"},
                 {.mailbox = "ann", .folder = "cal", .item_class = ItemClass::kCalendar},
                 {.mailbox = "ann", .folder = "tasks", .item_class = ItemClass::kTasks}});
  world.ExpectOnly({Changed(first, {"cal", "inbox", "tasks"})});
  const Time at = world.now();
  world.Sync("ann", "phone", {"inbox", "cal", "tasks"});

  const Ping calendar = world.Hold("ann", "phone", {"inbox", "cal", "tasks"});
  world.Publish("ann", "cal");
  world.AdvanceTo(at + 10s - 1ms);
  world.ExpectNone();
  world.AdvanceTo(at + 10s);
  world.ExpectOnly({Changed(calendar, {"cal"})});
  world.Sync("ann", "phone", {"cal"});

  const Ping email = world.Hold("ann", "phone", {"inbox", "cal", "tasks"});
  world.Publish("ann", "inbox");
  world.AdvanceTo(at + 30s - 1ms);
  world.ExpectNone();
  world.AdvanceTo(at + 30s);
  world.ExpectOnly({Changed(email, {"inbox"})});
  world.Sync("ann", "phone", {"inbox"});

  const Ping tasks = world.Hold("ann", "phone", {"inbox", "cal", "tasks"});
  world.Publish("ann", "tasks");
  world.AdvanceTo(at + 5min - 1ms);
  world.ExpectNone();
  world.AdvanceTo(at + 5min);
  world.ExpectOnly({Changed(tasks, {"tasks"})});
}

TEST(PromiseTest, P7WindowsOfOtherDevicesAndMailboxesAreTheirOwn) {
  EngineWorld world(Windows());
  const Woken woken = WakeAndHoldAgain(world, "inbox", {"inbox"});
  world.Sync("ann", "tablet", {"inbox"});
  const Ping tablet = world.Hold("ann", "tablet", {"inbox"});
  const Ping bob = world.Hold("bob", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  world.Publish("bob", "inbox");
  world.ExpectOnly({Changed(tablet, {"inbox"}), Changed(bob, {"inbox"})});
  EXPECT_TRUE(world.live(woken.next));
}

TEST(PromiseTest, P7APingThatComesInsideTheWindowAndIsBehindWaitsForItsEndToo) {
  EngineWorld world(Windows());
  const Woken woken = WakeAndHoldAgain(world, "inbox", {"inbox"});
  world.Cancel(woken.next);
  world.Publish("ann", "inbox");
  world.AdvanceBy(20s);
  world.TakeEnded();
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.ExpectNone();
  world.AdvanceTo(woken.at + 30s);
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(PromiseTest, P7AnOwnChangeInsideTheWindowStillWakesNobodyOfItsDevice) {
  EngineWorld world(Windows());
  const Woken woken = WakeAndHoldAgain(world, "inbox", {"inbox"});
  world.Publish("ann", "inbox", "phone");
  world.AdvanceBy(10min);
  world.ExpectNone();
  EXPECT_TRUE(world.live(woken.next));
}

TEST(PromiseTest, P7NoChangeOfAStormIsLostAndAtMostOneWakeAWindowComes) {
  EngineWorld world(Windows());
  world.Sync("ann", "phone", {"inbox"});
  Ping ping = world.Hold("ann", "phone", {"inbox"});
  std::vector<Time> wakes;
  world.set_on_end([&](const Ended& end) {
    ASSERT_EQ(end.reason, EndReason::kChanged);
    wakes.push_back(end.time);
    world.Sync("ann", "phone", {"inbox"});
    ping = world.Hold("ann", "phone", {"inbox"});
  });
  const Time start = world.now();
  while (world.now() < start + 10min) {
    world.Publish("ann", "inbox");
    world.AdvanceBy(700ms);
  }
  EXPECT_GE(wakes.size(), 19u);
  EXPECT_LE(wakes.size(), 21u);
  for (std::size_t i = 1; i < wakes.size(); ++i) EXPECT_GE(wakes[i] - wakes[i - 1], 30s);
  world.AdvanceBy(31s);
  const Explanation told = world.engine().Explain("ann", "phone");
  for (const Explanation::Folder& folder : told.folders) EXPECT_FALSE(folder.behind);
}

TEST(PromiseTest, P7AFolderListChangeIsNotDelayedByAWindow) {
  EngineWorld world(Windows());
  world.SetFolders("ann", std::vector<std::string>{"inbox"});
  world.FolderSync("ann", "phone");
  world.Sync("ann", "phone", {"inbox"});
  const Woken woken = WakeAndHoldAgain(world, "inbox", {"inbox"});
  world.SetFolders("ann", std::vector<std::string>{"inbox", "sent"});
  world.ExpectOnly({HierarchyChanged(woken.next)});
}

TEST(PromiseTest, P7APauseDoesNotLoseAWindowsChanges) {
  EngineWorld world(Windows());
  const Woken woken = WakeAndHoldAgain(world, "inbox", {"inbox"});
  world.Publish("ann", "inbox");
  world.JumpBy(1h);
  world.AdvanceBy(31s);
  world.ExpectOnly({Changed(woken.next, {"inbox"})});
}

}  // namespace
}  // namespace mailwake
