// SPDX-License-Identifier: Apache-2.0
//
// Devices whose requests fail again and again: turned away for a while, and told why; and those that do not fail: never.
#include <gtest/gtest.h>

#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

using std::chrono::seconds;

constexpr int kFree = 100;

class ThrottleTest : public testing::Test {
 protected:
  ThrottleTest() : world_({.front = {.clock = [this] { return now_; }}}) {}

  // A Ping that says what is no Ping.
  ExchangePtr Bad() { return world_.Post("Ping", "garbage"); }
  void Fail(int times) {
    for (int i = 0; i < times; ++i) ASSERT_EQ(Bad()->status(), 200) << i;
  }

  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  FrontWorld world_;
};

TEST_F(ThrottleTest, AfterManyFailuresItIs503WithTheReason) {
  Fail(kFree + 1);
  const ExchangePtr answer = Bad();
  EXPECT_EQ(answer->status(), 503);
  EXPECT_EQ(answer->header("Retry-After"), "60");
  EXPECT_EQ(answer->header("X-MS-ASThrottle"), "CommandFrequency");
  EXPECT_EQ(answer->response().body, "");
  EXPECT_EQ(world_.Post("Ping", PingBody("470", {{"5", "Email"}}))->status(), 503) << "whatever it sends";
  EXPECT_EQ(world_.held(), 0u);
  EXPECT_EQ(world_.throttled(kDevice), seconds(60));
}

TEST_F(ThrottleTest, ThenItMayTryAgainAndWaitsTwiceAsLongIfThatFails) {
  Fail(kFree + 1);
  now_ += seconds(59);
  EXPECT_EQ(Bad()->header("Retry-After"), "1");
  now_ += seconds(1);
  EXPECT_EQ(world_.throttled(kDevice), seconds(0));
  EXPECT_EQ(Bad()->status(), 200);
  EXPECT_EQ(Bad()->header("Retry-After"), "120");
}

TEST_F(ThrottleTest, WhatSucceedsInBetweenDoesNotMakeUpForIt) {
  for (int i = 0; i <= kFree; ++i) {
    ASSERT_EQ(Tree(world_.Post("FolderSync", FolderSyncBody("0"))).find("FolderSync(Status=1"), 0u) << i;
    world_.Publish("5");
    ASSERT_EQ(Tree(world_.Post("Ping", PingBody("470", {{"5", "Email"}}))), "Ping(Status=2 Folders(Folder=5))") << i;
    ASSERT_EQ(world_.Post("Sync", SyncBody({{.id = "5", .key = "77"}}))->status(), 200) << i;
    now_ += std::chrono::milliseconds(5);
  }
  EXPECT_EQ(world_.Post("FolderSync", FolderSyncBody("0"))->status(), 503);
  EXPECT_GT(world_.throttled(kDevice), seconds(50));
}

TEST_F(ThrottleTest, WhatFailsThirtyTimesAMinuteIsBorneForGood) {
  for (int i = 0; i < 10 * kFree; ++i) {
    ASSERT_EQ(Bad()->status(), 200) << i;
    now_ += seconds(2);
  }
  EXPECT_EQ(world_.throttled(kDevice), seconds(0));
}

TEST_F(ThrottleTest, AnotherDeviceNeverNotices) {
  Fail(kFree + 1);
  world_.device = "PHONE2";
  EXPECT_EQ(world_.Post("Ping", PingBody("470", {{"5", "Email"}}))->status(), 0) << "waits";
  EXPECT_EQ(world_.held(), 1u);
}

TEST_F(ThrottleTest, ADeviceThatIsOftenRightlyWokenNeverNotices) {
  for (int i = 0; i < 3 * kFree; ++i) {
    EXPECT_EQ(world_.Post("Ping")->status(), 200) << "empty first: parameters missing, or known";
    world_.Publish("5");
    const ExchangePtr answer = world_.Post("Ping", PingBody("470", {{"5", "Email"}}));
    ASSERT_TRUE(answer->status() == 200 || answer->status() == 0) << i;
    world_.Advance(seconds(400));
    ASSERT_EQ(answer->status(), 200) << i;
  }
  EXPECT_EQ(world_.throttled(kDevice), seconds(0));
}

TEST_F(ThrottleTest, CommandsThatThereAreNotCountToo) {
  for (int i = 0; i <= kFree; ++i) EXPECT_EQ(world_.Post("SendMail")->status(), 501);
  EXPECT_EQ(world_.Post("SendMail")->status(), 503);
}

TEST_F(ThrottleTest, ASyncKeyThatIsNotKnownCountsToo) {
  for (int i = 0; i <= kFree; ++i) EXPECT_EQ(world_.Post("Sync", SyncBody({{.id = "5", .key = "77"}}))->status(), 200);
  EXPECT_EQ(world_.Post("Sync", SyncBody({{.id = "5", .key = "0"}}))->status(), 503);
}

TEST_F(ThrottleTest, WhatIsForbiddenCountsToo) {
  const auto for_another = [&] {
    HttpRequest request = world_.Request("Ping");
    request.target.replace(request.target.find("User=ann"), 8, "User=bob");
    return world_.Send(std::move(request))->status();
  };
  for (int i = 0; i <= kFree; ++i) ASSERT_EQ(for_another(), 403) << i;
  EXPECT_EQ(for_another(), 503);
  EXPECT_EQ(world_.throttled(kDevice), seconds(60));
}

TEST_F(ThrottleTest, APlaceThatAMailboxDoesNotHaveCountsToo) {
  FrontWorld world({.engine = {.limits = {.pings_per_mailbox = 1}}, .front = {.clock = [this] { return now_; }}});
  EXPECT_EQ(world.Post("Ping", PingBody("470", {{"5", "Email"}}))->status(), 0) << "waits";
  world.device = "PHONE2";
  for (int i = 0; i <= kFree; ++i) {
    const ExchangePtr answer = world.Post("Ping", PingBody("470", {{"5", "Email"}}));
    ASSERT_EQ(answer->status(), 503);
    ASSERT_EQ(answer->header("X-MS-ASThrottle"), "") << i;
  }
  EXPECT_EQ(world.Post("Ping", PingBody("470", {{"5", "Email"}}))->header("X-MS-ASThrottle"), "CommandFrequency");
}

TEST_F(ThrottleTest, AServerThatIsInTroubleIsNotTheDevicesFault) {
  world_.state().fail_loads = true;
  for (int i = 0; i < 3 * kFree; ++i) EXPECT_EQ(world_.Post("Sync", SyncBody({{.id = "5", .key = "0"}}))->status(), 503);
  world_.state().fail_loads = false;
  EXPECT_EQ(world_.Post("Sync", SyncBody({{.id = "5", .key = "0"}}))->status(), 200);
}

}  // namespace
}  // namespace mailwake::test
