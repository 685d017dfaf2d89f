// SPDX-License-Identifier: Apache-2.0
//
// Bob has an account, and wants Ann's mailbox: every way that he could try.
#include <gtest/gtest.h>

#include "mailwake/adapters/http_text.h"
#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

class ActiveSyncIsolation : public testing::Test {
 protected:
  // Bob's request, on a device that has the id of Ann's. `query`: beside command and device.
  HttpRequest Bobs(const std::string& command, std::string body = {}, const std::string& query = {}) const {
    HttpRequest request = world_.Request(command, std::move(body));
    request.headers[0].second = BasicAuthorization("bob@example.org", "hidden");
    request.target = "/Microsoft-Server-ActiveSync?Cmd=" + command + "&DeviceId=" + kDevice + "&DeviceType=iPhone" + query;
    return request;
  }
  // Ann's PING waits beside `bobs`, and is woken alone.
  void ExpectAnnsAlone(const ExchangePtr& bobs, const std::string& what) {
    EXPECT_FALSE(anns_->answered()) << what;
    world_.Publish("5");
    EXPECT_EQ(Tree(anns_), "Ping(Status=2 Folders(Folder=5))") << what;
    EXPECT_TRUE(!bobs->answered() || bobs->status() != 200 || Tree(bobs).find("Status=2") == std::string::npos)
        << what << ": " << Tree(bobs);
  }
  void AnnWaits() {
    Prime(world_, "5");
    anns_ = world_.Post("Ping", PingBody("470", {{"5", "Email"}}));
    ASSERT_FALSE(anns_->answered()) << Tree(anns_);
  }

  FrontWorld world_{{.provider = true}};
  ExchangePtr anns_;
};

TEST_F(ActiveSyncIsolation, NoUserOfTheQueryReachesHers) {
  for (const char* user :
       {"ann%40example.org", "ann", "EXAMPLE%5Cann", "ANN%40EXAMPLE.ORG", "%61nn%40example.org", "ann%40example.org%20",
        "ann%40example.org%00", "ann%40example.org%0Abob%40example.org", "bob%40example.org&User=ann%40example.org",
        "ann%40example.org&User=bob%40example.org", "bob%40example.org&user=ann%40example.org", "%2E%2E%2Fann%40example.org"}) {
    AnnWaits();
    const ExchangePtr bobs = world_.Send(Bobs("Ping", PingBody("470", {{"5", "Email"}}), std::string("&User=") + user));
    ExpectAnnsAlone(bobs, user);
    bobs->Leave();
  }
}

TEST_F(ActiveSyncIsolation, NoHeaderMakesHimHer) {
  for (const char* name : {"X-Forwarded-User", "X-Remote-User", "Remote-User", "X-MS-User", "X-Original-User", "X-User",
                           "Proxy-Authorization", "Authorization", "From", "Cookie"}) {
    for (const std::string& value : {std::string("ann@example.org"), BasicAuthorization("ann@example.org", ""),
                                     BasicAuthorization("ann@example.org", "hidden"), std::string("User=ann@example.org")}) {
      AnnWaits();
      HttpRequest request = Bobs("Ping", PingBody("470", {{"5", "Email"}}));
      request.headers.emplace_back(name, value);
      const ExchangePtr bobs = world_.Send(request);
      ExpectAnnsAlone(bobs, std::string(name) + ": " + value);
      bobs->Leave();
    }
  }
}

TEST_F(ActiveSyncIsolation, NoFolderIdReachesHerFolders) {
  for (const std::string& id : {std::string("5"), std::string("ann@example.org/5"), std::string("../ann@example.org/5"),
                                std::string("ann@example.org:5"), std::string("ann@example.org\n5"), std::string("*")}) {
    AnnWaits();
    const ExchangePtr bobs = world_.Send(Bobs("Ping", PingBody("470", {{id, "Email"}})));
    ExpectAnnsAlone(bobs, id);
    bobs->Leave();
  }
}

TEST_F(ActiveSyncIsolation, HeSeesNothingOfHerFolderList) {
  world_.SetFolders({{.id = "5", .name = "Her secrets", .item_class = ItemClass::kEmail}});
  EXPECT_NE(Tree(world_.Post("FolderSync", FolderSyncBody("0"))).find("Her secrets"), std::string::npos);
  const std::string his = Tree(world_.Send(Bobs("FolderSync", FolderSyncBody("0"))));
  EXPECT_NE(his.find("Status=1"), std::string::npos) << his;
  EXPECT_EQ(his.find("Her secrets"), std::string::npos) << his;
}

TEST_F(ActiveSyncIsolation, WithTheIdOfHerDeviceHeIsAnotherDevice) {
  const std::string key = Prime(world_, "5");
  const ExchangePtr stolen = world_.Send(Bobs("Sync", SyncBody({{.id = "5", .key = key}})));
  EXPECT_NE(Tree(stolen).find("Status=3"), std::string::npos) << Tree(stolen);
  ASSERT_FALSE(world_.provider().asked.empty());
  for (const auto& asked : world_.provider().asked) EXPECT_EQ(asked.mailbox, kAnn);
  const ExchangePtr hers = world_.Post("Sync", SyncBody({{.id = "5", .key = key}}));
  EXPECT_EQ(Tree(hers).find("Status=3"), std::string::npos) << Tree(hers);

  // What her PINGs said is not remembered for him.
  AnnWaits();
  const ExchangePtr empty = world_.Send(Bobs("Ping"));
  EXPECT_EQ(Tree(empty), "Ping(Status=3)");
  ExpectAnnsAlone(empty, "an empty PING");
}

TEST_F(ActiveSyncIsolation, HisSyncAcknowledgesNothingOfHers) {
  AnnWaits();
  world_.Publish("5");
  ASSERT_TRUE(anns_->answered());
  const std::string his = KeyOf(world_.Send(Bobs("Sync", SyncBody({{.id = "5", .key = "0"}}))), "5");
  world_.Send(Bobs("Sync", SyncBody({{.id = "5", .key = his}})));
  anns_ = world_.Post("Ping", PingBody("470", {{"5", "Email"}}));
  EXPECT_EQ(Tree(anns_), "Ping(Status=2 Folders(Folder=5))") << "she has not synced";
}

}  // namespace
}  // namespace mailwake::test
