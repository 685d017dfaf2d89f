// SPDX-License-Identifier: Apache-2.0
//
// P4, bounded: what the engine takes of memory, and which mailboxes stay in it.

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

TEST(PromiseTest, P4MemoryStaysWithinItsBudgetAndChangesAreNeverRefusedForIt) {
  constexpr std::size_t kBudget = 1'000'000;
  EngineWorld world(Options{.limits = {.memory_bytes = kBudget}, .shards = 1});
  std::vector<Ping> pings;
  while (pings.size() < 100'000 && (pings.empty() || world.live(pings.back()))) {
    pings.push_back(world.Hold(absl::StrCat("user", pings.size()), "phone", {"inbox", "calendar"}));
  }
  ASSERT_GT(pings.size(), 1'000u);
  ASSERT_FALSE(world.live(pings.back()));
  EXPECT_EQ(world.ended(pings.back()).refusal, Refusal::kServerFull);
  EXPECT_GE(world.ended(pings.back()).retry_after, Options{}.retry_after);
  EXPECT_GT(world.engine().stats().memory_bytes, kBudget * 9 / 10);
  EXPECT_LT(world.engine().stats().memory_bytes, kBudget + 100'000) << "what was begun when there was room is all";
  EXPECT_TRUE(world.live(world.Hold("user0", "phone", {"inbox"}))) << "it takes the older one's place";
  EXPECT_TRUE(world.live(pings[1]));
  EXPECT_TRUE(world.Publish("user1", "inbox")->ok());
  EXPECT_FALSE(world.live(pings[1]));
  EXPECT_TRUE(world.Publish("somebody new", "inbox")->ok());

  for (std::size_t i = 2; i < 500; ++i) world.Cancel(pings[i]);
  EXPECT_TRUE(world.live(world.Hold("user3", "phone", {"inbox"}))) << "mailboxes in which nobody waits made room";
  EXPECT_TRUE(world.live(world.Hold("late", "phone", {"inbox"})));
  EXPECT_LE(world.engine().stats().memory_bytes, kBudget + 100'000);
}

TEST(PromiseTest, P4TheCallThatTakesTheLastByteLetsIdleMailboxesGo) {
  constexpr std::size_t kBudget = 1'000'000;
  EngineWorld world(Options{.limits = {.memory_bytes = kBudget}, .shards = 1});
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(world.Publish(absl::StrCat("idle", i), "inbox")->ok());
  ASSERT_EQ(world.engine().stats().mailboxes, 40u);
  Stats stats;
  do {
    world.Hold(absl::StrCat("user", stats.pings_held), "phone", {"inbox"});
    stats = world.engine().stats();
  } while (stats.memory_bytes <= kBudget && stats.mailboxes == 40 + stats.pings_held);
  EXPECT_GT(stats.pings_held, 1'000u) << "while there was room all stayed";
  EXPECT_TRUE(stats.memory_bytes <= kBudget || stats.mailboxes == stats.pings_held) << stats.mailboxes << " and " << stats.pings_held;
}

TEST(PromiseTest, P4OneCallThatLetsManyMailboxesGoLeavesNoMoreThanTheLimit) {
  EngineWorld world(Options{.limits = {.idle_mailboxes = 10}, .shards = 1});
  std::vector<std::string> names;
  for (int i = 0; i < 1'000; ++i) names.push_back(absl::StrCat("user", i));
  std::vector<Change> changes;
  for (const std::string& name : names) changes.push_back({.mailbox = name, .folder = "inbox"});
  EXPECT_TRUE(world.Publish(changes)->ok());
  EXPECT_EQ(world.engine().stats().mailboxes, 10u);
  for (const std::string& name : names) world.Hold(name, "phone", {"inbox"});
  EXPECT_EQ(world.engine().stats().mailboxes, 10u) << "all were behind";
}

TEST(PromiseTest, P4MailboxesInWhichNobodyWaitsAreBoundedInMemory) {
  EngineWorld world(Options{.limits = {.idle_mailboxes = 10}, .shards = 1});
  for (int i = 0; i < 300; ++i) {
    EXPECT_TRUE(world.Publish(absl::StrCat("user", i), "inbox")->ok());
    EXPECT_LE(world.engine().stats().mailboxes, 11u);
  }
}

TEST(PromiseTest, P4AnOpenWindowKeepsNoMoreMailboxesInMemoryThanTheLimit) {
  Options options{.limits = {.idle_mailboxes = 10}, .shards = 1};
  options.coalesce[0] = Duration(10min);
  EngineWorld world(options);
  for (int i = 0; i < 100; ++i) {
    const Ping ping = world.Hold(absl::StrCat("user", i), "phone", {"inbox"});
    world.Publish(absl::StrCat("user", i), "inbox");  // wakes, and opens a window of ten minutes
    ASSERT_FALSE(world.live(ping));
  }
  EXPECT_LE(world.engine().stats().mailboxes, 11u);
}

}  // namespace
}  // namespace mailwake
