// SPDX-License-Identifier: Apache-2.0
//
// P5, durable: an acknowledgement comes after the store has said so, and what was acknowledged survives. A wake may come earlier.

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

constexpr char kInbox[] = "inbox";

// Ann's mailbox is in memory, with a folder list and a device that has synced it.
void Prepare(EngineWorld& world) {
  world.SetFolders("ann", std::vector<std::string>{"inbox", "cal", "tasks"});
  world.FolderSync("ann", "phone");
  world.Sync("ann", "phone", {"inbox", "cal"});
}

TEST(PromiseTest, P5AWakeMayComeBeforeTheDiskHasConfirmedTheAcknowledgementMayNot) {
  EngineWorld world;
  Prepare(world);
  const Ping ping = world.Hold("ann", "phone", {"inbox"});
  world.store().set_held(true);
  const AnswerPtr published = world.Publish("ann", kInbox);
  world.ExpectOnly({Changed(ping, {"inbox"})});
  world.AdvanceBy(1h);
  EXPECT_FALSE(published->answered());
  world.store().ReleaseAll();
  EXPECT_TRUE(published->ok());
}

// Every call that changes what is stored answers only when it is stored, and then a crash does not undo it.
struct Write {
  std::string name;
  std::function<AnswerPtr(EngineWorld&)> call;
  std::function<bool(const FakeStore&)> stored;

  friend void PrintTo(const Write& write, std::ostream* out) { *out << write.name; }
};

bool CursorStored(const FakeStore& store, const std::string& folder) {
  const DeviceRecord* device = store.stored_device("ann", "phone");
  if (device == nullptr) return false;
  for (const CursorRecord& cursor : device->cursors) {
    if (cursor.folder == folder) return true;
  }
  return false;
}

class P5WriteTest : public ::testing::TestWithParam<Write> {};

TEST_P(P5WriteTest, P5IsAnsweredOnceItIsDurableAndNotBefore) {
  EngineWorld world;
  Prepare(world);
  world.Publish("ann", kInbox);
  world.store().set_held(true);
  const AnswerPtr answer = GetParam().call(world);
  EXPECT_FALSE(answer->answered());
  EXPECT_FALSE(GetParam().stored(world.store()));
  world.AdvanceBy(1min);
  EXPECT_FALSE(answer->answered());
  world.store().ReleaseAll();
  EXPECT_TRUE(answer->ok()) << answer->status;
  world.Crash(0);
  EXPECT_TRUE(GetParam().stored(world.store()));
}

TEST_P(P5WriteTest, P5IsAnsweredWithTheErrorWhenTheCommitFailsAndStaysInMemoryUntilItIsWritten) {
  EngineWorld world;
  Prepare(world);
  world.Publish("ann", kInbox);
  world.store().FailCommits(absl::UnavailableError("the disk is away"));
  const AnswerPtr answer = GetParam().call(world);
  ASSERT_EQ(answer->calls, 1);
  EXPECT_FALSE(answer->ok());
  EXPECT_GT(world.engine().stats().commit_failures, 0u);
  world.AdvanceBy(1min);
  EXPECT_FALSE(GetParam().stored(world.store()));
  world.store().FailCommits({}, 0);
  world.AdvanceBy(5min);
  EXPECT_EQ(world.engine().stats().unsaved_mailboxes, 0u);
  EXPECT_EQ(answer->calls, 1) << "it is not answered twice";
  world.Crash(0);
  EXPECT_TRUE(GetParam().stored(world.store())) << "written again, without anybody's asking";
}

INSTANTIATE_TEST_SUITE_P(Of, P5WriteTest,
                         ::testing::Values(Write{"Publish", [](EngineWorld& world) { return world.Publish("ann", "new"); },
                                                 [](const FakeStore& store) { return store.stored_folder("ann", "new") != nullptr; }},
                                           Write{"EndSync", [](EngineWorld& world) { return world.Sync("ann", "phone", {"tasks"}); },
                                                 [](const FakeStore& store) { return CursorStored(store, "tasks"); }},
                                           Write{"ResetCursor", [](EngineWorld& world) { return world.ResetCursor("ann", "phone", "cal"); },
                                                 [](const FakeStore& store) { return !CursorStored(store, "cal"); }},
                                           Write{"SetFolders",
                                                 [](EngineWorld& world) {
                                                   return world.SetFolders("ann", std::vector<std::string>{"inbox", "cal", "sent"});
                                                 },
                                                 [](const FakeStore& store) { return store.stored_folder("ann", "sent") != nullptr; }},
                                           Write{"EndFolderSync",
                                                 [](EngineWorld& world) {
                                                   const auto list = world.BeginFolderSync("ann");
                                                   return world.EndFolderSync("ann", "tablet", (*list)->version);
                                                 },
                                                 [](const FakeStore& store) {
                                                   const DeviceRecord* device = store.stored_device("ann", "tablet");
                                                   return device != nullptr && device->hierarchy_cursor.has_value();
                                                 }}),
                         [](const auto& test) { return test.param.name; });

TEST(PromiseTest, P5SuspectOfAllIsAnsweredOnceItIsDurableAndSurvivesACrash) {
  EngineWorld world;
  Prepare(world);
  world.store().set_held(true);
  const AnswerPtr suspected = world.Suspect(std::nullopt);
  world.AdvanceBy(1min);
  EXPECT_FALSE(suspected->answered());
  world.store().ReleaseAll();
  world.AdvanceBy(10min);
  EXPECT_TRUE(suspected->ok());
  world.Crash(0);
  world.TakeEnded();
  const Ping ping = world.Hold("ann", "phone", {"inbox", "cal"});
  world.AdvanceBy(1s);
  ASSERT_FALSE(world.live(ping));
  EXPECT_EQ(world.ended(ping).folders.size(), 2u);
}

TEST(PromiseTest, P5AcknowledgedVersionsSurviveACrashWhateverElseWasOnItsWay) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    EngineWorld world;
    world.store().set_held(true);
    std::vector<std::pair<std::string, AnswerPtr>> published;
    for (int i = 0; i < 20; ++i) {
      const std::string folder = "folder" + std::to_string(i);
      published.emplace_back(folder, world.Publish(i % 2 == 0 ? "ann" : "bob", folder));
      if ((seed + static_cast<std::uint64_t>(i)) % 3 == 0) world.store().Release();
    }
    world.Crash(seed);
    for (std::size_t i = 0; i < published.size(); ++i) {
      if (!published[i].second->ok()) continue;
      const FolderRecord* folder = world.store().stored_folder(i % 2 == 0 ? "ann" : "bob", published[i].first);
      EXPECT_TRUE(folder != nullptr && folder->version > 0) << published[i].first << " was acknowledged and is gone";
    }
  }
}

TEST(PromiseTest, P5ABatchIsAcknowledgedWhenAllOfItIsDurable) {
  EngineWorld world;
  world.store().set_held(true);
  const AnswerPtr published = world.Publish({{.mailbox = "ann", .folder = "inbox"}, {.mailbox = "bob", .folder = "inbox"}});
  while (world.store().waiting() > 0) {
    EXPECT_FALSE(published->answered());
    world.store().Release();
    world.Settle();
    const bool both = world.store().stored_folder("ann", "inbox") != nullptr && world.store().stored_folder("bob", "inbox") != nullptr;
    if (!both) {
      EXPECT_FALSE(published->answered());
    }
  }
  EXPECT_TRUE(published->ok());
}

TEST(PromiseTest, P5ABatchOfWhichOnePartCannotBeWrittenIsNotAcknowledged) {
  EngineWorld world;
  world.store().FailLoadsOf("bob", absl::DataLossError("damaged"));
  const AnswerPtr published = world.Publish({{.mailbox = "ann", .folder = "inbox"}, {.mailbox = "bob", .folder = "inbox"}});
  world.AdvanceBy(10min);
  ASSERT_EQ(published->calls, 1);
  EXPECT_FALSE(published->ok());
}

TEST(PromiseTest, P5ARepeatIsAcknowledgedOnlyWhenTheFirstIsDurable) {
  EngineWorld world;
  Prepare(world);
  const std::vector<Change> change = {{.mailbox = "ann", .folder = kInbox, .host_version = 9}};
  world.store().set_held(true);
  const AnswerPtr first = world.Publish(change);
  const AnswerPtr repeat = world.Publish(change);
  EXPECT_FALSE(first->answered());
  EXPECT_FALSE(repeat->answered()) << "the source would forget a change that a crash may still take";
  world.store().ReleaseAll();
  EXPECT_TRUE(first->ok());
  EXPECT_TRUE(repeat->ok());
  EXPECT_EQ(world.engine().stats().repeats, 1u);
}

TEST(PromiseTest, P5ARepeatOfAChangeWhoseCommitFailedIsNotAcknowledgedBeforeItIsWritten) {
  EngineWorld world;
  Prepare(world);
  const std::vector<Change> change = {{.mailbox = "ann", .folder = kInbox, .host_version = 9}};
  world.store().FailCommits(absl::UnavailableError("the disk is away"));
  EXPECT_FALSE(world.Publish(change)->ok());
  const AnswerPtr repeat = world.Publish(change);
  EXPECT_FALSE(repeat->ok());
  world.store().FailCommits({}, 0);
  AnswerPtr again = world.Publish(change);
  world.AdvanceBy(5min);
  EXPECT_TRUE(again->ok()) << again->status;
  world.Crash(0);
  ASSERT_NE(world.store().stored_folder("ann", "inbox"), nullptr);
  EXPECT_EQ(world.store().stored_folder("ann", "inbox")->host_version, 9u);
}

TEST(PromiseTest, P5ASameFolderListIsAcknowledgedOnlyWhenTheFirstIsDurable) {
  EngineWorld world;
  Prepare(world);
  world.store().set_held(true);
  const AnswerPtr first = world.SetFolders("ann", std::vector<std::string>{"inbox"});
  const AnswerPtr repeat = world.SetFolders("ann", std::vector<std::string>{"inbox"});
  EXPECT_FALSE(first->answered());
  EXPECT_FALSE(repeat->answered());
  world.store().ReleaseAll();
  EXPECT_TRUE(first->ok());
  EXPECT_TRUE(repeat->ok());
}

TEST(PromiseTest, P5ASameFolderListIsNotAcknowledgedThoughOnlyTheFirstOnesCommitFails) {
  for (const bool first_answered : {false, true}) {
    EngineWorld world;
    Prepare(world);
    world.store().FailCommits(absl::UnavailableError("the disk is away"), 1);
    world.store().set_held(!first_answered);
    const AnswerPtr first = world.SetFolders("ann", std::vector<std::string>{"inbox", "cal", "sent"});
    const AnswerPtr repeat = world.SetFolders("ann", std::vector<std::string>{"inbox", "cal", "sent"});
    while (world.store().Release()) {
    }
    EXPECT_FALSE(first->ok());
    if (repeat->ok()) {
      EXPECT_NE(world.store().stored_folder("ann", "sent"), nullptr) << "acknowledged, and a crash now would lose it";
    }
  }
}

TEST(PromiseTest, P5ARepeatIsNotAcknowledgedThoughOnlyTheFirstOnesCommitFails) {
  EngineWorld world;
  Prepare(world);
  world.store().FailCommits(absl::UnavailableError("the disk is away"), 1);
  world.store().set_held(true);
  const std::vector<Change> change = {{.mailbox = "ann", .folder = "cal", .item_class = ItemClass::kEmail, .host_version = 9}};
  const AnswerPtr first = world.Publish(change);  // replaces the calendar: the folder, every cursor in it and the list change together
  const AnswerPtr repeat = world.Publish(change);
  while (world.store().Release()) {
  }
  EXPECT_FALSE(first->ok());
  if (repeat->ok()) {
    EXPECT_EQ(world.store().stored("ann").hierarchy, (*world.BeginFolderSync("ann"))->version);
    EXPECT_FALSE(CursorStored(world.store(), "cal"));
  }
}

TEST(PromiseTest, P5AFailedCommitIsTriedAgainByAdvanceAloneAndNextDeadlineSaysWhen) {
  EngineWorld world;
  Prepare(world);
  world.store().FailCommits(absl::ResourceExhaustedError("the disk is full"));
  EXPECT_FALSE(world.Publish("ann", kInbox)->ok());
  EXPECT_EQ(world.engine().stats().unsaved_mailboxes, 1u);
  EXPECT_TRUE(world.engine().next_deadline()) << "somebody must call advance() for it";
  const std::size_t before = world.store().counts().failed_commits;
  world.AdvanceBy(10min);
  EXPECT_GT(world.store().counts().failed_commits, before + 1) << "it goes on trying";
  EXPECT_LT(world.store().counts().failed_commits, before + 700) << "but does not spin";
}

TEST(PromiseTest, P5FlushWaitsForWhatIsOnItsWay) {
  EngineWorld world;
  Prepare(world);
  int flushed = 0;
  world.engine().Flush([&] { ++flushed; });
  EXPECT_EQ(flushed, 1) << "nothing was on its way";
  world.store().set_held(true);
  world.Publish("ann", kInbox);
  world.engine().Flush([&] { ++flushed; });
  EXPECT_EQ(flushed, 1);
  world.store().ReleaseAll();
  world.Settle();
  EXPECT_EQ(flushed, 2);
}

TEST(PromiseTest, P5NothingIsWrittenTwiceOrForNothing) {
  EngineWorld world;
  Prepare(world);
  world.AdvanceBy(1h);
  const std::size_t commits = world.store().counts().commits;
  world.SetFolders("ann", std::vector<std::string>{"inbox", "cal", "tasks"});
  world.engine().Explain("ann", "phone");
  world.AdvanceBy(1h);
  EXPECT_EQ(world.store().counts().commits, commits);
  world.Publish("ann", kInbox);
  EXPECT_EQ(world.store().counts().commits, commits + 1);
}

}  // namespace
}  // namespace mailwake
