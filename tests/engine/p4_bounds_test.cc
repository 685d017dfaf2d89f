// SPDX-License-Identifier: Apache-2.0
//
// P4, bounded: each limit of options.h with its refusal, bound and retry time; what is forgotten; what is never queued.

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

Options With(Limits limits) {
  Options options;
  options.limits = limits;
  options.shards = 1;
  return options;
}

// The PING was refused for want of room, with a retry time in [retry_after, 2 * retry_after].
void ExpectFull(EngineWorld& world, Ping ping, Refusal refusal, std::int64_t bound) {
  ASSERT_FALSE(world.live(ping));
  const Ended& end = world.ended(ping);
  EXPECT_EQ(end.reason, EndReason::kRefused);
  EXPECT_EQ(end.refusal, refusal);
  EXPECT_EQ(end.bound, bound);
  EXPECT_GE(end.retry_after, Options{}.retry_after);
  EXPECT_LE(end.retry_after, 2 * Options{}.retry_after);
  EXPECT_TRUE(end.folders.empty());
}

TEST(PromiseTest, P4ThePingsOfTheEngineAreBoundedAndRoomThatIsFreedIsGiven) {
  EngineWorld world(With({.pings = 3}));
  std::vector<Ping> pings;
  for (int i = 0; i < 3; ++i) pings.push_back(world.Hold(absl::StrCat("user", i), "phone", {"inbox"}));
  ExpectFull(world, world.Hold("late", "phone", {"inbox"}), Refusal::kServerFull, 3);
  EXPECT_EQ(world.engine().stats().pings_held, 3u);
  for (const Ping& ping : pings) EXPECT_TRUE(world.live(ping)) << "those who wait are left alone";
  world.Cancel(pings[0]);
  EXPECT_TRUE(world.live(world.Hold("late", "phone", {"inbox"})));
}

TEST(PromiseTest, P4ThePingsOfAMailboxAreBoundedAndOtherMailboxesHaveTheirOwnRoom) {
  EngineWorld world(With({.pings_per_mailbox = 2}));
  const Ping first = world.Hold("ann", "phone1", {"inbox"});
  world.Hold("ann", "phone2", {"inbox"});
  ExpectFull(world, world.Hold("ann", "phone3", {"inbox"}), Refusal::kMailboxFull, 2);
  EXPECT_TRUE(world.live(world.Hold("bob", "phone3", {"inbox"})));
  world.Cancel(first);
  EXPECT_TRUE(world.live(world.Hold("ann", "phone3", {"inbox"})));
}

TEST(PromiseTest, P4ANewerPingOfADeviceReplacesTheOlderThoughTheRoomIsFull) {
  EngineWorld world(With({.pings = 2, .pings_per_mailbox = 2}));
  const Ping older = world.Hold("ann", "phone", {"inbox"});
  world.Hold("ann", "tablet", {"inbox"});
  const Ping newer = world.Hold("ann", "phone", {"inbox"});
  world.ExpectOnly({Superseded(older)});
  EXPECT_TRUE(world.live(newer));
}

TEST(PromiseTest, P4RetryTimesAreSpreadSoThatTheRefusedDoNotReturnInStep) {
  EngineWorld world(With({.pings = 1}));
  world.Hold("ann", "phone", {"inbox"});
  std::set<std::int64_t> times;
  for (int i = 0; i < 100; ++i) {
    const Ping ping = world.Hold(absl::StrCat("user", i), "phone", {"inbox"});
    ExpectFull(world, ping, Refusal::kServerFull, 1);
    times.insert(world.ended(ping).retry_after.count());
  }
  EXPECT_GT(times.size(), 10u);
}

TEST(PromiseTest, P4TheFoldersOfAPingAreBounded) {
  EngineWorld world(With({.folders_per_ping = 3}));
  const Ping fits = world.Hold("ann", "phone", {"a", "b", "c"});
  EXPECT_TRUE(world.live(fits));
  const Ping over = world.Hold("ann", "phone", {"a", "b", "c", "d"});
  EXPECT_EQ(world.ended(over).bound, 3);
  world.ExpectOnly({Refused(over, Refusal::kTooManyFolders)});
  EXPECT_TRUE(world.live(fits)) << "a refused PING supersedes nothing";
}

TEST(PromiseTest, P4TheFoldersOfAMailboxAreBoundedForPingsChangesAndLists) {
  EngineWorld world(With({.folders_per_mailbox = 3}));
  for (const std::string folder : {"a", "b", "c"}) EXPECT_TRUE(world.Publish("ann", folder)->ok());
  const AnswerPtr over = world.Publish("ann", "d");
  ASSERT_TRUE(over->answered());
  EXPECT_EQ(over->status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(world.store().stored_folder("ann", "d"), nullptr);
  ExpectFull(world, world.Hold("ann", "phone", {"e"}), Refusal::kMailboxFull, 3);
  EXPECT_TRUE(world.Publish("ann", "a")->ok()) << "what is known goes on";
  EXPECT_FALSE(world.SetFolders("bob", std::vector<std::string>{"a", "b", "c", "d"})->ok());
  EXPECT_TRUE(world.SetFolders("bob", std::vector<std::string>{"a", "b", "c"})->ok());
}

TEST(PromiseTest, P4FoldersThatOnlyPingsHaveNamedMakeRoomForChanges) {
  EngineWorld world(With({.folders_per_mailbox = 4}));
  world.Cancel(world.Hold("ann", "tablet", {"invented", "made up"}));
  world.Cancel(world.Hold("ann", "phone", {"nonsense"}));
  const Ping ping = world.Hold("ann", "phone", {"inbox"});  // what the phone named before, nobody names any more
  world.TakeEnded();
  EXPECT_TRUE(world.Publish("ann", "real")->ok());
  EXPECT_FALSE(world.Publish("ann", "one more")->ok()) << "what PINGs that wait or are remembered name stays";
  world.ExpectNone();
  EXPECT_TRUE(world.Publish("ann", "inbox")->ok());
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(PromiseTest, P4TheDevicesOfAMailboxAreBounded) {
  EngineWorld world(With({.devices_per_mailbox = 2}));
  world.Cancel(world.Hold("ann", "phone1", {"inbox"}));
  world.Cancel(world.Hold("ann", "phone2", {"inbox"}));
  ExpectFull(world, world.Hold("ann", "phone3", {"inbox"}), Refusal::kMailboxFull, 2);
  EXPECT_TRUE(world.live(world.Hold("ann", "phone1", {"inbox"})));
}

TEST(PromiseTest, P4OriginsOfChangesDoNotGrowTheMailboxWithoutBound) {
  EngineWorld world(With({.devices_per_mailbox = 5}));
  const Ping ping = world.Hold("ann", "phone", {"inbox"}, 300s);
  world.AdvanceBy(1s);
  for (int i = 0; i < 100; ++i) {
    // Refused or taken without remembering its origin exactly: but never lost for others, and never more devices than the limit.
    world.Publish("ann", "inbox", absl::StrCat("stranger", i));
  }
  ASSERT_FALSE(world.live(ping));
  EXPECT_EQ(world.ended(ping).reason, EndReason::kChanged);
  EXPECT_LE(world.store().stored("ann").devices.size(), 5u);
  world.TakeEnded();
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

TEST(PromiseTest, P4ManyChangesOfOneCallWaitForTheirMailboxAsOne) {
  EngineWorld world(With({.deferred_per_mailbox = 3}));
  world.store().set_held(true);
  std::vector<std::string> folders;
  for (int i = 0; i < 100; ++i) folders.push_back(absl::StrCat("folder", i));
  std::vector<Change> changes;
  for (const std::string& folder : folders) changes.push_back({.mailbox = folder < "folder5" ? "ann" : "bob", .folder = folder});
  const AnswerPtr answer = world.Publish(changes);
  EXPECT_FALSE(answer->answered());
  world.store().set_held(false);
  world.store().ReleaseAll();
  world.Settle();
  EXPECT_TRUE(answer->ok());
  for (const std::string& folder : folders) EXPECT_NE(world.store().stored_folder(folder < "folder5" ? "ann" : "bob", folder), nullptr);
}

TEST(PromiseTest, P4CallsThatWaitForALoadingMailboxAreBounded) {
  EngineWorld world(With({.deferred_per_mailbox = 20}));
  world.store().set_held(true);
  std::vector<AnswerPtr> answers;
  for (int i = 0; i < 200; ++i) {
    answers.push_back(world.EndSync({.mailbox = "ann", .device = "phone", .version = 0}, {absl::StrCat("folder", i)}));
  }
  int refused = 0;
  for (const AnswerPtr& answer : answers) {
    if (!answer->answered()) continue;
    ++refused;
    EXPECT_EQ(answer->status.code(), absl::StatusCode::kUnavailable) << answer->status;
  }
  EXPECT_GE(refused, 180);
  world.store().set_held(false);
  world.store().ReleaseAll();
  world.Settle();
  for (const AnswerPtr& answer : answers) EXPECT_EQ(answer->calls, 1);
}

TEST(PromiseTest, P4PingsThatWaitForALoadingMailboxAreBounded) {
  EngineWorld world(With({.pings_per_mailbox = 10, .deferred_per_mailbox = 20}));
  world.store().set_held(true);
  std::vector<Ping> pings;
  for (int i = 0; i < 50; ++i) pings.push_back(world.Hold("ann", absl::StrCat("phone", i), {"inbox"}));
  EXPECT_EQ(world.engine().stats().pings_held, 20u);
  for (std::size_t i = 20; i < 50; ++i) ExpectFull(world, pings[i], Refusal::kMailboxFull, 20);
  world.store().set_held(false);
  world.store().ReleaseAll();
  world.Settle();
  EXPECT_EQ(world.engine().stats().pings_held, 10u);
  for (std::size_t i = 10; i < 20; ++i) ExpectFull(world, pings[i], Refusal::kMailboxFull, 10);
}

TEST(PromiseTest, P4TheTraceIsARing) {
  EngineWorld world(With({.trace = 5}));
  for (int i = 0; i < 40; ++i) world.Cancel(world.Hold("ann", "phone", {"inbox"}));
  const Explanation told = world.engine().Explain("ann", "phone");
  EXPECT_TRUE(told.last_end);
  EXPECT_LE(told.ends.size(), 5u);
  EXPECT_GE(told.ends.size(), 4u);
}

TEST(PromiseTest, P4HeartbeatsOutOfRangeAreRefusedWithTheBoundThatWasBroken) {
  Options options;
  options.heartbeat_min = 60s;
  options.heartbeat_max = 3540s;
  EngineWorld world(options);
  for (const auto& [heartbeat, refusal, bound] : {std::tuple{59s, Refusal::kHeartbeatTooShort, 60},
                                                  {0s, Refusal::kHeartbeatTooShort, 60},
                                                  {-5s, Refusal::kHeartbeatTooShort, 60},
                                                  {3541s, Refusal::kHeartbeatTooLong, 3540},
                                                  {std::chrono::seconds::max(), Refusal::kHeartbeatTooLong, 3540}}) {
    const Ping ping = world.Hold("ann", "phone", {"inbox"}, heartbeat);
    EXPECT_EQ(world.ended(ping).bound, bound);
    world.ExpectOnly({Refused(ping, refusal)});
  }
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox"}, 60s)));
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox"}, 3540s)));
}

TEST(PromiseTest, P4IdsAreBoundedAndNotEmpty) {
  EngineWorld world;
  const std::string longest(64, 'x');
  const std::string longest_mailbox(320, 'm');
  EXPECT_TRUE(world.live(world.Hold(longest_mailbox, longest, {longest})));
  for (const auto& [mailbox, device, folder] :
       std::vector<std::tuple<std::string, std::string, std::string>>{{"", "phone", "inbox"},
                                                                      {"ann", "", "inbox"},
                                                                      {"ann", "phone", ""},
                                                                      {longest_mailbox + "m", "phone", "inbox"},
                                                                      {"ann", longest + "x", "inbox"},
                                                                      {"ann", "phone", longest + "x"}}) {
    const Ping ping = world.Hold(mailbox, device, {folder});
    world.ExpectOnly({Refused(ping, Refusal::kInvalid)});
    if (device.empty()) continue;  // in a change: nobody in particular
    EXPECT_EQ(world.Publish({{.mailbox = mailbox, .folder = folder, .device = device}})->status.code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(world.engine().stats().mailboxes, 1u) << "nothing was created by what was refused";
}

TEST(PromiseTest, P4ARefusedPingLeavesTheOlderOneAndWhatWasRememberedAlone) {
  EngineWorld world(With({.folders_per_ping = 2}));
  const Ping older = world.Hold("ann", "phone", {"inbox", "cal"}, 300s);
  for (const Ping& refused : {world.Hold("ann", "phone", {"tasks"}, 1s), world.Hold("ann", "phone", {"tasks"}, 9999s),
                              world.Hold("ann", "phone", {"a", "b", "c"}, 200s), world.Hold("ann", "phone", {""}, 200s)}) {
    EXPECT_EQ(world.ended(refused).reason, EndReason::kRefused);
  }
  EXPECT_TRUE(world.live(older));
  world.TakeEnded();
  const Ping remembered = world.Hold({.mailbox = "ann", .device = "phone"});
  world.ExpectOnly({Superseded(older)});
  world.Publish("ann", "tasks");
  world.AdvanceBy(299s);
  world.ExpectNone();
  world.Publish("ann", "cal");
  world.ExpectOnly({Changed(remembered, {"cal"})});
}

TEST(PromiseTest, P4NothingIsQueuedPerPingHoweverManyChangesThereAre) {
  EngineWorld world({.coalesce = {Duration(1h)}});
  world.set_check_invariants(false);
  world.Publish("ann", "inbox");
  world.Hold("ann", "phone", {"inbox"});
  world.Sync("ann", "phone", {"inbox"});
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.TakeEnded();
  for (int i = 0; i < 10'000; ++i) world.Publish("ann", "inbox");
  world.AdvanceBy(901s);
  world.ExpectOnly({Changed(ping, {"inbox"})});
}

TEST(PromiseTest, P4TheLastPlacesAreNotForDevicesThatWereNeverHere) {
  Options options;
  options.limits.pings = 20;
  options.heartbeat_max = 24h;
  EngineWorld world(options);
  world.Cancel(world.Hold("ann", "known", {"inbox"}));
  for (int i = 0; i < 19; ++i) EXPECT_TRUE(world.live(world.Hold("box" + std::to_string(i), "phone", {"inbox"})));
  world.TakeEnded();
  const Ping fresh = world.Hold("bob", "phone", {"inbox"});
  ExpectFull(world, fresh, Refusal::kServerFull, 20);
  EXPECT_TRUE(world.live(world.Hold("ann", "known", {"inbox"})));
  EXPECT_TRUE(world.live(world.Hold("box3", "phone", {"inbox"}))) << "a place that it has is its own";
}

TEST(PromiseTest, P4AndTheLastButFewNotForDevicesThatAreToldAgainAndAgainAndDoNotSync) {
  Options options;
  options.limits.pings = 20;
  EngineWorld world(options);
  world.Publish("ann", "inbox");
  for (int i = 0; i < 4; ++i) world.Hold("ann", "noisy", {"inbox"});
  const Ping paced = world.Hold("ann", "noisy", {"inbox"});
  ASSERT_TRUE(world.live(paced));
  world.Cancel(paced);
  world.TakeEnded();
  for (int i = 0; i < 18; ++i) EXPECT_TRUE(world.live(world.Hold("box" + std::to_string(i), "phone", {"inbox"})));
  const Ping noisy = world.Hold("ann", "noisy", {"inbox"});
  ExpectFull(world, noisy, Refusal::kServerFull, 20);
  EXPECT_TRUE(world.live(world.Hold("bob", "fresh", {"inbox"}))) << "one who is new comes before";
}

TEST(PromiseTest, P4DevicesThatNeverCameBackAgeOutAndAreThenBehindInEverything) {
  Options options;
  options.age_out = 48h;
  EngineWorld world(options);
  world.Publish("ann", "inbox");
  world.Sync("ann", "gone", {"inbox"});
  world.Sync("ann", "faithful", {"inbox"});
  for (int day = 0; day < 5; ++day) {
    world.AdvanceBy(24h);
    world.Settle();
    world.engine().advance(world.now());
    world.Cancel(world.Hold("ann", "faithful", {"cal"}));
  }
  world.Restart();
  world.TakeEnded();
  EXPECT_EQ(world.store().stored_device("ann", "gone"), nullptr);
  ASSERT_NE(world.store().stored_device("ann", "faithful"), nullptr);
  const Ping faithful = world.Hold("ann", "faithful", {"inbox"});
  const Ping gone = world.Hold("ann", "gone", {"inbox"});
  world.ExpectOnly({Changed(gone, {"inbox"})});
  EXPECT_TRUE(world.live(faithful));
}

TEST(PromiseTest, P4ADeviceThatIsSeenDoesNotAgeOutHoweverShortTheAge) {
  Options options;
  options.age_out = 1h;
  EngineWorld world(options);
  world.Publish("ann", "inbox");
  world.Sync("ann", "phone", {"inbox"});
  for (int i = 0; i < 20; ++i) {
    world.AdvanceBy(20min);
    world.Settle();
    world.engine().advance(world.now());
    world.Cancel(world.Hold("ann", "phone", {"cal"}));
  }
  world.Restart();
  world.TakeEnded();
  EXPECT_TRUE(world.live(world.Hold("ann", "phone", {"inbox"})));
}

}  // namespace
}  // namespace mailwake
