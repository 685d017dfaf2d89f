// SPDX-License-Identifier: Apache-2.0
//
// Sync without a provider: the handshake of keys, and the cursors that move by it.
#include <gtest/gtest.h>

#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

namespace air = wbxml::airsync;
const PingFolders kInbox = {{"5", "Email"}};

ExchangePtr Sync(FrontWorld& world, const std::string& key, const std::string& id = "5") {
  return world.Post("Sync", SyncBody({{.id = id, .key = key}}));
}
std::string Ping(FrontWorld& world) { return Tree(world.Post("Ping", PingBody("470", kInbox))); }

TEST(ActiveSyncSync, Key0GivesAKeyAndNoItems) {
  FrontWorld world;
  EXPECT_EQ(Tree(Sync(world, "0")), "Sync(Collections(Collection(Key=1 Id=5 Status=1)))");
}

TEST(ActiveSyncSync, EachKeyGivesTheNext) {
  FrontWorld world;
  Sync(world, "0");
  EXPECT_EQ(Tree(Sync(world, "1")), "Sync(Collections(Collection(Key=2 Id=5 Status=1)))");
  EXPECT_EQ(Tree(Sync(world, "2")), "Sync(Collections(Collection(Key=3 Id=5 Status=1)))");
}

TEST(ActiveSyncSync, MovesTheCursorSoThatPingsWait) {
  FrontWorld world;
  world.Publish("5");
  EXPECT_EQ(Ping(world), "Ping(Status=2 Folders(Folder=5))");
  const std::string key = Prime(world, "5");
  EXPECT_EQ(Ping(world), "nothing");
  world.Publish("5");
  EXPECT_EQ(Ping(world), "Ping(Status=2 Folders(Folder=5))");
  Sync(world, key);
  EXPECT_EQ(Ping(world), "nothing");
}

TEST(ActiveSyncSync, MovesOnlyTheCursorsOfItsCollections) {
  FrontWorld world;
  world.Publish("5");
  world.Publish("6");
  Prime(world, "5");
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", {{"5", "Email"}, {"6", "Email"}}))), "Ping(Status=2 Folders(Folder=6))");
}

TEST(ActiveSyncSync, Key0ResetsTheCursor) {
  FrontWorld world;
  world.Publish("5");
  Prime(world, "5");
  EXPECT_EQ(Ping(world), "nothing");
  Sync(world, "0");
  EXPECT_EQ(Ping(world), "Ping(Status=2 Folders(Folder=5))");
}

TEST(ActiveSyncSync, MovesNothingIfItsAnswerWasNotWritten) {
  FrontWorld world;
  world.Publish("5");
  Sync(world, "0");
  world.Post("Sync", SyncBody({{.id = "5", .key = "1"}}), FrontWorld::Writing::kFails);
  EXPECT_EQ(Ping(world), "Ping(Status=2 Folders(Folder=5))");
}

TEST(ActiveSyncSync, AChangeWhileTheAnswerIsUnderWayIsNotLost) {
  FrontWorld world;
  Sync(world, "0");
  const ExchangePtr sync = world.Post("Sync", SyncBody({{.id = "5", .key = "1"}}), FrontWorld::Writing::kHeld);
  world.Publish("5");
  sync->Finish(true);
  world.Run();
  EXPECT_EQ(Ping(world), "Ping(Status=2 Folders(Folder=5))");
}

TEST(ActiveSyncSync, ADeviceThatIsNotKnownIsSentToTheFolderListFirst) {
  FrontWorld world;
  world.SetFolders({{.id = "5", .name = "Inbox"}});
  EXPECT_EQ(Tree(Sync(world, "17")), "Sync(Status=12)") << "its list may be older than what it is told of from now on";
  world.Post("FolderSync", FolderSyncBody("0"));
  EXPECT_EQ(Tree(Sync(world, "17")), "Sync(Collections(Collection(Key=0 Id=5 Status=3)))");
}

TEST(ActiveSyncSync, ThePreviousKeyIsAnsweredAgainWithANewKey) {
  FrontWorld world;
  Sync(world, "0");
  EXPECT_EQ(KeyOf(Sync(world, "1"), "5"), "2");
  EXPECT_EQ(KeyOf(Sync(world, "1"), "5"), "3") << "the answer was lost";
  EXPECT_EQ(KeyOf(Sync(world, "1"), "5"), "4") << "and once more";
  EXPECT_EQ(Tree(Sync(world, "2")), "Sync(Collections(Collection(Key=0 Id=5 Status=3)))") << "the device never got that key";
  EXPECT_EQ(KeyOf(Sync(world, "4"), "5"), "5");
  EXPECT_EQ(KeyOf(Sync(world, "1"), "5"), "0") << "two keys back is too far";
}

TEST(ActiveSyncSync, ALostAnswerLeavesTheDeviceBehindUntilTheRepeatIsWritten) {
  FrontWorld world;
  Sync(world, "0");
  world.Publish("5");
  Sync(world, "1");  // written to the system, and lost on the way: the cursor has moved
  EXPECT_EQ(Ping(world), "nothing");
  world.Post("Sync", SyncBody({{.id = "5", .key = "1"}}), FrontWorld::Writing::kFails);  // now we know that the device lost it
  EXPECT_EQ(Ping(world), "Ping(Status=2 Folders(Folder=5))");
  Sync(world, "1");
  EXPECT_EQ(Ping(world), "nothing");
}

TEST(ActiveSyncSync, ARequestWaitsUntilTheDevicesLastAnswerWasWritten) {
  FrontWorld world;
  world.Publish("5");
  Sync(world, "0");
  const ExchangePtr slow = world.Post("Sync", SyncBody({{.id = "5", .key = "1"}}), FrontWorld::Writing::kHeld);
  const ExchangePtr over = Sync(world, "0");
  EXPECT_FALSE(over->answered());
  slow->Finish(true);
  world.Run();
  EXPECT_EQ(over->status(), 200);
  EXPECT_EQ(Ping(world), "Ping(Status=2 Folders(Folder=5))") << "the late cursor must not undo the reset";
}

TEST(ActiveSyncSync, TooManyRequestsOfOneDeviceAtOnceAre503) {
  FrontWorld world({.front = {.max_waiting_requests = 2}});
  Sync(world, "0");
  const ExchangePtr slow = world.Post("Sync", SyncBody({{.id = "5", .key = "1"}}), FrontWorld::Writing::kHeld);
  Sync(world, "1");
  Sync(world, "1");
  EXPECT_EQ(Sync(world, "1")->status(), 503);
  world.device = "Other";
  EXPECT_EQ(Sync(world, "0")->status(), 200) << "another device does not wait";
  slow->Finish(true);
  world.Run();
}

TEST(ActiveSyncSync, AnUnknownKeyIsStatus3) {
  FrontWorld world;
  for (const char* key : {"7", "x", "00", "-1", "{a-b}7"}) {
    EXPECT_EQ(Tree(Sync(world, key)), "Sync(Collections(Collection(Key=0 Id=5 Status=3)))") << key;
  }
}

TEST(ActiveSyncSync, KeysOutliveARestart) {
  FrontWorld world;
  world.Publish("5");
  const std::string key = Prime(world, "5");
  world.Restart();
  EXPECT_EQ(Ping(world), "nothing");
  EXPECT_EQ(KeyOf(Sync(world, key), "5"), "3");
}

TEST(ActiveSyncSync, AFolderOutsideTheDeclaredListIsStatus8) {
  FrontWorld world;
  world.SetFolders({{.id = "5", .name = "Inbox"}});
  EXPECT_EQ(Tree(Sync(world, "0", "77")), "Sync(Collections(Collection(Key=0 Id=77 Status=8)))");
}

TEST(ActiveSyncSync, AFolderThatTheDeviceWasToldOfAndIsGoneIsStatus12) {
  FrontWorld world;
  world.SetFolders({{.id = "5", .name = "Inbox"}, {.id = "6", .name = "Work"}});
  world.Post("FolderSync", FolderSyncBody("0"));
  const std::string key = Prime(world, "6");
  world.SetFolders({{.id = "5", .name = "Inbox"}});
  EXPECT_EQ(Tree(Sync(world, key, "6")), "Sync(Status=12)");
  world.Post("FolderSync", FolderSyncBody("1"));
  EXPECT_EQ(Tree(Sync(world, key, "6")), "Sync(Collections(Collection(Key=" + key + " Id=6 Status=8)))");
}

TEST(ActiveSyncSync, NamesTheClassFor25And120) {
  FrontWorld world;
  world.protocol = "2.5";
  EXPECT_EQ(Tree(world.Post("Sync", SyncBody({{.id = "9", .key = "0", .item_class = "Calendar"}}))),
            "Sync(Collections(Collection(Class=Calendar Key=1 Id=9 Status=1)))");
}

TEST(ActiveSyncSync, ASyntaxErrorIsStatus4) {
  FrontWorld world;
  const std::string whole = SyncBody({{.id = "5", .key = "0"}});
  for (const std::string& body :
       {whole.substr(0, whole.size() - 2), std::string("hello"), FolderSyncBody("0"), SyncBody({{.id = "", .key = "0"}}),
        SyncBody({{.id = std::string(65, 'x'), .key = "0"}}), SyncBody({{.id = "5", .key = std::string(65, '1')}}),
        SyncBody({{.id = "5", .key = "0", .window = "many"}}), SyncBody({}, {.wait = "5"}),
        SyncBody({{.id = "5", .key = "0"}}, {.wait = "x"}), FromHex("03016a00455c4f5203350001010101")}) {
    EXPECT_EQ(Tree(world.Post("Sync", body)), "Sync(Status=4)") << ToHex(body);
  }
}

TEST(ActiveSyncSync, TooManyCollectionsAreStatus15WithTheLimit) {
  FrontWorld world({.front = {.max_folders = 2}});
  EXPECT_EQ(Tree(world.Post("Sync", SyncBody({{.id = "1", .key = "0"}, {.id = "2", .key = "0"}, {.id = "3", .key = "0"}}))),
            "Sync(Limit=2 Status=15)");
}

TEST(ActiveSyncSync, AnEmptyRequestIsTheLastOneAgainAndElse13) {
  FrontWorld world;
  EXPECT_EQ(Tree(world.Post("Sync")), "Sync(Status=13)");
  EXPECT_EQ(Tree(world.Post("Sync", FromHex("03016a0005"))), "Sync(Status=13)");
  Sync(world, "0");
  Sync(world, "1");
  EXPECT_EQ(Tree(world.Post("Sync")), "Sync(Collections(Collection(Key=3 Id=5 Status=1)))") << "the answer to key 1 was lost, then";
}

TEST(ActiveSyncSync, ARequestWithAnUnknownKeyIsNotRepeatedByAnEmptyOne) {
  FrontWorld world;
  EXPECT_EQ(Tree(Sync(world, "7")), "Sync(Collections(Collection(Key=0 Id=5 Status=3)))");
  EXPECT_EQ(Tree(world.Post("Sync")), "Sync(Status=13)");
  Prime(world, "6");
  Sync(world, "7");
  EXPECT_EQ(Tree(world.Post("Sync")), "Sync(Status=13)") << "nor by the one before it";
}

TEST(ActiveSyncSync, APartialRequestTakesTheRestFromTheLastOneAndElse13) {
  FrontWorld world;
  EXPECT_EQ(Tree(world.Post("Sync", SyncBody({{.id = "5", .key = "0"}}, {.partial = true}))), "Sync(Status=13)");
  const std::string inbox = Prime(world, "5");
  const std::string work = Prime(world, "6");
  world.Post("Sync", SyncBody({{.id = "5", .key = inbox}, {.id = "6", .key = work}}));  // 5 and 6
  EXPECT_EQ(Tree(world.Post("Sync", SyncBody({{.id = "6", .key = "6"}}, {.partial = true}))),
            "Sync(Collections(Collection(Key=7 Id=6 Status=1) Collection(Key=8 Id=5 Status=1)))");
}

TEST(ActiveSyncSync, GetChanges0MovesNoCursor) {
  FrontWorld world;
  world.Publish("5");
  Sync(world, "0");
  EXPECT_EQ(Tree(world.Post("Sync", SyncBody({{.id = "5", .key = "1", .get_changes = "0"}}))),
            "Sync(Collections(Collection(Key=2 Id=5 Status=1)))");
  EXPECT_EQ(Ping(world), "Ping(Status=2 Folders(Folder=5))");
  world.Post("Sync", SyncBody({{.id = "5", .key = "2", .get_changes = "empty"}}));
  EXPECT_EQ(Ping(world), "nothing");
}

TEST(ActiveSyncSync, CommandsOfTheClientAreTurnedDownOneByOne) {
  FrontWorld world;
  const std::string key = Prime(world, "5");
  const std::string commands = Tokens([](wbxml::Writer& out) {
    out.Start(air::kCommands);
    out.Start(air::kAdd);
    out.Text(air::kClientId, "c1");
    out.Empty(air::kApplicationData);
    out.End();
    for (const wbxml::Tag command : {air::kChange, air::kDelete, air::kFetch}) {
      out.Start(command);
      out.Text(air::kServerId, "5:1");
      out.End();
    }
    out.End();
  });
  EXPECT_EQ(Tree(world.Post("Sync", SyncBody({{.id = "5", .key = key, .commands = commands}}))),
            "Sync(Collections(Collection(Key=3 Id=5 Status=1 Responses(Add(ClientId=c1 Status=6) Change(ServerId=5:1 Status=8) "
            "Delete(ServerId=5:1 Status=8) Fetch(ServerId=5:1 Status=8)))))");
}

TEST(ActiveSyncSync, AStateThatCannotBeReadOrWrittenIs503AndTheKeyStaysGood) {
  FrontWorld world;
  Sync(world, "0");
  world.state().fail_saves = true;
  EXPECT_EQ(Sync(world, "1")->status(), 503);
  world.state().fail_saves = false;
  world.state().fail_loads = true;
  EXPECT_EQ(Sync(world, "1")->status(), 503);
  world.state().fail_loads = false;
  EXPECT_EQ(KeyOf(Sync(world, "1"), "5"), "2");
}

TEST(ActiveSyncSync, ADamagedStateStartsTheDeviceOver) {
  FrontWorld world;
  const std::string key = Prime(world, "5");
  for (auto& [name, value] : world.state().values) value = value.substr(0, value.size() / 2);
  EXPECT_EQ(Tree(Sync(world, key)), "Sync(Collections(Collection(Key=0 Id=5 Status=3)))");
  EXPECT_EQ(Tree(Sync(world, "0")), "Sync(Collections(Collection(Key=1 Id=5 Status=1)))");
}

TEST(ActiveSyncSync, IsStatus16WhileTheStoreCannotBeRead) {
  FrontWorld world;
  world.store().fail = true;
  const ExchangePtr sync = Sync(world, "0");
  world.Advance(120s);
  EXPECT_EQ(Tree(sync), "Sync(Status=16)");
}

}  // namespace
}  // namespace mailwake::test
