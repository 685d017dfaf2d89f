// SPDX-License-Identifier: Apache-2.0
//
// FolderSync: the list, what changed in it, and answers that were lost.
#include <gtest/gtest.h>

#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

const PingFolders kInbox = {{"5", "Email"}};
const std::vector<DeclaredFolder> kTwo = {{.id = "5", .name = "Posteingang", .type = 2},
                                          {.id = "9", .name = "Kalender", .item_class = ItemClass::kCalendar}};
constexpr const char* kTwoAdds =
    "Changes(Count=2 Add(ServerId=5 ParentId=0 Name=Posteingang Type=2) Add(ServerId=9 ParentId=0 Name=Kalender Type=8))";

std::string FolderSync(FrontWorld& world, const std::string& key) { return Tree(world.Post("FolderSync", FolderSyncBody(key))); }

TEST(ActiveSyncFolderSync, Key0AnswersTheWholeListCountFirst) {
  FrontWorld world;
  world.SetFolders(kTwo);
  EXPECT_EQ(FolderSync(world, "0"), std::string("FolderSync(Status=1 Key=1 ") + kTwoAdds + ")");
}

TEST(ActiveSyncFolderSync, TheSameKeyWithoutChangesAnswersCount0AndTheSameKey) {
  FrontWorld world;
  world.SetFolders(kTwo);
  FolderSync(world, "0");
  EXPECT_EQ(world.Post("FolderSync", FolderSyncBody("1"))->hex(), "03016a000007564c0331000152033100014e57033000010101");
  EXPECT_EQ(FolderSync(world, "1"), "FolderSync(Status=1 Key=1 Changes(Count=0))");
}

TEST(ActiveSyncFolderSync, ChangesAreUpdatesDeletesAndAdds) {
  FrontWorld world;
  world.SetFolders(kTwo);
  FolderSync(world, "0");
  world.SetFolders({{.id = "5", .name = "Inbox", .type = 2}, {.id = "6", .name = "Work", .parent = "5"}});
  EXPECT_EQ(FolderSync(world, "1"),
            "FolderSync(Status=1 Key=2 Changes(Count=3 Update(ServerId=5 ParentId=0 Name=Inbox Type=2) Delete(ServerId=9) "
            "Add(ServerId=6 ParentId=5 Name=Work Type=12)))");
  EXPECT_EQ(FolderSync(world, "2"), "FolderSync(Status=1 Key=2 Changes(Count=0))");
}

TEST(ActiveSyncFolderSync, ThePreviousKeyIsAnsweredAgain) {
  FrontWorld world;
  world.SetFolders(kTwo);
  FolderSync(world, "0");
  world.SetFolders({kTwo[0]});
  EXPECT_EQ(FolderSync(world, "1"), "FolderSync(Status=1 Key=2 Changes(Count=1 Delete(ServerId=9)))");
  EXPECT_EQ(FolderSync(world, "1"), "FolderSync(Status=1 Key=3 Changes(Count=1 Delete(ServerId=9)))") << "the answer was lost";
  EXPECT_EQ(FolderSync(world, "3"), "FolderSync(Status=1 Key=3 Changes(Count=0))");
  EXPECT_EQ(FolderSync(world, "2"), "FolderSync(Status=9)") << "that key was never received";
}

TEST(ActiveSyncFolderSync, AnUnknownKeyIsStatus9AndKey0StartsOver) {
  FrontWorld world;
  world.SetFolders(kTwo);
  EXPECT_EQ(FolderSync(world, "7"), "FolderSync(Status=9)");
  EXPECT_EQ(FolderSync(world, "x"), "FolderSync(Status=9)");
  FolderSync(world, "0");
  EXPECT_EQ(FolderSync(world, "0"), std::string("FolderSync(Status=1 Key=2 ") + kTwoAdds + ")");
}

TEST(ActiveSyncFolderSync, ABadRequestIsStatus10) {
  FrontWorld world;
  EXPECT_EQ(FolderSync(world, ""), "FolderSync(Status=10)");
  EXPECT_EQ(Tree(world.Post("FolderSync", "hello")), "FolderSync(Status=10)");
  EXPECT_EQ(Tree(world.Post("FolderSync", PingBody("470", kInbox))), "FolderSync(Status=10)");
  EXPECT_EQ(Tree(world.Post("FolderSync")), "FolderSync(Status=10)");
}

TEST(ActiveSyncFolderSync, WhatTheDeviceHasOutlivesARestart) {
  FrontWorld world;
  world.SetFolders(kTwo);
  FolderSync(world, "0");
  world.Restart();
  EXPECT_EQ(FolderSync(world, "1"), "FolderSync(Status=1 Key=1 Changes(Count=0))");
}

TEST(ActiveSyncFolderSync, EndsTheStatus7OfPings) {
  FrontWorld world;
  world.SetFolders({kTwo[0]});
  FolderSync(world, "0");
  Prime(world, "5");
  world.SetFolders(kTwo);
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", kInbox))), "Ping(Status=7)");
  FolderSync(world, "1");
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", kInbox))), "nothing");
}

TEST(ActiveSyncFolderSync, AnAnswerThatWasNotWrittenLeavesStatus7) {
  FrontWorld world;
  world.SetFolders({kTwo[0]});
  FolderSync(world, "0");
  world.SetFolders(kTwo);
  world.Post("FolderSync", FolderSyncBody("1"), FrontWorld::Writing::kFails);
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", kInbox))), "Ping(Status=7)");
  EXPECT_EQ(FolderSync(world, "1"), "FolderSync(Status=1 Key=3 Changes(Count=1 Add(ServerId=9 ParentId=0 Name=Kalender Type=8)))");
}

TEST(ActiveSyncFolderSync, AMailboxWithoutADeclaredListShowsAnInbox) {
  FrontWorld world;
  EXPECT_EQ(FolderSync(world, "0"), "FolderSync(Status=1 Key=1 Changes(Count=1 Add(ServerId=inbox ParentId=0 Name=Inbox Type=2)))");
  const ExchangePtr ping = world.Post("Ping", PingBody("470", {{"inbox", "Email"}}));
  EXPECT_FALSE(ping->answered());
  world.SetFolders(kTwo);
  EXPECT_EQ(Tree(ping), "Ping(Status=7)");
  EXPECT_EQ(FolderSync(world, "1"),
            "FolderSync(Status=1 Key=2 Changes(Count=3 Delete(ServerId=inbox) Add(ServerId=5 ParentId=0 Name=Posteingang Type=2) "
            "Add(ServerId=9 ParentId=0 Name=Kalender Type=8)))");
}

TEST(ActiveSyncFolderSync, IsStatus6OrBusyWhileAStoreCannotBeRead) {
  FrontWorld world;
  world.state().fail_loads = true;
  EXPECT_EQ(FolderSync(world, "0"), "HTTP 503");
  world.state().fail_loads = false;
  world.state().fail_saves = true;
  EXPECT_EQ(FolderSync(world, "0"), "HTTP 503");
  world.state().fail_saves = false;
  EXPECT_TRUE(FolderSync(world, "0").starts_with("FolderSync(Status=1"));
}

}  // namespace
}  // namespace mailwake::test
