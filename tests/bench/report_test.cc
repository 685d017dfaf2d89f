// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "bench/fleet/mailboxes.h"

namespace mailwake::fleet {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Report Good() {
  Report report{.devices = 3, .connected = 3};
  report.totals = {.changes = 7, .wakes_expected = 5, .wakes = 5};
  report.latency.Record(1500us);
  return report;
}

TEST(FleetReport, JsonHasTheAgreedKeysInOneLine) {
  EXPECT_THAT(Json(Good()), StartsWith(R"({"devices":3,"connected":3,"changes":7,"wakes_expected":5,"wakes":5,"missed":0,"foreign":0,)"
                                       R"("latency_ms":{"p50":1.5,"p90":1.5,"p99":1.5,"p999":1.5,"max":1.5},)"
                                       R"("server_rss_per_ping_bytes":null,)"));
  EXPECT_THAT(Json(Good()), Not(HasSubstr("\n")));
  Report measured = Good();
  measured.server_rss_per_ping_bytes = 16000;
  EXPECT_THAT(Json(measured), HasSubstr("\"server_rss_per_ping_bytes\":16000"));
}

TEST(FleetReport, IsGoodOnlyIfAllConnectedAndNothingWasMissedOrForeign) {
  EXPECT_TRUE(Good().good());
  Report report = Good();
  report.connected = 2;
  EXPECT_FALSE(report.good());
  report = Good();
  report.totals.missed = 1;
  EXPECT_FALSE(report.good());
  report = Good();
  report.totals.foreign = 1;
  EXPECT_FALSE(report.good());
}

TEST(FleetReport, TheTableShowsWhatWentWrong) {
  Report report = Good();
  report.totals.missed = 1;
  report.complaints = {"missed: somebody"};
  report.trouble = "HTTP 503 to Ping";
  EXPECT_THAT(Table(report), HasSubstr("! missed: somebody"));
  EXPECT_THAT(Table(report), HasSubstr("HTTP 503 to Ping"));
  EXPECT_THAT(Table(Good()), Not(HasSubstr("!")));
}

TEST(FleetMailboxes, HaveNamesThatTheProtocolAndTheImportAccept) {
  EXPECT_EQ(MailboxName(0), "fleet-000001@example.org");
  EXPECT_EQ(DeviceName(0, 1), "fleet000001d2");
  EXPECT_EQ(PasswdLine(9, "secret"), "fleet-000010@example.org:{PLAIN}secret\n");
  EXPECT_LE(DeviceName(99'999, 99).size(), 32u);
  CountMailboxesFrom(251);
  EXPECT_EQ(MailboxName(0), "fleet-000251@example.org");
  EXPECT_EQ(DeviceName(9, 0), "fleet000260d1");
  CountMailboxesFrom(1);
  EXPECT_THAT(FolderListJson(), StartsWith(R"([{"id":"inbox","name":"Inbox","class":"email","type":2},)"));
}

}  // namespace
}  // namespace mailwake::fleet
