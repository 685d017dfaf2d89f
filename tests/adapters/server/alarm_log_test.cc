// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/alarm_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailwake::server {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

TEST(AlarmLogTest, NamesTheCommandTheMeanTheDevicesAndTheNetworks) {
  HeartbeatReport report{.kind = PingKind::kSync, .samples = 200, .mean = seconds(312), .alarm = true, .devices = 17};
  report.networks.push_back({.name = "192.0.2.0/24", .heartbeats = 150, .devices = 12, .mean = seconds(240)});
  for (int i = 0; i < 6; ++i) report.networks.push_back({.name = "", .heartbeats = 1, .devices = 1, .mean = seconds(300)});
  const std::string text = AlarmText(report);
  EXPECT_THAT(text, HasSubstr("the last 200 [Sync] heartbeats is 312 s; 17 devices"));
  EXPECT_THAT(text, HasSubstr("192.0.2.0/24 (12 devices, 150 heartbeats, mean 240 s), (unnamed) (1 devices"));
  EXPECT_THAT(text, testing::EndsWith("and 2 more"));
}

}  // namespace
}  // namespace mailwake::server
