// SPDX-License-Identifier: Apache-2.0
//
// EngineWorld: an engine in virtual time on a FakeStore, driven as a perfect event loop would drive it. The fixture of the engine's tests.
//
// The clock stands still until AdvanceBy / AdvanceTo move it; they call advance() at exactly every deadline on the way. Every call below
// ends with Settle(): what is due now is delivered, on all loops, and the engine's invariants are checked. The driver trusts
// Options::deadline_moved, as a real one does: a deadline that moves earlier without that hook fails the test.
//
// A folder's class follows from its id: "cal..." calendar, "con..." contacts, "task..." tasks, "note..." notes, all else email.
//
// Threads:    one thread.
// Invariants: (1) every PING ends at most once, never inside Hold, never nested, only while delivering: else the test fails;
//             (2) the store's port is used by its rules (FakeStore::broken_rules): else the test fails.
// Example:
//   EngineWorld world;                                      // or world({.coalesce = {1s}}), or world(options, disk)
//   const Ping ann = world.Hold("ann", "phone", {"inbox", "cal"});
//   const Ping bob = world.Hold("bob", "phone", {"inbox"}, 600s);
//   EXPECT_TRUE(world.Publish("ann", "inbox")->ok());      // durable: the store answers inside the call
//   world.ExpectOnly({Changed(ann, {"inbox"})});            // and bob's waits
//   world.Sync("ann", "phone", {"inbox"});
//   world.AdvanceBy(600s);
//   world.ExpectOnly({Expired(bob)});
//   world.store().set_held(true);                           // a slow store; world.store().Release() answers
//   world.Restart();                                        // or Crash(seed): PINGs are gone, what was stored is there

#ifndef MAILWAKE_TESTS_SUPPORT_ENGINE_WORLD_H_
#define MAILWAKE_TESTS_SUPPORT_ENGINE_WORLD_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailwake/engine.h"
#include "tests/support/fake_store.h"

namespace mailwake::testing {

using namespace std::chrono_literals;  // NOLINT: tests speak of 15min and 600s

// A PING of an EngineWorld: the number of its Hold, from 0.
struct Ping {
  std::size_t number = 0;
  friend bool operator==(const Ping&, const Ping&) = default;
};

// What a test expects of a PING that ended. Folders in any order.
struct Expected {
  Ping ping;
  EndReason reason;
  std::vector<std::string> folders = {};
  Refusal refusal = Refusal::kNone;
};
inline Expected Changed(Ping ping, std::vector<std::string> folders) { return {ping, EndReason::kChanged, std::move(folders)}; }
inline Expected Resync(Ping ping, std::vector<std::string> folders) { return {ping, EndReason::kResync, std::move(folders)}; }
inline Expected Expired(Ping ping) { return {ping, EndReason::kExpired}; }
inline Expected HierarchyChanged(Ping ping) { return {ping, EndReason::kHierarchy}; }
inline Expected Superseded(Ping ping) { return {ping, EndReason::kSuperseded}; }
inline Expected Cancelled(Ping ping) { return {ping, EndReason::kCancelled}; }
inline Expected Refused(Ping ping, Refusal refusal) { return {ping, EndReason::kRefused, {}, refusal}; }
inline Expected ShedEarly(Ping ping) { return {ping, EndReason::kShed}; }
inline Expected Drained(Ping ping) { return {ping, EndReason::kDrained}; }
inline Expected Failed(Ping ping) { return {ping, EndReason::kFailed}; }

// How a PING ended.
struct Ended {
  Ping ping;
  EndReason reason = EndReason::kExpired;
  std::vector<std::string> folders = {};
  Refusal refusal = Refusal::kNone;
  std::int64_t bound = 0;
  std::chrono::seconds retry_after{0};
  Time time = {};
};

// How a call with a done callback ended.
struct Answer {
  int calls = 0;
  absl::Status status;
  bool answered() const { return calls > 0; }
  bool ok() const { return calls == 1 && status.ok(); }
};
using AnswerPtr = std::shared_ptr<const Answer>;

ItemClass ClassOf(std::string_view folder);
std::vector<WatchedFolder> Watch(const std::vector<std::string>& folders);
std::vector<DeclaredFolder> Declare(const std::vector<std::string>& folders);

class EngineWorld {
 public:
  // `options.clock` and `options.deadline_moved` are the world's.
  explicit EngineWorld(Options options = {}, std::shared_ptr<FakeDisk> disk = std::make_shared<FakeDisk>());
  ~EngineWorld();

  Engine& engine() { return *engine_; }
  FakeStore& store() { return *store_; }
  const FakeStore& store() const { return *store_; }
  Time now() const { return now_; }
  const std::shared_ptr<FakeDisk>& disk() const { return disk_; }

  // ---- PINGs ----
  Ping Hold(const std::string& mailbox, const std::string& device, const std::vector<std::string>& folders,
            std::chrono::seconds heartbeat = 900s, PingKind kind = PingKind::kPing);
  Ping Hold(const PingRequest& request);
  bool Cancel(Ping ping);
  std::size_t holds() const { return records_.size(); }
  PingId id(Ping ping) const { return records_.at(ping.number).id; }
  bool live(Ping ping) const { return !records_.at(ping.number).ended && !records_.at(ping.number).dropped; }
  const Ended& ended(Ping ping) const { return records_.at(ping.number).ended.value(); }

  // ---- Changes; the answer says whether they are durable ----
  AnswerPtr Publish(const std::string& mailbox, const std::string& folder, const std::string& device = {});
  AnswerPtr Publish(const std::vector<Change>& changes);
  AnswerPtr SetFolders(const std::string& mailbox, const std::vector<std::string>& folders);
  AnswerPtr SetFolders(const std::string& mailbox, std::vector<DeclaredFolder> folders);
  AnswerPtr Suspect(std::optional<std::string_view> mailbox);

  // ---- Syncs ----
  AnswerPtr Sync(const std::string& mailbox, const std::string& device, const std::vector<std::string>& folders);
  SyncTicket BeginSync(const std::string& mailbox, const std::string& device);
  AnswerPtr EndSync(const SyncTicket& ticket, const std::vector<std::string>& folders);
  AnswerPtr ResetCursor(const std::string& mailbox, const std::string& device, const std::string& folder);
  // The whole folder sync. Nothing is returned if the store holds the answer back.
  std::optional<FolderList> FolderSync(const std::string& mailbox, const std::string& device);
  std::optional<absl::StatusOr<FolderList>> BeginFolderSync(const std::string& mailbox);
  AnswerPtr EndFolderSync(const std::string& mailbox, const std::string& device, Version version);

  // ---- Time ----
  void AdvanceTo(Time time);
  void AdvanceBy(Duration duration) { AdvanceTo(now_ + duration); }
  // The clock moves, forwards or backwards, while nobody drives the engine: a pause. The next Settle finds it.
  void JumpTo(Time time) { now_ = time; }
  void JumpBy(Duration duration) { now_ += duration; }
  // The deadline that the driver knows of.
  std::optional<Time> armed() const { return armed_; }
  // Delivers what is due. Called by everything above; call it after using engine() or store() directly.
  void Settle();
  // From now on calls do not end with Settle().
  void set_auto_settle(bool on) { auto_settle_ = on; }
  void set_check_invariants(bool on) { check_invariants_ = on; }

  // Makes the store well, and waits until everything is written.
  void Flush();

  // ---- Another life ----
  // Everything is written first.
  void Restart();
  // Nothing is; see FakeStore::Crash.
  void Crash(std::uint64_t seed);
  std::size_t restarts() const { return restarts_; }

  // ---- Expectations ----
  // Exactly these PINGs ended since the last such call (or since the start), once each, and no other.
  void ExpectOnly(const std::vector<Expected>& expected);
  void ExpectNone() { ExpectOnly({}); }
  // What ended since the last call of this or of ExpectOnly, in the order of delivery.
  std::vector<Ended> TakeEnded();

  // Runs inside every end callback, after it was noted; it may call the engine.
  void set_on_end(std::function<void(const Ended&)> on_end) { on_end_ = std::move(on_end); }
  // Runs whenever nothing more is due now.
  void set_on_step(std::function<void()> on_step) { on_step_ = std::move(on_step); }
  // PINGs held from now on end on another loop of the engine's; call it before the first Hold.
  LoopId AddLoop();

 private:
  struct Record {
    PingId id;
    std::optional<Ended> ended;
    bool dropped = false;  // its engine is gone
  };
  struct Loop {
    LoopId id = 0;
    bool ready = false;
  };

  void Open();
  void Advance();
  void AfterCall();
  void Note(std::size_t number, const PingEnd& end);
  void CheckArmed();
  void Drop();
  std::shared_ptr<Answer> NewAnswer(Engine::DoneCallback* done);

  const std::shared_ptr<FakeDisk> disk_;
  Options options_;
  Time now_;
  std::unique_ptr<FakeStore> store_;
  std::unique_ptr<Engine> engine_;
  std::vector<Record> records_;
  std::vector<Ended> fresh_;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::vector<std::shared_ptr<Answer>> answers_;
  std::optional<Time> armed_;
  std::function<void(const Ended&)> on_end_;
  std::function<void()> on_step_;
  std::size_t restarts_ = 0;
  bool moved_ = false;
  bool auto_settle_ = true;
  bool check_invariants_ = true;
  bool holding_ = false;
  bool delivering_ = false;
  bool in_callback_ = false;
};

}  // namespace mailwake::testing

#endif  // MAILWAKE_TESTS_SUPPORT_ENGINE_WORLD_H_
