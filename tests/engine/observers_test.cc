// SPDX-License-Identifier: Apache-2.0
//
// Observers, counters, loops of one's own, and arguments that are wrong.

#include "mailwake/observers.h"

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

TEST(ObserversTest, ThereIsOneEmissionADeliveredBatchAndItTellsWhatWasDelivered) {
  EngineWorld world;
  std::vector<std::vector<EndRecord>> batches;
  const auto connection =
      world.engine().observers().ended.connect([&](std::span<const EndRecord> ends) { batches.emplace_back(ends.begin(), ends.end()); });
  for (int i = 0; i < 100; ++i) world.Hold("ann", absl::StrCat("phone", i), {"inbox"});
  EXPECT_TRUE(batches.empty());
  world.Publish("ann", "inbox");
  ASSERT_EQ(batches.size(), 1u) << "100 wakes of one change are one emission";
  ASSERT_EQ(batches[0].size(), 100u);
  std::set<std::string> devices;
  for (const EndRecord& end : batches[0]) {
    devices.insert(end.device);
    EXPECT_EQ(end.mailbox, "ann");
    EXPECT_EQ(end.reason, EndReason::kChanged);
    EXPECT_EQ(end.folder, "inbox");
    EXPECT_EQ(end.version, world.store().stored_folder("ann", "inbox")->version);
    EXPECT_EQ(end.time, world.now());
  }
  EXPECT_EQ(devices.size(), 100u);
  connection.disconnect();
  world.Cancel(world.Hold("bob", "phone", {"inbox"}));
  EXPECT_EQ(batches.size(), 1u);
}

TEST(ObserversTest, NoEmptyBatchIsEmitted) {
  EngineWorld world;
  int emissions = 0;
  world.engine().observers().ended.connect([&](std::span<const EndRecord>) { ++emissions; });
  world.Hold("ann", "phone", {"inbox"});
  world.AdvanceBy(10s);
  EXPECT_EQ(emissions, 0);
}

TEST(ObserversTest, ASlotMayCallTheEngine) {
  EngineWorld world;
  int seen = 0;
  world.engine().observers().ended.connect([&](std::span<const EndRecord> ends) {
    ++seen;
    EXPECT_EQ(world.engine().stats().pings_held, 0u);
    EXPECT_TRUE(world.engine().Explain(ends[0].mailbox, ends[0].device).last_end);
    if (seen == 1) world.engine().Publish({{.mailbox = "bob", .folder = "inbox"}}, [](absl::Status) {});
  });
  world.Cancel(world.Hold("ann", "phone", {"inbox"}));
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(world.engine().stats().changes, 1u);
}

TEST(StatsTest, CountersCount) {
  EngineWorld world;
  const Ping ann = world.Hold("ann", "phone", {"inbox"});
  world.Hold("bob", "phone", {"inbox"}, 1s);
  world.Cancel(world.Hold("bob", "tablet", {"inbox"}));
  world.Publish("ann", "inbox");
  world.Publish("ann", "cal");
  Stats stats = world.engine().stats();
  EXPECT_EQ(stats.holds, 3u);
  EXPECT_EQ(stats.pings_held, 0u);
  EXPECT_EQ(stats.changes, 2u);
  EXPECT_EQ(stats.mailboxes, 2u);
  EXPECT_EQ(stats.mailboxes_loading, 0u);
  EXPECT_EQ(stats.commit_failures, 0u);
  EXPECT_EQ(stats.load_failures, 0u);
  EXPECT_GT(stats.commits, 0u);
  EXPECT_EQ(stats.ends[static_cast<std::size_t>(EndReason::kChanged)], 1u);
  EXPECT_EQ(stats.ends[static_cast<std::size_t>(EndReason::kRefused)], 1u);
  EXPECT_EQ(stats.ends[static_cast<std::size_t>(EndReason::kCancelled)], 1u);
  EXPECT_EQ(stats.ends[static_cast<std::size_t>(EndReason::kExpired)], 0u);
  EXPECT_EQ(world.ended(ann).reason, EndReason::kChanged);
  world.store().set_held(true);
  world.Hold("carol", "phone", {"inbox"});
  stats = world.engine().stats();
  EXPECT_EQ(stats.mailboxes_loading, 1u);
}

TEST(StatsTest, AsManyEndAsWereHeld) {
  EngineWorld world;
  world.set_check_invariants(false);
  for (int i = 0; i < 300; ++i) {
    world.Hold(absl::StrCat("user", i % 40), absl::StrCat("phone", i % 3), {"inbox"}, std::chrono::seconds(i % 7 == 0 ? 1 : 60 + i));
    if (i % 5 == 0) world.Publish(absl::StrCat("user", i % 40), "inbox");
    world.AdvanceBy(500ms);
  }
  const Stats stats = world.engine().stats();
  std::uint64_t ends = 0;
  for (const std::uint64_t count : stats.ends) ends += count;
  EXPECT_EQ(ends + stats.pings_held, 300u);
  EXPECT_EQ(world.TakeEnded().size(), ends);
}

// ---- Loops of one's own ----------------------------------------------------------------------------------------------------------------

struct LoopWorld {
  LoopWorld() : store(std::make_shared<FakeDisk>()) {
    engine = Engine::Create({.clock = [this] { return now; }}, store).value();
    loop = engine->AddLoop([this] { ++ready; });
  }
  void Hold(const std::string& mailbox, LoopId on) {
    engine->Hold({.mailbox = mailbox, .device = "phone", .heartbeat = 60s, .folders = Watch({"inbox"}), .loop = on},
                 [this](const PingEnd&) {
                   ++ends;
                   if (on_end) on_end();
                 });
  }
  void Publish(const std::string& mailbox) {
    engine->Publish({{.mailbox = mailbox, .folder = "inbox"}}, [](absl::Status) {});
  }

  Time now{24h * 20'000};
  int ready = 0;
  int ends = 0;
  std::function<void()> on_end;
  FakeStore store;
  LoopId loop = 0;
  std::unique_ptr<Engine> engine;
};

TEST(LoopTest, EndsOfALoopAreNotDeliveredByAdvance) {
  LoopWorld world;
  world.Hold("ann", world.loop);
  world.Publish("ann");
  EXPECT_EQ(world.engine->advance(world.now), 0u);
  EXPECT_EQ(world.engine->Deliver(0), 0u);
  EXPECT_EQ(world.ends, 0);
  EXPECT_EQ(world.ready, 1);
  EXPECT_EQ(world.engine->Deliver(world.loop), 1u);
  EXPECT_EQ(world.ends, 1);
  EXPECT_EQ(world.engine->Deliver(world.loop), 0u);
}

TEST(LoopTest, ALoopIsToldOnceUntilItsNextDeliver) {
  LoopWorld world;
  for (int i = 0; i < 100; ++i) {
    world.Hold(absl::StrCat("user", i), world.loop);
    world.Publish(absl::StrCat("user", i));
  }
  EXPECT_EQ(world.ready, 1);
  EXPECT_EQ(world.engine->Deliver(world.loop), 100u);
  world.Hold("late", world.loop);
  EXPECT_EQ(world.ready, 1);
  world.Publish("late");
  EXPECT_EQ(world.ready, 2);
}

TEST(LoopTest, DeliverTakesNoMoreThanAskedAndTheLoopIsToldThatThereIsMore) {
  LoopWorld world;
  for (int i = 0; i < 100; ++i) {
    world.Hold(absl::StrCat("user", i), world.loop);
    world.Publish(absl::StrCat("user", i));
  }
  EXPECT_EQ(world.engine->Deliver(world.loop, 30), 30u);
  EXPECT_GE(world.ready, 2);
  EXPECT_EQ(world.engine->Deliver(world.loop, 1000), 70u);
  EXPECT_EQ(world.ends, 100);
}

TEST(LoopTest, ANestedDeliverReturns0AndLosesNothing) {
  LoopWorld world;
  for (const std::string mailbox : {"ann", "bob"}) {
    world.Hold(mailbox, world.loop);
    world.Publish(mailbox);
  }
  world.on_end = [&] {
    EXPECT_EQ(world.engine->Deliver(world.loop), 0u);
    EXPECT_EQ(world.engine->advance(world.now), 0u);
  };
  std::size_t delivered = 0;
  for (int i = 0; i < 3; ++i) delivered += world.engine->Deliver(world.loop);
  EXPECT_EQ(delivered, 2u);
  EXPECT_EQ(world.ends, 2);
}

TEST(LoopTest, HeartbeatsEndOnTheLoopToo) {
  LoopWorld world;
  world.Hold("ann", world.loop);
  const Time due = world.now + 60s;
  while (world.now < due + 1s) {
    world.now = std::min(due + 1s, std::max(world.now + 1ms, world.engine->next_deadline().value_or(due + 1s)));
    world.engine->advance(world.now);
  }
  EXPECT_EQ(world.ready, 1);
  EXPECT_EQ(world.engine->Deliver(world.loop), 1u);
}

// ---- Arguments -------------------------------------------------------------------------------------------------------------------------

TEST(ArgumentsTest, OptionsThatCannotBeAreRefusedByName) {
  FakeStore store(std::make_shared<FakeDisk>());
  const auto refused = [&](Options options) {
    const absl::Status status = Engine::Create(std::move(options), store).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message().data(), status.message().size());
  };
  EXPECT_THAT(refused({.shards = 3}), ::testing::HasSubstr("shards"));
  EXPECT_THAT(refused({.shards = 0}), ::testing::HasSubstr("shards"));
  EXPECT_THAT(refused({.shards = 128}), ::testing::HasSubstr("shards"));
  EXPECT_THAT(refused({.heartbeat_min = 0s}), ::testing::HasSubstr("heartbeat_min"));
  EXPECT_THAT(refused({.heartbeat_min = 100s, .heartbeat_max = 99s}), ::testing::HasSubstr("heartbeat"));
  EXPECT_THAT(refused({.coalesce = {Duration(-1)}}), ::testing::HasSubstr("coalesc"));
  EXPECT_THAT(refused({.retry_after = -1s}), ::testing::HasSubstr("retry_after"));
  EXPECT_THAT(refused({.age_out = 0h}), ::testing::HasSubstr("age_out"));
  EXPECT_THAT(refused({.age_out = std::chrono::hours::max()}), ::testing::HasSubstr("age_out"));
  EXPECT_TRUE(Engine::Create({.shards = 1}, store).ok());
}

TEST(ArgumentsTest, ABadChangeIsNamedAndNothingOfItsBatchIsApplied) {
  EngineWorld world;
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  const AnswerPtr answer = world.Publish({{.mailbox = "ann", .folder = "inbox"},
                                          {.mailbox = "ann", .folder = "inbox"},
                                          {.mailbox = "ann", .folder = ""},
                                          {.mailbox = "bob", .folder = "inbox"}});
  EXPECT_EQ(answer->status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(answer->status.message().data(), answer->status.message().size()), ::testing::HasSubstr("3"));
  world.ExpectNone();
  EXPECT_TRUE(world.live(ping));
  EXPECT_EQ(world.engine().stats().changes, 0u);
}

TEST(ArgumentsTest, AnEmptyBatchIsAnsweredOk) {
  EngineWorld world;
  EXPECT_TRUE(world.Publish(std::vector<Change>{})->ok());
}

TEST(ArgumentsTest, BadIdsAreRefusedByEveryCall) {
  EngineWorld world;
  const std::string mailbox(321, 'm');
  const std::string device(65, 'd');
  const std::string folder(65, 'f');
  const auto invalid = [](const AnswerPtr& answer) {
    return answer->calls == 1 && answer->status.code() == absl::StatusCode::kInvalidArgument;
  };
  for (const std::string& bad : {std::string(), mailbox}) {
    EXPECT_TRUE(invalid(world.Publish({{.mailbox = bad, .folder = "inbox"}})));
    EXPECT_TRUE(invalid(world.SetFolders(bad, std::vector<std::string>{"inbox"})));
    EXPECT_TRUE(invalid(world.Suspect(bad)));
    EXPECT_TRUE(invalid(world.ResetCursor(bad, "phone", "inbox")));
    EXPECT_TRUE(invalid(world.EndFolderSync(bad, "phone", 0)));
    EXPECT_TRUE(invalid(world.EndSync({.mailbox = bad, .device = "phone"}, {"inbox"})));
    const auto list = world.BeginFolderSync(bad);
    EXPECT_TRUE(list && list->status().code() == absl::StatusCode::kInvalidArgument);
  }
  for (const std::string& bad : {std::string(), device}) {
    EXPECT_TRUE(invalid(world.ResetCursor("ann", bad, "inbox")));
    EXPECT_TRUE(invalid(world.EndFolderSync("ann", bad, 0)));
  }
  EXPECT_TRUE(invalid(world.Publish({{.mailbox = "ann", .folder = "inbox", .device = device}})));
  EXPECT_TRUE(invalid(world.ResetCursor("ann", "phone", folder)));
  EXPECT_EQ(world.engine().stats().mailboxes, 0u) << "nothing was created by what was refused";
  EXPECT_EQ(world.store().counts().loads, 0u);
}

TEST(ArgumentsTest, CallsMayLeaveTheirDoneCallbackEmpty) {
  EngineWorld world;
  Engine& engine = world.engine();
  for (const bool held : {false, true}) {
    world.store().set_held(held);
    engine.Publish({{.mailbox = "ann", .folder = "inbox"}}, nullptr);
    engine.Publish({{.mailbox = "", .folder = "inbox"}}, nullptr);
    engine.SetFolders("ann", Declare({"inbox"}), nullptr);
    engine.Suspect("ann", nullptr);
    engine.Suspect(std::nullopt, nullptr);
    engine.ResetCursor("ann", "phone", "inbox", nullptr);
    engine.EndFolderSync("ann", "phone", 0, nullptr);
    engine.EndSync(engine.BeginSync("ann", "phone"), {}, nullptr);
    engine.BeginFolderSync("ann", nullptr);
    world.store().set_held(false);
    world.store().ReleaseAll();
    world.Settle();
  }
}

TEST(ArgumentsTest, StringsNeedOnlyLiveForTheCall) {
  EngineWorld world;
  world.store().set_held(true);  // so that the engine must keep them
  Ping ping;
  {
    auto mailbox = std::make_unique<std::string>("ann");
    auto device = std::make_unique<std::string>("phone");
    auto folder = std::make_unique<std::string>("inbox");
    auto network = std::make_unique<std::string>("home");
    ping = world.Hold(
        {.mailbox = *mailbox, .device = *device, .heartbeat = 300s, .folders = {{{*folder, ItemClass::kEmail}}}, .network = *network});
    world.Publish({{.mailbox = *mailbox, .folder = *folder, .device = "tablet"}});
    for (auto* text : {mailbox.get(), device.get(), folder.get(), network.get()}) text->assign("zzzzz");
  }
  world.store().ReleaseAll();
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

}  // namespace
}  // namespace mailwake
