// SPDX-License-Identifier: Apache-2.0
//
// What survives: records, the ceiling of versions, the suspect mark; after an orderly close and after a kill.

#include <string>
#include <vector>

#include "adapters/conformance/probe.h"

namespace mailwake {
namespace {

MailboxWrite Write(const std::string& mailbox, Version version) {
  MailboxWrite write{.mailbox = mailbox};
  write.hierarchy = {.declared = true, .version = version};
  write.folders.push_back({.id = "f", .version = version});
  write.devices.push_back({.record = {.id = "d", .heartbeat = std::chrono::seconds(60), .cursors = {{"f", version}}}});
  return write;
}

TEST_P(StoreConformance, AFreshStoreReservesABlock) {
  StoreProbe probe(GetParam()());
  EXPECT_GE(probe.store().opened().first_version, 1u);
  EXPECT_GE(probe.store().opened().ceiling, probe.store().opened().first_version + kVersionBlock);
  EXPECT_EQ(probe.store().opened().suspect, 0u);
}

TEST_P(StoreConformance, ReopeningKeepsEverything) {
  StoreProbe probe(GetParam()());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(probe.Commit(Write("m" + std::to_string(i), i + 1)).ok());
  std::vector<MailboxRecord> before;
  for (int i = 0; i < 50; ++i) before.push_back(probe.Load("m" + std::to_string(i)));
  probe.Reopen();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(before[i].hierarchy, static_cast<Version>(i + 1));
    ExpectSame(probe.Load("m" + std::to_string(i)), before[i]);
  }
}

TEST_P(StoreConformance, VersionsOfAnEarlierRunAreNeverGivenOutAgain) {
  StoreProbe probe(GetParam()());
  Version used_below = 0;  // every version below it may have been given out
  for (int run = 0; run < 5; ++run) {
    const OpenState opened = probe.store().opened();
    EXPECT_GE(opened.first_version, used_below);
    EXPECT_GE(opened.ceiling, opened.first_version + kVersionBlock);
    used_below = opened.ceiling;
    if (run % 2 == 0) {
      probe.Reopen();
    } else {
      probe.KillAndReopen();
    }
  }
}

TEST_P(StoreConformance, ARaisedCeilingIsHonouredWhenReopened) {
  StoreProbe probe(GetParam()());
  const Version raised = probe.store().opened().ceiling + 10 * kVersionBlock;
  ASSERT_TRUE(probe.Commit(WriteBatch{.ceiling = raised}).ok());
  ASSERT_TRUE(probe.Commit(WriteBatch{.ceiling = 1}).ok());  // raised only, never lowered
  probe.Reopen();
  EXPECT_GE(probe.store().opened().first_version, raised);

  const Version again = probe.store().opened().ceiling + kVersionBlock;
  ASSERT_TRUE(probe.Commit(WriteBatch{.ceiling = again}).ok());
  probe.KillAndReopen();
  EXPECT_GE(probe.store().opened().first_version, again);
}

TEST_P(StoreConformance, OpenedIsConstantWhileTheStoreIsOpen) {
  StoreProbe probe(GetParam()());
  const OpenState opened = probe.store().opened();
  ASSERT_TRUE(probe.Commit(WriteBatch{.ceiling = opened.ceiling + kVersionBlock, .suspect = 7}).ok());
  EXPECT_EQ(probe.store().opened().first_version, opened.first_version);
  EXPECT_EQ(probe.store().opened().ceiling, opened.ceiling);
  EXPECT_EQ(probe.store().opened().suspect, opened.suspect);
}

TEST_P(StoreConformance, TheSuspectMarkIsKept) {
  StoreProbe probe(GetParam()());
  ASSERT_TRUE(probe.Commit(WriteBatch{.suspect = 41}).ok());
  ASSERT_TRUE(probe.Commit(WriteBatch{.suspect = 5}).ok());  // raised only, never lowered
  probe.Reopen();
  EXPECT_EQ(probe.store().opened().suspect, 41u);
  probe.KillAndReopen();
  EXPECT_EQ(probe.store().opened().suspect, 41u);
}

TEST_P(StoreConformance, AKillKeepsEveryAcknowledgedCommitAndNoHalfOfAnother) {
  StoreProbe probe(GetParam()());
  Version version = 0, acknowledged = 0;
  for (int run = 0; run < 10; ++run) {
    std::vector<std::pair<Version, std::shared_ptr<Answer<absl::Status>>>> answers;
    for (int i = 0; i < 50; ++i) {
      ++version;
      answers.emplace_back(version, probe.StartCommit({.mailboxes = {Write("ann", version), Write("bob", version)}}));
    }
    answers[run * 5].second->Get();
    if (!probe.KillAndReopen()) GTEST_SKIP() << "this harness cannot kill its store";
    for (const auto& [number, answer] : answers) {
      ASSERT_TRUE(answer->Came());
      if (answer->Get()->ok()) acknowledged = number;
    }
    const MailboxRecord ann = probe.Load("ann");
    const MailboxRecord bob = probe.Load("bob");
    EXPECT_GE(ann.hierarchy, acknowledged);
    EXPECT_EQ(bob.hierarchy, ann.hierarchy);
    for (const MailboxRecord& record : {ann, bob}) {
      ASSERT_EQ(record.folders.size(), 1u);
      EXPECT_EQ(record.folders[0].version, ann.hierarchy);
      ASSERT_EQ(record.devices.size(), 1u);
      ASSERT_EQ(record.devices[0].cursors.size(), 1u);
      EXPECT_EQ(record.devices[0].cursors[0].cursor, ann.hierarchy);
    }
  }
}

}  // namespace
}  // namespace mailwake
