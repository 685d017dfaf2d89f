// SPDX-License-Identifier: Apache-2.0
//
// Ping: each status, what may be left out, and the ends that are no status.
#include <gtest/gtest.h>

#include "adapters/fronts/activesync/call.h"
#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

const PingFolders kInbox = {{"5", "Email"}};

TEST(ActiveSyncPing, Status1WhenTheHeartbeatEnds) {
  FrontWorld world;
  const ExchangePtr ping = world.Post("Ping", PingBody("470", kInbox));
  world.Advance(469s);
  EXPECT_FALSE(ping->answered());
  world.Advance(2s);
  EXPECT_EQ(ping->hex(), "03016a00000d45470331000101");
  EXPECT_FALSE(ping->response().close);
}

TEST(ActiveSyncPing, Status2NamesTheFoldersThatChangedAndNoOther) {
  FrontWorld world;
  const ExchangePtr ping = world.Post("Ping", PingBody("470", {{"5", "Email"}, {"9", "Calendar"}, {"7", "Contacts"}}));
  world.Publish("8");
  EXPECT_FALSE(ping->answered());
  world.Publish("5");
  EXPECT_EQ(ping->hex(), "03016a00000d454703320001494a033500010101");
}

TEST(ActiveSyncPing, Status2AtOnceForAChangeBeforeIt) {
  FrontWorld world;
  world.Publish("9", ItemClass::kCalendar);
  world.Publish("5");
  const std::string tree = Tree(world.Post("Ping", PingBody("470", {{"5", "Email"}, {"9", "Calendar"}})));
  EXPECT_TRUE(tree == "Ping(Status=2 Folders(Folder=5 Folder=9))" || tree == "Ping(Status=2 Folders(Folder=9 Folder=5))") << tree;
}

TEST(ActiveSyncPing, Status2ForAResyncNamesAllFolders) {
  FrontWorld world;
  const ExchangePtr ping = world.Post("Ping", PingBody("470", {{"5", "Email"}, {"9", "Calendar"}}));
  world.engine().Suspect(kAnn, [](absl::Status) {});
  world.Advance(60s);
  const std::string tree = Tree(ping);
  EXPECT_TRUE(tree == "Ping(Status=2 Folders(Folder=5 Folder=9))" || tree == "Ping(Status=2 Folders(Folder=9 Folder=5))") << tree;
}

TEST(ActiveSyncPing, Status3WhenParametersAreMissingAndNoneAreRemembered) {
  FrontWorld world;
  EXPECT_EQ(Tree(world.Post("Ping")), "Ping(Status=3)");
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", {}))), "Ping(Status=3)");
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("", kInbox))), "Ping(Status=3)");
  EXPECT_EQ(Tree(world.Post("Ping", FromHex("03016a00000d05"))), "Ping(Status=3)");
}

TEST(ActiveSyncPing, Status4ForASyntaxError) {
  FrontWorld world;
  const std::string whole = PingBody("470", kInbox);
  for (const std::string& body : {
           whole.substr(0, whole.size() - 1),                   // no END
           std::string("hello"),                                // no WBXML
           FolderSyncBody("0"),                                 // another command's
           PingBody("soon", kInbox),                            // no number
           PingBody("470", {{"5", "Letters"}}),                 // no class
           PingBody("470", {{"5", ""}}),                        // without Class
           PingBody("470", {{"", "Email"}}),                    // without Id
           PingBody("470", {{std::string(65, 'x'), "Email"}}),  // an id too long
           FromHex("03016a00000d45030a48656c6c6f210a0001"),     // text in place of elements
           FromHex("03016a00000d4548033437300001"
                   "0901"),  // Folders without a Folder
       }) {
    EXPECT_EQ(Tree(world.Post("Ping", body)), "Ping(Status=4)") << ToHex(body);
  }
  EXPECT_EQ(world.held(), 0u);
}

TEST(ActiveSyncPing, Status5TellsTheBoundThatWasBroken) {
  FrontWorld world;
  EXPECT_EQ(world.Post("Ping", PingBody("59", kInbox))->hex(),
            "03016a00000d454703350001480336300001"
            "01");
  EXPECT_EQ(world.Post("Ping", PingBody("3541", kInbox))->hex(), "03016a00000d454703350001480333353430000101");
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("99999999999999999999", kInbox))), "Ping(Status=5 HeartbeatInterval=3540)");
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("-5", kInbox))), "Ping(Status=5 HeartbeatInterval=60)");
  EXPECT_EQ(Tree(world.Post("Ping")), "Ping(Status=3)") << "a refused PING is not remembered";
}

TEST(ActiveSyncPing, Status6TellsHowManyFoldersThereMayBe) {
  FrontWorld world({.engine = {.limits = {.folders_per_ping = 2}}});
  EXPECT_EQ(world.Post("Ping", PingBody("470", {{"1", "Email"}, {"2", "Email"}, {"3", "Email"}}))->hex(),
            "03016a00000d4547033600014d033200"
            "0101");
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", {{"1", "Email"}, {"2", "Email"}, {"1", "Email"}}))), "nothing")
      << "a repeated folder is one";
}

TEST(ActiveSyncPing, Status7WhenTheFolderListChanged) {
  FrontWorld world;
  world.SetFolders({{.id = "5", .name = "Inbox"}});
  Prime(world, "5");
  const ExchangePtr ping = world.Post("Ping", PingBody("470", kInbox));
  EXPECT_FALSE(ping->answered());
  world.SetFolders({{.id = "5", .name = "Inbox"}, {.id = "6", .name = "Work"}});
  EXPECT_EQ(Tree(ping), "Ping(Status=7)");
}

TEST(ActiveSyncPing, Status7ForAFolderThatIsNotInTheList) {
  FrontWorld world;
  world.SetFolders({{.id = "5", .name = "Inbox"}});
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", {{"77", "Email"}}))), "Ping(Status=7)");
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", {{"5", "Calendar"}}))), "Ping(Status=7)");
}

TEST(ActiveSyncPing, Status7ForAFolderNamedWithTwoClasses) {
  for (const bool declared : {false, true}) {
    FrontWorld world;
    if (declared) world.SetFolders({{.id = "5", .name = "Inbox"}});
    if (declared) Prime(world, "5");
    const PingFolders both = {{"5", "Email"}, {"5", "Calendar"}};
    EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", both))), "Ping(Status=7)") << declared;
    EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", {{"5", "Email"}, {"5", "Email"}}))), "nothing") << declared;
  }
}

TEST(ActiveSyncPing, Status8WhenTheStoreCannotBeRead) {
  FrontWorld world;
  world.store().fail = true;
  const ExchangePtr ping = world.Post("Ping", PingBody("470", kInbox));
  world.Advance(471s);
  EXPECT_EQ(ping->hex(), "03016a00000d45470338000101");
  world.store().fail = false;
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", kInbox))), "nothing");
}

TEST(ActiveSyncPing, WhatIsLeftOutIsAsItWas) {
  FrontWorld world;
  const ExchangePtr first = world.Post("Ping", PingBody("470", kInbox));
  const ExchangePtr empty = world.Post("Ping");
  EXPECT_EQ(Tree(first), "Ping(Status=1)") << "superseded";
  world.Advance(471s);
  EXPECT_EQ(Tree(empty), "Ping(Status=1)");
  const ExchangePtr heartbeat = world.Post("Ping", PingBody("600", {}));
  world.Advance(599s);
  EXPECT_FALSE(heartbeat->answered());
  world.Advance(2s);
  const ExchangePtr folders = world.Post("Ping", PingBody("", {{"9", "Calendar"}}));
  world.Publish("5");
  EXPECT_FALSE(folders->answered()) << "the new folders replace the old ones";
  world.Publish("9", ItemClass::kCalendar);
  EXPECT_EQ(Tree(folders), "Ping(Status=2 Folders(Folder=9))");
}

TEST(ActiveSyncPing, WhatWasRememberedOutlivesARestart) {
  FrontWorld world;
  world.Post("Ping", PingBody("470", kInbox));
  world.Restart();
  const ExchangePtr ping = world.Post("Ping");
  EXPECT_FALSE(ping->answered());
  world.Publish("5");
  EXPECT_EQ(Tree(ping), "Ping(Status=2 Folders(Folder=5))");
}

TEST(ActiveSyncPing, KnowsAllClassesInAnyCase) {
  FrontWorld world;
  const ExchangePtr ping =
      world.Post("Ping", PingBody("470", {{"1", "Email"}, {"2", "CALENDAR"}, {"3", "contacts"}, {"4", "Tasks"}, {"6", "Notes"}}));
  EXPECT_FALSE(ping->answered());
  world.Publish("6", ItemClass::kNotes);
  EXPECT_EQ(Tree(ping), "Ping(Status=2 Folders(Folder=6))");
}

TEST(ActiveSyncPing, SupersededIsStatus1AndTheConnectionEnds) {
  FrontWorld world;
  const ExchangePtr older = world.Post("Ping", PingBody("470", kInbox));
  const ExchangePtr newer = world.Post("Ping", PingBody("470", kInbox));
  EXPECT_EQ(older->hex(), "03016a00000d45470331000101");
  EXPECT_TRUE(older->response().close);
  EXPECT_FALSE(newer->answered());
}

TEST(ActiveSyncPing, DrainedIsStatus1AndTheConnectionEnds) {
  FrontWorld world;
  const ExchangePtr ping = world.Post("Ping", PingBody("470", kInbox));
  world.engine().Drain(1s);
  world.Advance(2s);
  EXPECT_EQ(Tree(ping), "Ping(Status=1)");
  EXPECT_TRUE(ping->response().close);
}

TEST(ActiveSyncPing, AVanishedConnectionCancelsIt) {
  FrontWorld world;
  const ExchangePtr ping = world.Post("Ping", PingBody("470", kInbox));
  EXPECT_EQ(world.held(), 1u);
  ping->Leave();
  EXPECT_EQ(world.held(), 0u);
  EXPECT_FALSE(ping->answered());
}

TEST(ActiveSyncPing, AFullServerOrMailboxIs503WithRetryAfter) {
  FrontWorld server({.engine = {.limits = {.pings = 1}}});
  server.Post("Ping", PingBody("470", kInbox));
  server.device = "Other";
  const ExchangePtr refused = server.Post("Ping", PingBody("470", kInbox));
  EXPECT_EQ(refused->status(), 503);
  EXPECT_GE(std::stoi(std::string(refused->header("Retry-After"))), 30);

  FrontWorld mailbox({.engine = {.limits = {.pings_per_mailbox = 1}}});
  mailbox.Post("Ping", PingBody("470", kInbox));
  mailbox.device = "Other";
  EXPECT_EQ(mailbox.Post("Ping", PingBody("470", kInbox))->status(), 503);
}

TEST(ActiveSyncPing, ShedIs503WithRetryAfter) {
  FrontWorld world;
  const ExchangePtr ping = world.Post("Ping", PingBody("470", kInbox));
  world.engine().Shed(1);
  world.Run();
  EXPECT_EQ(ping->status(), 503);
  EXPECT_NE(ping->header("Retry-After"), "");
}

TEST(ActiveSyncPing, RevokedIs401) {
  FrontWorld world;
  const ExchangePtr ping = world.Post("Ping", PingBody("470", kInbox));
  world.engine().EndMailbox(kAnn);
  world.Run();
  EXPECT_EQ(ping->status(), 401);
  EXPECT_NE(ping->header("WWW-Authenticate"), "");
}

TEST(ActiveSyncPing, AcknowledgesByTheNextRequestOnItsConnection) {
  FrontWorld world({.engine = {.acknowledge = Acknowledge::kPing}, .front = {.acknowledge = Acknowledge::kPing}});
  const auto connection = std::make_shared<std::string>();
  const ExchangePtr first = world.Send(world.Request("Ping", PingBody("470", kInbox)), FrontWorld::Writing::kWhole, connection);
  world.Publish("5");
  EXPECT_EQ(Tree(first), "Ping(Status=2 Folders(Folder=5))");
  const ExchangePtr elsewhere = world.Post("Ping", PingBody("470", kInbox));
  EXPECT_EQ(Tree(elsewhere), "Ping(Status=2 Folders(Folder=5))") << "another connection proves nothing";
  const ExchangePtr again = world.Send(world.Request("Ping", PingBody("470", kInbox)), FrontWorld::Writing::kWhole, connection);
  EXPECT_EQ(Tree(again), "Ping(Status=2 Folders(Folder=5))") << "and the PING that this connection answered is not the last one";
  const ExchangePtr after = world.Send(world.Request("Ping", PingBody("470", kInbox)), FrontWorld::Writing::kWhole, connection);
  EXPECT_FALSE(after->answered());
  world.Publish("5");
  EXPECT_EQ(Tree(after), "Ping(Status=2 Folders(Folder=5))");
}

TEST(ActiveSyncPing, ARequestThatCameBeforeTheAnswerAcknowledgesNothing) {
  FrontWorld world({.engine = {.acknowledge = Acknowledge::kPing}, .front = {.acknowledge = Acknowledge::kPing}});
  const auto connection = std::make_shared<std::string>();
  world.Send(world.Request("Ping", PingBody("470", kInbox)), FrontWorld::Writing::kWhole, connection);
  world.Publish("5");
  HttpRequest early = world.Request("Ping", PingBody("470", kInbox));
  early.early = true;
  EXPECT_EQ(Tree(world.Send(early, FrontWorld::Writing::kWhole, connection)), "Ping(Status=2 Folders(Folder=5))");
}

TEST(ActiveSyncPing, NetworksAreThoseOfTheirAddresses) {
  EXPECT_EQ(eas::NetworkOf("192.0.2.7"), "192.0.2.0/24");
  EXPECT_EQ(eas::NetworkOf("2001:db8:0:1::5"), "2001:db8::/48");
  EXPECT_EQ(eas::NetworkOf("2001:db8::5"), "2001:db8::/48");
  EXPECT_EQ(eas::NetworkOf("2001:db8:1:ffff::5"), "2001:db8:1::/48");
  EXPECT_EQ(eas::NetworkOf("::"), "::/48");
}

}  // namespace
}  // namespace mailwake::test
