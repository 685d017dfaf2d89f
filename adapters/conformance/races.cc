// SPDX-License-Identifier: Apache-2.0
//
// Loads that race commits from several threads.
//
// Each thread owns two folders of one shared mailbox and writes the same version into both in one batch, together with its device's cursors
// in them. So at any time: (1) a pair that differs is half a commit; (2) a pair below what the loading thread has last written is a load
// that missed a commit called before it; (3) a pair above what its owner has called is a write from nowhere.

#include <array>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "adapters/conformance/probe.h"

namespace mailwake {
namespace {

constexpr int kThreads = 4;
constexpr Version kCommits = 150;

class Race {
 public:
  explicit Race(StoreProbe& probe) : probe_(probe) {}

  void Run() {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back([this, thread] { WriteAndLoad(thread); });
    for (std::thread& thread : threads) thread.join();
  }

  static std::string Name(int thread, const char* which) { return std::to_string(thread) + which; }

 private:
  void WriteAndLoad(int thread) {
    std::vector<std::shared_ptr<Answer<absl::Status>>> commits;
    for (Version version = 1; version <= kCommits; ++version) {
      called_[thread] = version;
      commits.push_back(probe_.StartCommit({.mailboxes = {Pair(thread, version)}}));
      Check(thread, version, probe_.StartLoad("shared")->Get());
    }
    for (const auto& commit : commits) EXPECT_TRUE(commit->Get().value_or(absl::UnknownError("no callback")).ok());
  }

  static MailboxWrite Pair(int thread, Version version) {
    MailboxWrite write{.mailbox = "shared"};
    MailboxWrite::DeviceWrite device{.record = {.id = Name(thread, "d")}};
    for (const char* which : {"a", "b"}) {
      write.folders.push_back({.id = Name(thread, which), .version = version});
      device.record.cursors.push_back({.folder = Name(thread, which), .cursor = version});
    }
    write.devices.push_back(device);
    return write;
  }

  void Check(int thread, Version written, const std::optional<absl::StatusOr<MailboxRecord>>& record) {
    ASSERT_TRUE(record.has_value() && record->ok());
    std::map<std::string, Version> seen;
    for (const FolderRecord& folder : (*record)->folders) seen[folder.id] = folder.version;
    for (const DeviceRecord& device : (*record)->devices) {
      for (const CursorRecord& cursor : device.cursors) EXPECT_EQ(cursor.cursor, seen[cursor.folder]) << "half a commit";
    }
    EXPECT_GE(seen[Name(thread, "a")], written) << "missed a commit called before the load";
    for (int other = 0; other < kThreads; ++other) {
      EXPECT_EQ(seen[Name(other, "a")], seen[Name(other, "b")]) << "half a commit";
      EXPECT_LE(seen[Name(other, "a")], called_[other]) << "a write from nowhere";
    }
  }

  StoreProbe& probe_;
  std::array<std::atomic<Version>, kThreads> called_ = {};
};

TEST_P(StoreConformance, LoadsThatRaceCommitsSeeWholeCommitsAndAllThatWereCalledBefore) {
  StoreProbe probe(GetParam()());
  Race(probe).Run();
  probe.Reopen();
  const MailboxRecord record = probe.Load("shared");
  EXPECT_EQ(record.folders.size(), 2u * kThreads);
  for (const FolderRecord& folder : record.folders) EXPECT_EQ(folder.version, kCommits) << folder.id;
}

}  // namespace
}  // namespace mailwake
