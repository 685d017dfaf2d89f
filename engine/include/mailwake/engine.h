// SPDX-License-Identifier: Apache-2.0
//
// Engine: who waits for which folders, and whom to wake. Start here.
//
// Devices hold PINGs; sources publish changes; devices sync. A PING ends when its device is behind in a folder that it watches, or when its
// heartbeat ends. docs/concepts.md explains the words, docs/promises.md what is promised (P1 to P8).
//
// Threads:    every call from any thread, completions included. No thread, clock or I/O of its own: you call advance(now) no later than
//             next_deadline(), or let an adapter (mailwake/adapters/asio_driver.h) do it.
// Cost:       Hold, Cancel O(folders named); Publish of a change O(PINGs held in its mailbox); nothing is O(all PINGs).
// Invariants: (1) an end callback runs exactly once for each Hold, after Hold has returned, inside advance() or Deliver(), under no lock;
//             (2) a done callback runs exactly once, on the thread on which the store finishes, or inside the call; it must not block;
//             (3) a call with bad arguments changes nothing and says what is wrong.
// Example:    (docs/examples/embed.cc)
//   auto engine = mailwake::Engine::Create({.heartbeat_max = 59min}, *store).value();
//   PingId id = engine->Hold({.mailbox = "ann@example.org", .device = "ApplDN6T", .heartbeat = 15min,
//                             .folders = {{{"inbox", ItemClass::kEmail}}}},
//                            [](const PingEnd& end) { Reply(end.reason, end.folders); });
//   engine->Publish({{.mailbox = "ann@example.org", .folder = "inbox"}}, [](absl::Status durable) { Acknowledge(durable); });
//   engine->advance(now);

#ifndef MAILWAKE_ENGINE_H_
#define MAILWAKE_ENGINE_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mailwake/options.h"
#include "mailwake/ping.h"
#include "mailwake/report.h"
#include "mailwake/store.h"
#include "mailwake/types.h"

namespace mailwake {

struct Observers;  // observers.h

// What BeginSync gives: the moment that a sync began. A plain value that survives a restart.
struct SyncTicket {
  FixedText<kMaxMailboxBytes> mailbox;
  FixedText<kMaxDeviceBytes> device;
  Version version = 0;
};

// A declared folder list as a device gets it in a folder sync.
struct FolderList {
  bool declared = false;
  Version version = 0;  // give it to EndFolderSync once the device has it
  std::vector<DeclaredFolder> folders;
};

class Engine {
 public:
  using DoneCallback = absl::AnyInvocable<void(absl::Status)>;
  using FolderListCallback = absl::AnyInvocable<void(absl::StatusOr<FolderList>)>;

  // `store` must outlive the engine. Errors: InvalidArgument names the option that is wrong.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(Options options, Store& store);
  // PINGs that are still held are dropped without their callback: Drain first. Waits for nothing but an answer of the store that a thread
  // is just dealing with. REQUIRES: not in a callback, no call is running, and the store begins to call back no more (Flush first).
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // ---- PINGs -------------------------------------------------------------------------------------------------------------------------

  // Holds a PING. Never blocks, never calls `done` before it returns. A PING that cannot be held ends kRefused.
  PingId Hold(const PingRequest& request, EndCallback done);
  // The connection went. True: this call ends the PING, as kCancelled, though another end may have been decided and not delivered. False:
  // it has ended.
  bool Cancel(PingId id);
  // Acknowledge::kPing only: the device is known to have received the answer of this PING. A PING that is not its last is ignored.
  void Delivered(std::string_view mailbox, std::string_view device, PingId id);

  // ---- Changes -----------------------------------------------------------------------------------------------------------------------

  // Call after the changes are readable. `done` runs when they are durable. Errors: InvalidArgument names the change, and none is applied;
  // Unavailable, ResourceExhausted: publish again (devices may have been woken all the same); FailedPrecondition: the mailbox has as many
  // folders as it may, that change is not applied and others of the call are.
  void Publish(std::span<const Change> changes, DoneCallback done);
  void Publish(std::initializer_list<Change> changes, DoneCallback done) {
    Publish(std::span<const Change>(changes.begin(), changes.size()), std::move(done));
  }
  // Declares the folder list of a mailbox, whole. The same list again changes nothing.
  void SetFolders(std::string_view mailbox, std::vector<DeclaredFolder> folders, DoneCallback done);
  // Changes may have been missed in this mailbox (nullopt: in any): every folder gets a new version; PINGs end kResync, of all mailboxes
  // spread over time. `done`: durable.
  void Suspect(std::optional<std::string_view> mailbox, DoneCallback done);

  // ---- Syncs -------------------------------------------------------------------------------------------------------------------------

  // Before the first byte of the sync's data is read.
  SyncTicket BeginSync(std::string_view mailbox, std::string_view device);
  // After the last byte of the answer was written. `folders`: those served whole; a partial or failed one is left out.
  // Errors: InvalidArgument for a ticket that was never given out.
  void EndSync(const SyncTicket& ticket, std::span<const std::string_view> folders, DoneCallback done = nullptr);
  void EndSync(const SyncTicket& ticket, std::initializer_list<std::string_view> folders, DoneCallback done = nullptr) {
    EndSync(ticket, std::span<const std::string_view>(folders.begin(), folders.size()), std::move(done));
  }
  // The device starts over in a folder (SyncKey 0): the one move backwards.
  void ResetCursor(std::string_view mailbox, std::string_view device, std::string_view folder, DoneCallback done);
  // The folder list for a device, and the news that it arrived there.
  void BeginFolderSync(std::string_view mailbox, FolderListCallback done);
  void EndFolderSync(std::string_view mailbox, std::string_view device, Version version, DoneCallback done);

  // ---- Ending many -------------------------------------------------------------------------------------------------------------------

  // Device blocked; password changed, user removed. Ends what is held now as kRefused/kRevoked; returns how many.
  std::size_t EndDevice(std::string_view mailbox, std::string_view device);
  std::size_t EndMailbox(std::string_view mailbox);
  // Makes room: ends up to `count` PINGs as kShed, those held last first in each shard. Returns how many.
  std::size_t Shed(std::size_t count);
  // Takes no more PINGs (they end kDrained) and ends those held, spread evenly by chance over `over`.
  void Drain(Duration over);
  // Writes what a failed commit left unwritten once more, now; `done` runs when nothing is waiting for the store any more.
  void Flush(absl::AnyInvocable<void()> done);

  // ---- Time and delivery -------------------------------------------------------------------------------------------------------------

  // When advance() must be called next; nullopt: not before the next call of something else. O(shards).
  std::optional<Time> next_deadline() const;
  // Ends what is due, writes what must be written again, delivers loop 0. A step of over 5 s beyond the promised call is a pause: deadlines
  // move by it. A step backwards is ignored. Returns how many ends were delivered.
  std::size_t advance(Time now);
  // A loop of your own that takes the ends of PINGs held with its id. `ready` runs when it has something again, once until the next
  // Deliver; on any thread, outside every lock; it must not call the engine. REQUIRES: before the first Hold; at most 16 loops.
  LoopId AddLoop(std::function<void()> ready);
  // Runs the callbacks of ended PINGs of a loop, at most `most`; returns how many. A call out of a callback of the same
  // loop returns 0.
  std::size_t Deliver(LoopId loop, std::size_t most = 1024);

  // ---- Looking in --------------------------------------------------------------------------------------------------------------------

  Stats stats() const;
  std::vector<PingView> Pings(std::size_t most) const;
  Explanation Explain(std::string_view mailbox, std::string_view device) const;
  HeartbeatReport Heartbeats(PingKind kind) const;
  Observers& observers();

  // Walks everything and checks every invariant of shards, mailboxes, watches and timers. For tests. Dies if one is broken.
  void CheckInvariants() const;

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailwake

#endif  // MAILWAKE_ENGINE_H_
