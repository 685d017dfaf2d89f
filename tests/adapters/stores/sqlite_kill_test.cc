// SPDX-License-Identifier: Apache-2.0
//
// kill -9, twenty times: a child commits as fast as it can and reports every acknowledgement through a pipe; it is killed at some moment;
// the parent opens what is left.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <random>

#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

constexpr int kRounds = 20;

// Each batch writes one version into two mailboxes. Several commits are on their way at any time.
[[noreturn]] void CommitUntilKilled(const std::string& path, Version version, int out) {
  auto store = OpenSqliteStore(path);
  if (!store.ok()) _exit(1);
  std::atomic<int> under_way = 0;
  while (true) {
    while (under_way > 8) std::this_thread::yield();
    ++under_way;
    WriteBatch batch = VersionBatch("ann", ++version);
    batch.mailboxes.push_back(VersionBatch("bob", version).mailboxes[0]);
    (*store)->CommitOwned(std::move(batch), [&under_way, version, out](const absl::Status& status) {
      if (!status.ok() || write(out, &version, sizeof version) != sizeof version) _exit(2);
      --under_way;
    });
  }
}

TEST(SqliteKill, NothingAcknowledgedIsLostInTwentyKills) {
  TempDir directory;
  const std::string path = directory.File("store.db");
  std::mt19937 random(2024);
  Version acknowledged = 0, ceiling = 0, total = 0;
  for (int round = 0; round < kRounds; ++round) {
    int acknowledgements[2];
    ASSERT_EQ(pipe(acknowledgements), 0);
    const pid_t child = fork();
    if (child == 0) CommitUntilKilled(path, acknowledged + 1'000'000, acknowledgements[1]);
    close(acknowledgements[1]);
    Version version = 0;
    const int kill_after = std::uniform_int_distribution<int>(1, 300)(random);
    for (int i = 0; read(acknowledgements[0], &version, sizeof version) == sizeof version; ++i) {
      EXPECT_GT(version, acknowledged);
      acknowledged = version;
      ++total;
      if (i == kill_after) kill(child, SIGKILL);  // and read on: what it still reported counts
    }
    close(acknowledgements[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself: " << status;

    auto store = OpenSqliteStore(path);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_GE((*store)->opened().first_version, ceiling + kVersionBlock) << "the killed child had reserved a block";
    ceiling = (*store)->opened().ceiling;
    const std::optional<Version> ann = WholeVersion(*Load(**store, "ann"));
    EXPECT_TRUE(ann.has_value() && *ann >= acknowledged) << ann.value_or(0) << " stored, " << acknowledged << " acknowledged";
    EXPECT_EQ(WholeVersion(*Load(**store, "bob")), ann);
  }
  EXPECT_GT(total, static_cast<Version>(kRounds));
}

}  // namespace
}  // namespace mailwake
