// SPDX-License-Identifier: Apache-2.0
//
// EngineModel: what the engine must do, obvious and slow. It keeps lists of everything that was ever said, and scans them at each question.
//
// It is told of each call (and of its answer), and asked two things: may this PING end so (Judge), and must one that is held have ended by
// now (CheckHeld). Where the engine has freedom (pacing, a spread resync, a mailbox that is still loading) the two answers leave a gap.
// After a crash, what was not acknowledged may or may not have happened: such facts are unsure, and count as "may", never as "must".
//
// Threads:    one thread.
// Example:    model.Held(world.Hold(request), request); for (const Ended& end : world.TakeEnded()) model.Judge(end); model.CheckHeld();

#ifndef MAILWAKE_TESTS_SUPPORT_ENGINE_MODEL_H_
#define MAILWAKE_TESTS_SUPPORT_ENGINE_MODEL_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake::testing {

// The model's own number of a fact: its place in the order of all calls. 0: never.
using Seq = std::uint64_t;

// How often each situation really happened. A test whose situations never happen tests nothing.
using Situations = std::map<std::string, std::uint64_t>;

// A call whose effects may be lost: while its answer is not there, by a crash; with a bad answer, at any time.
struct ModelCall {
  AnswerPtr answer;
  std::string mailbox;  // empty: all
  bool structural = false;
  bool unsure = false;      // its effects may or may not be there
  std::string device = {};  // that it makes known
};
using CallPtr = std::shared_ptr<ModelCall>;

struct ModelFolder {
  struct Event {
    enum Kind : std::uint8_t { kChange, kErase } kind;
    Seq seq;
    CallPtr call;
    std::string origin = {};
    std::uint64_t host_version = 0;
    bool suspect = false;
    bool of_all = false;  // a suspicion of all mailboxes: spread over time
    bool maybe = false;   // no promise says whether this is a change
  };
  std::optional<ItemClass> item_class;  // nothing: there is no such folder
  std::set<ItemClass> named;            // by accepted PINGs
  std::vector<Event> events;

  bool IsNamedOnly(ItemClass other) const { return named.empty() || (named.size() == 1 && named.contains(other)); }
};

struct ModelCursor {
  struct Move {
    bool reset = false;
    Seq seq = 0;
    CallPtr call;
  };
  std::vector<Move> moves;
};

using WatchList = std::vector<std::pair<std::string, ItemClass>>;

struct ModelDevice {
  std::map<std::string, ModelCursor> cursors;
  std::set<std::optional<Seq>> hierarchy{std::nullopt};  // the folder list that it may have; nothing: none yet
  std::set<std::optional<Seq>> hierarchy_ever{std::nullopt};
  struct FolderSync {
    Seq from;
    CallPtr call;
    std::set<std::optional<Seq>> before;
  };
  std::vector<FolderSync> folder_syncs;
  std::optional<std::chrono::seconds> heartbeat;  // remembered
  std::optional<WatchList> folders;
  bool remembered_known = true;
  std::map<std::string, Seq> told;  // by folder: when it was last told of what had changed
  std::optional<Seq> told_list;     // the folder list that it was told of
  int repeats = 0;                  // ends that told it nothing else, since it last synced
  int superseded = 0;
  std::array<std::optional<Time>, kItemClasses> wake_surely;  // the last wake, for "not before"
  std::array<Seq, kItemClasses> wake_seq{};
  std::array<std::optional<Time>, kItemClasses> wake_perhaps;  // for "not after"
  bool known = false;                                          // surely has a record
  bool perhaps_known = false;
};

struct ModelMailbox {
  std::map<std::string, ModelFolder> folders;
  std::map<std::string, ModelDevice> devices;
  std::vector<std::pair<Seq, CallPtr>> hierarchy;  // changes of the folder list
  bool declared = false;
  std::vector<DeclaredFolder> list;
  bool blurred = false;  // a structural call failed: the folders are not known until Adopt
};

// As PingRequest, with strings of its own.
struct HoldSpec {
  std::string mailbox;
  std::string device;
  std::optional<std::chrono::seconds> heartbeat;
  std::optional<WatchList> folders;
  PingKind kind = PingKind::kPing;
  LoopId loop = 0;

  PingRequest request() const;
};

struct ModelPing {
  HoldSpec spec;
  WatchList folders;
  Time held;
  Seq seq = 0;    // when it was held
  Time earliest;  // its heartbeat ends in [earliest, latest]
  Time latest;
  Time latest_unread;  // while its mailbox is being read
  std::set<Refusal> must_refuse;
  std::set<Refusal> may_refuse;
  Seq hierarchy_when_held = 0;
  bool unread = true;     // its mailbox has not been read since: nobody knows what it comes to
  bool accepted = false;  // surely
  bool superseded = false;
  bool perhaps_superseded = false;
  bool cancelled = false;
  bool revoked = false;
  bool shed = false;
  bool drained = false;
  bool no_load = false;          // its mailbox could not be read when it was held
  std::size_t failed_loads = 0;  // of the mailbox, when it was held
};

class EngineModel {
 public:
  // `options`: those of the world. `forgetful`: mailboxes may leave memory, and with them what is kept in memory only.
  EngineModel(EngineWorld& world, const Options& options, bool forgetful, Situations& situations);

  // ---- What happened ----
  void Held(Ping ping, const HoldSpec& spec);
  void CancelCalled(Ping ping, bool won);
  void Published(const std::vector<Change>& changes, const AnswerPtr& answer);
  void FoldersSet(const std::string& mailbox, const std::vector<DeclaredFolder>& folders, AnswerPtr answer);
  void Suspected(const std::optional<std::string>& mailbox, AnswerPtr answer);
  Seq SyncBegun() const { return seq_; }
  void SyncEnded(const std::string& mailbox, const std::string& device, Seq begun, const std::vector<std::string>& folders,
                 AnswerPtr answer);
  void CursorReset(const std::string& mailbox, const std::string& device, const std::string& folder, AnswerPtr answer);
  // The folder list's last change: surely, and perhaps.
  std::pair<Seq, Seq> HierarchyNow(const std::string& mailbox);
  // The device has a list that was the mailbox's at some time in [from, to].
  void FolderSyncEnded(const std::string& mailbox, const std::string& device, Seq from, Seq to, AnswerPtr answer);
  void DeviceEnded(const std::string& mailbox, const std::string& device, std::size_t ended);
  void MailboxEnded(const std::string& mailbox, std::size_t ended);
  void ShedCalled(std::size_t asked, std::size_t ended);
  void DrainCalled();
  void ClockJumped(Time from, Time to, std::optional<Time> promised);
  // All was written and answered before, or the machine went.
  void Restarted(bool crashed);
  // Everything is written: learn from the disk what a failed call left open.
  void Flushed();

  // ---- What that means ----
  void Judge(const Ended& end);
  void CheckHeld();
  void CheckReports();
  void CheckExplanation(std::size_t number);
  void CheckList(const std::string& mailbox, const FolderList& list);
  // Looks at the answers that have come.
  void CheckAnswers(bool all);

  bool Loading(const std::string& mailbox) const;
  const std::map<std::size_t, ModelPing>& held() const { return held_; }
  const ModelMailbox& mailbox(const std::string& name) const { return mailboxes_.at(name); }
  ModelMailbox& mailbox(const std::string& name) { return mailboxes_[name]; }
  bool blurred() const;
  std::uint64_t NextHostVersion(const std::string& mailbox, const std::string& folder, bool repeat);

 private:
  struct Bounds {
    Seq low = 0;
    Seq high = 0;
  };

  CallPtr NewCall(AnswerPtr answer, const std::string& mailbox, bool structural);
  void AddChange(const Change& change, const CallPtr& call);
  void Replace(ModelMailbox& box, const std::string& folder, const CallPtr& call);
  void Adopt(const std::string& mailbox, bool compare);
  void AdoptRemembered(const std::string& mailbox, bool compare);
  void Widen();
  void ReadNow(const std::string& mailbox);
  void Resolve(ModelPing& ping);
  void Accept(ModelPing& ping);
  void Supersede(const ModelPing& ping, bool surely);
  void GiveHierarchy(const ModelPing& ping);
  bool LoadFailed(const ModelPing& ping) const;
  void FindRefusals(ModelPing& ping) const;
  void CountHere(ModelPing& ping);
  void CountAll(ModelPing& ping) const;
  void Revoke(const std::string& mailbox, const std::string* device, std::size_t ended);

  Bounds CursorOf(const ModelDevice& device, const std::string& folder) const;
  Bounds HierarchyOf(const ModelMailbox& box) const;
  // `spread`: what only a suspicion of all mailboxes says, counts.
  bool SurelyBehind(const ModelMailbox& box, const std::string& device, const std::string& folder, bool spread = true) const;
  // The first change that may make it behind; 0: it is not.
  Seq FirstBehind(const ModelMailbox& box, const std::string& device, const std::string& folder, bool only_suspicion = false) const;
  // The last change that surely is another's.
  static Seq LatestForeign(const ModelMailbox& box, const std::string& device, const std::string& folder);
  bool MustHierarchy(const ModelMailbox& box, const ModelPing& ping) const;
  bool MayHierarchy(const ModelMailbox& box, const ModelPing& ping) const;
  static bool Fits(const ModelMailbox& box, const std::string& folder, ItemClass item_class);
  bool Misfits(const ModelMailbox& box, const ModelPing& ping) const;
  bool MayMisfit(const ModelMailbox& box, const ModelPing& ping) const;
  bool MayBePaced(const ModelMailbox& box, const ModelPing& ping, const std::vector<std::string>& behind, bool old_list) const;
  bool MayWakeNow(const ModelMailbox& box, const ModelPing& ping, const std::vector<std::string>& named) const;

  std::string WhyNotChanged(const ModelMailbox& box, const ModelPing& ping, const Ended& end);
  std::string WhyNotResync(const ModelMailbox& box, const ModelPing& ping, const Ended& end) const;
  std::string WhyNotRefused(const ModelPing& ping, const Ended& end) const;
  std::string WhyNotExpired(const ModelMailbox& box, const ModelPing& ping) const;
  std::string WhyNot(const ModelMailbox& box, const ModelPing& ping, const Ended& end);
  std::string WhyOverdue(const ModelMailbox& box, const ModelPing& ping);
  std::string Stored(const ModelPing& ping) const;
  void Count(const ModelMailbox& box, const ModelPing& ping, const Ended& end);
  void Learn(ModelMailbox& box, const ModelPing& ping, const Ended& end);

  EngineWorld& world_;
  const Options options_;
  const bool forgetful_;
  Situations& situations_;
  Seq seq_ = 0;
  Time latest_now_{};  // the highest time so far
  bool draining_ = false;
  std::size_t shed_ = 0;  // that Shed said it ended, and that were not seen yet
  std::map<std::string, ModelMailbox> mailboxes_;
  std::map<std::size_t, ModelPing> held_;  // by Ping::number
  std::vector<CallPtr> calls_;             // not answered yet
};

}  // namespace mailwake::testing

#endif  // MAILWAKE_TESTS_SUPPORT_ENGINE_MODEL_H_
