// SPDX-License-Identifier: Apache-2.0
//
// GET /v1/pings, GET /v1/explain, GET /metrics.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/adapters/http_source/harness.h"

namespace mailwake::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(PingsTest, ListsThoseThatWaitUpToTheLimit) {
  Harness harness;
  harness.Ping("ann", "D1", {"inbox", "sent"});
  harness.Ping("bob", "D2", {"inbox"});
  const json all = json::parse(harness.Get("/v1/pings").body);
  EXPECT_EQ(all.at("held"), 2);
  ASSERT_EQ(all.at("pings").size(), 2U);
  json ann = all.at("pings")[0].at("mailbox") == "ann" ? all.at("pings")[0] : all.at("pings")[1];
  EXPECT_EQ(ann.at("device"), "D1");
  EXPECT_EQ(ann.at("kind"), "ping");
  EXPECT_EQ(ann.at("folders"), 2);
  EXPECT_EQ(ann.at("since"), "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(ann.at("deadline"), "2023-11-14T22:28:20.000Z");
  const json one = json::parse(harness.Get("/v1/pings?limit=1").body);
  EXPECT_EQ(one.at("held"), 2);
  EXPECT_EQ(one.at("pings").size(), 1U);
  EXPECT_EQ(json::parse(harness.Get("/v1/pings?limit=0").body).at("pings").size(), 0U);
}

TEST(PingsTest, AWrongLimitIs400) {
  Harness harness;
  for (const char* limit : {"x", "-1", "", "100001", "1.5", "99999999999999999999"}) {
    EXPECT_EQ(harness.Get(std::string("/v1/pings?limit=") + limit).status, 400) << limit;
  }
}

TEST(ExplainTest, P8SaysWhyAPingWaits) {
  Harness harness;
  harness.Ping("ann", "D1", {"inbox"});
  const json view = json::parse(harness.Get("/v1/explain?mailbox=ann&device=D1").body);
  EXPECT_EQ(view.at("mailbox"), "ann");
  EXPECT_TRUE(view.at("in_memory"));
  EXPECT_EQ(view.at("waiting").at("device"), "D1");
  EXPECT_FALSE(view.at("why").get<std::string>().empty());
  ASSERT_EQ(view.at("folders").size(), 1U);
  EXPECT_EQ(view.at("folders")[0].at("id"), "inbox");
  EXPECT_EQ(view.at("folders")[0].at("class"), "email");
  EXPECT_EQ(view.at("folders")[0].at("behind"), false);
}

TEST(ExplainTest, P8SaysHowTheLastPingEnded) {
  Harness harness;
  harness.Ping("ann", "D1", {"inbox"});
  harness.Post("/v1/changes", Line("ann", "inbox"));
  harness.Advance();
  const json view = json::parse(harness.Get("/v1/explain?mailbox=ann&device=D1").body);
  EXPECT_TRUE(view.at("waiting").is_null());
  EXPECT_EQ(view.at("last_end").at("reason"), "changed");
  EXPECT_EQ(view.at("last_end").at("folder"), "inbox");
  EXPECT_GT(view.at("last_end").at("version").get<std::uint64_t>(), 0U);
  EXPECT_THAT(view.at("last_end").at("time").get<std::string>(), HasSubstr("2023-11-14T"));
}

TEST(ExplainTest, ADeviceIsFoundWithoutItsMailbox) {
  Harness harness;
  harness.Ping("ann", "WAITS", {"inbox"});
  harness.Ping("bob", "WOKEN", {"inbox"});
  harness.Post("/v1/changes", Line("bob", "inbox"));
  harness.Advance();
  EXPECT_EQ(json::parse(harness.Get("/v1/explain?device=WAITS").body).at("mailbox"), "ann");
  EXPECT_EQ(json::parse(harness.Get("/v1/explain?device=WOKEN").body).at("mailbox"), "bob");
}

TEST(ExplainTest, ADeviceIdInTwoMailboxesAsksForTheMailbox) {
  Harness harness;
  harness.Ping("ann", "D", {"inbox"});
  harness.Ping("bob", "D", {"inbox"});
  const HttpResponse answer = harness.Get("/v1/explain?device=D");
  EXPECT_EQ(answer.status, 409);
  EXPECT_THAT(answer.body, HasSubstr("ann, bob"));
  EXPECT_EQ(harness.Get("/v1/explain?device=D&mailbox=bob").status, 200);
}

TEST(ExplainTest, AnUnknownDeviceIs404AndAMissingOne400) {
  Harness harness;
  EXPECT_EQ(harness.Get("/v1/explain?device=NONE").status, 404);
  EXPECT_EQ(harness.Get("/v1/explain").status, 400);
  EXPECT_EQ(harness.Get("/v1/explain?mailbox=ann").status, 400);
  const json view = json::parse(harness.Get("/v1/explain?mailbox=nobody&device=NONE").body);
  EXPECT_FALSE(view.at("in_memory"));
  EXPECT_TRUE(view.at("waiting").is_null());
}

TEST(MetricsTest, CountsWhatHappened) {
  Harness harness;
  harness.Ping("ann", "D1", {"inbox"});
  harness.Ping("bob", "D2", {"inbox"});
  harness.Post("/v1/changes", Line("ann", "inbox"));
  harness.Advance();
  const HttpResponse answer = harness.Get("/metrics");
  EXPECT_THAT(HeaderOf(answer, "Content-Type"), testing::StartsWith("text/plain; version=0.0.4"));
  for (const char* line :
       {"# TYPE mailwake_pings_held gauge\n", "\nmailwake_pings_held 1\n", "# TYPE mailwake_holds_total counter\n",
        "\nmailwake_holds_total 2\n", "\nmailwake_changes_total 1\n", "\nmailwake_ping_ends_total{reason=\"changed\"} 1\n",
        "\nmailwake_ping_ends_total{reason=\"expired\"} 0\n", "mailwake_heartbeat_samples{kind=\"ping\"}",
        "mailwake_heartbeat_alarm{kind=\"sync\"} 0\n", "\nhost_metric 1\n"}) {
    EXPECT_THAT(answer.body, HasSubstr(line));
  }
}

}  // namespace
}  // namespace mailwake::test
