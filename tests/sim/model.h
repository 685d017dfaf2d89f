// SPDX-License-Identifier: Apache-2.0
//
// Model: what the server must do, obvious and slow. It is told from outside what was asked of the server and what was answered, and asked
// two things: may this PING end so (Ended), and must one that is held have ended by now (CheckHeld).
//
// A number (Seq) stands for each moment. Of each folder it keeps when each origin last changed it: surely (live: in this life of the
// server; acked: whatever happens) and perhaps. Of each device how far it has synced: at least, at most. Where a crash or a call that
// failed leaves something open, "surely" and "perhaps" part, and only what is sure can convict.
//
// Threads:    one thread.
// Cost:       O(folders of the PING x origins of a folder) a question; memory does not grow with the length of the run.
// Example:    int ping = model.Held(spec, when); ... model.Ended(ping, EndReason::kExpired, {}, when);

#ifndef MAILWAKE_TESTS_SIM_MODEL_H_
#define MAILWAKE_TESTS_SIM_MODEL_H_

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mailwake/ping.h"
#include "tests/sim/history.h"
#include "tests/sim/names.h"
#include "tests/sim/profile.h"
#include "tests/sim/stakes.h"

namespace mailwake::sim {

// A moment in the order of everything that happened. 0: never.
using Seq = std::uint64_t;
inline constexpr int kNobody = -1;
// So many times a device is told the same before it is paced.
inline constexpr int kFreeRepeats = 3;
// A clock that drifts may show one millisecond and then the next but one.
inline constexpr std::int64_t kTickMs = 2;

// The server's time as an outsider can know it.
struct Moment {
  std::int64_t mark = 0;        // the highest that its clock has shown
  std::int64_t pause_low = 0;   // of which it surely slept
  std::int64_t pause_high = 0;  // and perhaps
  std::int64_t slack = 0;       // by which it was called late, summed
  std::int64_t early = 0;       // while it shows less than it has: by which the engine's own may be less than `mark`
  std::int64_t jumps = 0;
};
// Engine time between two moments.
inline std::int64_t AtLeast(const Moment& from, const Moment& to) {
  return to.mark - from.mark - (to.pause_high - from.pause_high) - to.early;
}
inline std::int64_t AtMost(const Moment& from, const Moment& to) {
  return to.mark - from.mark - (to.pause_low - from.pause_low) + from.early;
}

// A broken promise.
struct Violation {
  int promise = 0;  // 0: liveness, leaks, pacing
  int mailbox = kNone;
  int device = kNone;
  std::string text;
};

struct PingSpec {
  int mailbox = 0;
  int device = 0;
  PingKind kind = PingKind::kPing;
  std::optional<std::int64_t> heartbeat_s;
  std::optional<std::vector<FolderRef>> folders;
  bool over_budget = false;  // the engine took more memory than it may when this one came
  bool exact = true;         // held in the call that the model is told of; a hanging Sync may be held later, or answered at once
};

// Why a PING waits, as an explanation tells it.
enum class Waits : std::uint8_t { kForChanges, kForWindow, kPaced, kForMailbox };

class Model {
 public:
  struct Ping {
    bool live = false;
    PingSpec spec;
    bool folders_known = true;
    bool heartbeat_known = true;
    Moment held;
    Seq seq = 0;
    bool unread = false;  // its mailbox may not have been read when it was held
    bool rivalled = false;
    bool cancelled = false;
    bool gone_late = false;
    bool revoked = false;
    bool must_refuse = false;
    bool behind_when_held = false;
    bool misfit = false;                     // surely
    bool maybe_misfit = false;               // perhaps
    bool crowded = false;                    // there was no room for all while it was held
    bool touched = false;                    // a foreign change came while it was held
    Seq acknowledges = 0;                    // surely, what the wake of then named; 0: nothing
    std::vector<int> named;                  // by that wake
    std::vector<std::pair<int, Seq>> waits;  // folders that surely waited for a window when last looked at, and the change of each
  };

  Model(const Profile& profile, const Time& clock, History& history, Stakes& stakes);

  // Where the model hears the time from; the caller keeps it up to date.
  Moment now;
  const Time& true_now;

  // ---- The server's lives
  void Opened();
  // `clean`: everything was written before.
  void Closed(bool clean);
  // Everything that was decided so far is on the disk.
  void Quiet() { quiet_ = seq_; }
  void Draining() { draining_ = true; }
  void LoadFailed(int mailbox);

  // ---- Changes. `loaded`: the mailbox is surely in memory or can be read at once.
  Seq Published(int mailbox, int folder, int origin, ItemClass item_class, bool loaded, Seq first, bool host_version);
  void PublishAnswered(int mailbox, int folder, int origin, ItemClass item_class, Seq first, Seq attempt, bool host_version, bool ok);
  Seq Declared(int mailbox, const std::vector<FolderRef>& folders);
  void DeclareAnswered(int mailbox, const std::vector<FolderRef>& folders, Seq first, Seq attempt, bool ok);
  Seq Suspected(std::optional<int> mailbox, bool loaded);
  void SuspectAnswered(std::optional<int> mailbox, Seq seq, bool ok);

  // ---- Syncs
  Seq SyncBegins(int mailbox, int device);
  void SyncEnds(int mailbox, int device, Seq ticket, const std::vector<int>& folders, bool sure);
  // `surely`: else it may be reset from now on.
  void CursorReset(int mailbox, int device, int folder, bool surely);
  std::pair<Seq, Seq> FolderList(int mailbox) const { return {boxes_[Index(mailbox)].list_low, boxes_[Index(mailbox)].list_high}; }
  void FolderSyncEnds(int mailbox, int device, Seq low, Seq high, bool sure);

  // ---- PINGs
  // The answer of a PING has arrived: where PINGs acknowledge, the next one does if it was the last wake. `wake`: what LastNamed was
  // when it ended; 0: it was no wake; nothing: that is not known.
  void Delivered(int mailbox, int device, std::optional<Seq> wake);
  Seq LastNamed(int mailbox, int device) { return DeviceOf(mailbox, device).named.seq; }
  int Held(const PingSpec& spec, bool loaded);
  void Cancelled(int ping, bool won);
  // The connection of a PING went, and the server was told.
  void Gone(int ping) { pings_[Index(ping)].cancelled = true; }
  void Revoked(int mailbox, std::optional<int> device);
  void Shed() { shed_ = true; }
  void ShedOver() { shed_ = false; }
  bool shedding() const { return shed_; }
  void Ended(int ping, EndReason reason, std::span<const int> names, Refusal refusal = Refusal::kNone, std::int64_t bound = 0,
             std::int64_t retry_after_s = 0);
  // The answer of a PING, of which a resync cannot be told from a change.
  void EndedChanged(int ping, std::span<const int> names);
  // A hanging Sync was answered with what there is: it may have been woken, or never have been held.
  void EndedSomehow(int ping);

  // ---- Questions
  // Of the PINGs in the mailbox, none should have ended by now. `readable`: the mailbox is in memory, as far as can be told.
  void CheckHeld(int mailbox, bool readable);
  void CheckAllDeadlines();
  bool SurelyBehind(int mailbox, int device, int folder) const;
  bool MaybeBehind(int mailbox, int device, int folder) const;
  // Nothing: it may wait for that.
  std::string WhyNotWaiting(const Ping& ping, Waits waits) const;
  // It is being told of a suspicion.
  bool Spreading(int mailbox) const { return boxes_[Index(mailbox)].spread; }
  // Nobody has changed the folder since, not even perhaps, or suspects it.
  bool SurelyUnchanged(int mailbox, int folder, Seq since) const;
  std::size_t held() const { return held_; }
  std::size_t held_in(int mailbox) const { return boxes_[Index(mailbox)].pings.size(); }
  const Ping& ping(int number) const { return pings_[Index(number)]; }
  const std::vector<int>& pings_of(int mailbox) const { return boxes_[Index(mailbox)].pings; }
  bool AnyoneBehind(int mailbox) const;
  Seq seq() const { return seq_; }

  void Fail(int promise, int mailbox, int device, std::string text);
  const std::optional<Violation>& violation() const { return violation_; }

 private:
  struct Mark {
    int origin = kNobody;
    Seq live = 0;
    Seq acked = 0;
    Seq maybe = 0;
  };
  struct Folder {
    std::vector<Mark> marks;
    std::optional<ItemClass> item_class;   // surely, in this life
    std::optional<ItemClass> acked_class;  // surely
    bool exists = false;                   // surely
    bool any_class = false;                // its class is in doubt until it is changed or declared again
    Seq suspect = 0;                       // perhaps
  };
  struct Cursor {
    Seq low = 0;
    Seq high = 0;
    Seq since_reset = 0;                     // the highest that it was moved to since a reset was asked for
    std::vector<std::pair<Seq, Seq>> moves;  // of `low`, that a crash may undo: when, to what
  };
  // Wakes in a row that surely told nothing new, to nobody who did anything about it.
  struct Repeated {
    Seq seq = 0;  // of the last wake; 0: none
    Moment at;
    bool hierarchy = false;
    std::vector<int> folders;  // that it told of
    int times = 0;
  };
  // What the last wake named, where PINGs acknowledge.
  struct Named {
    Seq seq = 0;  // 0: none
    std::vector<int> folders;
    bool last = false;  // no other end has come since; perhaps
    bool sure = false;  // surely, and no sync
    bool delivered = false;
  };
  struct Device {
    std::vector<Cursor> cursors;
    Seq list_low = 0;
    Seq list_high = 0;
    std::optional<Seq> list_known;  // since when it surely has a folder list cursor
    Seq list_moved = 0;
    std::vector<FolderRef> remembered;
    std::int64_t remembered_heartbeat_s = 0;
    bool remembered_known = false;
    bool contested = false;  // PINGs of it have met: which one is remembered is not known from outside
    Seq remembered_at = 0;
    std::vector<int> ever_watched;
    std::vector<Seq> told;
    Seq told_list = 0;
    int repeats = 0;
    Moment told_at;
    Repeated repeated;
    Named named;
    Moment seen;                          // when it surely was
    std::deque<std::int64_t> superseded;  // when PINGs of it were, lately
    // The last wake that named a folder of the class.
    std::array<std::optional<Moment>, kItemClasses> woken;
    std::array<std::optional<Moment>, kItemClasses> woken_perhaps;
  };
  struct Mailbox {
    std::vector<Folder> folders;
    std::vector<Device> devices;
    std::vector<int> pings;
    std::vector<FolderRef> list;  // surely declared
    bool declared = false;
    int lists_pending = 0;
    bool list_doubtful = false;                    // a change may have done what the list in doubt says
    std::vector<std::pair<FolderRef, Seq>> tried;  // by lists that are not acknowledged; perhaps the folder is there since then
    Seq list_low = 0;
    Seq list_high = 0;
    std::uint64_t failed_loads = 0;
    Moment suspected;
    bool spread = false;  // Suspect(all) is being told
  };

  static std::size_t Index(int number) { return static_cast<std::size_t>(number); }
  static Mark& MarkOf(Folder& folder, int origin);
  Folder& FolderOf(int mailbox, int folder);
  const Folder* FindFolder(int mailbox, int folder) const;
  Device& DeviceOf(int mailbox, int device);
  Cursor& CursorOf(int mailbox, int device, int folder);
  const Cursor* FindCursor(int mailbox, int device, int folder) const;
  void SetLow(Cursor& cursor, Seq low);
  void Active(Device& device);
  void MayForget(Device& device);
  void Acknowledge(Ping& ping);
  void ApplyAcknowledged(Ping& ping);
  static Seq LatestForeign(const Folder& folder, int device);
  bool Listed(const Mailbox& box, const FolderRef& ref) const;
  void FindMisfits(Ping& ping, bool named);
  void Remember(const Ping& ping);
  bool MustHierarchy(const Ping& ping) const;
  std::string WhyHierarchy(const Ping& ping) const;
  bool MayHierarchy(const Ping& ping) const;
  bool MayBePaced(const Ping& ping, const std::vector<int>& behind, bool old_list) const;
  bool Fits(const Ping& ping, const FolderRef& ref) const;
  void Touch(int mailbox, int folder, int origin);
  std::string WhyNotChanged(const Ping& ping, std::span<const int> names) const;
  bool SurelyRepeats(const Ping& ping, bool hierarchy, std::span<const int> names) const;
  std::string WhyTooSoon(const Ping& ping, bool hierarchy, std::span<const int> names) const;
  void LearnRepeated(const Ping& ping, EndReason reason, std::span<const int> names);
  std::string WhyNotResync(const Ping& ping, std::span<const int> names) const;
  std::string WhyNotInWindow(const Ping& ping, std::span<const int> names) const;
  std::string WhyNotExpired(const Ping& ping) const;
  std::int64_t LongestHold(const Ping& ping) const;
  std::string WhyTooLate(const Ping& ping, EndReason reason) const;
  std::string WhyPastWindow(const Ping& ping) const;
  std::string WhyRivalsNotSlowed(const Ping& ping);
  std::string WhyNotRefused(const Ping& ping, Refusal refusal, std::int64_t bound, std::int64_t retry_after_s) const;
  std::string WhyOverdue(Ping& ping);
  bool OtherHangs(const PingSpec& spec) const;
  void Learn(const Ping& ping, EndReason reason, std::span<const int> names);
  void CountWindows(const Ping& ping, std::span<const int> names);
  void CountEnd(const Ping& ping, EndReason reason, std::span<const int> names);
  void Admitted(const Ping& ping, EndReason reason);
  void Drop(int ping);

  const Profile& profile_;
  History& history_;
  Stakes& stakes_;
  const bool forgetful_;
  const bool few_devices_;  // a mailbox may have more than it may remember
  Seq seq_ = 0;
  Seq quiet_ = 0;
  bool draining_ = false;
  bool shed_ = false;
  std::vector<Mailbox> boxes_;
  std::vector<Ping> pings_;
  std::vector<int> free_;
  std::size_t held_ = 0;
  Seq suspect_all_ = 0;
  Seq full_ = 0;  // when more PINGs were held than may be, last
  std::optional<Violation> violation_;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_MODEL_H_
