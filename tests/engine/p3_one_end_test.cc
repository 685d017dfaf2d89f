// SPDX-License-Identifier: Apache-2.0
//
// P3, exactly one end: each PING ends once, whatever comes together; and the rule "Ends": never before Hold has returned, never nested.
// (EngineWorld itself fails a test in which a PING ends twice, inside Hold, nested, or outside a delivery.)

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

// One way to each EndReason.
struct Way {
  EndReason reason;
  std::function<Ping(EngineWorld&)> take;

  friend void PrintTo(const Way& way, std::ostream* out) { *out << Name(way.reason); }
};

Ping HoldInbox(EngineWorld& world) { return world.Hold("ann", "phone", {"inbox"}, 60s); }

const std::vector<Way>& Ways() {
  static const auto& ways = *new std::vector<Way>{
      {EndReason::kChanged,
       [](EngineWorld& world) {
         const Ping ping = HoldInbox(world);
         world.Publish("ann", "inbox");
         return ping;
       }},
      {EndReason::kExpired,
       [](EngineWorld& world) {
         const Ping ping = HoldInbox(world);
         world.AdvanceBy(61s);
         return ping;
       }},
      {EndReason::kHierarchy,
       [](EngineWorld& world) {
         world.SetFolders("ann", std::vector<std::string>{"inbox"});
         return world.Hold("ann", "phone", {"unknown"}, 60s);
       }},
      {EndReason::kResync,
       [](EngineWorld& world) {
         const Ping ping = HoldInbox(world);
         world.Suspect("ann");
         world.AdvanceBy(1s);
         return ping;
       }},
      {EndReason::kSuperseded,
       [](EngineWorld& world) {
         const Ping ping = HoldInbox(world);
         world.Hold("ann", "phone", {"cal"}, 60s);
         return ping;
       }},
      {EndReason::kCancelled,
       [](EngineWorld& world) {
         const Ping ping = HoldInbox(world);
         EXPECT_TRUE(world.Cancel(ping));
         return ping;
       }},
      {EndReason::kRefused, [](EngineWorld& world) { return world.Hold("ann", "phone", {"inbox"}, 1s); }},
      {EndReason::kShed,
       [](EngineWorld& world) {
         const Ping ping = HoldInbox(world);
         world.engine().Shed(1);
         world.Settle();
         return ping;
       }},
      {EndReason::kDrained,
       [](EngineWorld& world) {
         const Ping ping = HoldInbox(world);
         world.engine().Drain(Duration(0));
         world.AdvanceBy(1s);
         return ping;
       }},
      {EndReason::kFailed,
       [](EngineWorld& world) {
         world.store().FailLoads(absl::DataLossError("damaged"));
         const Ping ping = HoldInbox(world);
         world.AdvanceBy(61s);
         world.store().FailLoads({}, 0);
         return ping;
       }},
  };
  return ways;
}

class P3EndTest : public ::testing::TestWithParam<Way> {};

TEST_P(P3EndTest, P3IsReachedOnceAndNothingEndsThePingAgain) {
  EngineWorld world;
  const Ping ping = GetParam().take(world);
  ASSERT_FALSE(world.live(ping));
  EXPECT_EQ(world.ended(ping).reason, GetParam().reason);
  EXPECT_EQ(world.engine().stats().ends[static_cast<std::size_t>(GetParam().reason)], 1u);
  EXPECT_FALSE(world.Cancel(ping));
  world.Publish("ann", "inbox");
  world.Suspect("ann");
  world.engine().EndDevice("ann", "phone");
  world.engine().Shed(10);
  world.AdvanceBy(2h);
  world.engine().Drain(Duration(10s));
  world.AdvanceBy(20s);
  int ends = 0;
  for (const Ended& end : world.TakeEnded()) ends += end.ping == ping ? 1 : 0;
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(world.engine().stats().pings_held, 0u);
}

INSTANTIATE_TEST_SUITE_P(Reason, P3EndTest, ::testing::ValuesIn(Ways()),
                         [](const auto& test) { return std::string(Name(test.param.reason)); });

TEST(PromiseTest, P3EveryReasonHasAWay) {
  std::vector<bool> seen(kEndReasons);
  for (const Way& way : Ways()) seen[static_cast<std::size_t>(way.reason)] = true;
  EXPECT_EQ(seen, std::vector<bool>(kEndReasons, true));
}

TEST(PromiseTest, P3OfTwoCancelsOneWins) {
  EngineWorld world;
  const Ping ping = HoldInbox(world);
  world.set_auto_settle(false);
  EXPECT_TRUE(world.engine().Cancel(world.id(ping)));
  EXPECT_FALSE(world.engine().Cancel(world.id(ping)));
  world.ExpectOnly({Cancelled(ping)});
  EXPECT_FALSE(world.engine().Cancel(world.id(ping)));
  world.ExpectNone();
}

TEST(PromiseTest, P3CancelLosesAgainstAnEndThatIsOnItsWay) {
  EngineWorld world;
  const Ping ping = HoldInbox(world);
  world.set_auto_settle(false);
  world.Publish("ann", "inbox");
  const bool won = world.engine().Cancel(world.id(ping));
  world.Settle();
  // Either order is one: what Cancel says is what the callback says.
  EXPECT_EQ(world.ended(ping).reason, won ? EndReason::kCancelled : EndReason::kChanged);
  world.TakeEnded();
  world.ExpectNone();
}

TEST(PromiseTest, P3CancelOfASupersededPingThatIsNotYetToldAgreesWithItsCallback) {
  EngineWorld world;
  world.set_auto_settle(false);
  const Ping older = HoldInbox(world);
  const Ping newer = HoldInbox(world);
  const bool won = world.engine().Cancel(world.id(older));
  world.ExpectOnly({won ? Cancelled(older) : Superseded(older)});
  EXPECT_FALSE(world.engine().Cancel(world.id(older)));
  EXPECT_TRUE(world.live(newer));
}

TEST(PromiseTest, P3ALateCancelNeverMeetsTheNextPing) {
  EngineWorld world;
  std::vector<Ping> old;
  for (int i = 0; i < 100; ++i) {
    old.push_back(HoldInbox(world));
    world.Cancel(old.back());
  }
  const Ping live = HoldInbox(world);
  world.TakeEnded();
  for (const Ping& ping : old) EXPECT_FALSE(world.Cancel(ping));
  for (std::uint64_t forged : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, world.id(live).value + 1}) {
    EXPECT_FALSE(world.engine().Cancel({forged})) << forged;
  }
  world.ExpectNone();
  EXPECT_TRUE(world.live(live));
}

TEST(RuleEndsTest, ACompletionMayCancelAnotherPing) {
  EngineWorld world;
  const Ping woken = HoldInbox(world);
  const Ping other = world.Hold("bob", "phone", {"inbox"});
  world.set_on_end([&](const Ended& end) {
    if (end.ping == woken) {
      EXPECT_TRUE(world.engine().Cancel(world.id(other)));
    }
    if (end.ping == woken) {
      EXPECT_TRUE(world.live(other)) << "its callback follows, not nested";
    }
  });
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(woken, {"inbox"}), Cancelled(other)});
}

TEST(PromiseTest, P3ACompletionMayCancelItselfInVain) {
  EngineWorld world;
  const Ping ping = HoldInbox(world);
  bool won = true;
  world.set_on_end([&](const Ended&) { won = world.engine().Cancel(world.id(ping)); });
  world.Publish("ann", "inbox");
  EXPECT_FALSE(won);
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(RuleEndsTest, ACompletionMayHoldAgainAndTheNextEndFollowsNotNested) {
  EngineWorld world;
  int holds = 1;
  world.set_on_end([&](const Ended& end) {
    if (end.reason == EndReason::kChanged && holds < 4) {
      ++holds;
      world.Hold("ann", "phone", {"inbox"}, 60s);  // behind at once: would end inside, were it not queued
    }
  });
  HoldInbox(world);
  world.Publish("ann", "inbox");
  world.AdvanceBy(1s);
  world.ExpectOnly({Changed({0}, {"inbox"}), Changed({1}, {"inbox"}), Changed({2}, {"inbox"}), Changed({3}, {"inbox"})});
}

TEST(RuleEndsTest, ACompletionMayCallEverythingElse) {
  EngineWorld world;
  const Ping first = HoldInbox(world);
  const Ping second = world.Hold("ann", "tablet", {"cal"});
  world.set_on_end([&](const Ended& end) {
    if (end.ping != first) return;
    Engine& engine = world.engine();
    world.Sync("ann", "phone", {"inbox"});
    world.Publish("ann", "cal");
    EXPECT_TRUE(world.live(second)) << "what follows is queued";
    EXPECT_EQ(engine.advance(world.now()), 0u) << "nested";
    EXPECT_EQ(engine.Deliver(0), 0u) << "nested";
    engine.stats();
    engine.Explain("ann", "phone");
    engine.Pings(10);
    engine.next_deadline();
  });
  world.Publish("ann", "inbox");
  world.ExpectOnly({Changed(first, {"inbox"}), Changed(second, {"cal"})});
}

TEST(RuleEndsTest, NamesInAResultAreValidDuringTheCallWhateverHappensToTheFolder) {
  EngineWorld world;
  world.SetFolders("ann", std::vector<std::string>{"inbox"});
  world.FolderSync("ann", "phone");
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = HoldInbox(world);
  Engine& engine = world.engine();
  std::vector<std::string> names;
  engine.Hold({.mailbox = "ann", .device = "tablet", .heartbeat = 60s, .folders = Watch({"inbox"})}, [&](const PingEnd& end) {
    engine.SetFolders("ann", Declare({"other"}), nullptr);  // the folder that is being named goes
    engine.Publish({{.mailbox = "ann", .folder = "other"}}, nullptr);
    names.assign(end.folders.begin(), end.folders.end());
  });
  world.Publish("ann", "inbox");
  EXPECT_EQ(names, std::vector<std::string>{"inbox"});
  EXPECT_FALSE(world.live(ping));
}

TEST(RuleEndsTest, ADoneCallbackMayCallTheEngine) {
  EngineWorld world;
  Engine& engine = world.engine();
  int ends = 0;
  int answers = 0;
  for (const bool held : {false, true}) {
    world.store().set_held(held);
    engine.Publish({{.mailbox = "ann", .folder = "inbox"}}, [&](absl::Status durable) {
      EXPECT_TRUE(durable.ok());
      ++answers;
      const PingId id = engine.Hold({.mailbox = "ann", .device = "phone", .heartbeat = 60s, .folders = Watch({"inbox"})},
                                    [&](const PingEnd&) { ++ends; });
      EXPECT_EQ(engine.Cancel(id) || ends == 0, true);
      engine.Publish({{.mailbox = "bob", .folder = "inbox"}}, [&](absl::Status) { ++answers; });
      engine.Flush([&] { ++answers; });
    });
    world.store().set_held(false);
    world.store().ReleaseAll();
    world.Settle();
  }
  EXPECT_EQ(answers, 6);
  EXPECT_EQ(ends, 2);
}

TEST(RuleEndsTest, ARefusedPingEndsAfterHoldHasReturnedToo) {
  EngineWorld world;
  world.set_auto_settle(false);
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 1s);
  EXPECT_TRUE(world.live(ping));
  ASSERT_TRUE(world.engine().next_deadline());
  EXPECT_LE(*world.engine().next_deadline(), world.now());
  world.ExpectOnly({Refused(ping, Refusal::kHeartbeatTooShort)});
}

TEST(PromiseTest, P3PingsOnSeveralLoopsEndOnceEach) {
  EngineWorld world;
  const LoopId loop = world.AddLoop();
  EXPECT_NE(loop, 0);
  std::vector<Expected> expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string mailbox = "m" + std::to_string(i % 500);
    const std::string device = "phone" + std::to_string(i);
    const Ping ping = world.Hold(
        {.mailbox = mailbox, .device = device, .heartbeat = 60s, .folders = Watch({"inbox"}), .loop = i % 2 == 0 ? loop : LoopId{0}});
    expected.push_back(Changed(ping, {"inbox"}));
  }
  world.set_auto_settle(false);
  for (int i = 0; i < 500; ++i) world.Publish("m" + std::to_string(i), "inbox");
  world.ExpectOnly(expected);
}

TEST(PromiseTest, P3PingsThatAreHeldWhenTheEngineGoesAreDroppedWithoutACallback) {
  int ends = 0;
  FakeStore store(std::make_shared<FakeDisk>());
  auto engine = Engine::Create({}, store).value();
  engine->Hold({.mailbox = "ann", .device = "phone", .heartbeat = 60s, .folders = Watch({"inbox"})}, [&](const PingEnd&) { ++ends; });
  engine.reset();
  EXPECT_EQ(ends, 0);
}

}  // namespace
}  // namespace mailwake
