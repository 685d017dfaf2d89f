// SPDX-License-Identifier: Apache-2.0
//
// Shard: the mailboxes that hash to it, and all that happens in them: one small lock, one timer wheel, ready lists. A change touches one
// shard.
//
// The way of a change: Publish -> Apply (shard_change.cc) -> Reconsider (shard.cc) -> Judge (judge.cc) -> ready list -> Take
// (shard_deliver.cc) -> the PING's callback (engine.cc). The way of a PING: Hold -> Admit (shard_hold.cc) -> Reconsider -> ... as above.
//
// Threads:    public calls from any thread. Each takes the lock, decides, and leaves in Effects what must be done without it: nothing here
//             calls the store, a callback or a hook under the lock (Options::clock apart).
// Cost:       as in engine.h.
// Invariants: CheckInvariants() walks them; those of each noun stand in its header.

#ifndef MAILWAKE_SRC_SHARD_H_
#define MAILWAKE_SRC_SHARD_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/src/answers.h"
#include "engine/src/context.h"
#include "engine/src/end_batch.h"
#include "engine/src/heartbeat_window.h"
#include "engine/src/id_hash.h"
#include "engine/src/judge.h"
#include "engine/src/mailbox_table.h"
#include "engine/src/outbox.h"
#include "engine/src/timeline.h"
#include "engine/src/timer_wheel.h"
#include "engine/src/watch_table.h"
#include "mailwake/engine.h"
#include "mailwake/mutex.h"

namespace mailwake {

inline constexpr std::size_t kMaxLoops = 16;

// A change and its mailbox's hash.
struct KeyedChange {
  MailboxKey mailbox;
  const Change* change;
};

class Shard {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  Shard(Context& context, std::uint32_t number);

  // ---- shard_hold.cc
  PingId Hold(const MailboxKey& mailbox, const PingRequest& request, EndCallback done, Effects& effects);

  // ---- shard_end.cc
  bool Cancel(Slot slot, std::uint32_t generation, Effects& effects);
  std::size_t EndWatches(const MailboxKey& mailbox, std::optional<std::string_view> device, Effects& effects);
  std::size_t Shed(std::size_t count, Effects& effects);
  void Drain(Duration over, Effects& effects);

  // ---- shard_change.cc. The strings of the changes need only live for the call.
  void Publish(std::span<const KeyedChange> changes, Done&& done, Effects& effects);
  void SetFolders(const MailboxKey& mailbox, std::vector<DeclaredFolder> folders, Done&& done, Effects& effects);
  void SuspectMailbox(const MailboxKey& mailbox, Done&& done, Effects& effects);
  void SuspectEverything(Version version, Effects& effects);

  // ---- shard_sync.cc
  Version BeginSync() const { return last_version_.load(std::memory_order_acquire); }
  bool GaveOut(Version ticket) const { return ticket <= BeginSync(); }  // a ticket of that version can exist
  void EndSync(const MailboxKey& mailbox, const SyncTicket& ticket, std::span<const std::string_view> folders, Done&& done,
               Effects& effects);
  void ResetCursor(const MailboxKey& mailbox, std::string_view device, std::string_view folder, Done&& done, Effects& effects);
  void BeginFolderSync(const MailboxKey& mailbox, Engine::FolderListCallback done, Effects& effects);
  void EndFolderSync(const MailboxKey& mailbox, std::string_view device, Version version, Done&& done, Effects& effects);
  void Delivered(const MailboxKey& mailbox, std::string_view device, PingId id);

  // ---- shard_deliver.cc. Moves up to `most` decided ends of a loop into the batch; true if more are left.
  // Heartbeats that began since are added to `samples`.
  bool Take(LoopId loop, std::size_t most, EndBatch& batch, Reused<HeartbeatSample>& samples, Effects& effects);

  // ---- shard.cc
  void Advance(Time now, Reused<HeartbeatSample>& samples, Effects& effects);
  // When Advance must be called next, on the caller's clock; Time::max() if nothing waits for the time.
  Time next_due() const { return next_due_.load(std::memory_order_seq_cst); }
  void AgeOut(Time before);
  std::uint32_t number() const { return number_; }

  // ---- shard_store.cc: the store's answers, and what to ask it
  void Loaded(Mailbox* mailbox, absl::StatusOr<MailboxRecord> record, Effects& effects);
  // The call that handed it over returned; the answer may be there. The next is in `effects`, if there is one.
  void HandedOver(Outgoing* outgoing, Effects& effects);
  void Committed(Outgoing* outgoing, Effects& effects);
  void WriteUnsaved(Effects& effects);  // now, not when the next attempt is due
  bool idle() const;                    // nothing waits for the store
  Answers& answers() { return answers_; }
  std::string MailboxId(const Mailbox* mailbox) const { return std::string(mailbox->id()); }  // constant while the mailbox is pinned

  // ---- shard_report.cc
  void AddStats(Stats& stats) const;
  void AddPings(std::size_t most, std::vector<PingView>& pings) const;
  void Explain(const MailboxKey& mailbox, std::string_view device, Explanation& explanation) const;
  void TakeSamples(Reused<HeartbeatSample>& samples);
  void CheckInvariants() const;

 private:
  // shard_report.cc
  void MoveSamples(Reused<HeartbeatSample>& samples) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  PingView View(Slot slot) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CheckCrowd(const Mailbox& mailbox) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Shorthands.
  Watch& At(Slot slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return watches_[slot]; }
  PingId IdOf(Slot slot) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  auto Siblings() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return [this](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS -> Links& { return const_cast<WatchTable&>(watches_)[slot].siblings; };
  }
  // Whether a crowd's entry is not stale.
  auto IsWatching() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return [this](const Crowd::Entry& entry) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      const Watch& watch = watches_[entry.slot];
      return watch.generation == entry.generation && watch.list == Watch::List::kWatchers;
    };
  }
  auto Nexts() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return [this](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS -> Slot& { return watches_[slot].next; };
  }
  static SlotList& ListOf(const Watch& watch) {
    return watch.list == Watch::List::kWatchers ? watch.mailbox->watchers : watch.mailbox->aside;
  }
  template <typename Visit>
  void ForEachOf(const SlotList& list, Visit visit) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    list.ForEach(Siblings(), visit);
  }

  // shard.cc
  void Observe() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);  // looks at the clock, if there is one
  std::int64_t now_ms() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return timeline_.now_ms(); }
  void CountBytes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool OverBudget() const { return context_.bytes.load(std::memory_order_relaxed) > context_.options.limits.memory_bytes; }
  // At the end of a call: evicts, publishes next_due(), takes what is to be handed over to the store.
  void Settle(Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Mailbox& Enter(const MailboxKey& mailbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Mailbox* FindMailbox(const MailboxKey& mailbox) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayDefer(const Mailbox& mailbox) const { return mailbox.deferred().size() < context_.options.limits.deferred_per_mailbox; }
  static absl::Status TooManyWait() { return absl::UnavailableError("too many calls wait for the mailbox to be read; try again"); }
  // Until the mailbox has been read. REQUIRES: MayDefer.
  void Defer(Mailbox& mailbox, Mailbox::Deferred call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Pin(Mailbox& mailbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Unpin(Mailbox& mailbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);  // idles it if nothing needs it
  void ApplySuspicion(Mailbox& mailbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LinkIdle(Mailbox& mailbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UnlinkIdle(Mailbox& mailbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Evict() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool WindowOpen(const Mailbox& mailbox) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Version NextVersion(Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);  // 0: the store has not confirmed room
  VersionBlock TakeVersions(std::size_t count, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);  // empty: as above
  bool ReserveVersions(std::size_t count, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  MailboxWrite& Write(Mailbox& mailbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // A watch's way (shard.cc)
  void Link(Slot slot, Watch::List list) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);  // its mailbox's watchers or aside
  void JoinCrowd(Slot slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);               // if its mailbox has one, or should have
  void Delist(Slot slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);                  // out of that, and of its device's place
  void Unlink(Slot slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);                  // and no longer counted
  void Park(Slot slot, std::int64_t due_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MarkReady(Slot slot, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Force(Slot slot, EndReason reason, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);  // ends it, whatever the versions say
  void Reconsider(Slot slot, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);               // judges it, parks it or marks it ready
  void Wait(Slot slot, const Verdict& verdict) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReconsiderAll(Mailbox& mailbox, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnTimer(Slot slot, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WalkSuspects(Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RewriteUnsaved() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // shard_store.cc
  void Conclude(Outgoing* outgoing, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // shard_hold.cc
  struct Terms;  // what a PING comes to with what was remembered
  void Admit(Slot slot, const PingRequest& request, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Settled(const PingRequest& request, const Device* device, Terms& terms) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool InRange(std::chrono::seconds heartbeat, std::size_t folders, Terms& terms) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom(Mailbox& mailbox, const PingRequest& request, const Device* device, Slot slot, Terms& terms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::size_t Look(const Mailbox& mailbox, const std::vector<WatchedFolder>& folders, const Device* device)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Refuse(Slot slot, const PingRequest& request, const Terms& terms, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A PING of the same device that waits for the mailbox to be read.
  bool WaitsAlready(const Mailbox& mailbox, const PingRequest& request) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Supersede(Slot older, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fit(Watch& watch, const PingRequest& request, Mailbox& mailbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remember(Mailbox& mailbox, DeviceNumber device, const Watch& watch, std::chrono::seconds heartbeat)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Count(Slot slot, bool replaces) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);  // against Limits::pings
  bool InReserve(const Device* device) const;
  std::uint32_t RetryAfter() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // shard_change.cc
  struct OwnedChange;
  struct Group;
  struct Waiting;
  void DeferGroup(Mailbox& mailbox, std::shared_ptr<Group> group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DeferAlone(Mailbox& mailbox, const Change& change, Done&& done, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status AddWaiting(Mailbox& mailbox, const Change& change, Waiting& waiting, Done& done, Effects& effects)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasFolderRoom(Mailbox& mailbox, std::size_t fresh, std::span<const FolderNumber> asked) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // `reserved`: a version given out before the mailbox was read, or 0.
  absl::Status Apply(Mailbox& mailbox, const Change& change, Version reserved, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeDurable(Mailbox& mailbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WakeWatchers(Mailbox& mailbox, FolderNumber folder, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Declare(Mailbox& mailbox, const std::vector<DeclaredFolder>& folders, VersionBlock versions, Effects& effects)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Suspect(Mailbox& mailbox, Version version, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  FolderNumber CreateFolder(Mailbox& mailbox, std::string_view id, std::optional<ItemClass> item_class)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReplaceFolder(Mailbox& mailbox, FolderNumber folder, ItemClass item_class, Version version, MailboxWrite& write)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // shard_sync.cc
  void ReconsiderDevice(const Device& device, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The device, made if it is new; kNoDevice if there is no room for one more. `record`: its record must be written.
  DeviceNumber EnterDevice(Mailbox& mailbox, std::string_view device, bool& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool SeenNow(Mailbox& mailbox, Device& device) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);  // true: its record must be written
  absl::Status MoveCursors(Mailbox& mailbox, std::string_view device, Version ticket, std::span<const std::string_view> folders,
                           Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AcknowledgeNamed(Mailbox& mailbox, Device& device) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Runs `call` once the mailbox is in memory, now or later; `done` gets its outcome, OK once it is durable.
  using Call = absl::AnyInvocable<absl::Status(Mailbox&, Effects&)>;
  void WhenLoaded(const MailboxKey& mailbox, Done&& done, Call call, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Finish(Done&& done, const absl::Status& status, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // shard_deliver.cc
  void Conclude(Slot slot, EndReason reason, EndBatch& batch, Effects& effects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell(PingId id, Watch& watch, EndReason reason, EndBatch& batch, Device::LastEnd& last) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant.
  Context& context_;
  const std::uint32_t number_;
  const bool windows_;  // some class has a coalescing window

  Answers answers_;
  mutable Mutex mutex_;
  Timeline timeline_ ABSL_GUARDED_BY(mutex_);
  TimerWheel wheel_ ABSL_GUARDED_BY(mutex_);
  WatchTable watches_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // counted in Context::bytes
  int unpinned_ ABSL_GUARDED_BY(mutex_) = 0;       // mailboxes, in this call
  std::size_t timed_ ABSL_GUARDED_BY(mutex_) = 0;  // watches that wait for their timer
  std::array<SlotQueue, kMaxLoops> ready_ ABSL_GUARDED_BY(mutex_);
  BlockPool blocks_ ABSL_GUARDED_BY(mutex_);
  MailboxTable mailboxes_ ABSL_GUARDED_BY(mutex_);  // goes before the blocks
  VersionBlock block_ ABSL_GUARDED_BY(mutex_);
  std::atomic<Version> last_version_;                 // given out by this shard; at first, all that went before. Written under the lock
  Version suspect_ ABSL_GUARDED_BY(mutex_);           // Suspect(all), latest
  std::optional<Slot> walk_ ABSL_GUARDED_BY(mutex_);  // how far the watches have been told of it
  std::int64_t walk_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  Outbox outbox_ ABSL_GUARDED_BY(mutex_);
  bool handing_over_ ABSL_GUARDED_BY(mutex_) = false;
  std::size_t open_calls_ ABSL_GUARDED_BY(mutex_) = 0;  // of the store, not yet answered
  std::vector<Mailbox*> unsaved_ ABSL_GUARDED_BY(mutex_);
  std::int64_t rewrite_ms_ ABSL_GUARDED_BY(mutex_) = 0;  // when to try them again
  std::int64_t rewrite_delay_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  Reused<HeartbeatSample> samples_ ABSL_GUARDED_BY(mutex_);
  std::vector<FolderNumber> found_ ABSL_GUARDED_BY(mutex_);  // by Look
  FolderSet behind_ ABSL_GUARDED_BY(mutex_);                 // by Judge
  FolderSet moved_ ABSL_GUARDED_BY(mutex_);                  // by MoveCursors
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  Stats stats_ ABSL_GUARDED_BY(mutex_);
  std::atomic<Time> next_due_{Time::max()};
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_SHARD_H_
