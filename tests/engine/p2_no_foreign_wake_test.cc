// SPDX-License-Identifier: Apache-2.0
//
// P2, no foreign wake: a wake names only watched folders in which the device is behind, no other PING is touched, and nobody is woken by
// its own change.

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

TEST(PromiseTest, P2AnOwnChangeWakesEveryOtherDeviceAndNotItsOwn) {
  EngineWorld world;
  const Ping phone = world.Hold("ann", "phone", {"inbox"}, 60s);
  const Ping tablet = world.Hold("ann", "tablet", {"inbox"});
  const Ping desktop = world.Hold("ann", "desktop", {"inbox"});
  world.Publish("ann", "inbox", "phone");
  world.ExpectOnly({Changed(tablet, {"inbox"}), Changed(desktop, {"inbox"})});
  world.AdvanceBy(61s);
  world.ExpectOnly({Expired(phone)});
}

TEST(PromiseTest, P2AnOwnChangeLongAgoOrJustNowIsTheSame) {
  EngineWorld world;
  world.Publish("ann", "inbox", "phone");
  world.AdvanceBy(24h);
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.ExpectNone();
  world.Publish("ann", "inbox", "phone");
  world.ExpectNone();
  world.Publish("ann", "inbox", "tablet");
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(PromiseTest, P2AnOwnHangingSyncIsNotWokenByTheDevicesOwnChangeEither) {
  EngineWorld world;
  const Ping sync = world.Hold("ann", "phone", {"inbox"}, 900s, PingKind::kSync);
  world.Publish("ann", "inbox", "phone");
  world.ExpectNone();
  EXPECT_TRUE(world.live(sync));
}

TEST(PromiseTest, P2AnotherAccountsDeviceOfTheSameNameIsSomebodyElse) {
  EngineWorld world;
  const Ping ann = world.Hold("ann", "phone", {"inbox"});
  const Ping bob = world.Hold("bob", "phone", {"inbox"});
  world.Publish("ann", "inbox", "phone");
  world.ExpectNone();
  world.Publish("bob", "inbox", "tablet");
  world.ExpectOnly({Changed(bob, {"inbox"})});
  EXPECT_TRUE(world.live(ann));
}

// One history of a folder: who changed it, and after which change the phone synced. All of them, up to four changes by three parties.
struct History {
  std::string mailbox;
  std::vector<std::string> by;
  std::size_t synced_after = 0;

  bool Behind(const std::string& device) const {
    const std::size_t from = device == "phone" ? synced_after : 0;
    for (std::size_t i = from; i < by.size(); ++i) {
      if (by[i] != device) return true;
    }
    return false;
  }
};

std::vector<History> AllHistories() {
  const std::vector<std::string> parties = {"", "phone", "tablet"};
  std::vector<History> histories;
  for (std::size_t length = 0, count = 1; length <= 4; ++length, count *= 3) {
    for (std::size_t code = 0; code < count; ++code) {
      for (std::size_t synced_after = 0; synced_after <= length; ++synced_after) {
        History history{.mailbox = absl::StrCat("m", histories.size()), .by = {}, .synced_after = synced_after};
        for (std::size_t i = 0, rest = code; i < length; ++i, rest /= 3) history.by.push_back(parties[rest % 3]);
        histories.push_back(history);
      }
    }
  }
  return histories;
}

void Judge(EngineWorld& world, const std::vector<History>& histories) {
  std::vector<Expected> expected;
  for (const History& history : histories) {
    for (const std::string device : {"phone", "tablet"}) {
      const Ping ping = world.Hold(history.mailbox, device, {"inbox"});
      if (history.Behind(device)) expected.push_back(Changed(ping, {"inbox"}));
    }
  }
  world.ExpectOnly(expected);
}

TEST(PromiseTest, P2OwnAndForeignChangesInAnyOrderAreToldApartExactlyAndAlsoAfterARestart) {
  EngineWorld world;
  world.set_check_invariants(false);
  const std::vector<History> histories = AllHistories();
  for (const History& history : histories) {
    for (std::size_t i = 0; i <= history.by.size(); ++i) {
      if (i == history.synced_after) world.Sync(history.mailbox, "phone", {"inbox"});
      if (i < history.by.size()) world.Publish(history.mailbox, "inbox", history.by[i]);
    }
  }
  Judge(world, histories);
  world.Restart();
  world.set_check_invariants(true);
  Judge(world, histories);
}

TEST(PromiseTest, P2OnlyWatchedFoldersAreNamed) {
  EngineWorld world;
  for (const std::string folder : {"inbox", "cal", "junk", "sent"}) world.Publish("ann", folder);
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"cal", "inbox", "tasks"}), {"cal", "inbox"})});
  const Ping quiet = world.Hold("ann", "tablet", {"tasks"});
  world.Publish("ann", "junk");
  world.ExpectNone();
  EXPECT_TRUE(world.live(quiet));
}

TEST(PromiseTest, P2OnlyFoldersInWhichTheDeviceIsBehindAreNamed) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  world.Publish("ann", "cal", "phone");
  world.Publish("ann", "tasks", "tablet");
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox", "cal", "tasks"}), {"tasks"})});
}

TEST(PromiseTest, P2NoOtherMailboxIsTouched) {
  EngineWorld world({.shards = 4});
  std::vector<Ping> pings;
  for (int i = 0; i < 100; ++i) pings.push_back(world.Hold(absl::StrCat("user", i), "phone", {"inbox"}, 300s));
  for (int i = 0; i < 100; i += 10) {
    world.Publish(absl::StrCat("user", i), "inbox");
    world.ExpectOnly({Changed(pings[static_cast<std::size_t>(i)], {"inbox"})});
  }
  EXPECT_EQ(world.engine().stats().pings_held, 90u);
  world.AdvanceBy(301s);
  for (const Ended& end : world.TakeEnded()) EXPECT_EQ(end.reason, EndReason::kExpired);
}

TEST(PromiseTest, P2ASyncWithinTheWindowTakesTheWakeBack) {
  EngineWorld world({.coalesce = {Duration(30s)}});
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 300s);
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  world.AdvanceBy(299s);
  world.ExpectNone();
  world.AdvanceBy(2s);
  world.ExpectOnly({Expired(ping)});
}

TEST(PromiseTest, P2ASyncBetweenTheChangeAndTheDeliveryTakesTheWakeBack) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 300s);
  world.set_auto_settle(false);
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  world.Settle();
  world.set_auto_settle(true);
  world.ExpectNone();
  world.AdvanceBy(301s);
  world.ExpectOnly({Expired(ping)});
}

TEST(PromiseTest, P2AFolderThatWasSyncedBeforeTheDeliveryIsNotNamed) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"inbox", "cal"});
  world.set_auto_settle(false);
  world.Publish("ann", "inbox");
  world.Publish("ann", "cal");
  world.Sync("ann", "phone", {"inbox"});
  world.ExpectOnly({Changed(ping, {"cal"})});
}

TEST(PromiseTest, P2AResyncThatASyncMadeNeedlessIsForgotten) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Publish("ann", "cal");
  world.Sync("ann", "phone", {"inbox", "cal"});
  const Ping ping = world.Hold("ann", "phone", {"inbox", "cal"});
  world.set_auto_settle(false);
  world.Suspect("ann");
  world.Sync("ann", "phone", {"inbox", "cal"});  // began after the suspicion, and served all
  world.ExpectNone();
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(PromiseTest, P2ChangesOfOneBatchWakeOnceWithAllTheirFolders) {
  EngineWorld world;
  const Ping ann = world.Hold("ann", "phone", {"inbox", "cal", "tasks"});
  const Ping bob = world.Hold("bob", "phone", {"inbox"});
  world.Publish({{.mailbox = "ann", .folder = "inbox"},
                 {.mailbox = "ann", .folder = "inbox"},
                 {.mailbox = "ann", .folder = "cal", .item_class = ItemClass::kCalendar, .device = "phone"},
                 {.mailbox = "ann", .folder = "tasks", .item_class = ItemClass::kTasks, .device = "tablet"}});
  world.ExpectOnly({Changed(ann, {"inbox", "tasks"})});
  EXPECT_TRUE(world.live(bob));
}

TEST(PromiseTest, P2AMaskedKindIsNoChangeInItsClassAndOneInOthers) {
  Options options;
  options.wake_kinds[static_cast<std::size_t>(ItemClass::kEmail)] = 0xF & ~(1 << static_cast<int>(ChangeKind::kFlags));
  EngineWorld world(options);
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  const Ping cal = world.Hold("ann", "tablet", {"cal"});
  EXPECT_TRUE(world.Publish({{.mailbox = "ann", .folder = "inbox", .kind = ChangeKind::kFlags}})->ok());
  world.ExpectNone();
  EXPECT_EQ(world.engine().stats().masked, 1u);
  EXPECT_EQ(world.engine().stats().changes, 0u);
  EXPECT_EQ(world.store().stored_folder("ann", "inbox"), nullptr) << "no version was given";
  world.Publish({{.mailbox = "ann", .folder = "cal", .item_class = ItemClass::kCalendar, .kind = ChangeKind::kFlags}});
  world.ExpectOnly({Changed(cal, {"cal"})});
  world.Publish({{.mailbox = "ann", .folder = "inbox", .kind = ChangeKind::kDeleted}});
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(PromiseTest, P2FoldersBeyondTheFirst64AreToldApart) {
  EngineWorld world;
  std::vector<std::string> all;
  for (int i = 0; i < 200; ++i) all.push_back(absl::StrCat("folder", i));
  const Ping everything = world.Hold("ann", "phone", all);
  const Ping one = world.Hold("ann", "tablet", {"folder150"});
  world.Publish("ann", "folder149");
  world.ExpectOnly({Changed(everything, {"folder149"})});
  world.Publish("ann", "folder150");
  world.ExpectOnly({Changed(one, {"folder150"})});
}

TEST(PromiseTest, P2IdsAreComparedWholeAndAsBytes) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"Inbox", "inbox2", "in"});
  world.Publish("ann", "inbox");
  world.Publish("Ann", "Inbox");
  world.ExpectNone();
  world.Publish("ann", "in", "Phone");
  world.ExpectOnly({Changed(ping, {"in"})});
}

}  // namespace
}  // namespace mailwake
