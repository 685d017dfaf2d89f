// SPDX-License-Identifier: Apache-2.0
//
// MailboxModel: one mailbox as docs/concepts.md tells it, in the most obvious way: who changed which folder last, how far each device has
// synced, who waits. It has a counter of its own in the place of versions, and compares nothing else with the engine's numbers.
//
// Threads:    one thread.
// Cost:       Change O(devices that ever changed the folder); Behind O(1); the rest O(folders of the PING).

#ifndef MAILWAKE_TESTS_INDEX_MAILBOX_MODEL_H_
#define MAILWAKE_TESTS_INDEX_MAILBOX_MODEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailwake/ping.h"
#include "mailwake/types.h"
#include "tests/index/history.h"

namespace mailwake::testing {

// The mailbox's changes, counted.
using Sequence = std::uint64_t;
// A device's or a folder's number; their ids are the same in every mailbox, which must not matter.
using Number = std::uint8_t;
using DeviceIndex = std::int16_t;
inline constexpr DeviceIndex kNobody = -1;

const std::string& DeviceId(DeviceIndex device);
const std::string& FolderId(Number folder);
// The folder of that id; nullopt if the model knows none.
std::optional<Number> FolderOf(std::string_view id);
ItemClass ClassOf(Number folder);

class IndexPlayer;
class MailboxModel;

// A PING that was held and whose end has not been delivered.
struct PingModel {
  IndexPlayer* player = nullptr;
  MailboxModel* mailbox = nullptr;
  PingId id;
  DeviceIndex device = 0;
  PingKind kind = PingKind::kPing;
  bool held = false;
  bool due = false;  // the player looks at it when ends are delivered
  std::vector<Number> folders;
  Time earliest;                    // the heartbeat's end,
  Time latest;                      // and what P6 allows
  std::optional<EndReason> forced;  // how it ends, whatever the versions say
  Refusal refusal = Refusal::kNone;
  std::size_t place = 0;  // in MailboxModel::waiting

  bool Watches(Number folder) const;
};

// Of a sync: the engine's, and what it covers.
struct Ticket {
  Version version = 0;
  Sequence sequence = 0;
};

struct DeviceModel {
  std::vector<Sequence> cursors;      // by folder
  std::vector<Number> remembered;     // folders of the last accepted PING; empty: none
  std::chrono::seconds heartbeat{0};  // of that one; 0: none
  std::array<PingModel*, 2> waits{};  // by PingKind; null: none, or its end is forced
  std::optional<Ticket> ticket;       // of a sync that began some time ago
  int told = 0;                       // wakes since it last synced: the engine paces those who never do
  int rivals = 0;                     // PINGs in a row that took each other's place: the engine slows two clients with one id
  Time rival_time;                    // of the last of them
  std::size_t remembered_at = 0;      // reads of the mailbox when it was remembered
  PingModel*& waiting(PingKind kind) { return waits[static_cast<std::size_t>(kind)]; }
  int others(PingKind kind) const { return waits[1 - static_cast<std::size_t>(kind)] == nullptr ? 0 : 1; }
};

class MailboxModel {
 public:
  MailboxModel(std::string id, std::size_t folders, std::size_t devices);

  void Change(Number folder, DeviceIndex by);
  // Somebody else changed the folder after the device's cursor.
  bool Behind(DeviceIndex device, Number folder) const;
  bool Behind(const PingModel& ping) const;
  // The folders of `of` in which the device is behind.
  std::vector<Number> BehindIn(DeviceIndex device, const std::vector<Number>& of) const;
  bool EverChanged(Number folder) const { return !changes_[folder].empty(); }

  Sequence sequence() const { return sequence_; }
  void Synced(DeviceIndex device, Sequence ticket, const std::vector<Number>& folders);

  // A PING begins to wait, or does so no longer.
  void Enter(PingModel& ping);
  void Leave(PingModel& ping);

  const std::string id;
  const std::size_t folders;
  std::vector<DeviceModel> devices;
  std::vector<PingModel*> waiting;  // those whose end is not forced
  History history;

  // What was seen in it, for the situations that must occur.
  std::size_t loads = 0;
  bool few = true;              // not many since there were few
  bool many = false;            // not few since there were very many
  bool emptying = false;        // not none since there were very many
  bool crowded = false;         // there were very many at some time
  DeviceIndex alone = kNobody;  // the only one that waited,
  bool joined = false;          // until a second one came
  struct Ended {
    PingId id;
    DeviceIndex device = kNobody;
    PingKind kind = PingKind::kPing;
  };
  std::array<Ended, 16> ended{};  // the last ones: for stale ids
  std::size_t ends = 0;
  // Where the number of its PINGs goes, and for how long.
  std::size_t target = 0;
  std::size_t patience = 0;

 private:
  struct Made {
    Sequence at = 0;
    DeviceIndex by = kNobody;
  };
  Sequence sequence_ = 0;
  std::vector<std::vector<Made>> changes_;  // by folder, in order: the latest one of each that ever changed it
};

}  // namespace mailwake::testing

#endif  // MAILWAKE_TESTS_INDEX_MAILBOX_MODEL_H_
