// SPDX-License-Identifier: Apache-2.0
//
// P6, on time: a heartbeat of H ends in [H, H + 1 s], an isolated change wakes at once, a pause moves deadlines, backwards is ignored.

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

TEST(PromiseTest, P6AHeartbeatEndsWithinASecondOfItsEndAndNeverBeforeWhateverItsLengthAndPhase) {
  EngineWorld world({.heartbeat_min = 1s});
  world.set_check_invariants(false);
  std::mt19937_64 random(5);
  struct Due {
    Ping ping;
    Time at;
  };
  std::vector<Due> due;
  for (int i = 0; i < 400; ++i) {
    world.AdvanceBy(Duration(random() % 2'700));
    const std::chrono::seconds heartbeat(i % 4 == 0 ? 1 + static_cast<int>(random() % 5) : 1 + static_cast<int>(random() % 3540));
    due.push_back({world.Hold(absl::StrCat("user", i), "phone", {"inbox"}, heartbeat), world.now() + heartbeat});
  }
  world.AdvanceBy(2h);
  for (const Due& one : due) {
    ASSERT_FALSE(world.live(one.ping));
    EXPECT_EQ(world.ended(one.ping).reason, EndReason::kExpired);
    EXPECT_GE(world.ended(one.ping).time, one.at);
    EXPECT_LE(world.ended(one.ping).time, one.at + 1s);
  }
}

TEST(PromiseTest, P6AnIsolatedChangeWakesAtTheSameMillisecondWithAndWithoutAWindow) {
  for (const Duration window : {Duration(0), Duration(10'000)}) {
    EngineWorld world({.coalesce = {window}});
    world.Sync("ann", "phone", {"inbox"});
    const Ping ping = world.Hold("ann", "phone", {"inbox"});
    world.AdvanceBy(Duration(12'345));
    const Time published = world.now();
    world.Publish("ann", "inbox");
    world.ExpectOnly({Changed(ping, {"inbox"})});
    EXPECT_EQ(world.ended(ping).time, published);
  }
}

TEST(PromiseTest, P6AnEndThatIsReadyIsDueAtOnce) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.set_auto_settle(false);
  world.Publish("ann", "inbox");
  ASSERT_TRUE(world.engine().next_deadline());
  EXPECT_LE(*world.engine().next_deadline(), world.now());
  world.ExpectOnly({Changed(ping, {"inbox"})});
  EXPECT_EQ(world.engine().stats().pings_held, 0u);
}

TEST(PromiseTest, P6NextDeadlineIsNeverLaterThanAnyPingsDeadline) {
  EngineWorld world;
  std::mt19937_64 random(9);
  world.set_on_step([&] {
    const std::optional<Time> next = world.engine().next_deadline();
    for (const PingView& ping : world.engine().Pings(1000)) {
      ASSERT_TRUE(next);
      ASSERT_LE(*next, ping.deadline + 1s);
    }
  });
  for (int i = 0; i < 60; ++i) {
    world.Hold(absl::StrCat("user", i), "phone", {"inbox"}, std::chrono::seconds(60 + random() % 600));
    world.AdvanceBy(Duration(random() % 5'000));
  }
  world.AdvanceBy(15min);
  EXPECT_EQ(world.engine().stats().pings_held, 0u);
}

TEST(PromiseTest, P6WithNothingToWaitForThereIsNoDeadline) {
  EngineWorld world;
  EXPECT_EQ(world.engine().next_deadline(), std::nullopt);
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
  EXPECT_TRUE(world.engine().next_deadline());
  world.Cancel(ping);
  world.AdvanceBy(2s);
  world.Restart();
  EXPECT_EQ(world.engine().next_deadline(), std::nullopt);
}

TEST(PromiseTest, P6APauseMovesDeadlinesByItsLength) {
  for (const Duration pause : {Duration(5'001), Duration(60'000), Duration(3h)}) {
    SCOPED_TRACE(pause.count());
    EngineWorld world;
    const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
    const Time due = world.now() + 60s;
    world.AdvanceBy(20s);
    world.JumpTo(*world.armed() + pause);  // nobody called advance() when it was promised
    world.Settle();
    world.ExpectNone();
    world.AdvanceTo(due + pause - 1s);
    world.ExpectNone();
    world.AdvanceTo(due + pause + 2s);
    world.ExpectOnly({Expired(ping)});
  }
}

TEST(PromiseTest, P6AfterAPauseAChangeStillWakesAtOnce) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
  world.JumpBy(8h);
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(PromiseTest, P6ALateCallIsNoPause) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
  const Time due = world.now() + 60s;
  world.AdvanceTo(due - 500ms);
  world.JumpTo(due + 3s);  // a busy loop, not a sleeping machine
  world.Settle();
  world.ExpectOnly({Expired(ping)});
}

TEST(PromiseTest, P6AnIdleTimeWithoutPingsIsNoPauseForThoseThatCome) {
  EngineWorld world;
  world.AdvanceBy(1s);
  world.JumpBy(5h);
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
  const Time due = world.now() + 60s;
  world.AdvanceTo(due + 1s);
  world.ExpectOnly({Expired(ping)});
  EXPECT_GE(world.ended(ping).time, due);
}

TEST(PromiseTest, P6AStepBackwardsIsIgnored) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 60s);
  const Time due = world.now() + 60s;
  world.AdvanceBy(30s);
  world.JumpBy(-2h);
  world.Settle();
  world.engine().advance(world.now());
  world.ExpectNone();
  world.JumpTo(due - 30s);
  world.AdvanceTo(due - 1ms);
  world.ExpectNone();
  world.AdvanceTo(due + 1s);
  world.ExpectOnly({Expired(ping)});
}

TEST(PromiseTest, P6AHeldPingOutlivesABackwardClockByNoMoreThanItsHeartbeat) {
  EngineWorld world;
  world.Hold("ann", "phone", {"inbox"}, 600s);
  world.AdvanceBy(10s);
  world.JumpBy(-100s);
  const Ping ping = world.Hold("bob", "phone", {"inbox"}, 60s);
  world.JumpBy(100s);
  world.AdvanceBy(61s);
  EXPECT_FALSE(world.live(ping));
}

TEST(PromiseTest, P6TheHookFiresExactlyWhenTheDeadlineMovesEarlier) {
  Time now{24h * 20'000};
  int moved = 0;
  FakeStore store(std::make_shared<FakeDisk>());
  auto engine = Engine::Create({.clock = [&] { return now; }, .deadline_moved = [&] { ++moved; }}, store).value();
  std::mt19937_64 random(4);
  std::vector<PingId> ids;
  int ends = 0;
  for (int step = 0; step < 3000; ++step) {
    const std::optional<Time> before = engine->next_deadline();
    moved = 0;
    const std::string mailbox = absl::StrCat("user", random() % 40);
    switch (random() % 5) {
      case 0:
        engine->Publish({{.mailbox = mailbox, .folder = "inbox"}}, [](absl::Status) {});
        break;
      case 1:
        if (!ids.empty()) engine->Cancel(ids[random() % ids.size()]);
        break;
      default:
        ids.push_back(engine->Hold({.mailbox = mailbox,
                                    .device = "phone",
                                    .heartbeat = std::chrono::seconds(60 + random() % 900),
                                    .folders = {{{"inbox", ItemClass::kEmail}}}},
                                   [&](const PingEnd&) { ++ends; }));
    }
    const std::optional<Time> after = engine->next_deadline();
    const bool earlier = after && (!before || *after < *before);
    ASSERT_EQ(moved > 0, earlier) << "step " << step;
    if (random() % 3 == 0) {
      now += Duration(random() % 1'000);
      engine->advance(now);
    }
  }
  EXPECT_GT(ends, 0);
}

TEST(PromiseTest, P6WithoutAClockTheLastAdvanceTellsTheTime) {
  FakeStore store(std::make_shared<FakeDisk>());
  auto engine = Engine::Create({}, store).value();
  const Time start{24h * 20'000};
  engine->advance(start);
  std::optional<EndReason> ended;
  engine->Hold({.mailbox = "ann", .device = "phone", .heartbeat = 60s, .folders = {{{"inbox", ItemClass::kEmail}}}},
               [&](const PingEnd& end) { ended = end.reason; });
  Time now = start;
  while (now < start + 60s) {
    engine->advance(now);
    ASSERT_FALSE(ended) << (now - start).count();
    ASSERT_TRUE(engine->next_deadline());
    now = std::max(now + 1ms, *engine->next_deadline());
  }
  engine->advance(start + 61s);
  EXPECT_EQ(ended, EndReason::kExpired);
}

}  // namespace
}  // namespace mailwake
