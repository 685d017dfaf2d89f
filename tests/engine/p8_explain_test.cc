// SPDX-License-Identifier: Apache-2.0
//
// P8, explainable: why a live PING waits, how a device's last PING ended and by what, and a bounded ring of what was before.

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

Explanation Explain(EngineWorld& world) { return world.engine().Explain("ann", "phone"); }

const Explanation::Folder& FolderOf(const Explanation& told, const std::string& id) {
  for (const Explanation::Folder& folder : told.folders) {
    if (folder.id == id) return folder;
  }
  ADD_FAILURE() << id << " is not told of";
  static const Explanation::Folder kNone;
  return kNone;
}

TEST(PromiseTest, P8OfALivePingItTellsTheFoldersTheNumbersAndThatNothingIsNew) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox", "cal"}, 300s);
  const Explanation told = Explain(world);
  EXPECT_TRUE(told.in_memory);
  ASSERT_TRUE(told.waiting);
  EXPECT_EQ(told.waiting->id, world.id(ping));
  EXPECT_EQ(told.waiting->mailbox, "ann");
  EXPECT_EQ(told.waiting->device, "phone");
  EXPECT_EQ(told.waiting->since, world.now());
  EXPECT_EQ(told.waiting->deadline, world.now() + 300s);
  EXPECT_EQ(told.waiting->folders, 2u);
  EXPECT_FALSE(told.why.empty());
  ASSERT_EQ(told.folders.size(), 2u);
  EXPECT_FALSE(FolderOf(told, "inbox").behind);
  EXPECT_GT(FolderOf(told, "inbox").version, 0u);
  EXPECT_GE(FolderOf(told, "inbox").cursor, FolderOf(told, "inbox").version);
  EXPECT_EQ(FolderOf(told, "cal").item_class, ItemClass::kCalendar);
  EXPECT_FALSE(told.last_end);
}

TEST(PromiseTest, P8TheVersionToldLeavesOwnChangesOut) {
  EngineWorld world;
  world.Publish("ann", "inbox", "tablet");
  world.Sync("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox", "phone");
  world.Hold("ann", "phone", {"inbox"});
  const Explanation told = Explain(world);
  EXPECT_FALSE(FolderOf(told, "inbox").behind);
  EXPECT_LE(FolderOf(told, "inbox").version, FolderOf(told, "inbox").cursor);
}

TEST(PromiseTest, P8EachCauseOfWaitingIsToldInItsOwnWords) {
  std::set<std::string> whys;
  const auto note = [&](EngineWorld& world) {
    const Explanation told = Explain(world);
    ASSERT_TRUE(told.waiting);
    EXPECT_FALSE(told.why.empty());
    whys.insert(told.why);
  };
  {
    EngineWorld world;
    world.Hold("ann", "phone", {"inbox"});
    note(world);  // nothing new
  }
  {
    EngineWorld world;
    world.store().set_held(true);
    world.Hold("ann", "phone", {"inbox"});
    note(world);  // the mailbox is loading
  }
  {
    EngineWorld world({.coalesce = {Duration(60s)}});
    world.Publish("ann", "inbox");
    world.Hold("ann", "phone", {"inbox"});
    world.Sync("ann", "phone", {"inbox"});
    world.Hold("ann", "phone", {"inbox"});
    world.Publish("ann", "inbox");
    note(world);  // the window is open
    EXPECT_TRUE(FolderOf(Explain(world), "inbox").behind);
  }
  {
    EngineWorld world;
    world.Publish("ann", "inbox");
    Ping ping;
    do {
      ping = world.Hold("ann", "phone", {"inbox"});
    } while (!world.live(ping));
    note(world);  // paced
    EXPECT_TRUE(FolderOf(Explain(world), "inbox").behind);
  }
  EXPECT_EQ(whys.size(), 4u) << ::testing::PrintToString(whys);
}

TEST(PromiseTest, P8TheLastEndTellsTheFolderItsVersionAndTheTime) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox", "cal"});
  const Ping ping = world.Hold("ann", "phone", {"inbox", "cal"});
  world.AdvanceBy(17s);
  world.Publish("ann", "cal");
  const Time woken = world.now();
  const Version version = world.store().stored_folder("ann", "cal")->version;
  world.AdvanceBy(1h);
  const Explanation told = Explain(world);
  EXPECT_FALSE(told.waiting);
  ASSERT_TRUE(told.last_end);
  EXPECT_EQ(told.last_end->id, world.id(ping));
  EXPECT_EQ(told.last_end->reason, EndReason::kChanged);
  EXPECT_EQ(told.last_end->folder, "cal");
  EXPECT_EQ(told.last_end->version, version);
  EXPECT_EQ(told.last_end->time, woken);
  EXPECT_EQ(told.last_end->mailbox, "ann");
  EXPECT_EQ(told.last_end->device, "phone");
}

TEST(PromiseTest, P8TheLastEndIsToldInItsOwnCompletionAlready) {
  EngineWorld world;
  world.Cancel(world.Hold("ann", "phone", {"inbox"}));
  PingId ended;
  std::optional<EndRecord> told;
  world.engine().Hold({.mailbox = "ann", .device = "phone", .heartbeat = 300s, .folders = {{{"inbox", ItemClass::kEmail}}}},
                      [&](const PingEnd& end) {
                        ended = end.id;
                        told = Explain(world).last_end;
                      });
  world.Publish("ann", "inbox");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->id, ended);
  EXPECT_EQ(told->reason, EndReason::kChanged);
}

TEST(PromiseTest, P8EndsWithoutAChangeNameNoFolder) {
  EngineWorld world;
  world.Hold("ann", "phone", {"inbox"}, 60s);
  world.AdvanceBy(61s);
  ASSERT_TRUE(Explain(world).last_end);
  EXPECT_EQ(Explain(world).last_end->reason, EndReason::kExpired);
  EXPECT_EQ(Explain(world).last_end->folder, "");
  EXPECT_EQ(Explain(world).last_end->version, 0u);
  world.Cancel(world.Hold("ann", "phone", {"inbox"}, 60s));
  EXPECT_EQ(Explain(world).last_end->reason, EndReason::kCancelled);
}

TEST(PromiseTest, P8WhatWasBeforeIsToldNewestFirstAndOnlyOfThisDevice) {
  EngineWorld world;
  world.Hold("ann", "phone", {"inbox"}, 60s);
  world.AdvanceBy(61s);
  world.Cancel(world.Hold("ann", "tablet", {"inbox"}, 60s));
  world.Cancel(world.Hold("bob", "phone", {"inbox"}, 60s));
  world.AdvanceBy(1s);
  world.Cancel(world.Hold("ann", "phone", {"inbox"}, 60s));
  world.AdvanceBy(1s);
  world.Hold("ann", "phone", {"inbox"}, 60s);
  world.Publish("ann", "inbox");
  const Explanation told = Explain(world);
  ASSERT_TRUE(told.last_end);
  EXPECT_EQ(told.last_end->reason, EndReason::kChanged);
  ASSERT_EQ(told.ends.size(), 2u);
  EXPECT_EQ(told.ends[0].reason, EndReason::kCancelled);
  EXPECT_EQ(told.ends[1].reason, EndReason::kExpired);
  EXPECT_GT(told.ends[0].time, told.ends[1].time);
  for (const EndRecord& end : told.ends) {
    EXPECT_EQ(end.mailbox, "ann");
    EXPECT_EQ(end.device, "phone");
  }
}

TEST(PromiseTest, P8ALivePingAndTheLastEndAreToldTogether) {
  EngineWorld world;
  world.Hold("ann", "phone", {"inbox"}, 60s);
  world.AdvanceBy(61s);
  const Ping live = world.Hold("ann", "phone", {"inbox"}, 60s);
  const Explanation told = Explain(world);
  ASSERT_TRUE(told.waiting);
  EXPECT_EQ(told.waiting->id, world.id(live));
  ASSERT_TRUE(told.last_end);
  EXPECT_EQ(told.last_end->reason, EndReason::kExpired);
}

TEST(PromiseTest, P8AnUnknownDeviceAndAMailboxThatIsNotInMemoryAreSaidToBeSo) {
  EngineWorld world;
  EXPECT_FALSE(Explain(world).in_memory);
  EXPECT_FALSE(Explain(world).waiting);
  EXPECT_FALSE(Explain(world).last_end);
  EXPECT_EQ(world.store().counts().loads, 0u) << "asking reads nothing";
  world.Hold("ann", "tablet", {"inbox"});
  EXPECT_TRUE(Explain(world).in_memory);
  EXPECT_FALSE(Explain(world).waiting);
  EXPECT_FALSE(Explain(world).last_end);
}

TEST(PromiseTest, P8ARefusalIsToldTooAlsoOfADeviceThatIsKnown) {
  EngineWorld world;
  const Ping refused = world.Hold("ann", "phone", {"inbox"}, 1s);
  ASSERT_TRUE(Explain(world).last_end);
  EXPECT_EQ(Explain(world).last_end->id, world.id(refused));
  world.Hold("ann", "phone", {"inbox"}, 60s);
  world.AdvanceBy(61s);
  world.Hold("ann", "phone", {"inbox"}, 1s);
  EXPECT_EQ(Explain(world).last_end->reason, EndReason::kRefused) << "the last PING was refused, whatever the one before it was";
}

TEST(PromiseTest, P8TheLivePingsAreListedUpToTheNumberAskedFor) {
  EngineWorld world;
  for (int i = 0; i < 30; ++i) world.Hold("user" + std::to_string(i), "phone", {"inbox", "cal"});
  EXPECT_EQ(world.engine().Pings(7).size(), 7u);
  const std::vector<PingView> all = world.engine().Pings(1000);
  ASSERT_EQ(all.size(), 30u);
  std::set<std::string> mailboxes;
  for (const PingView& ping : all) {
    mailboxes.insert(ping.mailbox);
    EXPECT_EQ(ping.kind, PingKind::kPing);
    EXPECT_EQ(ping.folders, 2u);
    EXPECT_EQ(ping.deadline - ping.since, 900s);
  }
  EXPECT_EQ(mailboxes.size(), 30u);
}

}  // namespace
}  // namespace mailwake
