// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/device_fixture.h"

namespace mailwake::fleet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Step::Kind;

TEST_F(DeviceTest, GoesFromTheFolderListToThePing) {
  EXPECT_EQ(Take(device_.Begin()), "FolderSync 0");
  EXPECT_EQ(Answer(FolderList("1", {{"cal", 8}, {"sent", 5}, {"inbox", 2}})), "Sync inbox=0 cal=0");
  EXPECT_THAT(diary_.Take(), ElementsAre("watches inbox cal"));
  EXPECT_EQ(Answer(Synced({{1, "inbox", "a1"}, {1, "cal", "b1"}})), "Sync inbox=a1 cal=b1");
  EXPECT_THAT(diary_.Take(), IsEmpty());  // key 0 syncs nothing
  const Instant asked = now_;
  EXPECT_EQ(Answer(Synced({{1, "inbox", "a2"}, {1, "cal", "b2"}})), "Ping 480 inbox:Email cal:Calendar");
  EXPECT_THAT(diary_.Take(), ElementsAre("synced inbox", "synced cal"));
  EXPECT_EQ(diary_.last_asked, asked);
  EXPECT_EQ(step_.time, 480s + config_.patience);
}

TEST_F(DeviceTest, SyncsTheNamedFoldersAndPingsAgainWithAnEmptyRequest) {
  Arrive();
  EXPECT_EQ(Answer(PingStatus(2, {"cal"})), "Sync cal=2");
  EXPECT_THAT(diary_.Take(), ElementsAre("woken cal"));
  EXPECT_EQ(Answer(Synced({{1, "cal", "3"}})), "Ping");
  EXPECT_THAT(diary_.Take(), ElementsAre("synced cal"));
  EXPECT_EQ(Answer(PingStatus(2, {"cal", "inbox"})), "Sync inbox=2 cal=3");
}

TEST_F(DeviceTest, AsksAgainWhileMoreIsAvailable) {
  Arrive();
  Answer(PingStatus(2, {"cal"}));
  EXPECT_EQ(Answer(Synced({{1, "cal", "3", true}})), "Sync cal=3");
  EXPECT_THAT(diary_.Take(), ElementsAre("woken cal"));  // not synced: it was not served whole
  EXPECT_EQ(Answer(Synced({{1, "cal", "4"}})), "Ping");
  EXPECT_THAT(diary_.Take(), ElementsAre("synced cal"));
}

TEST_F(DeviceTest, TakesAnEmptySyncAnswerAsNothingNew) {
  Arrive();
  Answer(PingStatus(2, {"cal"}));
  EXPECT_EQ(Answer(Ok("")), "Ping");
  EXPECT_THAT(diary_.Take(), ElementsAre("woken cal", "synced cal"));
}

TEST_F(DeviceTest, TellsOfAConnectionThatWasClosedAndNotOfSilence) {
  Arrive();
  Lose(Device::Loss::kSilent, 10s);
  EXPECT_EQ(diary_.closed, 0);
  Waited();
  Lose(Device::Loss::kClosed, 10s);
  EXPECT_EQ(diary_.closed, 1);
}

TEST_F(DeviceTest, RepeatsALostSyncFirstWithTheSameSyncKey) {
  Arrive();
  EXPECT_EQ(Answer(PingStatus(2, {"inbox"})), "Sync inbox=2");
  const Instant first = now_;
  EXPECT_EQ(Lose(Device::Loss::kClosed, 5ms), "wait: the connection was lost");
  EXPECT_LE(step_.time, 1s);
  EXPECT_EQ(Waited(), "Sync inbox=2");
  now_ += 1s;
  EXPECT_EQ(Lose(Device::Loss::kSilent, 30s), "wait: no answer");
  EXPECT_EQ(Waited(), "Sync inbox=2");
  now_ += 1s;
  EXPECT_EQ(Answer(Synced({{1, "inbox", "3"}})), "Ping");
  EXPECT_EQ(diary_.last_asked, first);  // the lost ones may have reached the server
}

TEST_F(DeviceTest, StartsAFolderOverWhenItsSyncKeyIsNotKnown) {
  Arrive();
  Answer(PingStatus(2, {"inbox"}));
  EXPECT_EQ(Answer(Synced({{3, "inbox", "0"}})), "wait: Sync status 1");
  EXPECT_EQ(Waited(), "Sync inbox=0");
  EXPECT_EQ(Answer(Synced({{1, "inbox", "1"}})), "Sync inbox=1");
  EXPECT_EQ(Answer(Synced({{1, "inbox", "2"}})), "Ping");
}

TEST_F(DeviceTest, FetchesTheFolderListWhenAFolderIsGone) {
  Arrive();
  Answer(PingStatus(2, {"inbox"}));
  Answer(Synced({{8, "inbox", "0"}}));
  EXPECT_EQ(Waited(), "FolderSync 1");
}

TEST_F(DeviceTest, TriesLongerIntervalsAfterExpiry) {
  Arrive();
  EXPECT_EQ(Answer(PingStatus(1), 480s), "Ping 720");
  EXPECT_THAT(diary_.Take(), ElementsAre("expired"));
  EXPECT_EQ(Answer(PingStatus(1), 720s), "Ping 960");
  EXPECT_EQ(Lose(Device::Loss::kSilent, 990s), "wait: no answer");
  EXPECT_EQ(Waited(), "Ping");  // 720 is what the server remembers
  EXPECT_EQ(step_.time, 720s + config_.patience);
  EXPECT_TRUE(device_.tuner().settled());
}

TEST_F(DeviceTest, LearnsNothingOfTheNetworkFromNews) {
  Arrive();
  Answer(PingStatus(1), 480s);
  Answer(PingStatus(2, {"inbox"}), 100s);
  EXPECT_EQ(Answer(Synced({{1, "inbox", "3"}})), "Ping");
  EXPECT_EQ(device_.tuner().interval(), 720s);
  EXPECT_EQ(device_.tuner().proven(), 480s);
}

TEST_F(DeviceTest, LearnsNothingFromAConnectionThatBreaksAtOnce) {
  Arrive();
  Lose(Device::Loss::kClosed, 3s);
  EXPECT_EQ(device_.tuner().interval(), 480s);
  EXPECT_EQ(Waited(), "Ping 480 inbox:Email cal:Calendar");  // the server may not have got it
  Lose(Device::Loss::kClosed, 85s);                          // a middlebox that closes what is idle
  EXPECT_EQ(device_.tuner().interval(), 60s);
}

TEST_F(DeviceTest, DoesNotTakeAPingForExpiredThatEndedBeforeItsTime) {
  Arrive();
  EXPECT_EQ(Answer(PingStatus(1), 5s), "wait: Ping status 1 before its time");
  EXPECT_THAT(diary_.Take(), IsEmpty());
  EXPECT_EQ(device_.tuner().proven(), 0s);
  EXPECT_EQ(Waited(), "Ping");
}

TEST_F(DeviceTest, SendsEverythingAgainOnStatus3) {
  Arrive();
  Answer(PingStatus(2, {"cal"}));
  EXPECT_EQ(Answer(Synced({{1, "cal", "3"}})), "Ping");
  EXPECT_EQ(Answer(PingStatus(3)), "Ping 480 inbox:Email cal:Calendar");
}

TEST_F(DeviceTest, ObeysTheBoundOfStatus5) {
  Arrive();
  EXPECT_EQ(Answer(PingStatus(5, {}, 300)), "Ping 300 inbox:Email cal:Calendar");
  EXPECT_EQ(Answer(PingStatus(1), 300s), "Ping");  // it is the maximum now
}

TEST_F(DeviceTest, WatchesFewerFoldersOnStatus6) {
  Arrive();
  EXPECT_EQ(Answer(PingStatus(6, {}, 0, 1)), "Ping 480 inbox:Email");
  EXPECT_THAT(diary_.Take(), ElementsAre("watches inbox"));
}

TEST_F(DeviceTest, FetchesTheFolderListOnStatus7AndSyncsWhatIsNew) {
  Arrive();
  EXPECT_EQ(Answer(PingStatus(7)), "FolderSync 1");
  EXPECT_EQ(Answer(FolderList("2", {{"tasks", 7}})), "Sync tasks=0");
  EXPECT_THAT(diary_.Take(), ElementsAre("watches inbox cal tasks"));
  EXPECT_EQ(Answer(Synced({{1, "tasks", "1"}})), "Sync tasks=1");
  EXPECT_EQ(Answer(Synced({{1, "tasks", "2"}})), "Ping 480 inbox:Email cal:Calendar tasks:Tasks");
}

TEST_F(DeviceTest, TriesLaterOnStatus8AndEverMoreSlowly) {
  Arrive();
  Span last{};
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(Answer(PingStatus(8)), "wait: Ping status 8");
    last = step_.time;
    Waited();
  }
  EXPECT_GE(last, 30s);
  EXPECT_LE(last, 90s);
}

TEST_F(DeviceTest, DoesNotHammerAServerThatKeepsRefusing) {
  Arrive();
  int at_once = 0;
  for (int i = 0; i < 20; ++i) {
    if (Answer(PingStatus(3)).starts_with("wait")) {
      Waited();
    } else {
      ++at_once;
    }
  }
  EXPECT_LE(at_once, 2);
}

// A server that goes again and again is no worse each time: between two times all was well.
TEST_F(DeviceTest, APingThatWaitedEndsARowOfFailures) {
  Arrive();
  for (int restarts = 0; restarts < 20; ++restarts) {
    Answer(PingStatus(1), 5s);  // drained
    EXPECT_LE(step_.time, 500ms) << restarts;
    Waited();
    Lose(Device::Loss::kClosed, 5s);  // killed
    EXPECT_LE(step_.time, 500ms) << restarts;
    Waited();
  }
}

TEST_F(DeviceTest, StopsWhenThePasswordIsWrong) {
  Take(device_.Begin());
  EXPECT_THAT(Answer({.status = 401, .body = "", .retry_after = std::nullopt}), HasSubstr("stop: HTTP 401 to FolderSync: wrong user"));
}

TEST_F(DeviceTest, ComesBackWhen503Says) {
  Arrive();
  EXPECT_EQ(Answer({.status = 503, .body = "", .retry_after = 17s}), "wait: HTTP 503 to Ping");
  EXPECT_GE(step_.time, 17s);
  EXPECT_LT(step_.time, 18s);
  EXPECT_EQ(Waited(), "Ping 480 inbox:Email cal:Calendar");
  EXPECT_EQ(device_.tuner().interval(), 480s);
}

TEST_F(DeviceTest, ProvisionsWhenTheServerAsks) {
  for (const HttpReply& ask : {FolderSyncStatus(142), HttpReply{.status = 449, .body = "", .retry_after = std::nullopt}}) {
    Device device(7, config_, diary_);
    step_ = device.Begin();
    const auto answer = [&](const HttpReply& reply) {
      device.Written(now_);
      return Take(device.Answered(reply, now_));
    };
    EXPECT_EQ(answer(ask), "Provision ");
    EXPECT_EQ(answer(Policy("17")), "Provision 17");
    EXPECT_EQ(answer(Policy("99")), "FolderSync 0");
    EXPECT_EQ(device.policy_key(), "99");
  }
}

TEST_F(DeviceTest, ForgetsTheFolderListThatTheServerForgot) {
  Take(device_.Begin());
  EXPECT_EQ(Answer(FolderSyncStatus(9)), "wait: FolderSync status 9");
  EXPECT_EQ(Waited(), "FolderSync 0");
}

TEST_F(DeviceTest, StopsAtWhatIsNotTheProtocol) {
  Take(device_.Begin());
  EXPECT_THAT(Answer(Ok("<html>hello</html>")), HasSubstr("stop: "));
}

TEST_F(DeviceTest, ReportsAWakeForAFolderItDoesNotHave) {
  Arrive();
  EXPECT_THAT(Answer(PingStatus(2, {"elsewhere"})), HasSubstr("wait: "));
  EXPECT_THAT(diary_.Take(), ElementsAre("woken elsewhere"));  // the ledger will call it foreign
}

}  // namespace
}  // namespace mailwake::fleet
