// SPDX-License-Identifier: Apache-2.0
//
// IndexPlayer: one world of mailboxes, an engine in it, and random operations on both. Knows the engine by its public face alone.
//
// A world has mailboxes of one to five devices, of some dozens and of hundreds, in each of which the number of PINGs rises and falls; few
// of those in which nobody waits stay in memory. Left out on purpose: coalescing windows, folder lists, suspicion, failing stores (the
// model test of the engine has them); and devices that would be paced for never syncing, or slowed for taking their own place again and
// again.
//
// Threads:    one thread; virtual time.
// Invariants: (1) a seed always plays the same; more operations only add to it;
//             (2) after each delivery, exactly those PINGs have ended that the model says; (3) after a failure nothing more is played.
// Example:    IndexPlayer player(seed, situations); while (player.operations() < 1'000 && !player.failed()) player.Step();

#ifndef MAILWAKE_TESTS_INDEX_INDEX_PLAYER_H_
#define MAILWAKE_TESTS_INDEX_INDEX_PLAYER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "mailwake/engine.h"
#include "tests/index/mailbox_model.h"
#include "tests/index/situations.h"

namespace mailwake::testing {

class IndexPlayer {
 public:
  IndexPlayer(std::uint64_t seed, Situations& situations);
  ~IndexPlayer();
  IndexPlayer(const IndexPlayer&) = delete;
  IndexPlayer& operator=(const IndexPlayer&) = delete;

  // One operation or a few that belong together. An operation is a call of the engine that changes something, BeginSync, or advance.
  void Step();
  // Ends all PINGs and sees that none is left.
  void Finish();

  std::uint64_t operations() const { return operations_; }
  bool failed() const { return !failure_.empty(); }
  // What failed, or was last played if nothing did, and what led to it.
  std::string Report() const;

 private:
  using Folders = std::vector<Number>;

  // index_player.cc: what to do next
  void MakeMailboxes();
  unsigned Below(std::size_t bound) { return static_cast<unsigned>(random_() % bound); }
  bool Chance(unsigned percent) { return Below(100) < percent; }
  DeviceIndex AnyDevice(const MailboxModel& box) { return static_cast<DeviceIndex>(Below(box.devices.size())); }
  Number AnyFolder(const MailboxModel& box);
  Folders AnyFolders(const MailboxModel& box);
  MailboxModel& AnyMailbox();
  void Steer(MailboxModel& box);
  void StepIn(MailboxModel& box);
  void StepWhileLate();
  void HoldOne(MailboxModel& box);
  void HoldThat(MailboxModel& box, DeviceIndex device, PingKind kind);
  void LetGo(MailboxModel& box);
  void ChangeOne(MailboxModel& box);
  void ChangeSeveral();
  void SyncOne(MailboxModel& box);
  void SyncWhole(MailboxModel& box, DeviceIndex device, const Folders& folders);
  Folders FoldersToSync(const MailboxModel& box, DeviceIndex device);
  void ResetOne(MailboxModel& box);
  void CancelEnded(MailboxModel& box);
  void CancelDecided();

  // index_player_calls.cc: the call of the engine, the same in the model, and the comparison
  struct Asked {
    std::optional<std::chrono::seconds> heartbeat;
    std::optional<Folders> folders;
  };
  struct Happened {
    MailboxModel* box;
    Number folder;
    DeviceIndex by;
  };
  Operation& Note(MailboxModel& box, const char* what, DeviceIndex device = kNobody, const char* more = "");
  void Advance(Duration step);
  void Hold(MailboxModel& box, DeviceIndex device, PingKind kind, const Asked& asked);
  void Accept(PingModel& ping, const Asked& asked);
  void Supersede(PingModel& older);
  void Cancel(PingModel& ping);
  void CancelStale(MailboxModel& box, MailboxModel::Ended ended);
  void Publish(const std::vector<Happened>& changes);
  Ticket BeginSync(MailboxModel& box, DeviceIndex device);
  void EndSync(MailboxModel& box, DeviceIndex device, Ticket ticket, const Folders& folders);
  void ResetCursor(MailboxModel& box, DeviceIndex device, Number folder);
  void EndDevice(MailboxModel& box, DeviceIndex device);
  void EndMailbox(MailboxModel& box);
  Engine::DoneCallback Answer();
  void CheckAnswered(MailboxModel& box);

  // index_player_ends.cc: who ended, who had to
  PingModel& NewPing();
  void Ended(PingModel& ping, const PingEnd& end);
  const char* WhyNot(const PingModel& ping, const PingEnd& end) const;
  void CountEnd(const PingModel& ping, const PingEnd& end);
  void Force(PingModel& ping, EndReason reason, Refusal refusal = Refusal::kNone);
  void Due(PingModel& ping);
  // Delivers, mostly; true if all that was decided has been delivered.
  bool Settle(MailboxModel& box);
  bool Deliver(std::size_t most, const std::function<std::size_t()>& deliver);
  void CountWaiting(MailboxModel& box);
  void CheckAll();
  void WasRead(const std::string& mailbox);
  void Fail(MailboxModel* box, std::string what);  // null: no particular mailbox

  const std::uint64_t seed_;
  const bool narrow_;  // a small world, looked at closely
  Situations& situations_;
  std::mt19937_64 random_;
  Options options_;
  std::vector<std::unique_ptr<MailboxModel>> mailboxes_;  // the smallest first
  std::size_t small_ = 0;                                 // so many of these
  std::size_t middle_ = 0;                                // and then so many of some dozens
  std::unique_ptr<Store> store_;
  std::unique_ptr<Engine> engine_;
  Time now_{std::chrono::hours(24)};
  std::uint64_t operations_ = 0;
  std::optional<std::uint64_t> finished_at_;
  unsigned late_ = 0;        // for so many operations no end is delivered
  std::uint64_t names_ = 0;  // of folders that nothing ever changes, so far
  MailboxModel* last_ = nullptr;

  std::deque<PingModel> pings_;
  std::vector<PingModel*> spare_;
  std::vector<PingModel*> due_;    // may have to end when ends are delivered next
  std::vector<PingModel*> ended_;  // since then
  struct Deadline {
    Time latest;
    PingModel* ping;
    PingId id;
    friend bool operator>(const Deadline& a, const Deadline& b) { return a.latest > b.latest; }
  };
  std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> deadlines_;

  int answers_ = 0;  // of the operation's completion
  bool delivering_ = false;
  std::size_t callbacks_ = 0;         // in this delivery
  std::size_t woken_ = 0;             // of them for a change
  MailboxModel* woken_in_ = nullptr;  // where
  bool woken_in_several_ = false;
  std::string failure_;
};

}  // namespace mailwake::testing

#endif  // MAILWAKE_TESTS_INDEX_INDEX_PLAYER_H_
