// SPDX-License-Identifier: Apache-2.0
//
// Batches: whole or not at all, in order, answered once.

#include <atomic>
#include <string>
#include <vector>

#include "adapters/conformance/probe.h"

namespace mailwake {
namespace {

MailboxWrite Write(const std::string& mailbox, Version version) {
  MailboxWrite write{.mailbox = mailbox};
  write.hierarchy = {.declared = true, .version = version};
  write.folders.push_back({.id = "f", .version = version});
  write.devices.push_back({.record = {.id = "d", .cursors = {{"f", version}}}});
  return write;
}

MailboxRecord Record(Version version) {
  MailboxRecord record{.declared = true, .hierarchy = version};
  record.folders.push_back({.id = "f", .version = version});
  record.devices.push_back({.id = "d", .cursors = {{"f", version}}});
  return record;
}

TEST_P(StoreConformance, ABatchOfSeveralMailboxesIsWrittenWhole) {
  StoreProbe probe(GetParam()());
  WriteBatch batch;
  for (int i = 0; i < 100; ++i) batch.mailboxes.push_back(Write("m" + std::to_string(i), 5));
  ASSERT_TRUE(probe.Commit(batch).ok());
  for (int i = 0; i < 100; ++i) ExpectSame(probe.Load("m" + std::to_string(i)), Record(5));
}

TEST_P(StoreConformance, WritesOfOneBatchApplyInTheirOrder) {
  StoreProbe probe(GetParam()());
  ASSERT_TRUE(probe.Commit({.mailboxes = {Write("ann", 3), Write("bob", 4), Write("ann", 5)}}).ok());
  ExpectSame(probe.Load("ann"), Record(5));
  ExpectSame(probe.Load("bob"), Record(4));
}

TEST_P(StoreConformance, AnEmptyBatchIsAnsweredAndChangesNothing) {
  StoreProbe probe(GetParam()());
  ASSERT_TRUE(probe.Commit(Write("ann", 3)).ok());
  EXPECT_TRUE(probe.Commit(WriteBatch{}).ok());
  EXPECT_TRUE(probe.Commit(MailboxWrite{.mailbox = "ann"}).ok());
  ExpectSame(probe.Load("ann"), Record(3));
}

TEST_P(StoreConformance, CommitsTakeEffectInTheOrderOfTheCalls) {
  StoreProbe probe(GetParam()());
  std::vector<std::shared_ptr<Answer<absl::Status>>> answers;
  for (Version version = 1; version <= 300; ++version) answers.push_back(probe.StartCommit({.mailboxes = {Write("ann", version)}}));
  for (const auto& answer : answers) EXPECT_TRUE(answer->Get().value_or(absl::UnknownError("no callback")).ok());
  ExpectSame(probe.Load("ann"), Record(300));
}

TEST_P(StoreConformance, ALoadSeesEveryCommitCalledBefore) {
  StoreProbe probe(GetParam()());
  for (Version version = 1; version <= 100; ++version) {
    auto commit = probe.StartCommit({.mailboxes = {Write("ann", version)}});
    ExpectSame(probe.Load("ann"), Record(version));
    EXPECT_TRUE(commit->Get().value_or(absl::UnknownError("no callback")).ok());
  }
}

TEST_P(StoreConformance, AFailingCommitLeavesWhatWasStored) {
  StoreProbe probe(GetParam()());
  ASSERT_TRUE(probe.Commit({.mailboxes = {Write("ann", 3), Write("bob", 3)}}).ok());
  if (!probe.harness().FailCommits(true)) GTEST_SKIP() << "this harness cannot make commits fail";
  WriteBatch batch{.ceiling = 1 << 30, .suspect = 1 << 29, .mailboxes = {Write("ann", 4), Write("bob", 4), Write("new", 4)}};
  batch.mailboxes[1].erased_folders = {"f"};
  EXPECT_FALSE(probe.Commit(batch).ok());
  auto expect_unchanged = [&probe] {
    ExpectSame(probe.Load("ann"), Record(3));
    ExpectSame(probe.Load("bob"), Record(3));
    ExpectSame(probe.Load("new"), {});
  };
  expect_unchanged();
  ASSERT_TRUE(probe.harness().FailCommits(false));
  expect_unchanged();
  probe.Reopen();
  expect_unchanged();
  EXPECT_EQ(probe.store().opened().suspect, 0u);
}

TEST_P(StoreConformance, TheStoreGoesOnAfterFailingCommits) {
  StoreProbe probe(GetParam()());
  if (!probe.harness().FailCommits(true)) GTEST_SKIP() << "this harness cannot make commits fail";
  std::vector<std::shared_ptr<Answer<absl::Status>>> answers;
  for (Version version = 1; version <= 20; ++version) answers.push_back(probe.StartCommit({.mailboxes = {Write("ann", version)}}));
  for (const auto& answer : answers) EXPECT_FALSE(answer->Get().value_or(absl::OkStatus()).ok());
  ASSERT_TRUE(probe.harness().FailCommits(false));
  EXPECT_TRUE(probe.Commit(Write("ann", 21)).ok());
  ExpectSame(probe.Load("ann"), Record(21));
  probe.Reopen();
  ExpectSame(probe.Load("ann"), Record(21));
}

TEST_P(StoreConformance, ACallbackMayCallTheStore) {
  StoreProbe probe(GetParam()());
  Answer<bool> done;
  Store& store = probe.store();
  store.CommitOwned({.mailboxes = {Write("ann", 1)}}, [&](const absl::Status& first) {
    store.CommitOwned({.mailboxes = {Write("ann", 2)}}, [&, first](const absl::Status& second) {
      store.Load("ann", [&, first, second](absl::StatusOr<MailboxRecord> record) {
        done.Set(first.ok() && second.ok() && record.ok() && record->hierarchy == 2);
      });
    });
  });
  EXPECT_TRUE(done.Get().value_or(false));
}

TEST_P(StoreConformance, EveryCallbackComesExactlyOnceAlsoWhenTheStoreIsClosedAtOnce) {
  StoreProbe probe(GetParam()());
  std::vector<std::shared_ptr<Answer<absl::Status>>> answers;
  for (Version version = 1; version <= 200; ++version) {
    answers.push_back(probe.StartCommit({.mailboxes = {Write("ann", version)}}));
    probe.StartLoad("ann");
  }
  probe.Reopen();  // fails the test if a callback is missing
  Version acknowledged = 0;
  for (Version version = 1; version <= 200; ++version) {
    ASSERT_TRUE(answers[version - 1]->Came());
    if (answers[version - 1]->Get()->ok()) acknowledged = version;
  }
  EXPECT_GE(probe.Load("ann").hierarchy, acknowledged);
}

}  // namespace
}  // namespace mailwake
