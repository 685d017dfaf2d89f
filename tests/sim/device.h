// SPDX-License-Identifier: Apache-2.0
//
// Device: a phone. It syncs the folders that it knows, PINGs, syncs what it is told of, and PINGs again; each with habits of its own, good
// ones and bad ones. When the faults stop, all behave.
//
// Threads:    one thread.
// Invariants: (1) it has at most one request of each kind on its way, but for those that PING twice;
//             (2) `have` of a folder is what it really was given, in answers that reached it.
// Example:    Device device(world, mailbox, id, true); device.Start();

#ifndef MAILWAKE_TESTS_SIM_DEVICE_H_
#define MAILWAKE_TESTS_SIM_DEVICE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mailwake/heartbeat_tuner.h"
#include "tests/sim/exchange.h"
#include "tests/sim/messages.h"
#include "tests/sim/world.h"

namespace mailwake::sim {

class Device {
 public:
  struct Habits {
    std::optional<std::int64_t> fixed_heartbeat_s;
    bool ping_first = false;
    bool empty_ping = false;
    bool double_ping = false;
    bool ignores_list = false;
    bool never_syncs = false;
    bool stops_syncing = false;
    bool half_sync = false;
    bool forgets_repeat = false;
    bool hanging_sync = false;
    bool own_changes = false;
    bool small_window = false;
  };

  // `shared`: another client has the same id.
  Device(World& world, int mailbox, int id, bool active_sync, bool shared);

  void Start();
  // All good habits from now on.
  void Behave();
  // It goes for good.
  void Leave();
  // What it lacks; nothing: it has all that its mailbox has.
  std::optional<std::string> Missing(World& world) const;

  const int mailbox;
  const int id;
  const bool active_sync;
  const bool shared;

 private:
  struct Folder {
    ItemClass item_class = ItemClass::kEmail;
    std::uint64_t key = 0;
    std::uint64_t have = 0;
    bool wanted = true;    // to be synced
    bool excused = false;  // it lost an answer and did not ask again
  };
  enum class Doing : std::uint8_t { kIdle, kList, kSync, kPing, kAway };

  void Draw();
  void Think();
  void WaitAndStep(std::int64_t ms);
  void Step();
  void StartOver();
  void AskList();
  void AskSync(bool hangs);
  void AskPing(bool again);
  void Send(Request request, std::int64_t timeout_ms);
  void Answered(std::uint64_t turn, const Request& request, const Answer& answer);
  void Lost(std::uint64_t turn);
  void PingAnswered(const Request& request, const Answer& answer);
  void WantUnwatched();
  void Woken(const std::vector<int>& folders);
  void SyncAnswered(const Request& request, const Answer& answer);
  void ListAnswered(const Answer& answer);
  void TakeHostFolders();
  void HangUp(const ExchangePtr& exchange, bool unseen);
  void GoAway();
  std::int64_t Heartbeat() const;
  std::vector<FolderRef> Watched();

  World& world_;
  Random random_;
  Habits habits_;
  Link link_;
  HeartbeatTuner tuner_;
  std::map<int, Folder> folders_;
  std::uint64_t list_key_ = 0;
  bool list_wanted_ = true;
  bool list_seen_ = false;
  Doing doing_ = Doing::kIdle;
  std::uint64_t turn_ = 0;  // of the request that it waits for; answers to others are dropped
  ExchangePtr exchange_;
  std::shared_ptr<std::string> connection_;  // what the server notes of it; null: the next request makes a new one
  std::size_t most_folders_ = 1'000;
  std::optional<std::int64_t> bound_s_;
  std::vector<FolderRef> asked_;  // by its last PING that was not refused
  std::int64_t asked_s_ = 0;
  int syncs_ = 0;  // that were answered
  Time heard_;     // the last answer
  bool gone_ = false;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_DEVICE_H_
