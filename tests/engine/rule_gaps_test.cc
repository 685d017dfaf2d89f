// SPDX-License-Identifier: Apache-2.0
//
// Rule "Gaps": Suspect of one mailbox and of all, and the host's own numbers.

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

AnswerPtr PublishNumbered(EngineWorld& world, const std::string& folder, std::uint64_t number) {
  return world.Publish({{.mailbox = "ann", .folder = folder, .item_class = ClassOf(folder), .host_version = number}});
}

TEST(RuleGapsTest, ASuspectMailboxGivesEachOfItsFoldersANewVersionAndEndsItsPingsResync) {
  EngineWorld world;
  for (const std::string folder : {"inbox", "cal", "unwatched"}) world.Publish("ann", folder);
  for (const std::string device : {"phone", "tablet"}) world.Sync("ann", device, {"inbox", "cal", "unwatched"});
  world.Sync("bob", "phone", {"inbox"});
  const Version before = world.store().stored_folder("ann", "unwatched")->version;
  const Ping phone = world.Hold("ann", "phone", {"inbox", "cal"});
  const Ping tablet = world.Hold("ann", "tablet", {"inbox"});
  const Ping bob = world.Hold("bob", "phone", {"inbox"});
  world.ExpectNone();
  EXPECT_TRUE(world.Suspect("ann")->ok());
  world.AdvanceBy(1s);
  world.ExpectOnly({Resync(phone, {"cal", "inbox"}), Resync(tablet, {"inbox"})});
  EXPECT_TRUE(world.live(bob));
  EXPECT_GT(world.store().stored_folder("ann", "unwatched")->version, before);
}

TEST(RuleGapsTest, AfterASuspicionEveryDeviceIsBehindInEverythingUntilItSyncs) {
  EngineWorld world;
  for (const std::string folder : {"inbox", "cal"}) world.Publish("ann", folder, "phone");
  world.Sync("ann", "phone", {"inbox", "cal"});
  world.Suspect("ann");
  world.Sync("ann", "phone", {"cal"});
  const Ping first = world.Hold("ann", "phone", {"inbox", "cal"});
  world.AdvanceBy(1s);
  ASSERT_FALSE(world.live(first));
  EXPECT_THAT(world.ended(first).folders, ::testing::Contains("inbox"));
  world.Sync("ann", "phone", {"inbox"});
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox", "cal"}))) << "all synced since";
}

TEST(RuleGapsTest, ASuspicionSurvivesARestart) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  EXPECT_TRUE(world.Suspect("ann")->ok());
  world.Restart();
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.AdvanceBy(1s);
  ASSERT_FALSE(world.live(ping));
  EXPECT_THAT(world.ended(ping).folders, ::testing::ElementsAre("inbox"));
}

TEST(RuleGapsTest, ASuspicionOfAllEndsThePingsOfAllMailboxesResyncSpreadOverTime) {
  EngineWorld world({.shards = 1});
  world.set_check_invariants(false);
  std::set<std::size_t> expected;
  for (int i = 0; i < 300; ++i) {
    const std::string mailbox = absl::StrCat("user", i);
    world.Publish(mailbox, "inbox");
    world.Sync(mailbox, "phone", {"inbox"});
    expected.insert(world.Hold(mailbox, "phone", {"inbox"}, 3540s).number);
  }
  world.ExpectNone();
  world.Suspect(std::nullopt);
  world.AdvanceBy(30min);
  std::map<Time, int> by_time;
  for (const Ended& end : world.TakeEnded()) {
    EXPECT_EQ(end.reason, EndReason::kResync);
    EXPECT_THAT(end.folders, ::testing::ElementsAre("inbox"));
    EXPECT_EQ(expected.erase(end.ping.number), 1u);
    ++by_time[end.time];
  }
  EXPECT_TRUE(expected.empty()) << expected.size() << " were not told";
  EXPECT_GT(by_time.size(), 10u) << "all came back in one moment";
  for (const auto& [time, count] : by_time) EXPECT_LT(count, 50);
}

TEST(RuleGapsTest, ASuspicionOfAllReachesAPingWhoseMailboxIsTouchedBeforeItsTurn) {
  EngineWorld world;
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 3540s);
  world.set_auto_settle(false);
  world.Suspect(std::nullopt);
  world.BeginFolderSync("ann");
  world.set_auto_settle(true);
  world.AdvanceBy(10min);
  ASSERT_FALSE(world.live(ping)) << "forgotten until its heartbeat ends";
  EXPECT_EQ(world.ended(ping).reason, EndReason::kResync);
}

TEST(RuleGapsTest, ASuspicionOfAllReachesMailboxesThatAreNotInMemoryAndSurvivesACrash) {
  EngineWorld world({.limits = {.idle_mailboxes = 0}});
  for (const std::string mailbox : {"ann", "bob"}) {
    world.Publish(mailbox, "inbox");
    world.Sync(mailbox, "phone", {"inbox"});
  }
  EXPECT_EQ(world.engine().stats().mailboxes, 0u);
  EXPECT_TRUE(world.Suspect(std::nullopt)->ok());
  world.AdvanceBy(30min);
  const Ping ann = world.Hold("ann", "phone", {"inbox"});
  world.AdvanceBy(1s);
  EXPECT_FALSE(world.live(ann));
  world.Crash(0);
  const Ping bob = world.Hold("bob", "phone", {"inbox"});
  world.AdvanceBy(1s);
  EXPECT_FALSE(world.live(bob));
  world.Sync("bob", "phone", {"inbox"});
  EXPECT_TRUE(world.live(world.Hold("bob", "phone", {"inbox"}))) << "a sync after it ends it";
}

TEST(RuleGapsTest, ARepeatAtOrBelowTheHostsNumberChangesNothing) {
  EngineWorld world;
  EXPECT_TRUE(PublishNumbered(world, "inbox", 10)->ok());
  world.Sync("ann", "phone", {"inbox"});
  const Version version = world.store().stored_folder("ann", "inbox")->version;
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  for (const std::uint64_t repeat : {10, 9, 1}) EXPECT_TRUE(PublishNumbered(world, "inbox", repeat)->ok());
  world.ExpectNone();
  EXPECT_EQ(world.store().stored_folder("ann", "inbox")->version, version);
  EXPECT_EQ(world.engine().stats().repeats, 3u);
  EXPECT_EQ(world.engine().stats().changes, 1u);
  PublishNumbered(world, "inbox", 11);
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(RuleGapsTest, TheHostsNumbersAreKeptPerFolderAndOverRestarts) {
  EngineWorld world;
  PublishNumbered(world, "inbox", 10);
  PublishNumbered(world, "cal", 3);
  world.Sync("ann", "phone", {"inbox", "cal"});
  world.Restart();
  const Ping ping = world.Hold("ann", "phone", {"inbox", "cal"});
  PublishNumbered(world, "inbox", 10);
  PublishNumbered(world, "cal", 3);
  world.ExpectNone();
  PublishNumbered(world, "cal", 4);
  world.ExpectOnly({Changed(ping, {"cal"})});
}

TEST(RuleGapsTest, AChangeWithoutANumberIsAlwaysAChangeAndLeavesTheNumberAlone) {
  EngineWorld world;
  PublishNumbered(world, "inbox", 10);
  world.Publish("ann", "inbox");
  EXPECT_EQ(world.engine().stats().changes, 2u);
  PublishNumbered(world, "inbox", 10);
  EXPECT_EQ(world.engine().stats().repeats, 1u);
  EXPECT_EQ(world.store().stored_folder("ann", "inbox")->host_version, 10u);
}

TEST(RuleGapsTest, ANumberThatComesFirstAsZeroIsAChange) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  PublishNumbered(world, "inbox", 0);
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(RuleGapsTest, AFolderMadeAgainStartsItsNumbersAnew) {
  EngineWorld world;
  world.SetFolders("ann", std::vector<std::string>{"inbox"});
  PublishNumbered(world, "inbox", 100);
  world.SetFolders("ann", std::vector<std::string>{"sent"});
  world.SetFolders("ann", std::vector<std::string>{"inbox", "sent"});
  world.FolderSync("ann", "phone");
  world.Sync("ann", "phone", {"inbox", "sent"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  PublishNumbered(world, "inbox", 1);
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

// A suspicion that was synced before its wake was delivered is over: what came since is a change like others, and names itself alone.
TEST(RuleGapsTest, AChangeAfterASyncThatCoveredTheSuspicionIsNoResync) {
  EngineWorld world;
  world.Sync("ann", "phone", {"inbox", "cal"});
  world.set_auto_settle(false);
  const Ping ping = world.Hold("ann", "phone", {"inbox", "cal"});
  world.Suspect("ann");
  world.Sync("ann", "phone", {"inbox", "cal"});
  world.Publish("ann", "cal");
  world.Settle();
  world.ExpectOnly({Changed(ping, {"cal"})});
}

}  // namespace
}  // namespace mailwake
