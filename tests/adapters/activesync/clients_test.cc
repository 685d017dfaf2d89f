// SPDX-License-Identifier: Apache-2.0
//
// What real clients do, and what the front end does for it: one test for each known habit. (Habit 11, certificates that must name the host,
// and habit 12, header and body in one write, are the HTTPS server's.)
#include <gtest/gtest.h>

#include "mailwake/adapters/http_text.h"
#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

namespace prov = wbxml::provision;
const PingFolders kInbox = {{"5", "Email"}};

TEST(RealClients, Habit1AllWriteTheSamePingAndOneComparesStatus1ByteForByte) {
  FrontWorld world({.engine = {.heartbeat_min = 1s}});
  const ExchangePtr ping = world.Post("Ping", FromHex("03016a00000d454803330001494a4b033500014c03456d61696c0001010101"));
  EXPECT_EQ(ToHex(PingBody("3", kInbox)), "03016a00000d454803330001494a4b033500014c03456d61696c0001010101");
  world.Advance(4s);
  EXPECT_EQ(ping->hex(), "03016a00000d45470331000101");
}

TEST(RealClients, Habit2HeaderNamesComeInAnyCase) {
  FrontWorld world;
  HttpRequest request = world.Request("Sync", SyncBody({{.id = "9", .key = "0", .item_class = "Calendar"}}));
  request.headers = {{"AUTHORIZATION", request.headers[0].second}, {"Ms-Asprotocolversion", "2.5"}, {"X-Ms-Policykey", "0"}};
  EXPECT_EQ(Tree(world.Send(request)), "Sync(Collections(Collection(Class=Calendar Key=1 Id=9 Status=1)))");
}

TEST(RealClients, Habit3PingComesWithoutAPolicyKeyOrWithOneInTheQuery) {
  FrontWorld world;
  HttpRequest request = world.Request("Ping", PingBody("470", kInbox));
  request.headers.emplace_back("Connection", "close");
  EXPECT_FALSE(world.Send(request)->answered());
  request.target += "&PolicyKey=";
  EXPECT_FALSE(world.Send(request)->answered());
  request.target += "&PolicyKey=3534918264";
  EXPECT_FALSE(world.Send(request)->answered());
}

TEST(RealClients, Habit4OddBase64QueriesAndContentTypes) {
  FrontWorld world;
  world.authenticator().accounts["alice@example.test"] = {"secret", "alice@example.test"};
  HttpRequest odd = world.Request("Ping", PingBody("470", kInbox));
  odd.target = "/Microsoft-Server-ActiveSync?kRIJBBByZW1kZXZkZXZpY2UwMDAxAApTbWFydFBob25lCBJhbGljZUBleGFtcGxlLnRlc3Q";
  EXPECT_EQ(world.Send(odd)->status(), 403) << "Ann is not the user of the query";
  odd.headers[0].second = BasicAuthorization("alice@example.test", "secret");
  EXPECT_FALSE(world.Send(odd)->answered());

  HttpRequest phone = world.Request("FolderSync", FolderSyncBody("0"));
  phone.target = "/Microsoft-Server-ActiveSync?jAkHBBCoHzHhi8b5YrNnTZh4inyaBAAAAAACV1D/AwEMAQ==";  // binary id, parameter 255
  phone.headers.back().second = "application/vnd.ms-sync";
  EXPECT_TRUE(Tree(world.Send(phone)).starts_with("FolderSync(Status=1 Key=1 "));
  world.device = "A81F31E18BC6F962B3674D98788A7C9A";
  EXPECT_EQ(Tree(world.Post("FolderSync", FolderSyncBody("1"))), "FolderSync(Status=1 Key=1 Changes(Count=0))") << "the same phone";
}

TEST(RealClients, Habit5TheUsualOrderFromOptionsToPing) {
  FrontWorld world;
  world.SetFolders({{.id = "5", .name = "Inbox"}, {.id = "9", .name = "Calendar", .item_class = ItemClass::kCalendar}});
  HttpRequest options = world.Request("Ping");
  options.method = "OPTIONS";
  EXPECT_EQ(world.Send(options)->status(), 200);
  const std::string provision = "03016a00000e45464748034d532d4541532d50726f766973696f6e696e672d5742584d4c0001010101";
  for (int phase = 1; phase <= 2; ++phase) {
    const ExchangePtr answer = world.Post("Provision", FromHex(provision));
    const auto document = wbxml::Document::Parse(answer->response().body).value();
    int policies = 0;
    for (const wbxml::Element policy : document.root().Child(prov::kPolicies)) {
      ++policies;
      EXPECT_EQ(policy.Child(prov::kPolicyType).text(), "MS-EAS-Provisioning-WBXML");
      EXPECT_EQ(policy.Child(prov::kStatus).text(), "1");
      EXPECT_NE(policy.Child(prov::kPolicyKey).text(), "");
    }
    EXPECT_EQ(policies, 1);
  }
  EXPECT_TRUE(Tree(world.Post("FolderSync", FolderSyncBody("0"))).starts_with("FolderSync(Status=1 Key=1 Changes(Count=2 "));
  Prime(world, "5");
  Prime(world, "9");
  const ExchangePtr ping = world.Post("Ping", PingBody("470", {{"5", "Email"}, {"9", "Calendar"}}));
  EXPECT_FALSE(ping->answered());
  world.Publish("9", ItemClass::kCalendar);
  EXPECT_EQ(Tree(ping), "Ping(Status=2 Folders(Folder=9))");
}

TEST(RealClients, Habit6FolderSyncAddsAreWholeCountedFirstAndHaveOneInbox) {
  namespace tag = wbxml::folder_hierarchy;
  FrontWorld world;
  world.SetFolders({{.id = "a", .name = "Archive", .type = 2},
                    {.id = "i", .name = "Inbox", .type = 2},
                    {.id = "c", .item_class = ItemClass::kContacts}});
  const ExchangePtr answer = world.Post("FolderSync", FolderSyncBody("0"));
  const auto document = wbxml::Document::Parse(answer->response().body).value();
  const wbxml::Element changes = document.root().Child(tag::kChanges);
  EXPECT_EQ((*changes.begin()).tag(), tag::kCount);
  EXPECT_EQ(changes.Child(tag::kCount).text(), "3");
  int adds = 0, inboxes = 0;
  for (const wbxml::Element add : changes) {
    if (add.tag() != tag::kAdd) continue;
    ++adds;
    for (const wbxml::Tag part : {tag::kServerId, tag::kParentId, tag::kDisplayName, tag::kType}) EXPECT_NE(add.Child(part).text(), "");
    inboxes += add.Child(tag::kType).text() == "2" ? 1 : 0;
  }
  EXPECT_EQ(adds, 3);
  EXPECT_EQ(inboxes, 1);
}

TEST(RealClients, Habit7SyncWithGetChangesAndOptionsAtKey0EmptyTagsAndANeedlessPageSwitch) {
  for (const char* hex : {
           "03016a000000455c4f4b033000015203350001010101",  // page switch
           "03016a00455c4f4b03300001520335000113010101",    // <GetChanges/>
           "03016a00455c4f4b0330000152033500015e03310001530331000155033530000157580334000100114546033100014703333237363800010101010101",
           "03016a00455c4f4b033000015203350001550332350001010101",
       }) {
    FrontWorld world;
    EXPECT_EQ(Tree(world.Post("Sync", FromHex(hex))), "Sync(Collections(Collection(Key=1 Id=5 Status=1)))") << hex;
    EXPECT_EQ(Tree(world.Post("Sync", FromHex("03016a00455c4f4b033100015203350001010101"))),
              "Sync(Collections(Collection(Key=2 Id=5 Status=1)))")
        << "a client that did not ask to wait gets a body";
  }
}

TEST(RealClients, Habit8NoStatusWithoutWhatItsReaderNeeds) {
  namespace tag = wbxml::ping;
  FrontWorld world({.engine = {.limits = {.folders_per_ping = 1}}});
  const auto root_of = [](const ExchangePtr& exchange) { return wbxml::Document::Parse(exchange->response().body).value(); };
  const ExchangePtr short_ping = world.Post("Ping", PingBody("3", kInbox));
  const ExchangePtr many = world.Post("Ping", PingBody("470", {{"5", "Email"}, {"6", "Email"}}));
  const ExchangePtr changed = world.Post("Ping", PingBody("470", kInbox));
  world.Publish("5");
  const auto five = root_of(short_ping), six = root_of(many), two = root_of(changed);
  EXPECT_TRUE(five.root().Has(tag::kHeartbeatInterval));
  EXPECT_TRUE(six.root().Has(tag::kMaxFolders));
  EXPECT_TRUE(two.root().Child(tag::kFolders).Has(tag::kFolder));
  for (const auto* document : {&five, &six, &two}) {
    int statuses = 0;
    for (const wbxml::Element child : document->root()) statuses += child.tag() == tag::kStatus ? 1 : 0;
    EXPECT_EQ(statuses, 1);
  }
}

TEST(RealClients, Habit9TheHeartbeatsThatAreInUseAreTaken) {
  FrontWorld world;
  for (const char* heartbeat : {"480", "780", "1680", "180", "470", "600", "60", "3540"}) {
    EXPECT_FALSE(world.Post("Ping", PingBody(heartbeat, kInbox))->answered()) << heartbeat;
  }
}

TEST(RealClients, Habit10RetriesWithinSecondsFindNoPingOfTheirOwnInTheWay) {
  FrontWorld world({.engine = {.limits = {.pings_per_mailbox = 1}}});
  std::vector<ExchangePtr> tries;
  for (int i = 0; i < 5; ++i) tries.push_back(world.Post("Ping", PingBody("470", kInbox)));
  EXPECT_EQ(world.held(), 1u);
  world.Advance(60s);  // the engine lets a device replace its own PINGs at a human pace
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Tree(tries[static_cast<std::size_t>(i)]), "Ping(Status=1)");
  EXPECT_FALSE(tries.back()->answered());
  EXPECT_EQ(world.held(), 1u);
}

}  // namespace
}  // namespace mailwake::test
