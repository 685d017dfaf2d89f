// SPDX-License-Identifier: Apache-2.0
//
// Who gets in: methods, credentials, users, OPTIONS.
#include <gtest/gtest.h>

#include "mailwake/adapters/http_text.h"
#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

HttpRequest Options(const FrontWorld& world) {
  HttpRequest request = world.Request("Ping");
  request.method = "OPTIONS";
  request.target = "/Microsoft-Server-ActiveSync";
  return request;
}

void SetCredentials(HttpRequest& request, std::string_view user, std::string_view password) {
  request.headers[0].second = BasicAuthorization(user, password);
}

TEST(ActiveSyncAccess, OptionsTellsVersionsAndTheCommandsThatAreAnswered) {
  FrontWorld world;
  const ExchangePtr answer = world.Send(Options(world));
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->header("MS-ASProtocolVersions"), "2.5,12.0,12.1,14.0,14.1,16.0,16.1");
  EXPECT_EQ(answer->header("MS-ASProtocolCommands"), "Sync,FolderSync,Ping,Provision,Settings");
  EXPECT_EQ(answer->header("Allow"), "OPTIONS,POST");
  EXPECT_EQ(answer->response().body, "");
  EXPECT_EQ(world.owners, std::vector<std::string>{kAnn});
  world.crowded = true;
  EXPECT_EQ(world.Send(Options(world))->status(), 503) << "ann has as many connections as she may";
}

TEST(ActiveSyncAccess, NobodyIsKnownByAWrongPassword) {
  FrontWorld world;
  HttpRequest request = Options(world);
  SetCredentials(request, "ann", "wrong");
  EXPECT_EQ(world.Send(std::move(request))->status(), 401);
  EXPECT_TRUE(world.owners.empty());
}

TEST(ActiveSyncAccess, AConnectionBelongsToTheMailboxAndWithTooManyItIsTurnedAway) {
  FrontWorld world;
  EXPECT_EQ(world.Post("Ping")->status(), 200);
  EXPECT_EQ(world.owners, std::vector<std::string>{kAnn});
  world.crowded = true;
  const ExchangePtr turned_away = world.Post("Ping");
  EXPECT_EQ(turned_away->status(), 503);
  EXPECT_TRUE(turned_away->response().close);
  EXPECT_NE(turned_away->header("Retry-After"), "");
  EXPECT_EQ(world.held(), 0u);
}

// The order that is rare: a login under way is found right, and then what waits under the old password is ended, before its PING is held.
TEST(ActiveSyncRevoked, ALoginUnderWayHoldsNothingOnceThePasswordHasChanged) {
  FrontWorld world;
  const std::string key = Prime(world, "5");
  for (const bool ping : {true, false}) {
    world.authenticator().hold = true;
    const ExchangePtr late = ping ? world.Post("Ping", PingBody("470", {{"5", "Email"}}))
                                  : world.Post("Sync", SyncBody({{.id = "5", .key = key}}, {.wait = "5"}));
    world.authenticator().Forget(kAnn);
    EXPECT_EQ(world.engine().EndMailbox(kAnn), 0u);
    world.authenticator().hold = false;
    world.authenticator().held.front()();
    world.authenticator().held.pop_front();
    world.Run();
    EXPECT_EQ(late->status(), 503) << ping;
    EXPECT_NE(late->header("Retry-After"), "");
    EXPECT_EQ(world.held(), 0u);
  }
  EXPECT_FALSE(world.Post("Ping", PingBody("470", {{"5", "Email"}}))->answered()) << "who logs in after that waits";
}

class ActiveSyncBlocked : public testing::Test {
 protected:
  ActiveSyncBlocked()
      : world_({.front = {.blocked = [this](std::string_view mailbox, std::string_view device) {
                  EXPECT_EQ(mailbox, kAnn);
                  ++asked_;
                  return blocked_ == device || (from_ > 0 && asked_ >= from_);
                }}}) {}

  std::string blocked_;
  int asked_ = 0;
  int from_ = 0;  // the question from which on the answer is yes
  FrontWorld world_;
};

TEST_F(ActiveSyncBlocked, WhateverItAsksForIs403AndOthersDoNotNotice) {
  blocked_ = kDevice;
  for (const char* command : {"Sync", "FolderSync", "Ping", "Provision", "Settings", "SendMail"})
    EXPECT_EQ(world_.Post(command)->status(), 403) << command;
  world_.device = "PHONE2";
  EXPECT_FALSE(world_.Post("Ping", PingBody("470", {{"5", "Email"}}))->answered());
  EXPECT_EQ(world_.held(), 1u);
}

TEST_F(ActiveSyncBlocked, WhatWaitsIsEndedWith403) {
  Prime(world_, "5");
  const ExchangePtr ping = world_.Post("Ping", PingBody("470", {{"5", "Email"}}));
  ASSERT_FALSE(ping->answered());
  blocked_ = kDevice;
  EXPECT_EQ(world_.engine().EndDevice(kAnn, kDevice), 1u);
  world_.Run();
  EXPECT_EQ(ping->status(), 403);
}

// Blocked after the request was let in, and what the device holds was ended before its PING was held.
TEST_F(ActiveSyncBlocked, InTheMomentInWhichItComesItIsNotHeldEither) {
  const std::string key = Prime(world_, "5");
  from_ = asked_ + 2;
  EXPECT_EQ(world_.Post("Ping", PingBody("470", {{"5", "Email"}}))->status(), 403);
  EXPECT_EQ(world_.held(), 0u);
  from_ = asked_ + 2;
  EXPECT_EQ(world_.Post("Sync", SyncBody({{.id = "5", .key = key}}, {.wait = "5"}))->status(), 403);
  EXPECT_EQ(world_.held(), 0u);
}

TEST(ActiveSyncAccess, ABodyInAnyCodingButIdentityIs415) {
  FrontWorld world;
  for (const char* command : {"Ping", "Sync", "FolderSync", "Provision", "Settings"}) {
    for (const char* coding : {"gzip", "deflate", "x-gzip"}) {
      HttpRequest request = world.Request(command, "\x1f\x8b garbage");
      request.headers.emplace_back("Content-Encoding", coding);
      const ExchangePtr answer = world.Send(request);
      EXPECT_EQ(answer->status(), 415) << command << " " << coding;
      EXPECT_EQ(answer->header("Accept-Encoding"), "identity");
      EXPECT_NE(answer->response().body.find("Content-Encoding"), std::string::npos);
    }
  }
  HttpRequest request = world.Request("Ping", PingBody("470", {{"5", "Email"}}));
  request.headers.emplace_back("Content-Encoding", "identity");
  EXPECT_FALSE(world.Send(request)->answered());
}

TEST(ActiveSyncAccess, EveryCommandThatOptionsTellsIsAnsweredAndOthersAre501) {
  FrontWorld world;
  for (const char* command : {"Sync", "FolderSync", "Ping", "Provision", "Settings"})
    EXPECT_EQ(world.Post(command)->status(), 200) << command;
  for (const char* command : {"SendMail", "GetItemEstimate", "Search", "MoveItems", "Fly"})
    EXPECT_EQ(world.Post(command)->status(), 501) << command;
}

TEST(ActiveSyncAccess, WithoutCredentialsIs401AndNamesTheRealm) {
  FrontWorld world;
  for (HttpRequest request : {world.Request("Ping"), Options(world)}) {
    request.headers.erase(request.headers.begin());
    const ExchangePtr answer = world.Send(request);
    EXPECT_EQ(answer->status(), 401);
    EXPECT_TRUE(answer->header("WWW-Authenticate").starts_with("Basic realm=")) << answer->header("WWW-Authenticate");
  }
  HttpRequest empty = world.Request("Ping");
  empty.headers[0].second = "";
  EXPECT_EQ(world.Send(empty)->status(), 401);
  EXPECT_TRUE(world.authenticator().asked.empty());
}

TEST(ActiveSyncAccess, WithAWrongPasswordIs401) {
  FrontWorld world;
  HttpRequest request = world.Request("Ping", PingBody("470", {{"5", "Email"}}));
  SetCredentials(request, "ann@example.org", "guess");
  EXPECT_EQ(world.Send(request)->status(), 401);
  EXPECT_EQ(world.held(), 0u);
}

TEST(ActiveSyncAccess, WhileTheAuthenticatorIsBusyIs503WithRetryAfter) {
  FrontWorld world;
  world.authenticator().unavailable = true;
  const ExchangePtr answer = world.Post("Ping");
  EXPECT_EQ(answer->status(), 503);
  EXPECT_NE(answer->header("Retry-After"), "");
}

TEST(ActiveSyncAccess, ADomainPrefixIsTakenOff) {
  FrontWorld world;
  HttpRequest request = world.Request("FolderSync", FolderSyncBody("0"));
  SetCredentials(request, "EXAMPLE\\ann", "secret");
  EXPECT_EQ(world.Send(request)->status(), 200);
  EXPECT_EQ(world.authenticator().asked, std::vector<std::string>{"ann"});
}

TEST(ActiveSyncAccess, AUserOtherThanTheCredentialsIs403) {
  FrontWorld world;
  HttpRequest request = world.Request("Ping", PingBody("470", {{"5", "Email"}}));
  SetCredentials(request, "bob@example.org", "hidden");
  EXPECT_EQ(world.Send(request)->status(), 403);
  EXPECT_EQ(world.held(), 0u);
}

TEST(ActiveSyncAccess, TheUserOfTheQueryMayBeLeftOutOrWrittenInAnotherForm) {
  FrontWorld world;
  for (const char* user : {"", "&User=ann", "&User=EXAMPLE%5Cann", "&User=ANN%40Example.ORG", "&User="}) {
    HttpRequest request = world.Request("FolderSync", FolderSyncBody("0"));
    request.target = std::string("/Microsoft-Server-ActiveSync?Cmd=FolderSync&DeviceId=D1") + user;
    EXPECT_EQ(world.Send(request)->status(), 200) << user;
  }
}

TEST(ActiveSyncAccess, ADeviceReachesItsOwnMailboxOnly) {
  FrontWorld world;
  HttpRequest request = world.Request("Ping", PingBody("470", {{"5", "Email"}}));
  SetCredentials(request, "bob@example.org", "hidden");
  request.target = "/Microsoft-Server-ActiveSync?Cmd=Ping&DeviceId=" + kDevice;
  const ExchangePtr bob = world.Send(request);
  world.Publish("5");  // Ann's
  EXPECT_FALSE(bob->answered());
}

TEST(ActiveSyncAccess, OtherMethodsAre405) {
  FrontWorld world;
  for (const char* method : {"GET", "PUT", "HEAD", "post"}) {
    HttpRequest request = world.Request("Ping");
    request.method = method;
    const ExchangePtr answer = world.Send(request);
    EXPECT_EQ(answer->status(), 405) << method;
    EXPECT_EQ(answer->header("Allow"), "OPTIONS,POST");
  }
}

TEST(ActiveSyncAccess, ABadQueryIs400) {
  FrontWorld world;
  for (const char* query : {"", "?", "?Cmd=Ping", "?DeviceId=D1", "?jRIJ", "?%zz"}) {
    HttpRequest request = world.Request("Ping");
    request.target = std::string("/Microsoft-Server-ActiveSync") + query;
    EXPECT_EQ(world.Send(request)->status(), 400) << query;
  }
}

TEST(ActiveSyncAccess, AConnectionThatEndsDuringTheCheckLeavesNothingBehind) {
  FrontWorld world;
  world.authenticator().hold = true;
  const ExchangePtr ping = world.Post("Ping", PingBody("470", {{"5", "Email"}}));
  ping->Leave();
  world.authenticator().held.front()();
  world.Run();
  EXPECT_EQ(world.held(), 0u);
  EXPECT_EQ(world.engine().stats().holds, 0u);
}

}  // namespace
}  // namespace mailwake::test
