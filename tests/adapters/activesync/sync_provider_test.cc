// SPDX-License-Identifier: Apache-2.0
//
// Sync with the host's item data.
#include <gtest/gtest.h>

#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

namespace air = wbxml::airsync;

std::string Items(const std::string& id) {
  return Tokens([&](wbxml::Writer& out) {
    out.Start(air::kCommands);
    out.Start(air::kAdd);
    out.Text(air::kServerId, id);
    out.End();
    out.End();
  });
}

ExchangePtr Sync(FrontWorld& world, const std::string& key) { return world.Post("Sync", SyncBody({{.id = "5", .key = key}})); }
std::string Ping(FrontWorld& world) { return Tree(world.Post("Ping", PingBody("470", {{"5", "Email"}}))); }

TEST(ActiveSyncProvider, IsNotAskedForKey0AndThenAskedWithAnEmptyState) {
  FrontWorld world({.provider = true});
  Sync(world, "0");
  EXPECT_TRUE(world.provider().asked.empty());
  world.provider().answers["5"] = SyncProvider::Answer{.state = "s1", .commands = Items("5:1")};
  EXPECT_EQ(Tree(Sync(world, "1")), "Sync(Collections(Collection(Key=2 Id=5 Status=1 Commands(Add(ServerId=5:1)))))");
  ASSERT_EQ(world.provider().asked.size(), 1u);
  EXPECT_EQ(world.provider().asked[0].state, "");
  EXPECT_EQ(world.provider().asked[0].mailbox, kAnn);
  EXPECT_EQ(world.provider().asked[0].device, kDevice);
  EXPECT_EQ(world.provider().asked[0].window_size, 100);
  Sync(world, "2");
  EXPECT_EQ(world.provider().asked[1].state, "s1");
}

TEST(ActiveSyncProvider, ARepeatedKeyGetsTheStateOfThatKeyAgain) {
  FrontWorld world({.provider = true});
  Sync(world, "0");
  world.provider().answers["5"] = SyncProvider::Answer{.state = "s1", .commands = Items("5:1")};
  Sync(world, "1");
  world.provider().answers["5"] = SyncProvider::Answer{.state = "s2", .commands = Items("5:2")};
  Sync(world, "2");
  Sync(world, "2");
  EXPECT_EQ(world.provider().asked[1].state, "s1");
  EXPECT_EQ(world.provider().asked[2].state, "s1") << "what the lost answer held comes again";
}

TEST(ActiveSyncProvider, ProviderStatesMayBeAnyBytesAndOutliveARestart) {
  FrontWorld world({.provider = true});
  Sync(world, "0");
  const std::string state("\x00\xff\"\\\xc3", 5);
  world.provider().answers["5"] = SyncProvider::Answer{.state = state};
  Sync(world, "1");
  world.Restart();
  Sync(world, "2");
  EXPECT_EQ(world.provider().asked.back().state, state);
}

TEST(ActiveSyncProvider, MoreAvailableMovesNoCursor) {
  FrontWorld world({.provider = true});
  world.Publish("5");
  Sync(world, "0");
  world.provider().answers["5"] = SyncProvider::Answer{.state = "half", .commands = Items("5:1"), .more_available = true};
  EXPECT_EQ(Tree(Sync(world, "1")), "Sync(Collections(Collection(Key=2 Id=5 Status=1 MoreAvailable Commands(Add(ServerId=5:1)))))");
  EXPECT_EQ(Ping(world), "Ping(Status=2 Folders(Folder=5))");
  world.provider().answers["5"] = SyncProvider::Answer{.state = "whole"};
  EXPECT_EQ(Tree(world.Post("Sync", SyncBody({{.id = "5", .key = "2"}}, {.wait = "10"}))),
            "Sync(Collections(Collection(Key=3 Id=5 Status=1)))")
      << "does not hang before the folder was served whole";
  EXPECT_EQ(Ping(world), "nothing");
}

TEST(ActiveSyncProvider, AChangeWhileItReadsIsNotLost) {
  FrontWorld world({.provider = true});
  Sync(world, "0");
  world.provider().hold = true;
  const ExchangePtr sync = Sync(world, "1");
  EXPECT_FALSE(sync->answered());
  world.Publish("5");
  world.provider().held.front()();
  world.Run();
  EXPECT_EQ(sync->status(), 200);
  EXPECT_EQ(Ping(world), "Ping(Status=2 Folders(Folder=5))");
}

TEST(ActiveSyncProvider, AFailureKeepsTheKeyAndMovesNothing) {
  FrontWorld world({.provider = true});
  world.Publish("5");
  Sync(world, "0");
  const std::pair<absl::Status, const char*> cases[] = {{absl::NotFoundError("x"), "8"},
                                                        {absl::UnavailableError("x"), "16"},
                                                        {absl::InternalError("x"), "5"},
                                                        {absl::DataLossError("x"), "5"}};
  for (const auto& [status, number] : cases) {
    world.provider().answers.insert_or_assign("5", status);
    EXPECT_EQ(Tree(Sync(world, "1")), std::string("Sync(Collections(Collection(Key=1 Id=5 Status=") + number + ")))");
    EXPECT_EQ(Ping(world), "Ping(Status=2 Folders(Folder=5))");
  }
  world.provider().answers.erase("5");
  EXPECT_EQ(KeyOf(Sync(world, "1"), "5"), "2");
}

TEST(ActiveSyncProvider, OneFolderFailsAndTheOtherIsServed) {
  FrontWorld world({.provider = true});
  world.Post("Sync", SyncBody({{.id = "5", .key = "0"}, {.id = "6", .key = "0"}}));
  world.provider().answers.insert_or_assign("5", absl::InternalError("x"));
  EXPECT_EQ(Tree(world.Post("Sync", SyncBody({{.id = "5", .key = "1"}, {.id = "6", .key = "2"}}))),
            "Sync(Collections(Collection(Key=1 Id=5 Status=5) Collection(Key=3 Id=6 Status=1)))");
}

TEST(ActiveSyncProvider, AStateThatIsTooLargeIsStatus5) {
  FrontWorld world({.provider = true});
  Sync(world, "0");
  world.provider().answers["5"] = SyncProvider::Answer{.state = std::string(64 * 1024 + 1, 's')};
  EXPECT_EQ(Tree(Sync(world, "1")), "Sync(Collections(Collection(Key=1 Id=5 Status=5)))");
}

TEST(ActiveSyncProvider, GetsCommandsOptionsAndTheWindow) {
  FrontWorld world({.provider = true});
  const std::string options = Tokens([](wbxml::Writer& out) {
    out.Start(air::kOptions);
    out.Text(air::kFilterType, "5");
    out.End();
  });
  Sync(world, "0");
  world.Post("Sync", SyncBody({{.id = "5", .key = "1", .commands = Items("c"), .options = options, .window = "25"}}));
  EXPECT_EQ(ToHex(world.provider().asked[0].commands), ToHex(Items("c")));
  EXPECT_EQ(ToHex(world.provider().asked[0].options), ToHex(options));
  EXPECT_EQ(world.provider().asked[0].window_size, 25);
  world.Post("Sync", SyncBody({{.id = "5", .key = "2", .get_changes = "0", .commands = Items("c"), .window = "0"}}));
  EXPECT_EQ(ToHex(world.provider().asked[1].options), ToHex(options)) << "options that are left out are as they were";
  EXPECT_EQ(world.provider().asked[1].window_size, 512);
  EXPECT_FALSE(world.provider().asked[1].get_changes);
}

TEST(ActiveSyncProvider, IsAskedByAHangingSyncOnceItsFolderChanged) {
  FrontWorld world({.provider = true});
  const std::string key = Prime(world, "5");
  const std::size_t asked = world.provider().asked.size();
  world.provider().answers["5"] = SyncProvider::Answer{.state = "s", .commands = Items("5:9")};
  const ExchangePtr sync = world.Post("Sync", SyncBody({{.id = "5", .key = key}}, {.wait = "10"}));
  EXPECT_EQ(world.provider().asked.size(), asked);
  world.Publish("5");
  EXPECT_EQ(Tree(sync), "Sync(Collections(Collection(Key=3 Id=5 Status=1 Commands(Add(ServerId=5:9)))))");
}

}  // namespace
}  // namespace mailwake::test
