// SPDX-License-Identifier: Apache-2.0
//
// FakeStore: a store that the test holds by the hand. Operations wait until the test releases them, in any order that the port allows;
// they can be made to fail; a crash loses what was not yet written; what is on the FakeDisk survives.
//
// Threads:    one thread.
// Invariants: (1) commits take effect in the order of the calls, each whole or not at all, whatever the order in which they are answered;
//             (2) a load sees every commit that was called before it (and may see later ones);
//             (3) broken_rules() tells what the caller did that the port forbids: a version at or above the durable ceiling, a step back.
// Example:
//   auto disk = std::make_shared<FakeDisk>();
//   FakeStore store(disk);
//   store.set_held(true);
//   engine->Publish(...);           // its commit waits
//   store.Release();                // now it is durable, and answered
//   store.Crash(7);                 // some first part of what waits is kept, chosen by 7; nobody is answered

#ifndef MAILWAKE_TESTS_SUPPORT_FAKE_STORE_H_
#define MAILWAKE_TESTS_SUPPORT_FAKE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "mailwake/store.h"

namespace mailwake::testing {

// What survives a FakeStore.
struct FakeDisk {
  Version ceiling = 0;
  Version suspect = 0;
  std::map<std::string, MailboxRecord> mailboxes;

  void Apply(const WriteBatch& batch);
};

class FakeStore final : public Store {
 public:
  static constexpr std::size_t kAlways = std::numeric_limits<std::size_t>::max();

  struct Counts {
    std::size_t loads = 0;
    std::size_t commits = 0;
    std::size_t age_outs = 0;
    std::size_t failed_loads = 0;
    std::size_t failed_commits = 0;
  };

  explicit FakeStore(std::shared_ptr<FakeDisk> disk);

  OpenState opened() const override { return opened_; }
  void Load(std::string mailbox, LoadCallback done) override;
  void Commit(const WriteBatch& batch, DoneCallback done) override;
  void AgeOut(Time before, AgeOutCallback done) override;

  // ---- What the test does ------------------------------------------------------------------------------------------------------------

  // True: operations wait for Release. False (as it starts): they are answered inside the call.
  void set_held(bool held) { held_ = held; }
  bool held() const { return held_; }

  std::size_t waiting() const { return waiting_.size(); }
  std::size_t waiting_loads(const std::string& mailbox) const;
  // Answers the nth operation of those that wait. False: there are not so many.
  bool Release(std::size_t nth = 0);
  // Answers all that wait, and what is asked meanwhile.
  void ReleaseAll();

  // The next `times` operations fail when their turn comes. 0: no more failures.
  void FailCommits(absl::Status status, std::size_t times = kAlways);
  void FailLoads(absl::Status status, std::size_t times = kAlways);
  // As FailLoads, for one mailbox.
  void FailLoadsOf(const std::string& mailbox, absl::Status status);
  // Of a mailbox: how many loads failed, and whether the last one did.
  std::size_t failed_loads(const std::string& mailbox) const;
  bool last_load_failed(const std::string& mailbox) const { return last_failed_.contains(mailbox); }
  bool failing() const { return commit_failures_ + load_failures_ > 0 || !broken_mailboxes_.empty(); }

  // The machine goes: of what waits, the first few commits (chosen by `seed`) are kept; no callback ever runs.
  void Crash(std::uint64_t seed);

  // What is on the disk; an empty record if nothing is.
  const MailboxRecord& stored(const std::string& mailbox) const;
  const FolderRecord* stored_folder(const std::string& mailbox, const std::string& folder) const;
  const DeviceRecord* stored_device(const std::string& mailbox, const std::string& device) const;
  const Counts& counts() const { return counts_; }
  const std::vector<std::string>& broken_rules() const { return broken_rules_; }

 private:
  enum class Kind : std::uint8_t { kLoad, kCommit, kAgeOut };
  struct Operation {
    Kind kind;
    std::string mailbox;   // kLoad
    WriteBatch batch;      // kCommit
    Time before{};         // kAgeOut
    bool applied = false;  // kCommit: its outcome is settled
    absl::Status outcome;  // kCommit, once applied
    LoadCallback load_done = {};
    DoneCallback commit_done = {};
    AgeOutCallback age_out_done = {};
  };

  void Add(Operation operation);
  void ApplyBefore(std::size_t end);
  void Settle(Operation& operation);
  void Answer(Operation operation);
  std::size_t Forget(Time before);
  void CheckRules(const WriteBatch& batch);

  const std::shared_ptr<FakeDisk> disk_;
  OpenState opened_;
  bool held_ = false;
  std::deque<Operation> waiting_;
  std::size_t commit_failures_ = 0;
  std::size_t load_failures_ = 0;
  absl::Status commit_failure_;
  absl::Status load_failure_;
  std::map<std::string, absl::Status> broken_mailboxes_;
  std::map<std::string, std::size_t> failed_loads_;
  std::set<std::string> last_failed_;
  Counts counts_;
  std::vector<std::string> broken_rules_;
};

}  // namespace mailwake::testing

#endif  // MAILWAKE_TESTS_SUPPORT_FAKE_STORE_H_
