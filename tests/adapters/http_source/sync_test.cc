// SPDX-License-Identifier: Apache-2.0
//
// POST /v1/mailboxes/MAILBOX/devices/DEVICE/sync: syncs that are served elsewhere.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/adapters/http_source/harness.h"

namespace mailwake::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr char kPath[] = "/v1/mailboxes/ann/devices/D/sync";

std::string Begin(Harness& harness, const std::string& path = kPath) {
  const HttpResponse answer = harness.Post(path, R"({"begin":true})");
  EXPECT_EQ(answer.status, 200) << answer.body;
  return json::parse(answer.body).at("ticket").get<std::string>();
}

HttpResponse Finish(Harness& harness, const std::string& ticket, const char* folders = R"(["inbox"])", const std::string& path = kPath) {
  return harness.Post(path, R"({"ticket":")" + ticket + R"(","folders":)" + folders + "}");
}

// Whether a PING of the device is ended at once.
bool Behind(Harness& harness, const std::string& folder = "inbox") { return harness.Ping("ann", "D", {folder})->has_value(); }

TEST(SyncTest, ASyncThatEndedMovesTheCursorsOfTheFoldersThatItNames) {
  Harness harness;
  harness.Post("/v1/changes", Line("ann", "inbox") + Line("ann", "sent"));
  EXPECT_TRUE(Behind(harness));
  EXPECT_EQ(Finish(harness, Begin(harness)).status, 200);
  EXPECT_FALSE(Behind(harness));
  EXPECT_TRUE(Behind(harness, "sent"));
}

TEST(SyncTest, AChangeDuringTheSyncIsNotTakenAsSynced) {
  Harness harness;
  harness.Post("/v1/changes", Line("ann", "inbox"));
  const std::string ticket = Begin(harness);
  harness.Post("/v1/changes", Line("ann", "inbox"));
  EXPECT_EQ(Finish(harness, ticket).status, 200);
  EXPECT_TRUE(Behind(harness));
}

TEST(SyncTest, ATicketSurvivesARestart) {
  const std::shared_ptr<MemoryDisk> disk = NewMemoryDisk();
  std::string ticket;
  {
    Harness harness(disk);
    harness.Post("/v1/changes", Line("ann", "inbox"));
    ticket = Begin(harness);
  }
  Harness harness(disk);
  EXPECT_TRUE(Behind(harness));
  EXPECT_EQ(Finish(harness, ticket).status, 200);
  EXPECT_FALSE(Behind(harness));
}

TEST(SyncTest, AForgedOrForeignTicketIs400AndMovesNothing) {
  Harness harness;
  harness.Post("/v1/changes", Line("ann", "inbox"));
  const std::string ticket = Begin(harness);
  std::string raised = ticket;
  raised.front() = raised.front() == 'f' ? 'e' : 'f';
  std::string cut = ticket.substr(0, ticket.size() - 1);
  const std::string of_another_device = Begin(harness, "/v1/mailboxes/ann/devices/E/sync");
  const std::string of_another_mailbox = Begin(harness, "/v1/mailboxes/bob/devices/D/sync");
  for (const std::string& bad :
       {raised, cut, ticket + "0", of_another_device, of_another_mailbox, std::string(), std::string("."), std::string("7")}) {
    const HttpResponse answer = Finish(harness, bad);
    EXPECT_EQ(answer.status, 400) << bad;
    EXPECT_THAT(answer.body, HasSubstr("begin the sync again"));
  }
  EXPECT_TRUE(Behind(harness));
}

TEST(SyncTest, ATicketOfAServerWithAnotherTokenIs400) {
  const std::shared_ptr<MemoryDisk> disk = NewMemoryDisk();
  Harness harness(disk);
  std::string foreign;
  {
    Harness other(NewMemoryDisk(), "another token");
    HttpRequest request = Harness::Make("POST", kPath, R"({"begin":true})");
    request.headers = {{"Authorization", "Bearer another token"}};
    foreign = json::parse(other.Send(request)->body).at("ticket").get<std::string>();
  }
  EXPECT_EQ(Finish(harness, foreign).status, 400);
}

TEST(SyncTest, AWrongBodyIs400AndSaysWhatIsAllowed) {
  Harness harness;
  const std::string ticket = Begin(harness);
  for (const std::string& body :
       {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"begin":false})"), std::string(R"({"begin":1})"),
        R"({"begin":true,"ticket":")" + ticket + "\"}", std::string(R"({"ticket":7,"folders":[]})"), R"({"ticket":")" + ticket + "\"}",
        R"({"ticket":")" + ticket + R"(","folders":"inbox"})", R"({"ticket":")" + ticket + R"(","folders":[7]})",
        R"({"ticket":")" + ticket + R"(","folders":[""]})"}) {
    const HttpResponse answer = harness.Post(kPath, body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_TRUE(json::parse(answer.body).at("error").is_string()) << body;
  }
  EXPECT_EQ(harness.Post("/v1/mailboxes/ann/devices/" + std::string(65, 'd') + "/sync", R"({"begin":true})").status, 400);
}

TEST(SyncTest, P5TheEndIsAnsweredWhenItIsDurable) {
  Harness harness;
  harness.Post("/v1/changes", Line("ann", "inbox"));
  const std::string ticket = Begin(harness);
  harness.store().Pause();
  EXPECT_FALSE(harness.Send(Harness::Make("POST", kPath, R"({"ticket":")" + ticket + R"(","folders":["inbox"]})")).has_value());
  harness.store().Resume();
  harness.Advance();
  ASSERT_TRUE(harness.last()->has_value());
  EXPECT_EQ((*harness.last())->status, 200);
}

}  // namespace
}  // namespace mailwake::test
