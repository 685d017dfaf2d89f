// SPDX-License-Identifier: Apache-2.0
//
// The hanging Sync: Wait and HeartbeatInterval.
#include <gtest/gtest.h>

#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

ExchangePtr Hang(FrontWorld& world, const std::string& key, const std::string& minutes = "10") {
  return world.Post("Sync", SyncBody({{.id = "5", .key = key}}, {.wait = minutes}));
}

TEST(ActiveSyncHangingSync, AnswersTheChangedCollectionsOnly) {
  FrontWorld world;
  const std::string inbox = Prime(world, "5"), work = Prime(world, "6");
  const ExchangePtr sync = world.Post("Sync", SyncBody({{.id = "5", .key = inbox}, {.id = "6", .key = work}}, {.heartbeat = "600"}));
  EXPECT_FALSE(sync->answered());
  world.Publish("6");
  EXPECT_EQ(Tree(sync), "Sync(Collections(Collection(Key=5 Id=6 Status=1)))");
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", {{"6", "Email"}}))), "nothing") << "the device has it now";
}

TEST(ActiveSyncHangingSync, EndsEmptyWhenItsTimeIsOver) {
  FrontWorld world;
  const ExchangePtr sync = Hang(world, Prime(world, "5"));
  world.Advance(599s);
  EXPECT_FALSE(sync->answered());
  world.Advance(2s);
  EXPECT_EQ(sync->status(), 200);
  EXPECT_EQ(sync->response().body, "");
  EXPECT_EQ(sync->header("Content-Type"), "application/vnd.ms-sync.wbxml");
}

TEST(ActiveSyncHangingSync, AnswersAtOnceWhatIsThereAlready) {
  FrontWorld world;
  const std::string key = Prime(world, "5");
  world.Publish("5");
  EXPECT_EQ(Tree(Hang(world, key)), "Sync(Collections(Collection(Key=3 Id=5 Status=1)))");
}

TEST(ActiveSyncHangingSync, AnswersAtOnceAfterKey0ForAnUnknownKeyAndForCommands) {
  FrontWorld world;
  EXPECT_EQ(Tree(Hang(world, "0")), "Sync(Collections(Collection(Key=1 Id=5 Status=1)))");
  EXPECT_EQ(Tree(Hang(world, "1")), "Sync(Collections(Collection(Key=2 Id=5 Status=1)))") << "the device has nothing yet";
  EXPECT_EQ(Tree(Hang(world, "9")), "Sync(Collections(Collection(Key=0 Id=5 Status=3)))");
  EXPECT_EQ(Tree(Hang(world, "1")), "Sync(Collections(Collection(Key=3 Id=5 Status=1)))") << "a lost answer";
  EXPECT_EQ(Tree(Hang(world, "3")), "nothing");
}

TEST(ActiveSyncHangingSync, AnEmptyRequestHangsAsTheLastOneDid) {
  FrontWorld world;
  const ExchangePtr first = Hang(world, Prime(world, "5"));
  world.Advance(601s);
  EXPECT_TRUE(first->answered());
  const int saves = world.state().saves;
  const ExchangePtr empty = world.Post("Sync");
  EXPECT_FALSE(empty->answered());
  EXPECT_EQ(world.state().saves, saves) << "nothing new to remember";
  world.Publish("5");
  EXPECT_EQ(Tree(empty), "Sync(Collections(Collection(Key=3 Id=5 Status=1)))");
}

TEST(ActiveSyncHangingSync, BothUnitsAtOnceAreStatus4) {
  FrontWorld world;
  EXPECT_EQ(Tree(world.Post("Sync", SyncBody({{.id = "5", .key = "0"}}, {.wait = "5", .heartbeat = "300"}))), "Sync(Status=4)");
}

TEST(ActiveSyncHangingSync, OutOfRangeIsStatus14WithTheLimitInTheUnitUsed) {
  FrontWorld world;
  const auto tree = [&](const SyncBodyOptions& wait) { return Tree(world.Post("Sync", SyncBody({{.id = "5", .key = "0"}}, wait))); };
  EXPECT_EQ(tree({.wait = "0"}), "Sync(Limit=1 Status=14)");
  EXPECT_EQ(tree({.wait = "60"}), "Sync(Limit=59 Status=14)");
  EXPECT_EQ(tree({.heartbeat = "59"}), "Sync(Limit=60 Status=14)");
  EXPECT_EQ(tree({.heartbeat = "3541"}), "Sync(Limit=3540 Status=14)");
  EXPECT_EQ(tree({.wait = "59"}), "Sync(Collections(Collection(Key=1 Id=5 Status=1)))");
}

TEST(ActiveSyncHangingSync, TheEnginesOwnBoundsAreStatus14Too) {
  FrontWorld world({.engine = {.heartbeat_min = 90s, .heartbeat_max = 1700s}});
  const std::string key = Prime(world, "5");
  EXPECT_EQ(Tree(Hang(world, key, "1")), "Sync(Limit=2 Status=14)");
  EXPECT_EQ(Tree(Hang(world, key, "40")), "Sync(Limit=28 Status=14)");
}

TEST(ActiveSyncHangingSync, ANewerOneEndsTheOlderEmptyAndItsConnection) {
  FrontWorld world;
  const std::string key = Prime(world, "5");
  const ExchangePtr older = Hang(world, key);
  const ExchangePtr newer = Hang(world, key);
  EXPECT_EQ(older->response().body, "");
  EXPECT_TRUE(older->response().close);
  EXPECT_FALSE(newer->answered());
}

TEST(ActiveSyncHangingSync, StandsBesideThePingOfTheDevice) {
  FrontWorld world;
  const ExchangePtr sync = Hang(world, Prime(world, "5"));
  const ExchangePtr ping = world.Post("Ping", PingBody("470", {{"5", "Email"}}));
  EXPECT_FALSE(sync->answered());
  world.Publish("5");
  EXPECT_EQ(Tree(ping), "Ping(Status=2 Folders(Folder=5))");
  EXPECT_EQ(Tree(sync), "Sync(Collections(Collection(Key=3 Id=5 Status=1)))");
}

TEST(ActiveSyncHangingSync, OneThatANewerSyncOvertookTakesNoKeyAway) {
  FrontWorld world;
  const std::string key = Prime(world, "5");
  const ExchangePtr old = Hang(world, key);
  const std::string next = KeyOf(world.Post("Sync", SyncBody({{.id = "5", .key = key}})), "5");
  world.Publish("5");
  EXPECT_EQ(old->response().body, "");
  EXPECT_TRUE(old->response().close);
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", {{"5", "Email"}}))), "Ping(Status=2 Folders(Folder=5))");
  EXPECT_EQ(KeyOf(world.Post("Sync", SyncBody({{.id = "5", .key = next}})), "5"), "4") << "the device's key is still good";
}

TEST(ActiveSyncHangingSync, AVanishedConnectionCancelsIt) {
  FrontWorld world;
  const ExchangePtr sync = Hang(world, Prime(world, "5"));
  EXPECT_EQ(world.held(), 1u);
  sync->Leave();
  EXPECT_EQ(world.held(), 0u);
}

TEST(ActiveSyncHangingSync, AChangedFolderListIsStatus12) {
  FrontWorld world;
  world.SetFolders({{.id = "5", .name = "Inbox"}});
  const ExchangePtr sync = Hang(world, Prime(world, "5"));
  world.SetFolders({{.id = "5", .name = "Inbox"}, {.id = "6", .name = "Work"}});
  EXPECT_EQ(Tree(sync), "Sync(Status=12)");
}

TEST(ActiveSyncHangingSync, AResyncServesAll) {
  FrontWorld world;
  const std::string inbox = Prime(world, "5"), work = Prime(world, "6");
  const ExchangePtr sync = world.Post("Sync", SyncBody({{.id = "5", .key = inbox}, {.id = "6", .key = work}}, {.wait = "10"}));
  world.engine().Suspect(kAnn, [](absl::Status) {});
  world.Advance(60s);
  EXPECT_EQ(Tree(sync), "Sync(Collections(Collection(Key=5 Id=5 Status=1) Collection(Key=6 Id=6 Status=1)))");
}

TEST(ActiveSyncHangingSync, ShedDrainedAndRevoked) {
  for (const int way : {0, 1, 2}) {
    FrontWorld world;
    const ExchangePtr sync = Hang(world, Prime(world, "5"));
    if (way == 0) world.engine().Shed(1);
    if (way == 1) world.engine().Drain(1s);
    if (way == 2) world.engine().EndDevice(kAnn, kDevice);
    world.Advance(2s);
    EXPECT_EQ(sync->status(), way == 0 ? 503 : way == 1 ? 200 : 401);
    EXPECT_EQ(sync->response().close, way == 1);
  }
}

}  // namespace
}  // namespace mailwake::test
