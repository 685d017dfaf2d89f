// SPDX-License-Identifier: Apache-2.0
//
// SlowStore: a real store behind a disk that takes its time, fails, is full, and loses what it had not written when the power goes. The
// front ends' state shares its queue, as it shares the file of a real store.
//
// Threads:    one thread; callbacks run from the event queue, or inside the call if the disk is quick.
// Invariants: (1) calls take effect in their order, each whole or not at all;
//             (2) a call is answered OK only after it took effect in the real store;
//             (3) once Lose was called nothing is answered any more.
// Example:    SlowStore store(queue, disk.Open(), random, 400); store.set_failing({.commits = true}); store.Lose(2);

#ifndef MAILWAKE_TESTS_SIM_SLOW_STORE_H_
#define MAILWAKE_TESTS_SIM_SLOW_STORE_H_

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "mailwake/adapters/front_state.h"
#include "mailwake/store.h"
#include "tests/sim/disk.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/random.h"

namespace mailwake::sim {

// What a commit that this disk refused says; no error of the engine's own begins so.
inline constexpr std::string_view kDiskSays = "sim: ";

class SlowStore final : public Store {
 public:
  struct Failing {
    bool commits = false;
    bool loads = false;
    bool full = false;  // says so
    bool any() const { return commits || loads; }
  };

  // `settle` runs after each answer that came from the queue. `slowest_ms` 0: everything is done inside the call.
  SlowStore(EventQueue& queue, std::unique_ptr<OpenDisk> disk, Random random, std::int64_t slowest_ms, std::function<void(int)> settle);
  ~SlowStore() override;

  OpenState opened() const override { return disk_->store().opened(); }
  void Load(std::string mailbox, LoadCallback done) override;
  void Commit(const WriteBatch& batch, DoneCallback done) override;
  void AgeOut(Time before, AgeOutCallback done) override;
  FrontState& state() { return state_; }

  void set_failing(const Failing& failing) { failing_ = failing; }
  const Failing& failing() const { return failing_; }
  // Each call fails by this chance, whatever the others do.
  void set_fails_one(double chance) { fails_one_ = chance; }
  bool slow() const { return slowest_ms_ > 0; }
  // From now on everything is done inside the call.
  void set_quick() { slowest_ms_ = 0; }
  std::size_t waiting() const { return waiting_.size(); }
  // Mailboxes that commits which wait write to, each counted once a commit.
  std::size_t waiting_mailboxes() const;
  bool idle() const { return waiting_.empty(); }
  // A mailbox is being read.
  bool Loading(int mailbox) const { return loading_.contains(mailbox); }
  // Its last load failed.
  bool Unread(int mailbox) const { return unread_.contains(mailbox); }
  // Told of loads that failed.
  std::function<void(int mailbox)> load_failed;
  std::uint64_t loads() const { return loads_; }
  std::uint64_t failures() const { return failures_; }
  std::uint64_t failed_alone() const { return failed_alone_; }

  // The newest version of a folder that the engine asked to be written, and the newest that is; 0: none. Kept only while the disk is slow.
  Version submitted(int mailbox, int folder) const { return VersionIn(submitted_, mailbox, folder); }
  Version durable(int mailbox, int folder) const { return VersionIn(durable_, mailbox, folder); }

  // Everything that waits is done now.
  void Finish();
  // The server goes. Of what waits, the first `kept` commits are on the disk; nothing is answered any more.
  void Lose(std::size_t kept);

 private:
  struct Operation {
    enum Kind : std::uint8_t { kLoad, kCommit, kAgeOut, kLoadState, kSaveState } kind;
    Time due{};
    std::string mailbox = {};
    const WriteBatch* batch = nullptr;
    Time before{};
    FrontStateKey key = {};
    std::string value = {};
    LoadCallback load_done = {};
    DoneCallback done = {};
    AgeOutCallback age_out_done = {};
    FrontState::LoadCallback state_done = {};
  };
  using Versions = absl::flat_hash_map<std::uint64_t, Version>;

  class State final : public FrontState {
   public:
    explicit State(SlowStore& store) : store_(store) {}
    void Load(FrontStateKey key, LoadCallback done) override;
    void Save(FrontStateKey key, std::string value, DoneCallback done) override;

   private:
    SlowStore& store_;
  };

  static std::uint64_t Key(int mailbox, int folder) {
    return std::uint64_t(static_cast<std::uint32_t>(mailbox)) << 32 | static_cast<std::uint32_t>(folder);
  }
  static Version VersionIn(const Versions& versions, int mailbox, int folder) {
    const auto found = versions.find(Key(mailbox, folder));
    return found == versions.end() ? 0 : found->second;
  }
  static void Note(Versions& versions, const WriteBatch& batch);
  void Add(Operation operation);
  void Arm();
  void RunDue();
  void Run(Operation operation);
  absl::Status Apply(const Operation& operation);
  absl::Status Refusal() const;
  template <typename Result, typename Call>
  Result Wait(Call call);

  EventQueue& queue_;
  std::unique_ptr<OpenDisk> disk_;
  Random random_;
  std::int64_t slowest_ms_;
  std::function<void(int)> settle_;
  State state_{*this};
  Failing failing_;
  std::deque<Operation> waiting_;
  std::deque<WriteBatch> answered_;  // by the plant, before they were written
  double fails_one_ = 0;
  absl::flat_hash_map<int, int> loading_;
  absl::flat_hash_set<int> unread_;
  Versions submitted_;
  Versions durable_;
  Time last_due_{};
  bool dead_ = false;
  std::uint64_t loads_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t failed_alone_ = 0;
  std::shared_ptr<SlowStore*> self_;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_SLOW_STORE_H_
