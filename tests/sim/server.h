// SPDX-License-Identifier: Apache-2.0
//
// Server: the real engine, the real ActiveSync front end and a real store, opened, killed and opened again on the same disk; driven in
// virtual time as a perfect event loop would drive them. Whatever goes in or comes out is told to the model here.
//
// Threads:    one thread.
// Invariants: what can happen now has happened when Settle returns; advance() is called no later than next_deadline().
// Example:    server.Open(); server.Receive(exchange); server.Kill(true); server.Open();

#ifndef MAILWAKE_TESTS_SIM_SERVER_H_
#define MAILWAKE_TESTS_SIM_SERVER_H_

#include <absl/container/flat_hash_map.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mailwake/adapters/activesync.h"
#include "mailwake/engine.h"
#include "tests/sim/disk.h"
#include "tests/sim/exchange.h"
#include "tests/sim/host_front.h"
#include "tests/sim/server_clock.h"
#include "tests/sim/slow_store.h"
#include "tests/sim/world.h"

namespace mailwake::sim {

class Server {
 public:
  explicit Server(World& world);
  ~Server();

  World& world() { return world_; }
  bool up() const { return engine_ != nullptr; }
  bool draining() const { return draining_; }
  std::uint64_t life() const { return life_; }
  Engine& engine() { return *engine_; }
  // That of the next connection.
  LoopId PickLoop();
  SlowStore& store() { return *store_; }

  // ---- Lives
  void Open();
  // The process goes; or with `power` the machine, and what its disk had not written.
  void Kill(bool power);
  void Drain(Duration over);
  // Writes everything and closes; killed instead if the disk does not let it.
  void Close();
  void JumpClock(std::int64_t by_ms);
  void SetFailing(const SlowStore::Failing& failing);

  // Somebody looks at its clock.
  void Observe() { clock_.Observe(world_.queue.now(), world_.model.now); }

  // ---- Requests
  void Receive(const ExchangePtr& exchange);
  void Post(absl::AnyInvocable<void()> work) { posted_.push_back(std::move(work)); }
  // How a PING ended, to be compared with what is explained of it later.
  void RememberEnd(const Exchange& exchange, const PingEnd& end);
  // What can happen now happens. `mailbox`: whose PINGs are to be looked at; kNone: none.
  void Settle(int mailbox);
  // The engine takes more memory than it may.
  bool OverBudget() const;
  // The mailbox is in memory, or can be read at once.
  bool Readable(int mailbox) const { return !store_->Loading(mailbox) && !store_->Unread(mailbox) && !store_->failing().loads; }

  // ---- Told by exchanges
  void Answered(Exchange& exchange, const Answer& answer);
  void Written(Exchange& exchange);
  void Left(Exchange& exchange);

  // ---- The mail host's side
  // What a Sync is given; applies what the device changed.
  MailHost::Given Give(int mailbox, int device, int folder, std::uint64_t have, std::uint64_t most, bool own_change);
  // Some time later somebody cancels a PING that has ended, as a connection's end may.
  void CancelLate(PingId id, int mailbox, int device);
  // A change was published and is not delivered yet: at this moment a connection goes.
  void LoseConnection(int mailbox);
  // Runs `work` after the time that the mail host takes to read; not if the server goes meanwhile.
  void Later(std::int64_t most_ms, int mailbox, absl::AnyInvocable<void()> work);

  // Every connection ends.
  void HangUpAll();
  // Counts and bounds; called now and then.
  void CheckBounds();
  void CheckLeaks();

 private:
  struct Key {
    int mailbox;
    int device;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  struct Ended {
    int mailbox = kNone;
    int device = kNone;
    PingId id;
    EndReason reason = EndReason::kExpired;
    int folder = kNone;
    Version version = 0;
    Time time;
    Seq seq = 0;
  };

  class Ports;  // what the ActiveSync front end asks of its host

  void ProvideSync(const SyncProvider::Request& request, SyncProvider::Callback done);
  Options EngineOptions();
  void RunPosted();
  void Arm();
  void Forget();
  void Explain(int mailbox);
  std::string WhyNotExplained(const Model::Ping& ping, const Explanation& explanation);
  void RememberAnswer(const Exchange& exchange, EndReason reason, const Answer& answer);
  void Delivered(std::span<const EndRecord> ends);
  void CheckLastEnd(const Key& key, const Explanation& explanation);
  void CheckRing(const Key& key, const Explanation& explanation);
  void CheckMemory(const Stats& stats, std::uint64_t pinned);
  void PingAnswered(Exchange& exchange, const Answer& answer);
  void SyncAnswered(Exchange& exchange, const Answer& answer);
  bool OtherSyncOpen(const Exchange& exchange) const;
  std::size_t DeliverLoops();

  World& world_;
  Disk disk_;
  ServerClock clock_;
  std::unique_ptr<SlowStore> store_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Ports> ports_;
  std::unique_ptr<ActiveSync> front_;
  HttpHandler handler_;
  std::unique_ptr<HostFront> host_front_;
  std::deque<absl::AnyInvocable<void()>> posted_;
  std::vector<std::weak_ptr<Exchange>> exchanges_;
  std::map<std::uint64_t, absl::AnyInvocable<void()>> later_;
  std::uint64_t next_later_ = 0;
  std::map<Key, std::map<int, Seq>> tickets_;
  std::map<Key, Ended> ended_;                        // the last of each device, as it was seen, in this life
  std::optional<std::pair<Key, Time>> left_;          // whose PING was cancelled last, and when
  std::deque<Ended> ring_;                            // all, as observers were told of them; the last are last
  std::map<Key, std::map<int, std::uint64_t>> keys_;  // the SyncKeys that were given last
  std::optional<Time> armed_;
  std::vector<bool> ready_;  // loops that have something to deliver; 0 is the engine's own
  std::uint64_t life_ = 0;
  std::uint64_t memory_when_opened_ = 0;
  std::uint64_t sweeps_ = 0;
  bool draining_ = false;
  bool settling_ = false;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_SERVER_H_
