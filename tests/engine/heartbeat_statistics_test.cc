// SPDX-License-Identifier: Apache-2.0
//
// The heartbeat statistics: a window of the last heartbeats, PINGs and hanging syncs apart, and an alarm when their mean is short, naming
// the networks and how many devices.

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mailwake/observers.h"
#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

// `count` PINGs of as many mailboxes with this heartbeat, accepted and cancelled.
void Beat(EngineWorld& world, int count, std::chrono::seconds heartbeat, std::string_view network = {}, PingKind kind = PingKind::kPing) {
  for (int i = 0; i < count; ++i) {
    const std::string mailbox = absl::StrCat("user", i);
    world.Cancel(world.Hold(
        {.mailbox = mailbox, .device = "phone", .heartbeat = heartbeat, .folders = Watch({"inbox"}), .kind = kind, .network = network}));
  }
}

struct Alarms {
  explicit Alarms(EngineWorld& world) {
    world.engine().observers().heartbeat_alarm.connect([this](const HeartbeatReport& report) { reports.push_back(report); });
  }
  std::vector<HeartbeatReport> reports;
};

TEST(HeartbeatStatisticsTest, TheWindowHoldsTheLast200) {
  EngineWorld world;
  Beat(world, 150, 100s);
  EXPECT_EQ(world.engine().Heartbeats(PingKind::kPing).samples, 150u);
  EXPECT_EQ(world.engine().Heartbeats(PingKind::kPing).mean, 100s);
  Beat(world, 100, 1000s);
  const HeartbeatReport report = world.engine().Heartbeats(PingKind::kPing);
  EXPECT_EQ(report.samples, 200u);
  EXPECT_EQ(report.mean, 550s);  // 100 of 100 s and 100 of 1000 s
  EXPECT_EQ(report.kind, PingKind::kPing);
}

TEST(HeartbeatStatisticsTest, TheAlarmComesWhenTheWindowIsFullAndTheMeanAtTheThreshold) {
  EngineWorld world;
  Alarms alarms(world);
  Beat(world, 199, 540s);
  EXPECT_TRUE(alarms.reports.empty()) << "the window is not full";
  EXPECT_FALSE(world.engine().Heartbeats(PingKind::kPing).alarm);
  Beat(world, 1, 540s);
  ASSERT_EQ(alarms.reports.size(), 1u);
  EXPECT_TRUE(alarms.reports[0].alarm);
  EXPECT_EQ(alarms.reports[0].mean, 540s);
  EXPECT_TRUE(world.engine().Heartbeats(PingKind::kPing).alarm);
}

TEST(HeartbeatStatisticsTest, AMeanJustAboveTheThresholdIsNoAlarm) {
  EngineWorld world;
  Alarms alarms(world);
  Beat(world, 199, 540s);
  Beat(world, 1, 740s);  // mean 541 s
  EXPECT_TRUE(alarms.reports.empty());
  EXPECT_FALSE(world.engine().Heartbeats(PingKind::kPing).alarm);
}

TEST(HeartbeatStatisticsTest, TheAlarmComesOnceUntilTheMeanHasBeenAbove) {
  EngineWorld world;
  Alarms alarms(world);
  Beat(world, 200, 300s);
  Beat(world, 200, 200s);
  EXPECT_EQ(alarms.reports.size(), 1u);
  Beat(world, 200, 900s);
  EXPECT_EQ(alarms.reports.size(), 1u);
  EXPECT_FALSE(world.engine().Heartbeats(PingKind::kPing).alarm);
  Beat(world, 200, 300s);
  EXPECT_EQ(alarms.reports.size(), 2u);
}

TEST(HeartbeatStatisticsTest, PingsAndHangingSyncsAreCountedApart) {
  EngineWorld world;
  Alarms alarms(world);
  Beat(world, 200, 900s);
  Beat(world, 200, 120s, {}, PingKind::kSync);
  ASSERT_EQ(alarms.reports.size(), 1u);
  EXPECT_EQ(alarms.reports[0].kind, PingKind::kSync);
  EXPECT_EQ(world.engine().Heartbeats(PingKind::kPing).mean, 900s);
  EXPECT_FALSE(world.engine().Heartbeats(PingKind::kPing).alarm);
  EXPECT_EQ(world.engine().Heartbeats(PingKind::kSync).mean, 120s);
  EXPECT_TRUE(world.engine().Heartbeats(PingKind::kSync).alarm);
}

TEST(HeartbeatStatisticsTest, TheReportNamesTheNetworksOfTheShortHeartbeatsMostFirstAndCountsTheirDevices) {
  EngineWorld world;
  Alarms alarms(world);
  Beat(world, 20, 3000s, "good");
  Beat(world, 60, 100s, "carrier-a");
  Beat(world, 120, 200s, "carrier-b");
  ASSERT_EQ(alarms.reports.size(), 1u);
  const HeartbeatReport& report = alarms.reports[0];
  ASSERT_EQ(report.networks.size(), 2u) << "a network without a short heartbeat is not behind it";
  EXPECT_EQ(report.networks[0].name, "carrier-b");
  EXPECT_EQ(report.networks[0].heartbeats, 120u);
  EXPECT_EQ(report.networks[0].devices, 120u);
  EXPECT_EQ(report.networks[0].mean, 200s);
  EXPECT_EQ(report.networks[1].name, "carrier-a");
  EXPECT_EQ(report.networks[1].heartbeats, 60u);
  EXPECT_EQ(report.networks[1].devices, 60u);
  EXPECT_EQ(report.devices, 120u) << "those of carrier-a are among those of carrier-b: user0 to user59";
}

TEST(HeartbeatStatisticsTest, OneDeviceThatBeatsManyTimesIsOneDevice) {
  EngineWorld world;
  for (int i = 0; i < 200; ++i) Beat(world, 1, 60s, "home");
  const HeartbeatReport report = world.engine().Heartbeats(PingKind::kPing);
  EXPECT_TRUE(report.alarm);
  EXPECT_EQ(report.devices, 1u);
  ASSERT_EQ(report.networks.size(), 1u);
  EXPECT_EQ(report.networks[0].heartbeats, 200u);
  EXPECT_EQ(report.networks[0].devices, 1u);
}

TEST(HeartbeatStatisticsTest, RefusedPingsAreNotCountedAndRememberedHeartbeatsAre) {
  EngineWorld world;
  world.Hold("ann", "phone", {"inbox"}, 1s);
  EXPECT_EQ(world.engine().Heartbeats(PingKind::kPing).samples, 0u);
  world.Hold("ann", "phone", {"inbox"}, 300s);
  world.Hold({.mailbox = "ann", .device = "phone"});
  EXPECT_EQ(world.engine().Heartbeats(PingKind::kPing).samples, 2u);
  EXPECT_EQ(world.engine().Heartbeats(PingKind::kPing).mean, 300s);
}

TEST(HeartbeatStatisticsTest, WindowAndThresholdAreOptions) {
  EngineWorld world({.heartbeat_window = 10, .heartbeat_alarm = 100s});
  Alarms alarms(world);
  Beat(world, 10, 101s);
  EXPECT_TRUE(alarms.reports.empty());
  Beat(world, 10, 99s);
  EXPECT_EQ(alarms.reports.size(), 1u);
  EXPECT_EQ(world.engine().Heartbeats(PingKind::kPing).samples, 10u);
}

}  // namespace
}  // namespace mailwake
