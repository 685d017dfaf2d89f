// SPDX-License-Identifier: Apache-2.0
//
// Remembered PING parameters: heartbeat and folders, each by itself, per (mailbox, device), over restarts. And the rule "Acknowledge by
// PING".

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

Ping HoldRemembered(EngineWorld& world, std::optional<std::chrono::seconds> heartbeat, std::optional<std::vector<WatchedFolder>> folders,
                    PingKind kind = PingKind::kPing) {
  return world.Hold({.mailbox = "ann", .device = "phone", .heartbeat = heartbeat, .folders = std::move(folders), .kind = kind});
}

// The PING waits with this heartbeat for these folders and no others.
void ExpectWaits(EngineWorld& world, Ping ping, std::chrono::seconds heartbeat, const std::vector<std::string>& folders) {
  ASSERT_TRUE(world.live(ping));
  const Explanation told = world.engine().Explain("ann", "phone");
  ASSERT_TRUE(told.waiting);
  EXPECT_EQ(told.waiting->deadline - told.waiting->since, heartbeat);
  std::vector<std::string> ids;
  for (const Explanation::Folder& folder : told.folders) {
    ids.push_back(folder.id);
    EXPECT_EQ(folder.item_class, ClassOf(folder.id));
  }
  EXPECT_THAT(ids, ::testing::UnorderedElementsAreArray(folders));
}

TEST(RuleRememberedTest, HeartbeatAndFoldersAreRememberedEachByItself) {
  EngineWorld world;
  world.Hold("ann", "phone", {"inbox", "cal"}, 300s);
  ExpectWaits(world, HoldRemembered(world, std::nullopt, std::nullopt), 300s, {"inbox", "cal"});
  ExpectWaits(world, HoldRemembered(world, 600s, std::nullopt), 600s, {"inbox", "cal"});
  ExpectWaits(world, HoldRemembered(world, std::nullopt, Watch({"tasks"})), 600s, {"tasks"});
  ExpectWaits(world, HoldRemembered(world, std::nullopt, std::nullopt), 600s, {"tasks"});
}

TEST(RuleRememberedTest, WhatIsRememberedSurvivesARestart) {
  EngineWorld world;
  world.Hold("ann", "phone", {"inbox", "cal", "contacts"}, 480s);
  world.Restart();
  ExpectWaits(world, HoldRemembered(world, std::nullopt, std::nullopt), 480s, {"inbox", "cal", "contacts"});
  world.Restart();
  ExpectWaits(world, HoldRemembered(world, 90s, std::nullopt), 90s, {"inbox", "cal", "contacts"});
}

// Nothing has happened in it but a suspicion, so that its own record says no class; else a wake for it would open another class's window.
TEST(RuleRememberedTest, AFolderOfWhichOnlyAPingSaidTheClassKeepsItOverARestart) {
  EngineWorld world;
  world.Sync("ann", "phone", {"tasks"});
  world.Suspect("ann");
  world.Sync("ann", "phone", {"tasks"});
  world.Hold("ann", "phone", {"tasks"}, 480s);
  world.Restart();
  ExpectWaits(world, HoldRemembered(world, std::nullopt, std::nullopt), 480s, {"tasks"});
}

TEST(RuleRememberedTest, WhatIsRememberedIsReadWithAMailboxThatLoads) {
  EngineWorld world;
  world.Hold("ann", "phone", {"inbox"}, 480s);
  world.Sync("ann", "phone", {"inbox"});
  world.Restart();
  world.TakeEnded();
  world.store().set_held(true);
  const Ping ping = HoldRemembered(world, std::nullopt, std::nullopt);
  world.Publish("ann", "inbox");
  world.ExpectNone();
  world.store().ReleaseAll();
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(RuleRememberedTest, NothingRememberedIsMissingParametersAlsoInAMailboxThatLoads) {
  for (const bool held : {false, true}) {
    EngineWorld world;
    world.store().set_held(held);
    const Ping nothing = HoldRemembered(world, std::nullopt, std::nullopt);
    world.store().ReleaseAll();
    world.ExpectOnly({Refused(nothing, Refusal::kMissingParameters)});
    world.store().set_held(false);
    world.ExpectOnly({Refused(HoldRemembered(world, 300s, std::nullopt), Refusal::kMissingParameters)});
    world.ExpectOnly({Refused(HoldRemembered(world, std::nullopt, Watch({"inbox"})), Refusal::kMissingParameters)});
    world.ExpectOnly({Refused(HoldRemembered(world, std::nullopt, std::nullopt), Refusal::kMissingParameters)});
  }
}

TEST(RuleRememberedTest, ARefusedPingLeavesWhatWasRememberedAsItWas) {
  EngineWorld world;
  world.Cancel(world.Hold("ann", "phone", {"inbox"}, 300s));
  world.Hold("ann", "phone", {"tasks"}, 5s);
  world.Hold("ann", "phone", {"tasks"}, 100'000s);
  world.Hold("ann", "phone", {std::string(65, 'x')}, 400s);
  ExpectWaits(world, HoldRemembered(world, std::nullopt, std::nullopt), 300s, {"inbox"});
}

TEST(RuleRememberedTest, APingThatEndedAtOnceWasAcceptedAndIsRemembered) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Hold("ann", "phone", {"inbox"}, 300s);
  world.Sync("ann", "phone", {"inbox"});
  ExpectWaits(world, HoldRemembered(world, std::nullopt, std::nullopt), 300s, {"inbox"});
}

TEST(RuleRememberedTest, DevicesAndMailboxesRememberApart) {
  EngineWorld world;
  world.Hold("ann", "phone", {"inbox"}, 300s);
  for (const auto& [mailbox, device] : {std::pair{"ann", "tablet"}, std::pair{"bob", "phone"}}) {
    const Ping ping = world.Hold({.mailbox = mailbox, .device = device});
    world.ExpectOnly({Refused(ping, Refusal::kMissingParameters)});
  }
}

TEST(RuleRememberedTest, AHangingSyncNeitherRemembersNorUsesWhatIsRemembered) {
  EngineWorld world;
  world.Hold("ann", "phone", {"inbox"}, 300s);
  world.Hold("ann", "phone", {"cal"}, 90s, PingKind::kSync);
  ExpectWaits(world, HoldRemembered(world, std::nullopt, std::nullopt), 300s, {"inbox"});
  world.TakeEnded();
  world.ExpectOnly({Refused(HoldRemembered(world, std::nullopt, std::nullopt, PingKind::kSync), Refusal::kMissingParameters)});
  world.ExpectOnly({Refused(HoldRemembered(world, 90s, std::nullopt, PingKind::kSync), Refusal::kMissingParameters)});
}

TEST(RuleRememberedTest, ARememberedFolderThatIsGoneEndsHierarchy) {
  EngineWorld world;
  world.SetFolders("ann", std::vector<std::string>{"inbox", "project"});
  world.FolderSync("ann", "phone");
  world.Sync("ann", "phone", {"inbox", "project"});
  world.Hold("ann", "phone", {"inbox", "project"}, 300s);
  world.SetFolders("ann", std::vector<std::string>{"inbox"});
  world.FolderSync("ann", "phone");
  world.TakeEnded();
  world.ExpectOnly({HierarchyChanged(HoldRemembered(world, std::nullopt, std::nullopt))});
}

// ---- Acknowledge by PING ---------------------------------------------------------------------------------------------------------------

Options ByPing() { return {.acknowledge = Acknowledge::kPing}; }

TEST(RuleAcknowledgeByPingTest, ThePingAfterADeliveredWakeAcknowledgesTheVersionsThatTheWakeNamed) {
  EngineWorld world(ByPing());
  const Ping woken = world.Hold("ann", "phone", {"inbox", "cal"});
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(woken, {"inbox"})});
  world.engine().Delivered("ann", "phone", world.id(woken));
  const Ping next = world.Hold("ann", "phone", {"inbox", "cal"});
  world.ExpectNone();
  EXPECT_TRUE(world.live(next));
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(next, {"inbox"})});
}

TEST(RuleAcknowledgeByPingTest, AWakeThatWasNotDeliveredIsNotAcknowledged) {
  EngineWorld world(ByPing());
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(RuleAcknowledgeByPingTest, AChangeAfterTheWakeStaysThoughItIsInTheSameFolder) {
  EngineWorld world(ByPing());
  const Ping woken = world.Hold("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  world.engine().Delivered("ann", "phone", world.id(woken));
  world.Publish("ann", "inbox");  // after the answer was written, before the next PING
  world.TakeEnded();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(RuleAcknowledgeByPingTest, AChangeBetweenTheWakeAndItsDeliveryStaysToo) {
  EngineWorld world(ByPing());
  const Ping woken = world.Hold("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  world.Publish("ann", "inbox");  // before the peer took the answer
  world.engine().Delivered("ann", "phone", world.id(woken));
  world.TakeEnded();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(RuleAcknowledgeByPingTest, OnlyTheFoldersThatWereNamedAreAcknowledged) {
  EngineWorld world(ByPing());
  world.Publish("ann", "inbox");
  world.Publish("ann", "cal");
  const Ping woken = world.Hold("ann", "phone", {"inbox"});
  world.engine().Delivered("ann", "phone", world.id(woken));
  world.TakeEnded();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox", "cal"}), {"cal"})});
}

TEST(RuleAcknowledgeByPingTest, DeliveredOfAnOtherPingOrTwiceAcknowledgesNothingMore) {
  EngineWorld world(ByPing());
  const Ping first = world.Hold("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  world.engine().Delivered("ann", "phone", world.id(first));
  world.Hold("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");  // wakes the second, which was not delivered
  world.engine().Delivered("ann", "phone", world.id(first));
  world.engine().Delivered("ann", "phone", {.value = 12345});
  world.engine().Delivered("ann", "nobody", world.id(first));
  world.engine().Delivered("nobody", "phone", world.id(first));
  world.TakeEnded();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(RuleAcknowledgeByPingTest, TheAnswerOfAnEndThatWasNoWakeDoesNotAcknowledgeAWakeThatGotLost) {
  Options options = ByPing();
  options.coalesce.fill(60s);
  EngineWorld world(options);
  const Ping lost = world.Hold("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(lost, {"inbox"})});
  const Ping shed = world.Hold("ann", "phone", {"inbox"});  // waits for the window
  EXPECT_EQ(world.engine().Shed(1), 1U);
  world.Settle();
  world.TakeEnded();
  world.engine().Delivered("ann", "phone", world.id(shed));
  const Ping again = world.Hold("ann", "phone", {"inbox"});
  world.AdvanceBy(61s);
  world.ExpectOnly({Changed(again, {"inbox"})});
}

TEST(RuleAcknowledgeByPingTest, AnAcknowledgementByPingIsInMemoryOnly) {
  EngineWorld world(ByPing());
  const Ping woken = world.Hold("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  world.engine().Delivered("ann", "phone", world.id(woken));
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox"})));
  world.TakeEnded();
  world.Restart();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(RuleAcknowledgeByPingTest, AnotherDevicesWakeAcknowledgesNothing) {
  EngineWorld world(ByPing());
  const Ping phone = world.Hold("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  world.engine().Delivered("ann", "phone", world.id(phone));
  world.TakeEnded();
  world.ExpectOnly({Changed(world.Hold("ann", "tablet", {"inbox"}), {"inbox"})});
}

TEST(RuleAcknowledgeByPingTest, WithAcknowledgeBySyncDeliveredMeansNothing) {
  EngineWorld world;
  const Ping woken = world.Hold("ann", "phone", {"inbox"});
  world.Publish("ann", "inbox");
  world.engine().Delivered("ann", "phone", world.id(woken));
  world.TakeEnded();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

}  // namespace
}  // namespace mailwake
